"""Bootstrap intervals: what is known exactly, and how often they hold the truth."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.bootstrap import bootstrap_interval, bootstrap_mean_interval


def test_one_value_leaves_no_doubt_and_none_leaves_all() -> None:
    assert bootstrap_mean_interval([2.5]) == (2.5, 2.5)
    assert all(map(math.isnan, bootstrap_mean_interval([])))


def test_two_values_make_three_means() -> None:
    # Means of two draws from (0, 1): 0, 1/2, 1 with chances 1/4, 1/2, 1/4.
    assert bootstrap_mean_interval([0, 1], coverage=0.9) == (0.0, 1.0)
    assert bootstrap_mean_interval([0, 1], coverage=0.4) == (0.5, 0.5)


def test_interval_of_normal_values_is_the_textbook_one(
    rng: np.random.Generator,
) -> None:
    values = rng.normal(size=400)
    low, high = bootstrap_mean_interval(values, n_resamples=20_000)
    half_width = 1.96 * values.std() / math.sqrt(len(values))
    assert low == pytest.approx(values.mean() - half_width, abs=0.02 * half_width)
    assert high == pytest.approx(values.mean() + half_width, abs=0.02 * half_width)


def test_interval_holds_the_true_mean_as_often_as_it_says(
    rng: np.random.Generator,
) -> None:
    n_held = 0
    for _ in range(300):
        low, high = bootstrap_mean_interval(
            rng.exponential(size=60), coverage=0.9, n_resamples=200, random_state=rng
        )
        n_held += low <= 1.0 <= high
    assert 0.84 <= n_held / 300 <= 0.94


def test_mean_is_the_statistic_of_its_counts() -> None:
    values = np.array([1.0, 4.0, 10.0])
    low, high = bootstrap_interval(lambda counts: counts @ values / 3, n_units=3)
    assert (low, high) == bootstrap_mean_interval(values)


def test_a_statistic_of_many_numbers_has_an_interval_for_each() -> None:
    table = np.array([[1.0, 10.0], [4.0, 40.0], [10.0, 100.0]])
    ends = bootstrap_interval(lambda counts: counts @ table / 3, n_units=3)
    low, high = bootstrap_mean_interval(table[:, 0])
    np.testing.assert_allclose(ends, [[low, 10 * low], [high, 10 * high]])


def test_every_resample_draws_as_many_units_as_there_are() -> None:
    totals: list[int] = []

    def remember(counts: np.ndarray) -> float:
        totals.append(int(counts.sum()))
        return 0.0

    bootstrap_interval(remember, n_units=7, n_resamples=50)
    assert totals == [7] * 50


def test_the_same_seed_gives_the_same_interval() -> None:
    values = [1.0, 2.0, 4.0, 8.0]
    assert bootstrap_mean_interval(values, random_state=1) == bootstrap_mean_interval(
        values, random_state=np.random.default_rng(1)
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: bootstrap_mean_interval([1], coverage=1),
            "coverage must .* above 0",
        ),
        (lambda: bootstrap_mean_interval([1], n_resamples=0), "n_resamples must be"),
        (
            lambda: bootstrap_interval(np.sum, n_units=0),
            "n_units must .* least 1",
        ),
        (lambda: bootstrap_mean_interval([math.inf]), "values must be finite"),
    ],
)
def test_a_broken_rule_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
