"""RelationDisplay shows who follows whom, and the rows in which one did not."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.displays import RelationDisplay
from recs_anomaly.exceptions import InputError


@cache
def series() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    first = np.convolve(rng.normal(size=1600), np.ones(10), "valid")
    alone = np.convolve(rng.normal(size=1600), np.ones(10), "valid")
    names = {"leads": first, "follows": 2 * first, "alone": alone}
    frame = pd.DataFrame(names) + 0.1 * rng.normal(size=(len(first), 3))
    frame.loc[1300:1349, "follows"] *= -1
    return frame


@cache
def detector() -> TimeSeriesAnomalyDetector:
    return TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(series()[:1000])


def test_who_follows_whom_and_what_broke() -> None:
    display = RelationDisplay.from_estimator(detector(), series())
    shares = display.shares
    assert shares.loc["follows", "leads"] > 0.9
    assert shares.loc["leads", "follows"] > 0.9
    assert shares.loc["alone"].isna().all(), "nothing is said of it"
    assert display.deviations["alone"].isna().all()
    broken = display.deviations.loc[1300:1349, "follows"].abs()
    usual = display.deviations.loc[1000:1250, "follows"].abs()
    assert broken.median() > 10 * usual.median()
    assert usual.median() == pytest.approx(0.67, abs=0.2), "in usual differences"
    drawn = display.deviations_image_.get_array()
    column = int(1325 / len(series()) * drawn.shape[1])
    assert abs(drawn[list(shares.index).index("follows"), column]) > 8
    np.testing.assert_array_equal(
        display.shares_image_.get_array().filled(np.nan), shares.to_numpy()
    )
    assert display.events is not None
    assert len(display.boxes_) == len(display.events) >= 1
    display.figure_.canvas.draw()


def test_of_predictions_made_elsewhere() -> None:
    shares = pd.DataFrame([[np.nan, 1.0]], index=["b"], columns=["b", "a"])
    deviations = pd.DataFrame({"b": [0.0, -3.0, 1.0, np.nan]})
    display = RelationDisplay.from_predictions(shares, deviations)
    drawn = display.deviations_image_.get_array()
    np.testing.assert_array_equal(drawn.filled(np.nan), [[0.0, -3.0, 1.0, np.nan]])
    assert display.boxes_ == []
    with pytest.raises(InputError, match="deviations must have the columns"):
        RelationDisplay.from_predictions(shares, deviations.rename(columns={"b": "c"}))


def test_a_detector_without_relations_is_refused() -> None:
    X = series()[["alone"]]
    alone = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(X[:600])
    with pytest.raises(InputError, match="needs a detector in whose training series"):
        RelationDisplay.from_estimator(alone, X)
    assert alone.assess(X).deviations()["alone"].isna().all()
