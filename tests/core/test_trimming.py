"""Rows that do not belong to a training series, and those that do."""

import numpy as np

from recs_anomaly.core.anomaly_fit import fit_anomaly_model
from recs_anomaly.core.anomaly_scale import (
    SHARPNESS,
    combine,
    evidence,
    time_constants,
)
from recs_anomaly.core.anomaly_settings import NetworkSettings, Settings

LINEAR = Settings(40, 16, 20.0, 0, NetworkSettings("gru", 4, 0, 0))
N_ROWS = 1200


def wave(noise: float = 0.05) -> np.ndarray:
    rng = np.random.default_rng(0)
    rows = np.arange(N_ROWS)
    return (np.sin(rows / 6) + noise * rng.standard_normal(N_ROWS))[:, None]


def left_out(series: np.ndarray) -> list[int]:
    return np.flatnonzero(~fit_anomaly_model(series, LINEAR, 0).is_normal).tolist()


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


def test_what_is_frequent_is_not_abnormal() -> None:
    series = wave()
    rng = np.random.default_rng(1)
    series[: N_ROWS // 2] += rng.standard_normal((N_ROWS // 2, 1))
    assert left_out(series) == []


def test_rows_left_out_do_not_raise_what_normal_rows_reach() -> None:
    dirty = wave()
    dirty[600:640] += 6.0
    clean_scale = fit_anomaly_model(wave(), LINEAR, 0).scale
    dirty_scale = fit_anomaly_model(dirty, LINEAR, 0).scale
    assert (dirty_scale < 2.0 * clean_scale).all()


def test_one_level_remains_as_it_is() -> None:
    levels = np.geomspace(1e-30, 1e30, 7)
    one = np.zeros((1, 3, 7, 2))
    one[0, 1, :, 1] = levels
    np.testing.assert_allclose(combine(one, np.array([1.0, 1.0, 1.0])), levels)


def test_levels_beyond_one_multiply_and_lower_ones_do_not() -> None:
    levels = np.array([[50.0, 0.2], [20.0, 0.9], [0.1, 0.1]])
    found = combine(levels[None, :, :, None], np.array([1.0, 0.5, 1.0]))
    assert np.isclose(found[0], 50.0 * 20.0**0.5)
    by_hand = (1 + 0.2**8) * (1 + 0.9**8) ** 0.5 * (1 + 0.1**8)
    assert np.isclose(found[1], (by_hand - 1) ** (1 / 8))


def test_evidence_adds_up_to_the_logarithm() -> None:
    rng = np.random.default_rng(2)
    levels = np.exp(rng.normal(0, 2, (2, 3, 50, 1)))
    weights = np.array([1.0, 0.5, 0.0])
    total = sum(evidence(part, weights).sum(axis=(0, 2)) for part in levels)
    expected = np.log1p(combine(levels, weights) ** SHARPNESS) / SHARPNESS
    np.testing.assert_allclose(total, expected)
    assert np.isfinite(combine(np.full((2, 3, 1, 1), 1e300), weights)).all()


def test_stretches_of_time() -> None:
    assert time_constants(60.0) == [3.0, 60.0]
    assert time_constants(0.0) == [0.0]
