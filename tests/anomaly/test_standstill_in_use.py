"""Sensors that hang: found from the row in which they froze, and nothing else is."""

from typing import Any

import numpy as np
import pytest

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.datasets import load_sample_series

N_ROWS, N_TRAINING = 3000, 1800


def quick(**parameters: Any) -> TimeSeriesAnomalyDetector:
    return TimeSeriesAnomalyDetector(epochs=0, random_state=0, **parameters)


def waves(n_channels: int = 1) -> np.ndarray:
    rng = np.random.default_rng(0)
    values = np.sin(np.arange(N_ROWS)[:, None] / 8 + np.arange(n_channels))
    return values + 0.08 * rng.standard_normal(values.shape)


@pytest.mark.parametrize("fault", [slice(2500, 2600), slice(2940, N_ROWS)])
def test_a_frozen_sensor_is_an_anomaly_from_where_it_froze(fault: slice) -> None:
    series, frozen = waves(2), waves(2)
    frozen[fault, 1] = frozen[fault.start, 1]
    detector = quick().fit(series[:N_TRAINING])
    events = detector.events(frozen)
    event = events.loc[events["severity"].idxmax()]
    assert event["cause"].startswith("frozen")
    assert event["channel"] == "x1"
    assert event["start"] == pytest.approx(fault.start, abs=15)
    assert event["end"] == pytest.approx(fault.stop, abs=15)
    # All that it adds is a factor.
    plain = {"forecast": 1.0, "reconstruction": 0.5, "neighbour": 1.0}
    plain["relation"] = 1.0
    ratio = detector.score_samples(frozen)
    detector.set_params(weights=plain)
    factor = ratio / detector.score_samples(frozen)
    expected = np.ones(N_ROWS)
    expected[fault] = (fault.stop - fault.start) / (2 * 5)
    np.testing.assert_allclose(factor, expected)
    # Where only what is too high is asked for, it does not count.
    high = quick(side="high").fit(series[:N_TRAINING])
    scores = high.score_samples(frozen)
    np.testing.assert_array_equal(
        scores, high.set_params(weights=plain).score_samples(frozen)
    )


def test_a_frozen_sensor_in_the_training_series_is_found() -> None:
    series = waves()
    series[2000:2100] = series[2000]
    detector = quick()
    labels = detector.fit_predict(series)
    assert (labels[2000:2100] == -1).mean() > 0.9
    assert detector.longest_still_ == 5


def test_in_the_sample_series_sensors_froze_to_the_row() -> None:
    sample = load_sample_series()
    detector = quick().fit(sample.values.iloc[:2880])
    found = detector.events(sample.values)
    frozen = sample.events[sample.events["kind"] == "frozen sensor"]
    told = found[found["cause"].str.startswith("frozen")]
    assert told["start"].tolist() == frozen["start"].tolist()
    assert told["channel"].tolist() == frozen["channel"].tolist()
    assert set(told["branch"]) == {"standstill"}


def test_a_channel_that_often_stands_still_is_none_that_is_frozen() -> None:
    series = np.repeat(waves()[::20], 20, axis=0)[:N_ROWS]
    detector = quick().fit(series[:N_TRAINING])
    assert detector.longest_still_ == 20
    assert (detector.explain(series)["branch", "standstill"].dropna() == 0).all()


def test_a_stream_sees_a_standstill_grow() -> None:
    frozen = waves(2)
    frozen[2500:2600, 1] = frozen[2500, 1]
    frozen[2520:2525, 1] = np.nan  # missing readings end no standstill
    detector = quick().fit(waves(2)[:N_TRAINING])
    scores = detector.stream().score_many(frozen)
    np.testing.assert_allclose(scores, detector.score_samples_causal(frozen))
    plain = {"forecast": 1, "reconstruction": 0.5, "neighbour": 1, "relation": 1}
    detector.set_params(weights=plain)
    factor = scores / detector.stream().score_many(frozen)
    assert factor[2499] == 1
    assert factor[2519] == pytest.approx(20 / 10)
    assert factor[2522] == 1
    assert factor[2599] == pytest.approx(95 / 10)
    assert factor[2600] == 1


def test_a_watcher_says_which_sensor_hangs() -> None:
    series = np.random.default_rng(0).standard_normal((N_ROWS, 2))
    detector = quick().fit(series[:N_TRAINING])
    live = series[N_TRAINING:].copy()
    assert detector.watch().watch_many(live) == []
    live[500:600, 1] = live[500, 1]  # near the mean: every reading is an ordinary one
    opened, *_, closed = detector.watch().watch_many(live)
    assert (opened.kind, opened.channel, opened.branch) == ("open", "x1", "standstill")
    assert opened.row in range(510, 560)
    assert (closed.kind, closed.number) == ("close", 1)
