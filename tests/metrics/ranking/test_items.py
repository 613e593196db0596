"""Coverage, popularity and diversity of lists: by hand, by slow twins, by laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.ranking import (
    coverage,
    intra_list_diversity,
    popularity_lift,
)
from tests import naive_ranking as naive
from tests.metrics.ranking.lists import N_ITEMS, World, depths, matrix_of, worlds

popularities = st.lists(st.integers(0, 20), min_size=N_ITEMS, max_size=N_ITEMS)
feature_rows = st.lists(
    st.tuples(*[st.integers(0, 2)] * 3), min_size=N_ITEMS, max_size=N_ITEMS
)


@given(world=worlds, n=depths)
def test_coverage_is_that_of_the_slow_twin(world: World, n: int) -> None:
    assert coverage(world.ranked, N_ITEMS, n) == naive.coverage(world.lists, N_ITEMS, n)


@given(world=worlds, popularity=popularities, n=depths)
def test_popularity_lift_is_that_of_the_slow_twin(
    world: World, popularity: list[float], n: int
) -> None:
    lift = popularity_lift(world.ranked, matrix_of(world.relevant), popularity, n)
    expected = naive.popularity_lift(world.lists, world.relevant, popularity, n)
    assert lift == pytest.approx(expected, nan_ok=True)


@given(world=worlds, features=feature_rows, n=depths)
def test_diversity_is_that_of_the_slow_twin(
    world: World, features: list[tuple[int, ...]], n: int
) -> None:
    for given_features in (np.array(features), sparse.csr_matrix(features)):
        diversity = intra_list_diversity(world.ranked, given_features, n)
        expected = [
            naive.intra_list_diversity(each, features, n) for each in world.lists
        ]
        np.testing.assert_allclose(diversity, expected, atol=1e-12)


def test_lists_that_copy_the_profiles_lift_nothing() -> None:
    lists = [[0, 2], [1, 0]]
    profiles = [[1, 0, 1], [1, 1, 0]]
    assert popularity_lift(lists, profiles, [5, 1, 9], n=2) == 0.0


def test_opposite_items_are_as_unlike_as_can_be() -> None:
    assert intra_list_diversity([[0, 1]], [[1.0], [-1.0]], n=2).tolist() == [2.0]
    assert intra_list_diversity([[0, 1]], [[3, 0], [1, 0]], n=2).tolist() == [0.0]


def test_edge_cases() -> None:
    assert math.isnan(coverage(np.empty((0, 3), dtype=int), n_items=0, n=1))
    assert coverage(np.empty((0, 3), dtype=int), n_items=5, n=1) == 0
    assert math.isnan(popularity_lift([[-1]], [[1]], [3], n=1))
    assert math.isnan(popularity_lift([[0]], [[0]], [3], n=1))
    assert math.isnan(popularity_lift([[0]], [[1]], [0], n=1))
    assert math.isnan(intra_list_diversity([[0, -1]], [[1]], n=2)[0])


@pytest.mark.parametrize(
    ("popularity", "profiles", "message"),
    [
        ([1, -1], [[1, 0]], "popularity must be at least 0; got -1"),
        ([1, math.nan], [[1, 0]], "popularity must be finite"),
        ([1, 1], [[1]], "a column for each of the 2 items of popularity; got 1"),
        ([1, 1], [[1, 0], [1, 0]], "profiles must have a row for each of the 1 lists"),
    ],
)
def test_popularities_that_cannot_be_are_refused(
    popularity: list[float], profiles: list[list[int]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        popularity_lift([[0]], profiles, popularity, n=1)


def test_deeper_than_the_lists_is_refused() -> None:
    with pytest.raises(InputError, match="at most the 1 places of the lists; got 2"):
        coverage([[0]], n_items=3, n=2)
