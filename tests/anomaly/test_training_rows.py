"""Rows that do not belong to a training series, and those that do."""

import numpy as np

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.anomaly.fitting import Fitted, find_normal_rows, fit_anomaly_model
from recs_anomaly.anomaly.levels import SHARPNESS, combine, evidence, time_constants
from recs_anomaly.anomaly.settings import CorrectionSettings, Settings

LINEAR = Settings(40, 16, 20.0, 0, CorrectionSettings("gru", 4, 0, 0))
N_ROWS = 1200


def wave(noise: float = 0.05, n_rows: int = N_ROWS) -> np.ndarray:
    rng = np.random.default_rng(0)
    rows = np.arange(n_rows)
    return (np.sin(rows / 6) + noise * rng.standard_normal(n_rows))[:, None]


def left_out(series: np.ndarray) -> list[int]:
    return np.flatnonzero(~find_normal_rows(series, LINEAR).normal).tolist()


def fitted(series: np.ndarray) -> Fitted:
    return fit_anomaly_model(series, find_normal_rows(series, LINEAR), LINEAR, 0)


def test_a_clean_series_is_learned_whole() -> None:
    assert left_out(wave()) == []


def test_a_spike_is_left_out_and_hardly_more() -> None:
    series = wave()
    series[600] += 8.0
    found = left_out(series)
    assert 600 in found
    assert min(found) >= 590
    assert max(found) <= 640


def test_jumps_that_recur_are_learned() -> None:
    series = wave()
    series[100::150] += 4.0
    assert left_out(series) == []


def test_a_stretch_like_no_other_is_left_out() -> None:
    series = wave()
    rows = slice(500, 560)
    series[rows, 0] = np.sin(np.arange(60) / 2)
    found = left_out(series)
    assert len(set(range(505, 555)) - set(found)) <= 5
    assert min(found) > 450
    assert max(found) < 610


def test_what_breaks_for_a_while_in_training_rows_is_an_event() -> None:
    rng = np.random.default_rng(0)
    driver = np.sin(np.arange(3000) / 20) + 0.1 * rng.standard_normal(3000)
    follower = driver**2 + 0.05 * rng.standard_normal(3000)
    follower[2000:2100] = rng.permutation(follower[2000:2100])
    series = np.column_stack([driver, follower])
    (event,) = (
        TimeSeriesAnomalyDetector(epochs=0).fit(series).events(series).itertuples()
    )
    assert abs(event.start - 2000) <= 5
    assert abs(event.end - 2099) <= 10


def test_what_is_frequent_is_not_abnormal() -> None:
    series = wave()
    rng = np.random.default_rng(1)
    series[: N_ROWS // 2] += rng.standard_normal((N_ROWS // 2, 1))
    assert left_out(series) == []


def test_rows_left_out_do_not_raise_what_normal_rows_reach() -> None:
    dirty = wave()
    dirty[600:640] += 6.0
    assert (fitted(dirty).linear.scale < 2.0 * fitted(wave()).linear.scale).all()


def test_few_rows_are_not_normal_and_learned_all_the_same() -> None:
    series = wave(n_rows=3000)
    series[600] += 8.0
    rows = find_normal_rows(series, LINEAR)
    assert rows.learned.all()
    assert not rows.normal[600]
    assert rows.has_rare


def test_many_rows_that_are_not_normal_are_not_learned() -> None:
    series = wave()
    series[600:640] += 6.0
    rows = find_normal_rows(series, LINEAR)
    assert not rows.has_rare
    assert rows.normal[rows.learned].all()
    assert not rows.learned[596:644].any()
    assert rows.learned[:560].all()


def test_a_switch_with_odd_values_was_not_itself() -> None:
    switch = (np.arange(N_ROWS) // 50 % 2).astype(float)
    series = np.column_stack([wave()[:, 0], switch])
    assert left_out(series) == []
    series[700:730, 1] += np.linspace(0.1, 0.7, 30)
    assert left_out(series) == list(range(700, 730))


def test_values_that_a_channel_has_once_alone_are_no_sign_in_others() -> None:
    steps = np.round(wave()[:, 0], 1)
    steps[700] += 0.05
    assert left_out(steps[:, None]) == []


def test_a_channel_that_stands_still_may_step() -> None:
    series = np.zeros((N_ROWS, 1))
    series[300:500] = 1.0
    series[800:803] = 0.5
    assert left_out(series[:600]) == []
    assert left_out(series) == [800, 801, 802]


def test_one_level_remains_as_it_is() -> None:
    levels = np.geomspace(1e-30, 1e30, 7)
    one = np.zeros((1, 3, 7, 2))
    one[0, 1, :, 1] = levels
    np.testing.assert_allclose(combine(one, np.array([0.0, 3.0, 0.0])), levels)


def test_a_row_is_the_mean_of_its_levels_beyond_one() -> None:
    levels = np.array([[50.0, 0.2], [20.0, 0.9], [0.1, 0.1]])
    found = combine(levels[None, :, :, None], np.array([1.0, 0.5, 1.0]))
    assert np.isclose(found[0], (50.0 * 20.0**0.5) ** (1 / 2.5))
    by_hand = (1 + 0.2**8) * (1 + 0.9**8) ** 0.5 * (1 + 0.1**8)
    assert np.isclose(found[1], (by_hand ** (1 / 2.5) - 1) ** (1 / 8))


def test_the_mean_of_evidence_is_the_logarithm() -> None:
    rng = np.random.default_rng(2)
    levels = np.exp(rng.normal(0, 2, (2, 3, 50, 1)))
    weights = np.array([1.0, 0.5, 0.0])
    total = sum(evidence(part, weights).sum(axis=(0, 2)) for part in levels) / 3.0
    expected = np.log1p(combine(levels, weights) ** SHARPNESS) / SHARPNESS
    np.testing.assert_allclose(total, expected)
    assert np.isfinite(combine(np.full((2, 3, 1, 1), 1e300), weights)).all()


def test_stretches_of_time() -> None:
    assert time_constants(60.0) == [3.0, 60.0]
    assert time_constants(0.0) == [0.0]
