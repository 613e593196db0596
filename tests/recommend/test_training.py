"""Loss, gradient and batches of the rating RBM, each against a slow twin."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from recs_anomaly.core.arrays import Floats
from recs_anomaly.core.progress import Progress, Schedule
from recs_anomaly.recommend import training
from recs_anomaly.recommend.rows import RatingRows, to_rows
from recs_anomaly.recommend.view_rbm import RatingRBM, level_place
from tests import naive
from tests.recommend.keras_twin import RatingRBMTwin
from tests.recommend.ragged import N_LEVELS, pairs_of_rows, random_ratings, random_rbm

PLAIN = training.RatingRBMConfig(3, decay=0.0, input_dropout=0.0, bias_decay=0.0)
TRAINED = (
    *("coupling", "presence", "hidden_bias", "level_in"),
    *("visible_bias", "level_out", "row_weights"),
)


def batch_of(
    ratings: RatingRows, rbm: RatingRBM, dropout: float = 0.0
) -> training.RowBatch:
    return training.make_batch(ratings, rbm, dropout, np.random.default_rng(0))


def loss_and_gradient(
    ratings: RatingRows,
    rbm: RatingRBM,
    config: training.RatingRBMConfig = PLAIN,
    start: RatingRBM | None = None,
) -> tuple[float, RatingRBM]:
    batch = batch_of(ratings, rbm, config.input_dropout)
    first = (start or rbm).visible_bias
    return training.loss_and_gradient(rbm, batch, config, first)


def naive_logits(ratings: RatingRows, rbm: RatingRBM) -> Floats:
    """Each rating predicted after it is really taken out of its row."""
    return np.array(
        [
            naive.level_logits(rbm, rated[:place] + rated[place + 1 :], column)
            for rated in pairs_of_rows(ratings)
            for place, (column, _) in enumerate(rated)
        ]
    )


def naive_loss(ratings: RatingRows, rbm: RatingRBM) -> float:
    logits = naive_logits(ratings, rbm)
    surprise = np.log(np.exp(logits).sum(axis=1))
    surprise -= logits[np.arange(len(logits)), ratings.levels]
    return float(surprise.mean())


def test_the_gradient_is_that_of_ratings_really_removed() -> None:
    ratings, rbm = random_ratings(5, 4, share=0.7), random_rbm(4, n_hidden=2)
    loss, gradient = loss_and_gradient(ratings, rbm)
    assert loss == pytest.approx(naive_loss(ratings, rbm), abs=1e-6)
    for name in TRAINED:
        expected = slopes(
            lambda value, name=name: naive_loss(ratings, rbm._replace(**{name: value})),
            getattr(rbm, name),
        )
        found = getattr(gradient, name)
        np.testing.assert_allclose(found, expected, atol=2e-6, err_msg=name)
    for name in training.FIXED:
        assert not getattr(gradient, name).any()


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_a_step_is_that_of_keras(dropout: float) -> None:
    ratings, start = random_ratings(40, 9), random_rbm(9)
    config = training.RatingRBMConfig(3, 0.7, dropout, bias_decay=0.2)
    ours = RatingRBM(*(np.array(part, np.float32) for part in start))
    twin, adam = RatingRBMTwin(start, config), training.Adam(ours, 0.05, 4)
    rate = keras.optimizers.schedules.PolynomialDecay(0.05, 4, end_learning_rate=0.0)
    optimizer = keras.optimizers.Adam(rate, beta_2=training.MEMORY)
    for _ in range(3):
        batch = batch_of(ratings, ours, dropout)
        loss, gradient = training.loss_and_gradient(
            ours, batch, config, start.visible_bias.astype(np.float32)
        )
        theirs, slopes_of_keras = loss_and_slopes(twin, batch)
        assert loss == pytest.approx(theirs, rel=1e-5)
        optimizer.apply(slopes_of_keras, twin.trainable_variables)
        adam.step(ours, gradient)
        for name, value in twin.arrays()._asdict().items():
            found = getattr(ours, name)
            np.testing.assert_allclose(found, value, atol=1e-4, err_msg=name)


def loss_and_slopes(
    twin: RatingRBMTwin, batch: training.RowBatch
) -> tuple[float, list[object]]:
    """Differentiate by the backend at hand."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = twin.loss_of(batch)
        found = tape.gradient(loss, twin.trainable_variables)
        # Slices of a gradient become one: what repeats in them is summed.
        return float(loss), [tf.convert_to_tensor(each) for each in found]
    import jax

    def stateless(values: list[object]) -> object:
        scope = zip(twin.trainable_variables, values, strict=True)
        with keras.StatelessScope(state_mapping=scope):
            return twin.loss_of(batch)

    values = [variable.value for variable in twin.trainable_variables]
    loss, found = jax.value_and_grad(stateless)(values)
    return float(loss), found


def slopes(function: Callable[[Floats], float], start: Floats) -> Floats:
    """Central finite differences in every entry."""
    found, step = np.empty(start.shape), 1e-5
    for place in np.ndindex(start.shape):
        above, below = start.copy(), start.copy()
        above[place] += step
        below[place] -= step
        found[place] = (function(above) - function(below)) / (2 * step)
    return found


def test_the_penalty_by_hand() -> None:
    ratings, rbm = random_ratings(), random_rbm(9)
    config = training.RatingRBMConfig(3, decay=0.7, input_dropout=0, bias_decay=0.2)
    drifted = rbm._replace(visible_bias=rbm.visible_bias + 1.0)
    bare = loss_and_gradient(ratings, drifted)[0]
    length = (rbm.coupling**2 + rbm.presence**2).sum(axis=1)[ratings.columns]
    # Every bias has drifted by 1 at each of the 5 levels.
    expected = bare + 0.7 * length.mean() + 0.2 * N_LEVELS
    found = loss_and_gradient(ratings, drifted, config, start=rbm)[0]
    assert found == pytest.approx(expected, rel=1e-5)


def test_what_dropout_keeps_is_scaled_up() -> None:
    ratings = random_ratings(4000, 9)
    seen = batch_of(ratings, random_rbm(9), dropout=0.25).seen
    assert set(np.unique(seen)) == {0.0, np.float32(1 / 0.75)}
    assert seen.mean() == pytest.approx(1.0, abs=0.02)
    assert (batch_of(ratings, random_rbm(9)).seen == 1.0).all()


def test_batches_hold_every_row_with_ratings_once() -> None:
    ratings = random_ratings(3000, 9)
    groups = training._draw_rows(ratings, np.random.default_rng(0))
    parts = [ratings.take(rows) for rows in groups]
    sizes = [len(part.columns) for part in parts]
    assert sum(sizes) == len(ratings.columns)
    assert len(sizes) == len(ratings.columns) // training.MIN_BATCH + 1
    assert max(sizes) <= training.MIN_BATCH + 9
    counts = np.bincount(np.concatenate([part.columns for part in parts]), minlength=9)
    np.testing.assert_array_equal(counts, np.bincount(ratings.columns, minlength=9))


def test_starting_point_by_hand() -> None:
    rows, columns, levels = np.array([[0, 1, 2], [1, 1, 2], [0, 1, 1]])
    ratings = to_rows(rows, columns, levels, (3, 3))
    start = training.starting_point(ratings, 2, 4, np.random.default_rng(0))
    frequency = np.array([2, 3]) / 5
    np.testing.assert_allclose(start.level_log_frequency, np.log(frequency))
    smoothed = np.array(
        [frequency, (np.array([1, 1]) + 20 * frequency) / 22, (20 * frequency + [0, 1])]
    )
    smoothed[2] /= 21
    np.testing.assert_allclose(start.visible_bias, np.log(smoothed))
    np.testing.assert_allclose(start.column_level, [0.2, 2 / 12, 3 / 11])
    np.testing.assert_array_equal(start.level_in, level_place(2))
    assert not start.coupling[0].any()
    assert start.coupling[1:].all()


def fitted(
    ratings: RatingRows,
    epochs: int = 3,
    seed: int = 0,
    validate: Callable[[RatingRBM], float] | None = None,
) -> RatingRBM:
    rng = np.random.default_rng(seed)
    start = training.starting_point(ratings, N_LEVELS, 3, rng)
    config = training.RatingRBMConfig(3, decay=0.1, input_dropout=0.3)
    return training.fit_rating_rbm(
        *(ratings, start, config, Schedule(epochs, 0.05), seed),
        Progress("test", epochs, verbose=0),
        validate,
    )[0]


def test_one_seed_gives_the_same_bits() -> None:
    ratings = random_ratings()
    first, same, other = (fitted(ratings, seed=seed) for seed in (3, 3, 4))
    for one, again in zip(first, same, strict=True):
        np.testing.assert_array_equal(one, again)
    assert not np.array_equal(first.coupling, other.coupling)


def test_the_parameters_that_validate_best_are_kept() -> None:
    candidates: list[RatingRBM] = []

    def validate(candidate: RatingRBM) -> float:
        candidates.append(candidate)
        return abs(len(candidates) - 2)

    best = fitted(random_ratings(), epochs=4, validate=validate)
    assert len(candidates) == 4
    np.testing.assert_array_equal(best.coupling, candidates[1].coupling)


def test_a_column_that_nobody_rated_stays_silent() -> None:
    ratings = random_ratings()
    assert 0 not in ratings.columns
    rbm = fitted(ratings)
    assert not rbm.coupling[0].any()
    assert not rbm.presence[0].any()
    start = training.starting_point(ratings, N_LEVELS, 3, np.random.default_rng(0))
    np.testing.assert_allclose(rbm.visible_bias[0], start.visible_bias[0], atol=1e-6)
    assert np.abs(rbm.coupling[1:] - start.coupling[1:]).max() > 0.01


@pytest.mark.parametrize("n_columns", [1, 6])
def test_rows_of_one_rating_and_empty_rows_can_be_learned_from(n_columns: int) -> None:
    rows = np.arange(0, 24, 2)
    levels = np.arange(12) % N_LEVELS
    ratings = to_rows(rows, np.arange(12) % n_columns, levels, (30, n_columns))
    rbm = fitted(ratings)
    assert all(np.isfinite(part).all() for part in rbm)


def test_training_lowers_the_loss_of_ratings_with_a_pattern() -> None:
    # Two camps: everybody gives one half of the columns 4, the other half 0.
    rows, columns = (part.ravel() for part in np.indices((40, 8)))
    levels = np.where((rows % 2) == (columns % 2), N_LEVELS - 1, 0)
    ratings = to_rows(rows, columns, levels, (40, 8))
    rng = np.random.default_rng(0)
    start = training.starting_point(ratings, N_LEVELS, 3, rng)
    assert naive_loss(ratings, start) > np.log(2)
    assert naive_loss(ratings, fitted(ratings, epochs=40)) < 0.3
