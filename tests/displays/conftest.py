"""Figures are drawn without a screen, and none stays open."""

from collections.abc import Iterator

import matplotlib
import pytest
from matplotlib import pyplot


@pytest.fixture(autouse=True)
def _no_screen() -> Iterator[None]:
    matplotlib.use("agg")
    yield
    pyplot.close("all")
