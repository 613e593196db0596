"""Rating metrics against hand-worked numbers, naive twins and their laws."""

import math
from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.rating import (
    calibration_error,
    interval_coverage,
    log_losses,
    mae,
    negative_log_likelihood,
    rmse,
)
from tests import naive

STARS = [1.0, 2.0, 3.0, 4.0, 5.0]
ratings_and_predictions = st.lists(
    st.tuples(st.sampled_from(STARS), st.floats(0, 6)), min_size=1, max_size=30
)
events_and_chances = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.5, 0.9, 1.0])),
    min_size=1,
    max_size=40,
)


def test_errors_worked_out_by_hand() -> None:
    # Differences 1, 0, -2: squares 1, 0, 4.
    assert rmse([3, 4, 5], [4, 4, 3]) == pytest.approx(math.sqrt(5 / 3))
    assert mae([3, 4, 5], [4, 4, 3]) == 1.0


@given(ratings_and_predictions)
def test_errors_equal_their_naive_twins(pairs: list[tuple[float, float]]) -> None:
    observed, predicted = zip(*pairs, strict=True)
    assert rmse(observed, predicted) == pytest.approx(naive.rmse(observed, predicted))
    assert mae(observed, predicted) == pytest.approx(naive.mae(observed, predicted))
    assert mae(observed, predicted) <= rmse(observed, predicted) + 1e-12


def test_likelihood_worked_out_by_hand() -> None:
    rows = [[0.5, 0.25, 0.25], [0.125, 0.375, 0.5]]
    losses = log_losses([2.5, 1.0], rows, levels=[1.0, 2.5, 4.0])
    np.testing.assert_allclose(losses, [math.log(4), math.log(8)])
    surprise = negative_log_likelihood([2.5, 1.0], rows, levels=[1.0, 2.5, 4.0])
    assert surprise == pytest.approx(2.5 * math.log(2))


def test_likelihood_equals_its_naive_twin(rng: np.random.Generator) -> None:
    rows, observed = rng.dirichlet(np.ones(5), size=50), rng.choice(STARS, size=50)
    assert negative_log_likelihood(observed, rows, STARS) == pytest.approx(
        naive.negative_log_likelihood(observed, rows, STARS)
    )


def test_likelihood_of_what_was_called_impossible_is_infinite() -> None:
    assert negative_log_likelihood([5], [[1, 0]], levels=[1, 5]) == math.inf


def test_calibration_worked_out_by_hand() -> None:
    # Sorted into two bins of three: chances .1 .2 .3 with one event, .6 .8 1 with two.
    chances = [0.8, 0.1, 1.0, 0.3, 0.6, 0.2]
    events = [True, False, True, True, False, False]
    expected = 0.5 * abs(1 / 3 - 0.2) + 0.5 * abs(2 / 3 - 0.8)
    assert calibration_error(events, chances, n_bins=2) == pytest.approx(expected)


@given(events_and_chances, st.integers(1, 12))
def test_calibration_equals_its_naive_twin(
    pairs: list[tuple[bool, float]], n_bins: int
) -> None:
    events, chances = zip(*pairs, strict=True)
    assert calibration_error(events, chances, n_bins) == pytest.approx(
        naive.calibration_error(events, chances, n_bins)
    )


@given(events_and_chances, st.randoms(use_true_random=False))
def test_calibration_does_not_depend_on_the_order_of_rows(
    pairs: list[tuple[bool, float]], order: Random
) -> None:
    shuffled = sorted(pairs, key=lambda _: order.random())
    assert calibration_error(*zip(*pairs, strict=True)) == pytest.approx(
        calibration_error(*zip(*shuffled, strict=True))
    )


def test_one_chance_for_all_is_calibrated_if_it_is_the_frequency() -> None:
    assert calibration_error([True, True, True, False], [0.75] * 4) == 0.0


def test_chance_alone_stays_below_the_stated_error(rng: np.random.Generator) -> None:
    n_ratings, n_bins = 2_000, 10
    bound = 0.4 * math.sqrt(n_bins / n_ratings)
    draws = [rng.random((2, n_ratings)) for _ in range(50)]
    errors = [calibration_error(u < chance, chance, n_bins) for chance, u in draws]
    assert 0.5 * bound < np.mean(errors) < bound


def test_coverage_worked_out_by_hand() -> None:
    intervals = [(1.0, 2.0), (2.5, 4.0), (5.0, 5.0), (1.0, 5.0)]
    assert interval_coverage([2.0, 2.0, 5.0, 3.0], intervals) == 0.75


def test_coverage_equals_its_naive_twin(rng: np.random.Generator) -> None:
    observed = rng.choice(STARS, size=60)
    intervals = np.sort(rng.choice(STARS, size=(60, 2)), axis=1)
    assert interval_coverage(observed, intervals) == naive.interval_coverage(
        observed, intervals
    )


@pytest.mark.parametrize(
    "nothing",
    [
        rmse([], []),
        mae([], []),
        negative_log_likelihood([], np.empty((0, 2)), levels=[1, 5]),
        calibration_error([], []),
        interval_coverage([], np.empty((0, 2))),
    ],
)
def test_metrics_of_no_ratings_are_nan(nothing: float) -> None:
    assert math.isnan(nothing)


@pytest.mark.parametrize(
    ("metric", "arguments", "message"),
    [
        (rmse, ([1, 2], [1]), "observed and predicted must have the same length"),
        (mae, ([1], [math.nan]), "predicted must be finite; got nan in row 0"),
        (rmse, ([[1]], [[1]]), r"observed must have one dimension; got .*\(1, 1\)"),
        (
            log_losses,
            ([1], [[0.5, 0.5]], [1, 2, 3]),
            r"a column a level, \(1, 3\); got \(1, 2\)",
        ),
        (log_losses, ([1], [[0.5, 0.6]], [1, 2]), "rows .* that sum to 1"),
        (log_losses, ([1], [[-0.5, 1.5]], [1, 2]), "rows of at least 0"),
        (log_losses, ([3], [[0.5, 0.5]], [1, 2]), "among the levels .*; got 3.0"),
        (log_losses, ([1], [[0.5, 0.5]], [2, 1]), "levels must ascend"),
        (calibration_error, ([1], [1.5]), r"must be in \[0, 1\]; got 1.5"),
        (calibration_error, ([4], [0.5]), "is_event must hold only True and False"),
        (
            calibration_error,
            ([1], [0.5], 0),
            "n_bins must .* least 1; got 0",
        ),
        (interval_coverage, ([1], [[1, 2, 3]]), r"shape \(1, 2\); got \(1, 3\)"),
        (interval_coverage, ([1], [[2, 1]]), "from a low end to a high end"),
    ],
)
def test_a_broken_rule_is_named(
    metric: Callable[..., object], arguments: tuple[ArrayLike, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        metric(*arguments)
