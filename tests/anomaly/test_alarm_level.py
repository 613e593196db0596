"""The threshold that follows drift, and how sure a tail is."""

import numpy as np
import pytest

from recs_anomaly.anomaly.live.course import MAX_MOVED, SHARE, STEP, AlarmLevel
from recs_anomaly.anomaly.tail import (
    FEW,
    excursion_peaks,
    fit_tail,
    score_at,
    tail_with_rare,
)

SHARES = np.random.default_rng(0).gamma(2.0, 1.0, 60_000)


def level_of(shares: np.ndarray = SHARES) -> AlarmLevel:
    return AlarmLevel(*np.quantile(shares, (1.0 - SHARE, 0.999)).tolist())


def test_the_level_follows_drift_and_comes_back() -> None:
    level = level_of()
    for share in np.linspace(1.0, 2.0, len(SHARES)) * SHARES:
        level.follow(float(share))
    assert 1.5 < level.factor < 2.0
    for share in SHARES[:20_000]:
        level.follow(float(share))
    assert level.factor < 1.1


def test_the_level_learns_nothing_from_what_hardly_any_row_is_like() -> None:
    level = level_of()
    for share in 6.0 * SHARES[:1000] + 10.0:
        level.follow(float(share))
    assert level.factor == 1.0


def test_the_level_of_a_new_normal_is_bounded() -> None:
    level = level_of()
    for share in 100.0 * SHARES[:5000]:
        level.follow(float(share), speed=5.0)
    assert level.moved == pytest.approx(MAX_MOVED, abs=0.01)


def test_one_row_moves_the_level_by_the_same_step_however_high_it_is() -> None:
    high, huge, low = (AlarmLevel(1.0, 1e301) for _ in range(3))
    high.follow(1.1)
    huge.follow(1e300)
    low.follow(0.0)
    assert high.moved == huge.moved == pytest.approx((1 - SHARE) * STEP)
    assert low.moved == 0.0  # never below where training had it


def test_excursions_by_hand() -> None:
    scores = np.array([0, 2, 4, 0, 3, 0, 0, 0, 0, 2.0])
    assert excursion_peaks(scores, 1.0, apart=1).tolist() == [4, 3, 2]
    assert excursion_peaks(scores, 1.0, apart=2).tolist() == [4, 2]
    assert excursion_peaks(scores, 1.0, apart=9).tolist() == [4]
    assert excursion_peaks(scores, 4.0, apart=1).tolist() == []


@pytest.mark.parametrize(("n_scores", "low"), [(100, 0.3), (400, 0.7)])
def test_predictive_thresholds_of_few_scores_hold_on_average(
    n_scores: int, low: float
) -> None:
    """Refit on exponential scores: at most one new score in a thousand is beyond."""
    rng = np.random.default_rng(0)
    rates = []
    for _ in range(200):
        scores = rng.exponential(1.0, n_scores)
        tail = fit_tail(scores, 0)
        n_peaks = len(excursion_peaks(scores, tail.threshold, 0))
        raised = (1 + FEW / n_peaks) / n_peaks
        sure = tail._replace(shape=max(tail.shape - raised, 0.0))
        rates.append([np.exp(-score_at(t, 0.001)) for t in (sure, tail)])
    plain, careful = np.mean(rates, axis=0)
    assert plain > 1.2 * careful
    assert low < careful / 0.001 < 1.4


def test_a_tail_of_scores_that_last_is_heavier_than_that_of_its_rows() -> None:
    """Of stretches of ten rows that rise and fall, rows and peaks count as much."""
    rng = np.random.default_rng(0)
    peaks = rng.exponential(1.0, 400)
    scores = np.outer(peaks, [*np.linspace(0, 1, 5), *np.linspace(1, 0, 5)]).ravel()
    rows, both = (fit_tail(scores, apart) for apart in (0, 4))
    top = peaks[peaks > rows.threshold] - rows.threshold
    assert both.share == rows.share
    of_rows, of_both = (t.scale / (1 - t.shape) for t in (rows, both))  # mean excesses
    assert of_rows < of_both < top.mean() + of_rows
    assert score_at(both, 1e-4) > score_at(rows, 1e-4)


def test_rare_rows_belong_if_a_heavy_tail_reaches_them() -> None:
    scores = np.random.default_rng(0).exponential(1.0, 4000)
    for highest, belong in ((12.0, True), (200.0, False)):
        tail, found = tail_with_rare(scores, np.append(scores, highest), 1)
        assert found == belong
        with_rare = fit_tail(np.append(scores, highest), 1)
        expected = with_rare if belong else fit_tail(scores, 1)
        assert score_at(tail, 1e-6) == score_at(expected, 1e-6)
