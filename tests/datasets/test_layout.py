"""What is settled about a file is kept with the model that was trained on it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recs_anomaly import TimeSeriesAnomalyDetector, load, save
from recs_anomaly.datasets import SeriesLayout
from recs_anomaly.datasets.layout import a_layout

LAYOUT = SeriesLayout(
    delimiter=";",
    encoding="latin-1",
    columns=("Datum", "bar"),
    time=("Datum",),
    time_unit="date",
    day_first=True,
    thousands=(("bar", "."),),
)


def test_a_layout_is_plain_values_and_comes_back() -> None:
    assert a_layout(LAYOUT.to_dict())
    assert SeriesLayout.from_dict(LAYOUT.to_dict()) == LAYOUT


@pytest.mark.parametrize(
    "change",
    [
        {"delimiter": ";;;"},
        {"encoding": "rot13"},
        {"time_unit": "weeks"},
        {"thousands": (("bar", 1),)},
        {"thousands": ("bar", ".")},
        {"columns": ["a"]},
        {"columns": ("a", 1)},
        {"day_first": 1},
        {"more": ""},
    ],
)
def test_what_is_no_layout(change: dict[str, Any]) -> None:
    assert not a_layout(None)
    assert not a_layout({**LAYOUT.to_dict(), **change})


def test_a_detector_keeps_the_layout_until_it_is_fitted_anew(tmp_path: Path) -> None:
    X = np.random.default_rng(0).standard_normal((60, 1))
    detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(X)
    path = tmp_path / "model.recs"
    save(detector, path)
    assert not hasattr(load(path), "layout_")
    detector.layout_ = LAYOUT.to_dict()
    save(detector, path)
    loaded = load(path)
    assert SeriesLayout.from_dict(loaded.layout_) == LAYOUT
    assert not hasattr(loaded.fit(X), "layout_")
