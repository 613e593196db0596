"""SeriesWatcher: what it tells of, once, and what it learns to leave alone."""

import pickle
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recs_anomaly import TimeSeriesAnomalyDetector, load, save
from recs_anomaly.anomaly.live.watch import AT_LAST, SeriesWatcher, StreamEvent
from recs_anomaly.exceptions import InputError

N_TRAINING = 1500


def waves(n_rows: int, n_channels: int = 1, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = np.arange(n_rows)[:, None]
    values = np.sin(rows / 8 + np.arange(n_channels))
    return values + 0.2 * rng.standard_normal(values.shape)


def detector_of(X: np.ndarray) -> TimeSeriesAnomalyDetector:
    return TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(X)


def kinds(events: list[StreamEvent]) -> list[str]:
    return [event.kind for event in events if event.kind != "update"]


def one_quick(first: object, *others: object) -> list[object]:
    """One case in `make test`, all in `make test-all`: so many rows take a while."""
    return [first, *(pytest.param(each, marks=pytest.mark.slow) for each in others)]


@pytest.fixture(scope="module")
def fitted() -> TimeSeriesAnomalyDetector:
    return detector_of(waves(N_TRAINING))


def test_normal_rows_open_nothing(fitted: TimeSeriesAnomalyDetector) -> None:
    assert fitted.watch().watch_many(waves(3000, seed=1)) == []


@pytest.mark.parametrize(("step", "direction"), [(4.0, "high"), (-4.0, "low")])
def test_an_event_is_opened_told_and_closed(
    fitted: TimeSeriesAnomalyDetector, step: float, direction: str
) -> None:
    series = waves(1200, seed=1)
    series[700:720] += step
    events = fitted.watch().watch_many(series)
    assert kinds(events) == ["open", "close"]
    first, last = events[0], events[-1]
    assert (first.number, first.row, first.start) == (1, 700, 700)
    assert first.direction == direction
    assert 700 <= last.peak <= 770
    assert 720 < last.row < 1100  # a huge score takes a while to fade
    assert last.reason == "over"
    assert 717 <= last.end <= 765  # forecasts from a level that is no more err, too
    assert last.cause.startswith("level: +" if step > 0 else "level: -")
    assert last.severity >= first.severity > 1e4
    assert last.score == pytest.approx(fitted.score_samples_causal(series).min())
    assert np.isnan(last.time)
    assert last.to_dict()["time"] is None


def test_the_channel_that_leads_and_its_times() -> None:
    index = pd.date_range("2026-01-01", periods=N_TRAINING + 900, freq="min")
    frame = pd.DataFrame(waves(len(index), 3), index, columns=["a", "b", "c"])
    detector = detector_of(frame[:N_TRAINING])
    part = frame[N_TRAINING:].copy()
    part.iloc[500:530, 1] += 4.0
    events = detector.watch().watch_many(part)
    assert kinds(events) == ["open", "close"]
    assert {event.channel for event in events} == {"b"}
    assert events[0].start_time == part.index[500].timestamp()


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (lambda rows: np.full_like(rows, 5.0), "frozen: does not move"),
        (lambda rows: rows + 6.0 * (np.arange(len(rows)) < 2)[:, None], "spike: a few"),
    ],
)
def test_a_message_says_how_it_looks_and_where_it_ends(
    fitted: TimeSeriesAnomalyDetector, fault: Any, cause: str
) -> None:
    series = waves(1400, seed=1)
    series[700:760] = fault(series[700:760])
    last = fitted.watch().watch_many(series)[-1]
    assert (last.kind, last.start) == ("close", 700)
    assert last.cause.startswith(cause)
    stop = 760 if "frozen" in cause else 702
    assert stop - 3 <= last.end <= stop + 45


def test_what_a_watcher_of_version_0_1_remembered_is_taken_up(
    fitted: TimeSeriesAnomalyDetector,
) -> None:
    watcher = fitted.watch()
    series = waves(900, seed=1)
    series[700:720] += 4.0
    watcher.watch_many(series[:715])
    memory = watcher.memory_
    n_numbers = 11 + 20  # of the course and of the latest event, in that order
    n_onset, n_standing, n_echo = 3, 2, 2
    old = np.delete(memory, np.arange(n_numbers - len(AT_LAST), n_numbers + n_onset))
    old = old[: -n_standing - n_echo]
    other = pickle.loads(pickle.dumps(watcher))
    other.memory_ = old
    other.watch_many(series[715:])
    watcher.watch_many(series[715:])
    assert (other.n_events_, other.offset_) == (watcher.n_events_, watcher.offset_)


@pytest.mark.parametrize("seed", one_quick(0, 1, 2))
def test_a_level_shift_that_stays_is_one_event_and_then_normal(
    fitted: TimeSeriesAnomalyDetector, seed: int
) -> None:
    series = waves(7200, seed=seed + 5)
    series[1500:] += 5.0 * waves(N_TRAINING).std()
    series[7000:7010] += 4.0
    watcher = fitted.watch()
    events = watcher.watch_many(series[:7000])
    assert kinds(events) == ["open", "close"]
    assert events[-1].reason == "new normal"
    assert watcher.scorer.level_[0] == pytest.approx(
        5 * waves(N_TRAINING).std(), rel=0.1
    )
    assert kinds(watcher.watch_many(series[7000:])).count("open") == 1


def test_a_threshold_follows_slow_drift(fitted: TimeSeriesAnomalyDetector) -> None:
    n_rows = 15_000
    rng = np.random.default_rng(0)
    noise = np.linspace(0.2, 0.35, n_rows)[:, None] * rng.standard_normal((n_rows, 1))
    series = np.sin(np.arange(n_rows) / 8)[:, None] + noise
    watcher = fitted.watch()
    events = watcher.watch_many(series)
    assert kinds(events).count("open") <= 2
    assert watcher.level_factor_ > 2.0
    still = fitted.score_samples_causal(series)[-2000:]
    assert (still < fitted.watch().offset_).mean() > 0.2
    assert (still < watcher.offset_).mean() < 0.01


def test_a_long_anomaly_is_not_swallowed(fitted: TimeSeriesAnomalyDetector) -> None:
    series = waves(3000, seed=1)
    series[1000:1700] += np.random.default_rng(0).normal(0, 1.0, (700, 1))
    watcher = fitted.watch()
    events = watcher.watch_many(series[:1699])
    assert kinds(events) == ["open"]
    assert watcher.level_factor_ == pytest.approx(1.0, abs=0.3)
    events = watcher.watch_many(series[1699:])
    assert kinds(events) == ["close"]
    assert events[-1].reason == "over"


@pytest.mark.parametrize("period", one_quick(120, 20, 300))
def test_a_signal_around_the_threshold_gives_one_event(
    fitted: TimeSeriesAnomalyDetector, period: int
) -> None:
    series = waves(5000, seed=2)
    rows = np.arange(2000)
    is_high = rows % period < period // 2
    series[1000:3000, 0] += is_high * np.random.default_rng(1).normal(0, 0.6, 2000)
    events = fitted.watch().watch_many(series)
    # One, and another after it was taken for the new normal, which it is too much for.
    assert kinds(events).count("open") <= 2
    assert len(events) <= 20


def test_an_accepted_event_is_closed_and_raises_no_alarm_again(
    fitted: TimeSeriesAnomalyDetector,
) -> None:
    series = waves(4000, seed=3)
    series[1000:] += 5.0
    watcher = fitted.watch()
    opened = watcher.watch_many(series[:1100])[0]
    (closed,) = watcher.accept(opened)
    assert (closed.kind, closed.reason) == ("close", "accepted")
    assert watcher.watch_many(series[1100:]) == []


def test_accepting_a_closed_event_raises_the_threshold(
    fitted: TimeSeriesAnomalyDetector,
) -> None:
    series = waves(2000, seed=3)
    series[500:505] += 3.0
    series[1700:1705] += 2.0
    watcher = fitted.watch()
    events = watcher.watch_many(series[:1000])
    assert watcher.accept(events[-1]) == []
    accepted = watcher.offset_
    assert accepted == pytest.approx(1.2 * events[-1].score)
    assert watcher.watch_many(series[1000:]) == []
    assert watcher.offset_ <= accepted


def test_faults_one_after_the_other_are_all_told(
    fitted: TimeSeriesAnomalyDetector,
) -> None:
    series = waves(8000, seed=4)
    starts = np.arange(600, 7500, 900)
    for start in starts:
        series[start : start + 40] += 2.0
    watcher = fitted.watch()
    opened = [e.start for e in watcher.watch_many(series) if e.kind == "open"]
    np.testing.assert_allclose(opened, starts, atol=10)
    assert watcher.level_factor_ < 1.5


def test_a_fault_in_another_channel_is_another_event() -> None:
    series = waves(N_TRAINING + 900, 2)
    detector = detector_of(series[:N_TRAINING])
    live = series[N_TRAINING:].copy()
    live[300:310, 0] += 4.0
    live[500:510, 1] += 4.0
    watcher = detector.watch(cool_down=400)
    opened = [e for e in watcher.watch_many(live) if e.kind == "open"]
    assert [(e.channel, e.number) for e in opened] == [("x0", 1), ("x1", 2)]


def test_a_rejected_event_stays_open(fitted: TimeSeriesAnomalyDetector) -> None:
    series = waves(4000, seed=3)
    series[1000:3500] += np.random.default_rng(0).normal(0, 1.0, (2500, 1))
    watcher = fitted.watch()
    opened = watcher.watch_many(series[:1100])[0]
    watcher.reject(opened)
    assert kinds(watcher.watch_many(series[1100:3500])) == []
    assert kinds(watcher.watch_many(series[3500:])) == ["close"]


def test_rejecting_a_new_normal_undoes_it(fitted: TimeSeriesAnomalyDetector) -> None:
    series = waves(3200, seed=3)
    series[1000:] += 5.0
    watcher = fitted.watch()
    events = watcher.watch_many(series[:2100])
    assert events[-1].reason == "new normal"
    watcher.reject(events[-1])
    assert watcher.scorer.level_[0] == 0.0
    assert watcher.watch_many(series[2100:])[0].kind == "update"


@pytest.mark.parametrize("how", ["pickle", "save"])
def test_a_watcher_resumes_to_the_bit(
    fitted: TimeSeriesAnomalyDetector, tmp_path: Path, how: str
) -> None:
    series = waves(3000, seed=3)
    series[1000:] += 5.0
    watcher, other = fitted.watch(min_duration=5), fitted.watch(min_duration=5)
    n_events = 0
    for part in np.split(series, [10, 1003, 1500, 2080, 2500]):
        mine, theirs = (
            [event.to_dict() for event in each.watch_many(part)]
            for each in (watcher, other)
        )
        assert mine == theirs
        assert watcher.offset_ == other.offset_
        n_events += len(mine)
        other = restarted(other, how, tmp_path / "watcher.recs")
        assert other.min_duration == 5
    assert n_events > 1


def restarted(watcher: SeriesWatcher, how: str, path: Path) -> SeriesWatcher:
    if how == "pickle":
        other = pickle.loads(pickle.dumps(watcher))
    else:
        save(watcher, path)
        other = load(path)
    assert isinstance(other, SeriesWatcher)
    assert other is not watcher
    return other


@pytest.fixture(scope="module")
def timed() -> TimeSeriesAnomalyDetector:
    """Two channels, which are seldom measured together, a minute apart."""
    index = pd.date_range("2026-01-01", periods=N_TRAINING, freq="min")
    return detector_of(pd.DataFrame(waves(N_TRAINING, 2), index, columns=["a", "b"]))


@pytest.fixture(scope="module")
def nightly() -> TimeSeriesAnomalyDetector:
    """One channel whose days are alike, around a level that wanders."""
    n_rows = 20 * 96
    index = pd.date_range(
        "2026-01-01", periods=n_rows, freq="15min", tz="Europe/Berlin"
    )
    rng = np.random.default_rng(0)
    level = np.repeat(rng.normal(0, 1, 20).cumsum(), 96)
    day = 5.0 * (np.arange(n_rows) % 96 > 80)
    values = 40.0 + level + day + rng.normal(0, 0.3, n_rows)
    found = detector_of(pd.DataFrame({"load": values}, index))
    assert found.model_.calendar is not None
    assert found.model_.calendar.pace.any()
    return found


def troubled(n_rows: int, n_channels: int, step: float, seed: int) -> Any:
    """Give rows with faults, gaps, frozen stretches, and clocks that are wrong."""
    rng = np.random.default_rng(seed)
    series = waves(n_rows, n_channels, seed)
    for _ in range(rng.integers(1, 4)):
        begin, lasts = rng.integers(0, n_rows), rng.choice([3, 20, 150])
        series[begin : begin + lasts] += rng.choice([-6.0, 4.0, 1e7])
    begin = rng.integers(0, n_rows)
    series[begin : begin + rng.integers(1, 60)] = series[begin]
    series[rng.random(series.shape) < rng.choice([0.0, 0.02, 0.3])] = np.nan
    times = 1.8e9 + step * np.cumsum(
        rng.choice([1, 1, 1, 1, 4, 1500], n_rows, p=[0.245] * 4 + [0.019, 0.001])
    )
    times[rng.random(n_rows) < 0.01] -= 40 * step  # too late
    times[rng.integers(0, n_rows)] += 1e8  # far ahead
    if rng.random() < 0.3:
        times[rng.integers(0, n_rows) :] -= (
            1e5 * step
        )  # set back, and believed in the end
    return series, times.tolist()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["fitted", "timed", "nightly"])
@given(
    seed=st.integers(0, 2**31),
    cuts=st.lists(st.integers(0, 400), max_size=6),
    is_timed=st.booleans(),
    settle_after=st.sampled_from([0, 1, 60, 1000]),
)
@settings(
    max_examples=settings().max_examples // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_how_rows_are_cut_changes_no_alert(
    request: pytest.FixtureRequest,
    name: str,
    seed: int,
    cuts: list[int],
    is_timed: bool,
    settle_after: int,
) -> None:
    detector = request.getfixturevalue(name)
    step = float(detector.step_) or 60.0
    series, times = troubled(400, detector.n_features_in_, step, seed)
    rules = {
        "settle_after": settle_after,
        "merge_gap": 10,
        "cool_down": 20,
        "alpha": 1e-3,
    }
    one_by_one, in_blocks = detector.watch(**rules), detector.watch(**rules)
    expected, found = [], []
    for row, time in zip(series, times, strict=True):
        expected += one_by_one.watch_one(row, time if is_timed else None)
    for begin, end in pairwise([0, *sorted(cuts), 400]):
        stamps = times[begin:end] if is_timed else None
        found += in_blocks.watch_many(series[begin:end], stamps)
    assert [e.to_dict() for e in found] == [e.to_dict() for e in expected]
    np.testing.assert_array_equal(in_blocks.memory_, one_by_one.memory_)
    for part in ("memory_", "level_", "clock_", "last_time_", "n_rows_", "n_late_"):
        np.testing.assert_array_equal(
            getattr(in_blocks.scorer, part), getattr(one_by_one.scorer, part)
        )


def test_rows_before_a_wrong_one_are_told_of(fitted: TimeSeriesAnomalyDetector) -> None:
    series = waves(900, seed=1)
    series[700:720] += 4.0
    series[800] = np.inf
    watcher, told = fitted.watch(), []
    with pytest.raises(InputError, match="x must be finite"):
        told.extend(watcher.watch_each(series))
    assert len(told) == 800
    assert kinds([event for events in told for event in events]) == ["open"]
    assert watcher.scorer.n_rows_ == 800


def test_late_rows_tell_nothing(fitted: TimeSeriesAnomalyDetector) -> None:
    watcher = fitted.watch()
    watcher.watch_one(0.0, 100.0)
    assert watcher.watch_one(1e9, 50.0) == []
    assert watcher.scorer.n_late_ == 1


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"alpha": 2}, "alpha must be a number from 0 to 0.5"),
        ({"min_duration": 0}, "min_duration must be an integer of at least 1"),
        ({"merge_gap": 0}, "merge_gap must be an integer of at least 1"),
        ({"cool_down": -1}, "cool_down must be an integer of at least 0"),
        ({"settle_after": 1.5}, "settle_after must be an integer of at least 0"),
    ],
)
def test_rules_that_break_a_rule(
    fitted: TimeSeriesAnomalyDetector, rules: Any, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        fitted.watch(**rules)


def test_events_of_others_are_refused(fitted: TimeSeriesAnomalyDetector) -> None:
    series = waves(1200, seed=1)
    series[700:720] += 4.0
    event = fitted.watch().watch_many(series)[0]
    with pytest.raises(InputError, match="event must be one of this watcher's 0"):
        fitted.watch().accept(event)
    series[100:120] += 4.0
    watcher = fitted.watch(cool_down=0)
    first = watcher.watch_many(series)[0]
    with pytest.raises(InputError, match="event must be the latest, number 2"):
        watcher.reject(first)
