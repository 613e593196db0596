"""What is usual at a time of the week: what recurs is normal, what does not is none."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import TimeSeriesAnomalyDetector, load, save
from recs_anomaly.anomaly.calendar import (
    _of_edge,
    fit_calendar,
    month_edges,
    wall_seconds,
)
from recs_anomaly.base.time_axis import time_seconds

PER_DAY = 96
STEP = 900.0


def index_of(n_days: int, tz: str | None = None) -> pd.DatetimeIndex:
    n_rows = n_days * PER_DAY
    return pd.date_range("2026-01-05", periods=n_rows, freq="15min", tz=tz)


def nightly(n_days: int, seed: int = 0) -> pd.DataFrame:
    """A load that idles but for an hour every night."""
    index = index_of(n_days)
    load = 5.0 + np.random.default_rng(seed).normal(0, 0.3, len(index))
    return pd.DataFrame({"load": load + 50.0 * (index.hour == 2)}, index)


def course(series: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    found = fit_calendar(
        series.to_numpy(), time_seconds(series), STEP, "", np.arange(series.shape[1])
    )
    assert found is not None
    usual, spread = found[0].due(time_seconds(series))
    return usual[:, 0], spread[:, 0]


def quick(**parameters: object) -> TimeSeriesAnomalyDetector:
    return TimeSeriesAnomalyDetector(epochs=0, random_state=0, **parameters)


def test_the_course_of_a_day_is_found_whatever_happens_on_some_days() -> None:
    series = nightly(14)
    truth = 5.0 + 50.0 * (series.index.hour == 2)
    for day in (3, 8, 9):
        series.iloc[day * PER_DAY : day * PER_DAY + 40] = 400.0
    usual, spread = course(series)
    np.testing.assert_allclose(usual, truth, atol=0.6)
    assert 0.3 < np.median(spread) < 0.6


def test_days_off_and_a_job_on_one_day_of_the_week() -> None:
    series = nightly(21)
    is_off = series.index.day_of_week >= 5
    series["load"] += 30.0 * ~is_off * (series.index.hour >= 9)
    is_job = (series.index.day_of_week == 2) & (series.index.hour == 5)
    series["load"] += 80.0 * is_job
    usual, _ = course(series)
    at_noon = series.index.hour == 12
    assert usual[is_off & at_noon].max() < 6.0
    assert usual[~is_off & at_noon].min() > 34.0
    assert usual[is_job].min() > 80.0


def test_what_recurs_every_night_is_no_event_and_its_absence_is() -> None:
    series = nightly(28)
    series.iloc[26 * PER_DAY + 8 : 26 * PER_DAY + 12] = 5.0  # no job
    detector = quick().fit(series[: 14 * PER_DAY])
    assert detector.n_normal_ == 14 * PER_DAY
    labels = detector.predict(series)
    assert (labels[: 26 * PER_DAY] == -1).mean() < 0.001
    [event] = detector.events(series).itertuples()
    assert series.index[26 * PER_DAY + 7] < event.start
    assert event.end < series.index[26 * PER_DAY + 12]


def test_a_job_whose_load_varies_keeps_its_spread_where_all_else_is_even() -> None:
    """All other slots differ no more than chance makes them: they are one."""
    index = pd.date_range("2026-01-05", periods=14 * 288, freq="5min")
    draw = np.random.default_rng(0).normal(0, 1, len(index))
    is_job = (index.hour == 2) & (index.minute < 30)
    load = np.where(is_job, 60 + 8 * draw, 2 + 0.3 * draw)
    series = pd.DataFrame({"load": load}, index)
    found = fit_calendar(
        series.to_numpy(), time_seconds(series), 300.0, "", np.arange(1)
    )
    assert found is not None
    _, spread = found[0].due(time_seconds(series))
    assert np.median(spread[is_job]) > 4.0
    assert np.median(spread[~is_job]) < 0.5
    labels = quick().fit(series).predict(series)
    assert (labels == -1).mean() < 0.005


def test_an_outage_is_found_by_who_learned_from_it_too() -> None:
    index = index_of(14)
    rate = 200 + 150 * np.sin(2 * np.pi * (np.arange(len(index)) / PER_DAY - 0.3))
    requests = np.random.default_rng(0).poisson(rate).astype(float)
    first = 9 * PER_DAY + 48
    requests[first : first + 3] = 0.0
    frame = pd.DataFrame({"requests": requests}, index)
    [event] = quick().fit(frame).events(frame).itertuples()
    assert (event.start, event.end) == (index[first], index[first + 2])


@pytest.mark.parametrize("growth", [0.0, 0.02])
def test_levels_and_factors_that_wander_are_followed(growth: float) -> None:
    index = index_of(28)
    days = np.arange(len(index)) / PER_DAY
    daily = 100 + 50 * np.sin(2 * np.pi * days)
    rng = np.random.default_rng(0)
    values = daily * (1 + growth) ** days + rng.normal(0, 4, len(index))
    values += 0.0 if growth else 1.5 * days
    frame = pd.DataFrame({"users": values}, index)
    detector = quick().fit(frame[: 14 * PER_DAY])
    assert detector.model_.calendar.grow[0] == (growth > 0)
    assert (detector.predict(frame) == -1).mean() < 0.003


def test_the_end_of_a_month_is_known_from_one() -> None:
    index = pd.date_range("2026-03-02", periods=24 * 70, freq="h")
    rate = 60.0 * np.where(index.is_month_end, 4.0, 1.0)
    bookings = np.random.default_rng(0).poisson(rate).astype(float)
    bookings += 20 * np.sin(2 * np.pi * np.arange(len(index)) / 24)
    frame = pd.DataFrame({"bookings": bookings}, index)
    detector = quick().fit(frame[: 24 * 50])
    assert len(detector.events(frame[24 * 50 :])) == 0


def test_streams_and_files_know_it(tmp_path: Path) -> None:
    series = nightly(17)
    detector = quick().fit(series[: 14 * PER_DAY])
    later = series[14 * PER_DAY :]
    scores = detector.score_samples_causal(later)
    scorer = detector.stream()
    np.testing.assert_allclose(scorer.score_many(later), scores, rtol=1e-9)
    # Without times, rows follow the training series.
    again = detector.stream().score_many(later.to_numpy())
    np.testing.assert_allclose(again, scores, rtol=1e-9)
    save(detector, tmp_path / "model.recs")
    loaded = load(tmp_path / "model.recs")
    np.testing.assert_array_equal(
        loaded.score_samples(later), detector.score_samples(later)
    )
    with pytest.warns(UserWarning, match="X has no times"):
        guessed = detector.score_samples(later.reset_index(drop=True))
    np.testing.assert_allclose(guessed, detector.score_samples(later))


def test_no_course_no_calendar() -> None:
    noise = pd.DataFrame(np.random.default_rng(0).normal(size=(14 * PER_DAY, 1)))
    noise.index = index_of(14)
    assert quick().fit(noise).model_.calendar is None


def test_the_clock_on_the_wall() -> None:
    index = pd.date_range("2026-03-28", periods=3, freq="D", tz="Europe/Berlin")
    seconds = time_seconds(pd.DataFrame({"x": 0.0}, index))
    assert (wall_seconds(seconds, "Europe/Berlin") % 86_400 == 0).all()
    last, first = month_edges(np.array([0.0, 30.5, 58.5, 59.2]) * 86_400)
    assert last.tolist() == [False, True, True, False]
    assert first.tolist() == [True, False, False, True]


def test_the_first_end_of_a_month_is_told_as_what_it_is() -> None:
    series = nightly(28)  # 14 days from 5 January on, then two weeks with its end
    detector = quick().fit(series[: 14 * PER_DAY])
    for day, said in (("2026-01-31", True), ("2026-01-28", False)):
        later = series[14 * PER_DAY :].copy()
        later.loc[f"{day} 09:00" : f"{day} 13:00", "load"] += 20.0
        events = detector.events(later)
        [cause] = events["cause"][events["start"].dt.date == pd.Timestamp(day).date()]
        told = "; the last day of a month, of which 14 days had none"
        assert cause.endswith(told) == said


def test_a_slot_that_was_never_measured_on_such_days_is_off_by_nothing() -> None:
    off = np.array([[np.nan, 9.0, 9.0], [np.nan, 9.0, 7.0]])
    np.testing.assert_array_equal(_of_edge(off), [0.0, 9.0, 8.0])
    np.testing.assert_array_equal(_of_edge(np.empty((0, 2))), [0.0, 0.0])
