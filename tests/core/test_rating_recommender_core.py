"""The recommender's formulas against slow twins, on small drawn ratings."""

import numpy as np
import pytest

from recs_anomaly.core import ordinal, posterior
from recs_anomaly.core.rating_model import RatingModel, fold_in, latent
from recs_anomaly.core.rating_rbm import (
    Encoder,
    contexts,
    contexts_without_self,
    hidden_units,
)
from recs_anomaly.core.rating_rows import RatingRows, segment_sum, to_rows, transposed

N_USERS, N_ITEMS, N_LEVELS, N_HIDDEN = 7, 9, 5, 3


def drawn_ratings(rng: np.random.Generator) -> RatingRows:
    """Ratings with an empty row, an empty column and a row of one rating."""
    is_rated = rng.random((N_USERS, N_ITEMS)) < 0.5
    is_rated[2], is_rated[:, 4] = False, False
    is_rated[3] = np.arange(N_ITEMS) == 1
    users, items = np.nonzero(is_rated)
    shuffled = rng.permutation(len(users))
    levels = rng.integers(0, N_LEVELS, len(users))
    return to_rows(users[shuffled], items[shuffled], levels, (N_USERS, N_ITEMS))


def drawn_encoder(rng: np.random.Generator) -> Encoder:
    return Encoder(
        rng.normal(size=(N_ITEMS, N_HIDDEN)),
        rng.normal(size=(N_ITEMS, N_HIDDEN)),
        rng.normal(size=N_HIDDEN),
        np.sort(rng.normal(size=N_LEVELS)),
    )


def drawn_model(rng: np.random.Generator, user_share: float) -> RatingModel:
    habits = rng.dirichlet(np.ones(N_LEVELS), size=N_ITEMS)
    return RatingModel(
        user_view=drawn_encoder(rng),
        item_weights=rng.normal(size=(N_ITEMS, 1 + N_HIDDEN)),
        item_features=rng.normal(size=(N_ITEMS, 4)),
        item_effects=rng.normal(size=N_ITEMS),
        item_habits=np.log(habits),
        level_log_frequency=np.log(rng.dirichlet(np.ones(N_LEVELS))),
        levels=np.arange(1.0, N_LEVELS + 1),
        curve=ordinal.USUAL_CURVE,
        mean=3.5,
        noise=0.7,
        user_share=user_share,
    )


def test_transposing_twice_changes_nothing(rng: np.random.Generator) -> None:
    ratings = drawn_ratings(rng)
    again = transposed(transposed(ratings))
    for name in ("offsets", "columns", "levels"):
        np.testing.assert_array_equal(getattr(again, name), getattr(ratings, name))


def test_segment_sum_of_an_empty_row_is_zero() -> None:
    sums = segment_sum(np.array([1.0, 2.0, 4.0]), np.array([0, 0, 2, 2, 3]))
    np.testing.assert_array_equal(sums, [0.0, 3.0, 0.0, 4.0])


def test_hidden_units_sum_the_messages_of_each_row(rng: np.random.Generator) -> None:
    ratings, encoder = drawn_ratings(rng), drawn_encoder(rng)
    for row, activity in enumerate(hidden_units(encoder, ratings)):
        own = slice(*ratings.offsets[row : row + 2])
        total = np.zeros(N_HIDDEN)
        for item, level in zip(ratings.columns[own], ratings.levels[own], strict=True):
            total += encoder.level_in[level] * encoder.coupling[item]
            total += encoder.presence[item]
        scale = ((ratings.counts[row] + 10) / 60) ** -0.5
        expected = np.tanh(encoder.hidden_bias + scale * total)
        np.testing.assert_allclose(activity, expected, rtol=1e-12)


def test_context_without_self_is_the_context_of_the_row_without_it(
    rng: np.random.Generator,
) -> None:
    from recs_anomaly.core.rating_training import starting_point

    ratings = drawn_ratings(rng)
    rbm = starting_point(ratings, N_LEVELS, N_HIDDEN, rng)
    found = contexts_without_self(rbm, ratings)
    for place, row in enumerate(ratings.rows):
        others = np.arange(len(ratings.columns)) != place
        fewer = to_rows(
            ratings.rows[others],
            ratings.columns[others],
            ratings.levels[others],
            (N_USERS, N_ITEMS),
        )
        expected = contexts(rbm, fewer)
        np.testing.assert_allclose(found.mean[place], expected.mean[row], atol=1e-12)
        np.testing.assert_allclose(
            found.habits[place], expected.habits[row], atol=1e-12
        )


@pytest.mark.parametrize("n_ratings", [1, 3, 30])
def test_infer_is_gaussian_process_regression(
    rng: np.random.Generator, n_ratings: int
) -> None:
    seen, asked = rng.normal(size=(n_ratings, 6)), rng.normal(size=(4, 6))
    residuals = rng.normal(size=n_ratings)
    kernel = seen @ seen.T + np.eye(n_ratings)
    expected = asked @ seen.T @ np.linalg.inv(kernel) @ residuals
    np.testing.assert_allclose(
        asked @ posterior.infer(seen, residuals), expected, rtol=1e-9
    )


def test_items_are_as_alike_as_the_kernel_says(rng: np.random.Generator) -> None:
    hidden, audience = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    counts = np.array([5.0, 1, 9, 2, 7, 0])
    features = posterior.item_features(hidden, audience, counts)
    distances = ((hidden[:, None] - hidden) ** 2).sum(axis=2)
    apart = ((audience[:, None] - audience) ** 2).sum(axis=2)
    width = 2 * posterior.WIDTH * np.median(distances)
    smooth = posterior.KERNEL_VARIANCE * np.exp(
        -distances / width - posterior.AUDIENCE_WEIGHT * apart
    )
    popularity = np.log1p(counts)
    centred = popularity - np.average(popularity, weights=counts)
    popularity = centred / np.sqrt(np.average(centred**2, weights=counts))
    expected = (
        posterior.OFFSET_VARIANCE
        + posterior.POPULARITY_VARIANCE * np.outer(popularity, popularity)
        + smooth
    )
    np.testing.assert_allclose(features @ features.T, expected, atol=1e-4)


@pytest.mark.parametrize("user_share", [0.0, 0.4, 1.0])
def test_folding_in_guesses_each_rating_from_the_others(
    rng: np.random.Generator, user_share: float
) -> None:
    model = drawn_model(rng, user_share)
    items, levels = np.array([6, 0, 3, 8]), np.array([4, 0, 2, 2])

    def guess(own_items: np.ndarray, own_levels: np.ndarray, item: int) -> float:
        encoder = model.user_view
        total = np.zeros(N_HIDDEN)
        beyond = 0.0
        for own, level in zip(own_items, own_levels, strict=True):
            total += encoder.level_in[level] * encoder.coupling[own]
            total += encoder.presence[own]
            beyond += model.levels[level] - model.mean - model.item_effects[own]
        scale = ((len(own_items) + 10) / 60) ** -0.5
        hidden = np.tanh(encoder.hidden_bias + scale * total)
        place = np.concatenate([[5**-0.5], hidden / 10])
        generosity = beyond / (len(own_items) + 5)
        return float(
            model.mean
            + model.item_effects[item]
            + user_share * (generosity + model.item_weights[item] @ place)
        )

    residuals = []
    for place, item in enumerate(items):
        others = np.arange(len(items)) != place
        prior = guess(items[others], levels[others], item)
        residuals.append(model.levels[levels[place]] - prior)
    seen = model.item_features[items]
    weights = seen.T @ np.linalg.solve(
        seen @ seen.T + np.eye(len(items)), np.array(residuals)
    )
    expected = [
        guess(items, levels, item) + model.item_features[item] @ weights
        for item in range(N_ITEMS)
    ]
    found = latent(model, fold_in(model, items, levels), np.arange(N_ITEMS))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_the_order_of_ones_ratings_does_not_matter(rng: np.random.Generator) -> None:
    model, every = drawn_model(rng, 0.4), np.arange(N_ITEMS)
    items, levels = np.array([6, 0, 3, 8]), np.array([4, 0, 2, 2])
    forward = latent(model, fold_in(model, items, levels), every)
    backward = latent(model, fold_in(model, items[::-1], levels[::-1]), every)
    np.testing.assert_array_equal(forward, backward)


@pytest.mark.parametrize("n_levels", [2, 5, 10, 101])
def test_a_distribution_has_the_mean_of_its_evidence(
    rng: np.random.Generator, n_levels: int
) -> None:
    levels = np.sort(rng.normal(size=n_levels)).cumsum()
    levels = np.sort(levels - levels.min() + np.arange(n_levels) * 0.1)
    latent_ratings = rng.normal(levels.mean(), np.ptp(levels), size=300)
    mean = ordinal.expectation(
        latent_ratings, levels.mean(), ordinal.USUAL_CURVE, levels
    )
    shapes = rng.normal(0, 3, size=(300, n_levels, 2))
    evidence = ordinal.Evidence(mean, shapes, np.zeros(n_levels))
    probabilities = ordinal.distribution(evidence, np.ones(2), levels)
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(probabilities @ levels, mean, rtol=1e-7, atol=1e-7)


def test_shape_weights_are_a_maximum_of_the_penalised_likelihood(
    rng: np.random.Generator,
) -> None:
    levels = np.arange(1.0, 6.0)
    shapes = rng.normal(size=(400, 5, 3))
    evidence = ordinal.Evidence(rng.uniform(1.5, 4.5, 400), shapes, np.zeros(5))
    truth = ordinal.distribution(evidence, np.array([0.8, -0.5, 0.2]), levels)
    observed = np.array([rng.choice(5, p=row) for row in truth])

    def objective(weights: np.ndarray) -> float:
        chosen = ordinal.distribution(evidence, weights, levels)
        likelihood = np.log(chosen[np.arange(400), observed]).sum()
        return float(likelihood - 2.0 / 2 * (weights**2).sum())

    found = ordinal.fit_shape_weights(evidence, observed, levels, np.zeros(3), 2.0)
    for step in 1e-3 * np.vstack([np.eye(3), -np.eye(3)]):
        assert objective(found) > objective(found + step)
    np.testing.assert_allclose(found, [0.8, -0.5, 0.2], atol=0.35)


def test_quantile_and_median_by_hand() -> None:
    levels = np.array([1.0, 2.0, 3.0, 4.0])
    probabilities = np.array([[0.1, 0.4, 0.4, 0.1]])
    # Middle ranks are 0.05, 0.3, 0.7 and 0.95: rank 0.5 is half way from 2 to 3.
    assert ordinal.quantile(probabilities, levels, np.array([0.5]))[0] == 2.5
    assert ordinal.quantile(probabilities, levels, np.array([0.01]))[0] == 1.0
    assert ordinal.quantile(probabilities, levels, np.array([0.99]))[0] == 4.0
    assert ordinal.median(probabilities, levels)[0] == 2.0
