"""TimeSeriesAnomalyDetector: what it finds, what it leaves alone, what it refuses."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.anomaly.tail import score_at
from recs_anomaly.exceptions import InputError

N_ROWS, N_TRAINING = 3000, 1800


def quick(**parameters: Any) -> TimeSeriesAnomalyDetector:
    return TimeSeriesAnomalyDetector(epochs=0, random_state=0, **parameters)


def waves(n_channels: int = 1, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = np.arange(N_ROWS)[:, None]
    values = np.sin(rows / 8 + np.arange(n_channels))
    return values + 0.08 * rng.standard_normal(values.shape)


@pytest.fixture(scope="module")
def fitted() -> TimeSeriesAnomalyDetector:
    return quick().fit(waves()[:N_TRAINING])


def test_normal_rows_are_normal(fitted: TimeSeriesAnomalyDetector) -> None:
    scores = fitted.score_samples(waves())
    assert scores.shape == (N_ROWS,)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    assert (fitted.predict(waves()) == -1).mean() < 0.005
    assert len(fitted.events(waves())) <= 1


@pytest.mark.parametrize(
    ("rows", "change", "word", "direction"),
    [
        (slice(2500, 2501), lambda x: x + 3, "spike", "high"),
        (slice(2500, 2501), lambda x: x - 3, "spike", "low"),
        (slice(2500, 2600), lambda x: x + 3, "level", "high"),
        (slice(2500, 2600), lambda x: 0 * x + x[0], "frozen", None),
    ],
)
def test_faults_are_found_and_named(
    fitted: TimeSeriesAnomalyDetector,
    rows: slice,
    change: Any,
    word: str,
    direction: str | None,
) -> None:
    series = waves()
    series[rows] = change(series[rows])
    events = fitted.events(series)
    worst = events.loc[events["severity"].idxmax()]
    assert worst["start"] == pytest.approx(rows.start, abs=15)
    assert worst["end"] <= rows.stop + 35
    assert worst["severity"] > 1e6
    assert word in " ".join(events["cause"])
    if direction:
        assert direction in set(events["direction"])


def test_a_series_with_its_own_anomalies() -> None:
    series = waves()
    series[700] += 9.0
    series[2000:2040] += 4.0
    detector = quick()
    labels = detector.fit_predict(series)
    assert detector.n_normal_ < N_ROWS
    assert labels[700] == -1
    assert (labels[2000:2040] == -1).all()
    assert (labels == -1).mean() < 0.4  # the smoothing spreads what is that large
    assert len(detector.events(series)) <= 4


def test_faults_in_training_take_no_phase_of_a_rhythm_with_them() -> None:
    phase = 2 * np.pi * np.arange(2000) / 288
    rng = np.random.default_rng(0)
    series = np.sin(phase) + 0.5 * np.sin(4 * phase) + 0.02 * rng.standard_normal(2000)
    dirty = series[:1008].copy()
    dirty[300:350] += rng.standard_normal(50)
    dirty[700:750] -= 3.0
    clean = quick().fit(series[:1008, None])
    fitted = quick().fit(dirty[:, None])
    assert fitted.n_normal_ <= 1008 - 90
    assert len(fitted.memory_starts_) == len(clean.memory_starts_)
    rest = series[1008:, None]
    typical = np.median(fitted.score_samples(rest))
    assert typical == pytest.approx(np.median(clean.score_samples(rest)), abs=0.2)


def test_a_gap_is_no_anomaly_and_harms_no_neighbour(
    fitted: TimeSeriesAnomalyDetector,
) -> None:
    series = waves()
    series[2300:2400] = np.nan
    series[2700] = np.nan
    scores = fitted.score_samples(series)
    assert np.isfinite(scores).all()
    assert (scores >= fitted.offset_).mean() > 0.995
    assert fitted.explain(series)["branch"].iloc[2330:2370].isna().all(axis=None)
    assert not fitted.events(series)["start"].between(2250, 2450).any()


def test_missing_rows_within_an_anomaly_are_as_near_to_the_threshold_as_can_be(
    fitted: TimeSeriesAnomalyDetector,
) -> None:
    series = waves()
    series[2500:2560] += 6.0
    series[[2520, 2530, 2531]] = np.nan
    series[2800:2803] = np.nan
    series[2900:2920] = np.nan
    scores = fitted.score_samples(series)
    assert (scores[[2519, 2521, 2529, 2532]] < fitted.offset_).all()
    assert (scores[[2520, 2530, 2531]] == fitted.offset_).all()
    assert (fitted.predict(series)[[2520, 2530, 2531]] == 1).all()
    neighbours = scores[[2799, 2803]]
    assert (scores[2800:2803] >= 2 * neighbours.min()).all()
    assert (scores[2800:2803] < neighbours.max() / 2).all()
    assert (scores[2900:2920] == -score_at(fitted.tail_, 0.5)).all()


def test_missing_rows_of_a_time_axis_are_a_gap() -> None:
    index = pd.date_range("2026-01-01", periods=N_ROWS, freq="min")
    frame = pd.DataFrame({"a": waves()[:, 0]}, index)
    detector = quick().fit(frame[:N_TRAINING])
    cut = frame.drop(frame.index[2300:2433])  # not a whole number of periods
    assert len(detector.score_samples(cut)) == len(cut)
    assert not detector.events(cut)["start"].between(*frame.index[[2200, 2600]]).any()
    without_time = cut.reset_index(drop=True)
    plain = quick().fit(without_time[:N_TRAINING])
    jump = plain.score_samples(without_time)[2290:2310].min()
    assert jump < detector.score_samples(cut)[2290:2310].min()


def test_every_tenth_value_missing(fitted: TimeSeriesAnomalyDetector) -> None:
    series = waves()
    series[np.random.default_rng(1).random(series.shape) < 0.1] = np.nan
    assert (fitted.predict(series) == -1).mean() < 0.04
    series[2500:2505] = 5.0
    assert 2480 < fitted.score_samples(series).argmin() < 2520


def test_one_channel_that_leaves_the_others() -> None:
    series = waves(3)
    detector = quick().fit(pd.DataFrame(series[:N_TRAINING], columns=list("abc")))
    series[2500:2560, 1] = series[2500:2560, 1][::-1] * -1.5
    frame = pd.DataFrame(series, columns=list("abc"))
    events = detector.events(frame)
    assert events.loc[events["severity"].idxmax(), "channel"] == "b"
    explained = detector.explain(frame)
    assert explained["channel"].iloc[2530].idxmax() == "b"
    np.testing.assert_allclose(explained["channel"].sum(axis=1), 1.0)
    np.testing.assert_allclose(explained["branch"].sum(axis=1), 1.0)
    assert (explained["lower"] <= explained["upper"]).all(axis=None)
    is_inside = series[:N_TRAINING, 0] <= explained["upper", "a"][:N_TRAINING]
    assert is_inside[100:].mean() == pytest.approx(0.995, abs=0.004)


def test_switches_and_constants_are_context() -> None:
    series = np.column_stack([waves(), waves() > 0, np.ones(N_ROWS)])
    detector = quick().fit(series[:N_TRAINING])
    assert detector.targets_.tolist() == [0]


def test_a_constant_series_that_moves_at_last() -> None:
    series = np.full((900, 1), 5.0)
    detector = quick().fit(series[:400])
    series[500:510] = 6.0
    assert 400 < detector.score_samples(series).argmin() < 610


@pytest.mark.parametrize(("side", "sign"), [("high", 1), ("low", -1)])
def test_one_side_alone(side: str, sign: int) -> None:
    detector = quick(side=side, weights={"forecast": 1}).fit(waves()[:N_TRAINING])
    lowest = []
    for direction in (sign, -sign):
        series = waves()
        series[2500] += 4.0 * direction
        lowest.append(detector.score_samples(series)[2500])
    assert lowest[0] < 3 * detector.offset_
    # The forecast that has seen a peak errs to the other side, but by less.
    assert lowest[1] > 0.5 * lowest[0]


@pytest.mark.parametrize("branch", ["forecast", "reconstruction", "neighbour"])
def test_each_branch_alone(branch: str) -> None:
    series = waves()
    series[2500:2540] += 3.0
    detector = quick(weights={branch: 1.0}).fit(series[:N_TRAINING])
    assert 2440 < detector.score_samples(series).argmin() < 2600
    shares = detector.explain(series)["branch"]
    assert shares[branch].iloc[2520] == 1.0


def test_contamination_is_the_share_beyond_the_threshold() -> None:
    detector = quick(contamination=0.05)
    assert (detector.fit_predict(waves()) == -1).mean() == pytest.approx(
        0.05, abs=0.002
    )


def test_alpha_is_the_share_of_normal_rows_beyond_the_threshold() -> None:
    strict, loose = (quick(alpha=a).fit(waves()[:N_TRAINING]) for a in (1e-4, 0.05))
    assert strict.offset_ < loose.offset_
    others = np.concatenate([loose.predict(waves(seed=seed)) for seed in range(10, 20)])
    assert 0.01 < (others == -1).mean() < 0.05  # others within, beside these rows
    assert (strict.predict(waves(seed=10)) == -1).mean() < 0.001


def test_smoothing_spreads_and_none_does_not() -> None:
    series = waves()
    series[2500] += 4.0
    forecast = {"forecast": 1.0}
    widths = []
    for smooth in (0, 30):
        detector = quick(smooth=smooth, weights=forecast).fit(series[:N_TRAINING])
        scores = detector.score_samples(series)
        widths.append(int((scores < detector.offset_).sum()))
    assert widths[0] < widths[1]


def test_events_merge_and_shrink() -> None:
    series = waves()
    series[2500] += 4.0
    series[2600] += 4.0
    detector = quick().fit(series[:N_TRAINING])
    counts = [
        int(detector.events(series, **settings)["end"].ge(2400).sum())
        for settings in (
            {"merge_gap": 0},
            {"merge_gap": 200},
            {"merge_gap": 0, "min_duration": 500},
        )
    ]
    assert counts[0] >= 2
    assert counts[1:] == [1, 0]


def test_a_series_shorter_than_a_window(fitted: TimeSeriesAnomalyDetector) -> None:
    short = waves()[: fitted.window_ - 5]
    with pytest.warns(UserWarning, match="of the 45 rows of X could be judged"):
        assert np.isfinite(fitted.score_samples(short)).all()
    with pytest.warns(UserWarning, match="0 of the 1 rows"):
        assert fitted.score_samples(short[:1]).shape == (1,)


@pytest.mark.parametrize(
    ("parameters", "rule"),
    [
        ({"cell": "rnn"}, "cell must be one of"),
        ({"window": 1}, "window must be an integer of at least 2"),
        ({"window": 1700}, "window must be at most half of the training rows"),
        ({"smooth": -1}, "smooth must be a number of at least 0"),
        ({"side": "up"}, "side must be one of"),
        ({"weights": {"shape": 1}}, "weights must be a dict with some of the keys"),
        ({"weights": {"forecast": 0}}, "weights must hold one of"),
        ({"contamination": 0.9}, "contamination must be a number from 0 to 0.5"),
        ({"alpha": np.nan}, "alpha must be a number from 0 to 0.5"),
        ({"epochs": 1.5}, "epochs must be an integer of at least 0"),
    ],
)
def test_parameters_that_break_a_rule(parameters: Any, rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        TimeSeriesAnomalyDetector(**{"epochs": 0, **parameters}).fit(waves())


def test_series_that_break_a_rule(fitted: TimeSeriesAnomalyDetector) -> None:
    with pytest.raises(ValueError, match="minimum of 8"):
        quick().fit(waves()[:5])
    with pytest.raises(ValueError, match="infinity"):
        fitted.score_samples([[np.inf]])
    with pytest.raises(ValueError, match="expecting 1 features"):
        fitted.score_samples(waves(2))
    index = pd.to_datetime(["2026-01-02", "2026-01-01"])
    with pytest.raises(InputError, match="X must be in the order of time; row 5"):
        quick().fit(pd.DataFrame({"a": waves()[:10, 0]}, index.repeat(5)))
