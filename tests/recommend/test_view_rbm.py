"""The NumPy forward pass equals a loop over ratings that really removes one."""

import numpy as np
import pytest
from hypothesis import given

from recs_anomaly.recommend import view_rbm as rating_rbm
from recs_anomaly.recommend.rows import RatingRows
from recs_anomaly.recommend.view_rbm import (
    RowContext,
    contexts,
    contexts_without_self,
    hidden_units,
    level_logits,
    softmax,
)
from tests import naive
from tests.recommend.ragged import pairs_of_rows, ragged, random_ratings, random_rbm


@given(ragged())
def test_hidden_units_equal_a_loop(ratings: RatingRows) -> None:
    rbm = random_rbm(ratings.n_columns)
    expected = [naive.hidden_activity(rbm, row) for row in pairs_of_rows(ratings)]
    np.testing.assert_allclose(hidden_units(rbm.encoder, ratings), expected, rtol=1e-10)


def test_an_empty_row_has_the_activity_of_the_biases() -> None:
    ratings, rbm = random_ratings(), random_rbm(9)
    hidden = hidden_units(rbm.encoder, ratings)
    np.testing.assert_array_equal(hidden[-1], np.tanh(rbm.hidden_bias))


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_blocks_of_rows_change_nothing(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ratings, rbm = random_ratings(n_rows=30), random_rbm(9)
    whole = hidden_units(rbm.encoder, ratings)
    monkeypatch.setattr(rating_rbm, "BLOCK", block)
    np.testing.assert_array_equal(hidden_units(rbm.encoder, ratings), whole)


@given(ragged())
def test_contexts_equal_a_loop(ratings: RatingRows) -> None:
    rbm = random_rbm(ratings.n_columns)
    context = contexts(rbm, ratings)
    for row, rated in enumerate(pairs_of_rows(ratings)):
        assert context.mean[row] == pytest.approx(naive.row_mean(rbm, rated), abs=1e-12)
        habits = naive.row_habits(rbm, rated)
        np.testing.assert_allclose(context.habits[row], habits, atol=1e-12)


@given(ragged())
def test_context_without_self_is_that_of_the_row_after_removal(
    ratings: RatingRows,
) -> None:
    rbm = random_rbm(ratings.n_columns)
    context = contexts_without_self(rbm, ratings)
    for place, others in enumerate(rows_without_each_rating(ratings)):
        mean = naive.row_mean(rbm, others)
        assert context.mean[place] == pytest.approx(mean, abs=1e-12)
        habits = naive.row_habits(rbm, others)
        np.testing.assert_allclose(context.habits[place], habits, atol=1e-12)


def test_habits_of_a_row_without_ratings_are_nothing_special() -> None:
    ratings, rbm = random_ratings(), random_rbm(9)
    context = contexts(rbm, ratings)
    assert context.mean[-1] == 0
    np.testing.assert_allclose(context.habits[-1], 0, atol=1e-12)


def test_level_logits_equal_a_loop() -> None:
    ratings, rbm = random_ratings(), random_rbm(9)
    rows, columns = np.array([0, 0, 11, 5]), np.array([0, 3, 4, 8])
    context = contexts(rbm, ratings)
    logits = level_logits(
        rbm,
        hidden_units(rbm.encoder, ratings)[rows],
        RowContext(context.mean[rows], context.habits[rows]),
        columns,
    )
    rated = pairs_of_rows(ratings)
    expected = [
        naive.level_logits(rbm, rated[row], column)
        for row, column in zip(rows, columns, strict=True)
    ]
    np.testing.assert_allclose(logits, expected, rtol=1e-10)


def test_softmax_survives_large_logits() -> None:
    probabilities = softmax(np.array([[1e4, 1e4, -1e4], [0.0, np.log(3), -np.inf]]))
    np.testing.assert_allclose(probabilities, [[0.5, 0.5, 0], [0.25, 0.75, 0]])


def rows_without_each_rating(ratings: RatingRows) -> list[list[tuple[int, int]]]:
    """For each rating what is left of its row when it is taken out."""
    return [
        rated[:place] + rated[place + 1 :]
        for rated in pairs_of_rows(ratings)
        for place in range(len(rated))
    ]
