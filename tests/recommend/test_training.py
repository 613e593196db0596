"""Loss, gradient and batches of the rating RBM, each against a slow twin."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.core.arrays import Floats
from recs_anomaly.core.training import Batch, Progress, Schedule
from recs_anomaly.recommend import training
from recs_anomaly.recommend.rows import RatingRows, to_rows
from recs_anomaly.recommend.view_rbm import RatingRBM, level_place
from tests import naive
from tests.recommend.ragged import N_LEVELS, pairs_of_rows, random_ratings, random_rbm

PLAIN = training.RatingRBMConfig(3, decay=0.0, input_dropout=0.0, bias_decay=0.0)
TRAINED = (
    *("coupling", "presence", "hidden_bias", "level_in"),
    *("visible_bias", "level_out", "row_weights"),
)


def logits_of_keras(
    ratings: RatingRows,
    rbm: RatingRBM,
    config: training.RatingRBMConfig = PLAIN,
    training_: bool = False,
) -> Floats:
    model = training.RatingRBMTrainer(rbm, config, seed=0)
    batch = training._batch(ratings, rbm, np.arange(ratings.n_rows))
    logits = keras.ops.convert_to_numpy(model(batch, training=training_))
    return np.asarray(logits[: len(ratings.columns)])


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


def keras_loss(
    model: training.RatingRBMTrainer, batch: Batch, is_training: bool = True
) -> keras.KerasTensor:
    return model.compute_loss(x=batch, y_pred=model(batch, training=is_training))


def test_logits_of_keras_are_those_after_removal() -> None:
    ratings, rbm = random_ratings(), random_rbm(9)
    expected = naive_logits(ratings, rbm)
    np.testing.assert_allclose(logits_of_keras(ratings, rbm), expected, atol=2e-5)


@pytest.mark.parametrize("n_rows", [3, 64, 130])
def test_padding_does_not_matter(n_rows: int) -> None:
    # 64 rows fill their padded shape: padded ratings then fall on a real row.
    ratings = random_ratings(n_rows=n_rows + 1).take(np.arange(n_rows))
    rbm = random_rbm(9)
    model = training.RatingRBMTrainer(rbm, PLAIN._replace(decay=0.3), seed=0)
    batch = training._batch(ratings, rbm, np.arange(n_rows))
    n_ratings = len(ratings.columns)
    assert len(batch["column"]) > n_ratings
    bare = {
        name: values if name == "row_count" else values[:n_ratings]
        for name, values in batch.items()
    }
    padded = keras.ops.convert_to_numpy(model(batch))[:n_ratings]
    np.testing.assert_allclose(
        padded, keras.ops.convert_to_numpy(model(bare)), rtol=1e-6
    )
    assert float(keras_loss(model, batch)) == pytest.approx(
        float(keras_loss(model, bare)), rel=1e-6
    )


def test_the_gradient_is_that_of_ratings_really_removed() -> None:
    ratings, rbm = random_ratings(5, 4, share=0.7), random_rbm(4, n_hidden=2)
    model = training.RatingRBMTrainer(rbm, PLAIN, seed=0)
    batch = training._batch(ratings, rbm, np.arange(5))
    assert {weight.name for weight in model.trainable_variables} == set(TRAINED)
    model.compile(keras.optimizers.SGD(1.0))
    loss = model.train_on_batch(batch)  # goes down the gradient once
    assert float(loss) == pytest.approx(naive_loss(ratings, rbm), abs=1e-5)
    after = model.arrays()
    for name in TRAINED:
        expected = slopes(
            lambda value, name=name: naive_loss(ratings, rbm._replace(**{name: value})),
            getattr(rbm, name),
        )
        gradient = getattr(rbm, name) - getattr(after, name)
        np.testing.assert_allclose(gradient, expected, atol=2e-5, err_msg=name)


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
    model = training.RatingRBMTrainer(rbm, config, seed=0)
    batch = training._batch(ratings, rbm, np.arange(ratings.n_rows))
    model._parameters["visible_bias"].assign_add(np.ones((9, N_LEVELS), "float32"))
    length = (rbm.coupling**2 + rbm.presence**2).sum(axis=1)[ratings.columns]
    model(batch)
    # Every bias has drifted by 1 at each of the 5 levels.
    expected = 0.7 * length.mean() + 0.2 * N_LEVELS
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)


def test_dropout_hides_ratings_from_the_others_only_while_training() -> None:
    ratings, rbm = random_ratings(40, 9), random_rbm(9)
    config = PLAIN._replace(input_dropout=0.5)
    whole = logits_of_keras(ratings, rbm)
    np.testing.assert_array_equal(logits_of_keras(ratings, rbm, config), whole)
    dropped = logits_of_keras(ratings, rbm, config, training_=True)
    assert np.abs(dropped - whole).max() > 0.1


def test_what_dropout_keeps_is_scaled_up() -> None:
    model = training.RatingRBMTrainer(
        random_rbm(9), PLAIN._replace(input_dropout=0.25), seed=0
    )
    batch = {"weight": np.ones(40_000, "float32")}
    seen = keras.ops.convert_to_numpy(model._seen(batch, training=True))
    assert set(np.unique(seen)) == {0.0, np.float32(1 / 0.75)}
    assert seen.mean() == pytest.approx(1.0, abs=0.02)


@given(st.integers(1, 10**7))
def test_padded_sizes_are_few_and_not_much_larger(size: int) -> None:
    padded = training._padded(size)
    assert size <= padded <= size + max(63, size / 4)
    assert training._padded(padded) == padded


def test_padded_sizes_by_hand() -> None:
    found = [training._padded(size) for size in (1, 64, 65, 1000, 1025, 4097)]
    assert found == [64, 64, 128, 1024, 1280, 5120]


def test_batches_hold_every_row_with_ratings_once() -> None:
    ratings = random_ratings(3000, 9)
    rbm = random_rbm(9)
    batches = training._draw_batches(ratings, rbm, np.random.default_rng(0))
    sizes = [int(batch()["weight"].sum()) for batch in batches]
    assert sum(sizes) == len(ratings.columns)
    assert len(sizes) == len(ratings.columns) // training.MIN_BATCH + 1
    assert max(sizes) <= training.MIN_BATCH + 9
    columns = [part["column"][part["weight"] > 0] for part in (b() for b in batches)]
    counts = np.bincount(np.concatenate(columns), minlength=9)
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


@pytest.mark.usefixtures("eager_keras")
def test_the_parameters_that_validate_best_are_kept() -> None:
    candidates: list[RatingRBM] = []

    def validate(candidate: RatingRBM) -> float:
        candidates.append(candidate)
        return abs(len(candidates) - 2)

    best = fitted(random_ratings(), epochs=4, validate=validate)
    assert len(candidates) == 4
    np.testing.assert_array_equal(best.coupling, candidates[1].coupling)


@pytest.mark.usefixtures("eager_keras")
def test_nobody_rated_column_stays_silent_where_padding_points_to_it() -> None:
    ratings = random_ratings()
    assert 0 not in ratings.columns
    rbm = fitted(ratings)
    assert not rbm.coupling[0].any()
    assert not rbm.presence[0].any()
    start = training.starting_point(ratings, N_LEVELS, 3, np.random.default_rng(0))
    np.testing.assert_allclose(rbm.visible_bias[0], start.visible_bias[0], atol=1e-6)
    assert np.abs(rbm.coupling[1:] - start.coupling[1:]).max() > 0.01


@pytest.mark.usefixtures("eager_keras")
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
