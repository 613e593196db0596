"""StreamScorer: the same scores as in batch, whatever happens in between."""

import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly import TimeSeriesAnomalyDetector, load, save
from recs_anomaly.anomaly.live.stream import StreamScorer
from recs_anomaly.exceptions import InputError

START = datetime(2026, 1, 1)


def waves(n_rows: int, n_channels: int = 2, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = np.arange(n_rows)[:, None]
    values = np.sin(rows / 8 + np.arange(n_channels))
    return 20.0 + values + 0.1 * rng.standard_normal(values.shape)


def quick(**parameters: Any) -> TimeSeriesAnomalyDetector:
    return TimeSeriesAnomalyDetector(epochs=0, random_state=0, **parameters)


def with_gaps(series: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    series = series.copy()
    series[rng.random(series.shape) < rng.choice([0.0, 0.05, 0.3])] = np.nan
    start = rng.integers(0, len(series))
    series[start : start + rng.integers(0, 60)] = np.nan
    series[rng.integers(0, len(series))] += rng.choice([0.0, 5.0, 1e6])
    return series


@pytest.fixture(scope="module")
def fitted() -> TimeSeriesAnomalyDetector:
    return quick().fit(waves(900))


@pytest.fixture(scope="module")
def timed() -> TimeSeriesAnomalyDetector:
    index = pd.date_range(START, periods=900, freq="min")
    return quick().fit(pd.DataFrame(waves(900), index, columns=["a", "b"]))


@given(
    seed=st.integers(0, 2**31),
    cuts=st.lists(st.integers(0, 250), max_size=4),
    restarts=st.lists(st.sampled_from(["none", "pickle", "save"]), min_size=5),
)
def test_stream_equals_batch_through_cuts_gaps_and_restarts(
    fitted: TimeSeriesAnomalyDetector,
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    cuts: list[int],
    restarts: list[str],
) -> None:
    series = with_gaps(waves(250, seed=1), seed)
    path = tmp_path_factory.mktemp("stream") / "scorer.recs"
    scorer, found = fitted.stream(), []
    for part, how in zip(np.split(series, sorted(cuts)), restarts, strict=False):
        found.extend(scorer.score_many(part))
        scorer = restarted(scorer, how, path)
    np.testing.assert_allclose(
        found, fitted.score_samples_causal(series), rtol=1e-9, atol=1e-9
    )
    assert scorer.n_rows_ == 250


def restarted(scorer: StreamScorer, how: str, path: Path) -> StreamScorer:
    if how == "pickle":
        scorer = pickle.loads(pickle.dumps(scorer))
    if how == "save":
        save(scorer, path)
        scorer = load(path)
    return scorer


@pytest.mark.parametrize("how", ["pickle", "save"])
def test_a_restarted_scorer_goes_on_to_the_bit(
    timed: TimeSeriesAnomalyDetector, how: str, tmp_path: Path
) -> None:
    series = with_gaps(waves(500, seed=1), seed=4)
    times = pd.date_range(START, periods=500, freq="min")
    scorer = timed.stream()
    scorer.score_many(series[:233], times[:233])
    other = restarted(scorer, how, tmp_path / "scorer.recs")
    assert other is not scorer
    np.testing.assert_array_equal(
        scorer.score_many(series[233:], times[233:]),
        other.score_many(series[233:], times[233:]),
    )


def test_causal_scores_of_a_part_are_those_of_the_whole(
    fitted: TimeSeriesAnomalyDetector,
) -> None:
    series = with_gaps(waves(600, seed=2), seed=1)
    whole = fitted.score_samples_causal(series)
    part = fitted.score_samples_causal(series[:350])
    np.testing.assert_allclose(part, whole[:350], rtol=1e-9)


def test_abnormal_rows_are_beyond_the_threshold(
    fitted: TimeSeriesAnomalyDetector,
) -> None:
    series = waves(1000, seed=3)
    series[800:810] += 3.0
    scorer = fitted.stream()
    is_beyond = scorer.score_many(series) < scorer.offset_
    assert is_beyond[:800].mean() < 0.01
    assert is_beyond[801:810].all()


def test_missing_rows_of_a_time_axis_are_a_gap(
    timed: TimeSeriesAnomalyDetector,
) -> None:
    index = pd.date_range(START, periods=700, freq="min")
    frame = pd.DataFrame(waves(700, seed=1), index, columns=["a", "b"])
    frame = frame.drop(frame.index[[50, 51, 52, 90, *range(300, 590)]])
    expected = timed.score_samples_causal(frame)
    by_frame = timed.stream().score_many(frame)
    np.testing.assert_allclose(by_frame, expected, rtol=1e-9)
    for times in (
        [stamp.to_pydatetime() for stamp in frame.index],
        frame.index.to_numpy(),
        [stamp.timestamp() for stamp in frame.index],
    ):
        found = timed.stream().score_many(frame.to_numpy(), times)
        np.testing.assert_array_equal(found, by_frame)
    assert timed.stream().score_many(frame.to_numpy())[-1] != by_frame[-1]


def test_late_rows_are_left_out_and_counted(timed: TimeSeriesAnomalyDetector) -> None:
    series = waves(40, seed=1)
    times = [START + timedelta(minutes=minute) for minute in range(40)]
    scorer, other = timed.stream(), timed.stream()
    scorer.score_many(series[:20], times[:20])
    other.score_many(series[:20], times[:20])
    assert np.isnan(scorer.score_one(series[3] + 9.0, times[3]))
    assert (scorer.n_rows_, scorer.n_late_) == (20, 1)
    np.testing.assert_array_equal(
        scorer.score_many(series[20:], times[20:]),
        other.score_many(series[20:], times[20:]),
    )


def test_duplicate_stamps_are_rows_that_follow(
    timed: TimeSeriesAnomalyDetector,
) -> None:
    index = pd.date_range(START, periods=200, freq="min").repeat(2)
    frame = pd.DataFrame(waves(400, seed=1), index, columns=["a", "b"])
    scorer = timed.stream()
    np.testing.assert_allclose(
        scorer.score_many(frame), timed.score_samples_causal(frame), rtol=1e-9
    )
    assert (scorer.n_rows_, scorer.n_late_) == (400, 0)


def test_times_with_a_zone_are_instants(timed: TimeSeriesAnomalyDetector) -> None:
    scorer = timed.stream()
    scorer.score_one([20.0, 20.0], datetime(2026, 1, 1, 12, tzinfo=UTC))
    scorer.score_one([20.0, 20.0], pd.Timestamp("2026-01-01 13:00:30+01:00"))
    assert scorer.n_late_ == 0


@pytest.mark.parametrize("reading", [1e6, -1e12, 1e200])
def test_one_absurd_reading_is_forgotten(
    fitted: TimeSeriesAnomalyDetector, reading: float
) -> None:
    series = waves(1500, seed=3)
    series[400, 0] = reading
    scorer = fitted.stream()
    scores = scorer.score_many(series)
    np.testing.assert_allclose(scores, fitted.score_samples_causal(series), rtol=1e-9)
    assert np.isfinite(scores).all()
    assert scores[400] < 200 * scorer.offset_
    assert (scores[1000:] > scorer.offset_).mean() > 0.98


def test_nothing_measured_gets_the_typical_score(
    fitted: TimeSeriesAnomalyDetector,
) -> None:
    scorer = fitted.stream()
    first = scorer.score_one([20.0, 20.0])
    scorer.score_many(waves(300))
    assert scorer.score_one([np.nan, np.nan]) == first
    assert scorer.offset_ < first < 0


@pytest.mark.parametrize(
    ("x", "time", "rule"),
    [
        ([1.0], None, "x must have 2 numbers, one for each channel; got 1"),
        ([1.0, np.inf], None, "x must be finite, or NaN"),
        ([1.0, 2.0], "yesterday", "time must be a time; got 'yesterday'"),
        ([1.0, 2.0], np.nan, "time must be a time; got nan"),
        ([1.0, 2.0], pd.NaT, "time must be a time; got NaT"),
    ],
)
def test_rows_that_break_a_rule_leave_no_trace(
    timed: TimeSeriesAnomalyDetector, x: Any, time: Any, rule: str
) -> None:
    scorer, other = timed.stream(), timed.stream()
    with pytest.raises(InputError, match=rule):
        scorer.score_one(x, time)
    series = waves(60)
    np.testing.assert_array_equal(scorer.score_many(series), other.score_many(series))


def test_times_must_be_one_for_each_row(fitted: TimeSeriesAnomalyDetector) -> None:
    with pytest.raises(InputError, match="times must be one for each row; got 1 for 2"):
        fitted.stream().score_many(waves(2), [START])


def test_one_channel_may_be_a_plain_number() -> None:
    detector = quick(window=20).fit(waves(300, 1))
    series = waves(50, 1, seed=1)
    found = [detector.stream().score_one(float(series[0, 0]))]
    assert found == detector.stream().score_many(series[:1]).tolist()


def test_a_series_too_short_to_hold_blocks_out_still_streams() -> None:
    detector = quick().fit(waves(20, 1))
    assert np.isfinite(detector.stream().score_many(waves(100, 1))).all()


def test_memory_does_not_grow(fitted: TimeSeriesAnomalyDetector) -> None:
    scorer = fitted.stream()
    scorer.score_many(waves(100))
    before = len(pickle.dumps(scorer))
    scorer.score_many(waves(3000))
    assert len(pickle.dumps(scorer)) <= before + 8  # an integer's digits


@pytest.mark.parametrize(
    ("place", "count"),
    [*((-2, each) for each in (-1.0, 0.5)), *((-1, each) for each in (-1.0, 0.5, 1e9))],
)
def test_a_memory_that_no_stream_has_packed_is_refused(
    fitted: TimeSeriesAnomalyDetector, place: int, count: float
) -> None:
    scorer = fitted.stream()
    scorer.score_many(waves(30))
    memory = scorer.memory_.copy()
    memory[place] = count  # of the rows, the complete rows
    with pytest.raises(ValueError, match="packed must be what a stream has packed"):
        scorer.memory_ = memory


def test_readings_are_taken_by_name() -> None:
    index = pd.date_range("2026-01-01", periods=400, freq="min")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal([20, 5], 1, (400, 2)), index, ["temp", "flow"])
    detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(frame[:300])
    later = frame[300:]
    expected = detector.score_samples_causal(later)
    swapped = later[["flow", "temp"]]
    np.testing.assert_allclose(detector.stream().score_many(swapped), expected)
    rows = swapped.to_dict("records")
    scorer = detector.stream()
    np.testing.assert_allclose([scorer.score_one(row) for row in rows], expected)
    assert np.isfinite(scorer.score_one({"temp": 20.0}))  # flow was not measured
    with pytest.raises(InputError, match=r"x must name channels of \['temp', 'flow'\]"):
        scorer.score_one({"temp": 20.0, "heat": 1.0})


def live() -> tuple[TimeSeriesAnomalyDetector, pd.DataFrame]:
    index = pd.date_range("2026-01-05", periods=3000, freq="min")
    wave = np.sin(np.arange(3000) / 8) + np.random.default_rng(0).normal(0, 0.1, 3000)
    frame = pd.DataFrame({"v": wave}, index)
    detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(frame[:2000])
    return detector, frame[2000:]


@pytest.mark.parametrize("ahead", ["100D", "36500D"])
def test_one_wrong_clock_is_not_that_of_all_rows_after_it(ahead: str) -> None:
    detector, frame = live()
    stamps = frame.index.to_list()
    stamps[100] += pd.Timedelta(ahead)
    scorer = detector.stream()
    with pytest.warns(UserWarning, match="its clock was wrong"):
        scores = scorer.score_many(frame.to_numpy(), stamps)
    assert (scorer.n_rows_, scorer.n_late_) == (1000, 0)
    gap = frame.copy()
    gap.iloc[100] = np.nan
    expected = detector.score_samples_causal(gap)
    np.testing.assert_allclose(scores, expected, rtol=1e-9)


def test_a_long_gap_is_no_wrong_clock() -> None:
    detector, frame = live()
    later = frame.set_axis(frame.index + (np.arange(1000) // 500) * pd.Timedelta("9D"))
    scorer = detector.stream()
    scores = scorer.score_many(later)
    assert (scores < scorer.offset_).sum() <= 2
    assert scorer.last_time_[0] == later.index[-1].timestamp()


def test_a_clock_that_was_set_back_is_believed_in_the_end() -> None:
    detector, frame = live()
    stamps = frame.index - (np.arange(1000) // 500) * pd.Timedelta("9D")
    scorer = detector.stream()
    with pytest.warns(UserWarning, match="10 rows on end came late"):
        scorer.score_many(frame.to_numpy(), stamps)
    assert (scorer.n_rows_, scorer.n_late_) == (991, 9)
