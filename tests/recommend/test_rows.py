"""Ragged rows hold exactly the triplets that went in, in a known order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.recommend.rows import (
    RatingRows,
    level_counts,
    row_blocks,
    segment_sum,
    to_rows,
    transposed,
)
from tests.recommend.ragged import N_LEVELS, pairs_of_rows, ragged


def test_triplets_by_hand() -> None:
    rows, columns, levels = np.array([[2, 0, 2], [1, 3, 0], [4, 1, 2]])
    ratings = to_rows(rows, columns, levels, (4, 5))
    assert ratings.offsets.tolist() == [0, 1, 1, 3, 3]
    assert ratings.columns.tolist() == [3, 0, 1]
    assert ratings.levels.tolist() == [1, 2, 4]
    assert ratings.rows.tolist() == [0, 2, 2]
    assert ratings.counts.tolist() == [1, 0, 2, 0]
    assert (ratings.n_rows, ratings.n_columns) == (4, 5)


@given(ragged(), st.randoms(use_true_random=False))
def test_the_order_of_the_triplets_does_not_matter(
    ratings: RatingRows, random: st.random_module
) -> None:
    order = list(range(len(ratings.columns)))
    random.shuffle(order)
    again = to_rows(
        ratings.rows[order],
        ratings.columns[order],
        ratings.levels[order],
        (ratings.n_rows, ratings.n_columns),
    )
    assert_same(again, ratings)


@given(ragged())
def test_transposing_swaps_rows_and_columns(ratings: RatingRows) -> None:
    turned = transposed(ratings)
    assert (turned.n_rows, turned.n_columns) == (ratings.n_columns, ratings.n_rows)
    assert triplets(turned) == {(c, r, level) for r, c, level in triplets(ratings)}


@given(ragged())
def test_transposing_twice_changes_nothing(ratings: RatingRows) -> None:
    assert_same(transposed(transposed(ratings)), ratings)


@given(ragged(), st.data())
def test_take_copies_rows_in_the_order_asked_for(
    ratings: RatingRows, data: st.DataObject
) -> None:
    rows = st.lists(st.integers(0, ratings.n_rows - 1), max_size=10)
    wanted = data.draw(rows)
    taken = ratings.take(np.array(wanted, np.int64))
    pairs = pairs_of_rows(ratings)
    assert pairs_of_rows(taken) == [pairs[row] for row in wanted]
    assert taken.n_columns == ratings.n_columns


@given(ragged(), st.integers(1, 3))
def test_segment_sum_equals_a_loop(ratings: RatingRows, width: int) -> None:
    values = np.random.default_rng(0).normal(size=(len(ratings.columns), width))
    expected = np.zeros((ratings.n_rows, width))
    for row, value in zip(ratings.rows, values, strict=True):
        expected[row] += value
    sums = segment_sum(values, ratings.offsets)
    np.testing.assert_allclose(sums, expected, atol=1e-12)
    flat = segment_sum(values[:, 0], ratings.offsets)
    np.testing.assert_allclose(flat, expected[:, 0], atol=1e-12)


@given(ragged())
def test_level_counts_equal_a_loop(ratings: RatingRows) -> None:
    expected = np.zeros((ratings.n_rows, N_LEVELS))
    for row, level in zip(ratings.rows, ratings.levels, strict=True):
        expected[row, level] += 1
    np.testing.assert_array_equal(level_counts(ratings, N_LEVELS), expected)


@given(ragged(), st.integers(1, 40))
def test_blocks_cover_every_row_once_and_are_no_longer_than_need_be(
    ratings: RatingRows, n_ratings: int
) -> None:
    blocks = list(row_blocks(ratings, n_ratings))
    covered = [row for block in blocks for row in range(block.start, block.stop)]
    assert covered == list(range(ratings.n_rows))
    for block in blocks:
        is_one_row = block.stop - block.start == 1
        assert is_one_row or ratings.counts[block].sum() <= n_ratings


@pytest.mark.parametrize("n_ratings", [1, 1000])
def test_no_ratings_at_all(n_ratings: int) -> None:
    nothing = np.zeros(0, np.int64)
    ratings = to_rows(nothing, nothing, nothing, (3, 2))
    assert ratings.counts.tolist() == [0, 0, 0]
    assert transposed(ratings).counts.tolist() == [0, 0]
    assert segment_sum(np.zeros((0, 2)), ratings.offsets).tolist() == [[0, 0]] * 3
    assert list(row_blocks(ratings, n_ratings))[-1].stop == 3
    assert ratings.take(np.array([1, 1])).counts.tolist() == [0, 0]


def triplets(ratings: RatingRows) -> set[tuple[int, int, int]]:
    parts = ratings.rows, ratings.columns, ratings.levels
    return set(zip(*(part.tolist() for part in parts), strict=True))


def assert_same(first: RatingRows, second: RatingRows) -> None:
    assert first.n_columns == second.n_columns
    np.testing.assert_array_equal(first.offsets, second.offsets)
    np.testing.assert_array_equal(first.columns, second.columns)
    np.testing.assert_array_equal(first.levels, second.levels)
