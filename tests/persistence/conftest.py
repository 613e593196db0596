"""Makes the classes of the tests known, and a file to start from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from recs_anomaly.persistence import _registry, save
from tests.persistence.toy import fitted_toy


@pytest.fixture(autouse=True, scope="session")
def _known_classes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("Toy", "Box"):
            target = f"tests.persistence.toy:{name}"
            patch.setitem(_registry.TARGETS, f"tests.{name}", target)
        yield


@pytest.fixture
def toy_file(tmp_path: Path) -> Path:
    """Model file of a fitted toy."""
    path = tmp_path / "toy.recs"
    save(fitted_toy(), path)
    return path
