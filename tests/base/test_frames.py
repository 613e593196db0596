"""Tables of Polars and PyArrow are taken by name, and come back as they came."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from recs_anomaly import RBMRecommender, SequenceForecaster, TimeSeriesAnomalyDetector
from recs_anomaly.anomaly.app.fleet import judge_series
from recs_anomaly.base.frames import as_frame, as_series_frame, like
from recs_anomaly.datasets import make_ratings
from recs_anomaly.exceptions import InputError

LIBRARIES = {"polars": pl.from_pandas, "pyarrow": pa.Table.from_pandas}


@pytest.fixture(params=LIBRARIES)
def to(request: pytest.FixtureRequest) -> Any:
    """Make a table of a library from a frame of pandas."""
    return LIBRARIES[request.param]


@pytest.fixture(scope="module")
def waves() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    values = np.sin(np.arange(600) / 9)[:, None] + 0.1 * rng.standard_normal((600, 2))
    values[500:510, 0] += 9.0
    index = pd.date_range("2026-03-01", periods=600, freq="min", name="when")
    return pd.DataFrame(values, index, ["flow", "bar"])


def plain(frame: Any) -> pd.DataFrame:
    found: pd.DataFrame = frame.to_pandas()
    return found


def test_a_detector_takes_times_and_names(to: Any, waves: pd.DataFrame) -> None:
    table = to(waves.reset_index())
    ours = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(table)
    known = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(waves)
    assert list(ours.feature_names_in_) == ["flow", "bar"]
    scores = ours.score_samples(table)
    np.testing.assert_array_equal(scores, known.score_samples(waves))
    events, expected = ours.events(table), known.events(waves)
    assert type(events) is type(table)
    assert plain(events)["start"].tolist() == expected["start"].tolist()
    assert plain(events)["channel"].tolist() == expected["channel"].tolist()
    explained = ours.explain(table)
    assert type(explained) is type(table)
    expected = known.explain(waves)
    assert plain(explained)["when"].tolist() == waves.index.tolist()
    np.testing.assert_array_equal(
        plain(explained)["expected_flow"], expected["expected"]["flow"]
    )


def test_one_series_is_judged_in_its_library(to: Any, waves: pd.DataFrame) -> None:
    table = waves.reset_index().assign(pump="a")
    judged = judge_series(to(table), time="when", keys=["pump"])
    assert type(judged) is type(to(table))
    expected = judge_series(table, time="when", keys=["pump"])
    np.testing.assert_array_equal(plain(judged)["score"], expected["score"])


def test_a_forecast_comes_back(to: Any, waves: pd.DataFrame) -> None:
    forecaster = SequenceForecaster(horizon=3, epochs=0, random_state=0)
    table = to(waves.reset_index())
    forecast = forecaster.fit_series(table).forecast(table)
    assert type(forecast) is type(table)
    times = [waves.index[-1] + pd.Timedelta(minutes=n) for n in (1, 2, 3)]
    assert plain(forecast)["when"].tolist() == times


def test_ratings_and_lists(to: Any) -> None:
    ratings = make_ratings(40, 30, 500, random_state=0).ratings
    pairs, stars = ratings[["user_id", "item_id"]], ratings["rating"]
    known = RBMRecommender(epochs=1, random_state=0).fit(pairs, stars)
    ours = RBMRecommender(epochs=1, random_state=0)
    ours.fit(to(pairs), to(ratings)["rating"])
    np.testing.assert_array_equal(ours.predict(to(pairs)), known.predict(pairs))
    own = ratings.loc[ratings["user_id"] == 7, ["item_id", "rating"]]
    listed = ours.recommend_for(to(own), n=3)
    assert type(listed) is type(to(own))
    expected = known.recommend_for(own, n=3)
    assert plain(listed)["item_id"].tolist() == expected["item_id"].tolist()
    users = to(pairs[:1])["user_id"]
    assert plain(ours.recommend(users, n=3))["rank"].tolist() == [1, 2, 3]


def test_without_one_column_of_times_rows_are_numbered(to: Any) -> None:
    times = pd.date_range("2026-01-01", periods=2)
    frame = pd.DataFrame({"a": times, "b": times, "x": [1, 2]})
    pd.testing.assert_frame_equal(as_series_frame(to(frame)), as_frame(to(frame)))
    days = pd.DataFrame({"day": times.date, "x": [1, 2]})
    assert isinstance(as_series_frame(to(days)).index, pd.DatetimeIndex)


def test_what_is_no_table_stays_what_it_is() -> None:
    frame = pd.DataFrame({"x": [1]})
    for X in (frame, np.ones((2, 2)), [[1, 2]], frame["x"], None):
        assert as_frame(X) is X
        assert as_series_frame(X) is X
        assert like(X, frame) is frame


def test_times_of_a_frame_belong_into_its_index(waves: pd.DataFrame) -> None:
    named = waves.rename_axis("when")
    detector = TimeSeriesAnomalyDetector(epochs=0)
    with pytest.raises(InputError, match=r"'when' holds.* X\.set_index\('when'\)"):
        detector.fit(named.reset_index())
    with pytest.raises(InputError, match="'when' holds times"):
        as_series_frame(named.tz_localize("UTC").reset_index())
    assert as_series_frame(named) is named
