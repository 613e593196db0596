"""The threshold that follows drift, and how sure a tail is."""

import numpy as np
import pytest

from recs_anomaly.core.alarm_level import AlarmLevel
from recs_anomaly.core.excursions import n_excursions, predictive
from recs_anomaly.core.extreme_values import fit_tail, score_at


def test_a_tenth_of_the_rows_lies_above_the_level_after_a_change_of_scale() -> None:
    shares = np.random.default_rng(0).gamma(2.0, 1.0, 40_000)
    level = AlarmLevel(float(np.quantile(shares, 0.9)))
    for share in 3.0 * shares[:20_000]:
        level.follow(float(share))
    assert level.factor == pytest.approx(3.0, rel=0.2)
    for share in shares[20_000:]:
        level.follow(float(share))
    assert level.factor == pytest.approx(1.0, rel=0.2)


def test_one_row_moves_the_level_by_the_same_step_however_high_it_is() -> None:
    high, huge, low = (AlarmLevel(1.0) for _ in range(3))
    high.follow(1.1)
    huge.follow(1e300)
    low.follow(0.0)
    assert high.moved == huge.moved == pytest.approx(0.0018)
    assert low.moved == 0.0  # never below where training had it
    huge.follow(0.0)
    assert huge.moved == pytest.approx(0.0016)


def test_a_sudden_rise_is_told_from_drift() -> None:
    rng = np.random.default_rng(0)
    shares = rng.gamma(2.0, 1.0, 30_000)
    start = float(np.quantile(shares, 0.9))
    drifting, shifted = AlarmLevel(start), AlarmLevel(start)
    for share in np.linspace(1.0, 3.0, len(shares)) * shares:
        drifting.follow(float(share))
        assert not drifting.is_sudden
    for row in range(1000):
        shifted.follow(6.0 * float(shares[row]))
    assert shifted.is_sudden
    assert shifted.settled_level == pytest.approx(start, rel=0.2)


def test_excursions_by_hand() -> None:
    scores = np.array([0, 2, 2, 0, 2, 0, 0, 0, 0, 2.0])
    assert n_excursions(scores, 1.0, apart=1) == 3
    assert n_excursions(scores, 1.0, apart=2) == 2
    assert n_excursions(scores, 1.0, apart=9) == 1
    assert n_excursions(scores, 3.0, apart=1) == 0


def test_predictive_thresholds_of_few_scores_hold_on_average() -> None:
    """Refit on 100 exponential scores: one new score in a thousand is beyond."""
    rng = np.random.default_rng(0)
    rates = []
    for _ in range(400):
        tail = fit_tail(rng.exponential(1.0, 100))
        expected = predictive(tail, 10)
        rates.append([np.exp(-score_at(t, 0.001)) for t in (tail, expected)])
    plain, careful = np.mean(rates, axis=0)
    assert plain > 0.0018
    assert careful == pytest.approx(0.001, rel=0.4)
