"""Training in Keras: equal to the NumPy path, blind to what it predicts, seeded."""

from collections.abc import Iterator

import numpy as np
import pytest
from keras import ops

from recs_anomaly.core import rating_training as training
from recs_anomaly.core.rating_rbm import (
    RatingRBM,
    contexts_without_self,
    hidden_mean,
    level_logits,
    messages,
)
from recs_anomaly.core.rating_rows import RatingRows, segment_sum, to_rows
from recs_anomaly.core.training import Progress, Schedule

SHAPE, N_LEVELS, N_HIDDEN = (12, 8), 5, 4
CONFIG = training.RatingRBMConfig(N_HIDDEN, decay=0.1, input_dropout=0.3)


@pytest.fixture
def ratings(rng: np.random.Generator) -> RatingRows:
    is_rated = rng.random(SHAPE) < 0.6
    is_rated[:, 5] = False
    users, items = np.nonzero(is_rated)
    return to_rows(users, items, rng.integers(0, N_LEVELS, len(users)), SHAPE)


@pytest.fixture
def rbm(ratings: RatingRows, rng: np.random.Generator) -> RatingRBM:
    start = training.starting_point(ratings, N_LEVELS, N_HIDDEN, rng)
    return start._replace(coupling=rng.normal(size=(SHAPE[1], N_HIDDEN)))


def logits_of_keras(ratings: RatingRows, rbm: RatingRBM) -> np.ndarray:
    model = training.RatingRBMTrainer(rbm, CONFIG, seed=0)
    batch = training._batch(ratings, rbm, np.arange(ratings.n_rows))
    return np.asarray(ops.convert_to_numpy(model(batch)))[: len(ratings.columns)]


def logits_of_numpy(ratings: RatingRows, rbm: RatingRBM) -> np.ndarray:
    inputs = messages(rbm.encoder, ratings.columns, ratings.levels)
    others = segment_sum(inputs, ratings.offsets)[ratings.rows] - inputs
    counts = ratings.counts[ratings.rows] - 1.0
    hidden = hidden_mean(others, counts, rbm.hidden_bias)
    context = contexts_without_self(rbm, ratings)
    return level_logits(rbm, hidden, context, ratings.columns)


def test_keras_and_numpy_agree(ratings: RatingRows, rbm: RatingRBM) -> None:
    np.testing.assert_allclose(
        logits_of_keras(ratings, rbm), logits_of_numpy(ratings, rbm), atol=1e-5
    )


@pytest.mark.parametrize("place", [0, 7, 20])
def test_a_rating_does_not_see_itself(
    ratings: RatingRows, rbm: RatingRBM, place: int
) -> None:
    levels = ratings.levels.copy()
    levels[place] = (levels[place] + 2) % N_LEVELS
    before = logits_of_keras(ratings, rbm)
    after = logits_of_keras(ratings._replace(levels=levels), rbm)
    np.testing.assert_allclose(after[place], before[place], atol=1e-5)
    assert np.abs(after - before).max() > 0.01, "the others of its row do see it"


def fitted(ratings: RatingRows, seed: int) -> RatingRBM:
    start = training.starting_point(
        ratings, N_LEVELS, N_HIDDEN, np.random.default_rng(seed)
    )
    progress = Progress("test", epochs=2, verbose=0)
    schedule = Schedule(epochs=2, learning_rate=0.05)
    return training.fit_rating_rbm(ratings, start, CONFIG, schedule, seed, progress)[0]


def test_one_seed_gives_the_same_bits(ratings: RatingRows) -> None:
    first, second, other = (fitted(ratings, seed) for seed in (3, 3, 4))
    for one, same in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, same)
    assert not np.array_equal(first.coupling, other.coupling)


def test_a_column_that_nobody_rated_stays_silent(ratings: RatingRows) -> None:
    rbm = fitted(ratings, seed=0)
    np.testing.assert_array_equal(rbm.coupling[5], 0.0)
    np.testing.assert_array_equal(rbm.presence[5], 0.0)


def test_training_keeps_the_epoch_that_validates_best(ratings: RatingRows) -> None:
    losses: Iterator[float] = iter([3.0, 1.0, 2.0, 2.5, 2.6, 2.7])
    seen: list[RatingRBM] = []

    def validate(candidate: RatingRBM) -> float:
        seen.append(candidate)
        return next(losses)

    start = training.starting_point(
        ratings, N_LEVELS, N_HIDDEN, np.random.default_rng(0)
    )
    best, history = training.fit_rating_rbm(
        ratings,
        start,
        CONFIG,
        Schedule(epochs=6, learning_rate=0.05, patience=3),
        seed=0,
        progress=Progress("test", epochs=6, verbose=0),
        validate=validate,
    )
    assert history.validation_loss == [3.0, 1.0, 2.0, 2.5, 2.6]
    np.testing.assert_array_equal(best.coupling, seen[1].coupling)
