"""Closed-form weights are Gaussian process regression, primal and dual."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.core.arrays import Floats
from recs_anomaly.recommend import posterior
from recs_anomaly.recommend.posterior import (
    damped_effects,
    infer,
    item_features,
    shrunken_mean,
    user_features,
)


def test_what_cannot_be_inverted_is_told() -> None:
    precision = np.array([[4.0, 2.0], [2.0, 3.0]])
    inverse = posterior.inverse(precision.copy())
    np.testing.assert_allclose(inverse, [[0.375, -0.25], [-0.25, 0.5]])
    assert posterior.inverse(np.zeros((0, 0))).shape == (0, 0)
    precision[1, 1] = 0.5  # no variance is negative
    with pytest.raises(np.linalg.LinAlgError, match="cannot be inverted"):
        posterior.inverse(precision)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 100))
def test_infer_is_gaussian_process_regression(
    n_ratings: int, n_features: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    seen, asked = rng.normal(size=(n_ratings, n_features)), np.eye(n_features)
    residuals = rng.normal(size=n_ratings)
    # The mean of a process with kernel x.x' and noise 1, at the unit vectors.
    kernel = seen @ seen.T + np.eye(n_ratings)
    expected = (asked @ seen.T) @ np.linalg.inv(kernel) @ residuals
    np.testing.assert_allclose(infer(seen, residuals), expected, atol=1e-9)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 100))
def test_primal_and_dual_agree(n_ratings: int, n_features: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    seen = rng.normal(size=(n_ratings, n_features))
    residuals = rng.normal(size=n_ratings)
    # Features that nobody has, or a rating of nothing, turn one form into the other.
    wide = np.hstack([seen, np.zeros((n_ratings, 13))])
    long = np.vstack([seen, np.zeros((13, n_features))])
    dual = infer(wide, residuals)[:n_features]
    primal = infer(long, np.concatenate([residuals, np.zeros(13)]))
    np.testing.assert_allclose(dual, primal, atol=1e-10)


def test_infer_is_the_minimum_of_the_penalised_squares(
    rng: np.random.Generator,
) -> None:
    seen, residuals = rng.normal(size=(5, 3)), rng.normal(size=5)
    weights = infer(seen, residuals)

    def cost(weights: Floats) -> float:
        return float(((residuals - seen @ weights) ** 2).sum() + weights @ weights)

    for step in 1e-3 * np.vstack([np.eye(3), -np.eye(3)]):
        assert cost(weights) < cost(weights + step)


def test_without_ratings_the_weights_are_those_of_the_prior() -> None:
    np.testing.assert_array_equal(infer(np.zeros((0, 3)), np.zeros(0)), np.zeros(3))


def kernel_between_items(hidden: Floats, audience: Floats, counts: Floats) -> Floats:
    """The kernel of `item_features` pair by pair."""
    n_items = len(hidden)
    hidden_apart = np.empty((n_items, n_items))
    audience_apart = np.empty((n_items, n_items))
    for i in range(n_items):
        for j in range(n_items):
            hidden_apart[i, j] = ((hidden[i] - hidden[j]) ** 2).sum()
            audience_apart[i, j] = ((audience[i] - audience[j]) ** 2).sum()
    width = 2 * posterior.WIDTH * np.median(hidden_apart)
    popularity = np.log1p(counts)
    popularity = popularity - np.average(popularity, weights=counts)
    popularity /= np.sqrt(np.average(popularity**2, weights=counts))
    return np.asarray(
        posterior.OFFSET_VARIANCE
        + posterior.POPULARITY_VARIANCE * np.outer(popularity, popularity)
        + posterior.KERNEL_VARIANCE
        * np.exp(-hidden_apart / width - posterior.AUDIENCE_WEIGHT * audience_apart)
    )


def test_items_are_as_alike_as_the_kernel_says(rng: np.random.Generator) -> None:
    hidden, audience = rng.normal(size=(30, 3)), rng.normal(size=(30, 2))
    counts = rng.integers(0, 50, 30).astype(float)
    features = item_features(hidden, audience, counts)
    expected = kernel_between_items(hidden, audience, counts)
    # All items are landmarks; what is left is the jitter on their diagonal.
    np.testing.assert_allclose(features @ features.T, expected, atol=1e-5)


def test_landmarks_are_the_items_with_most_ratings(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden, audience = rng.normal(size=(30, 3)), rng.normal(size=(30, 2))
    counts = rng.permutation(30).astype(float)
    monkeypatch.setattr(posterior, "N_LANDMARKS", 10)
    features = item_features(hidden, audience, counts)
    assert features.shape == (30, 2 + 10)
    popular = np.argsort(-counts)[:10]
    monkeypatch.setattr(posterior, "N_LANDMARKS", 30)
    exact = item_features(hidden, audience, counts)
    # The width of the kernel is a median over other pairs, so shapes are compared.
    few, every = (
        part[popular, 2:] @ part[popular, 2:].T / posterior.KERNEL_VARIANCE
        for part in (features, exact)
    )
    np.testing.assert_allclose(np.diag(few), 1.0, atol=1e-4)
    assert np.corrcoef(few.ravel(), every.ravel())[0, 1] > 0.99


def test_items_that_are_all_alike_do_no_harm() -> None:
    features = item_features(np.zeros((4, 2)), np.zeros((4, 1)), np.full(4, 3.0))
    assert np.isfinite(features).all()
    np.testing.assert_allclose(features @ features.T, 0.8 + 1 / 3, atol=1e-5)


def test_damped_effects_solve_the_penalised_least_squares(
    rng: np.random.Generator,
) -> None:
    # In a complete table without a common mean the sweeps converge fast.
    rows, columns = (part.ravel() for part in np.indices((40, 50)))
    values = rng.normal(size=40)[rows] + rng.normal(size=50)[columns]
    values -= values.mean()
    row_effects, column_effects = damped_effects(rows, columns, values, (41, 51))
    design = np.zeros((2000, 90))
    design[np.arange(2000), rows] = 1
    design[np.arange(2000), 40 + columns] = 1
    shrinkage = np.diag([posterior.GENEROSITY_SHRINKAGE] * 40 + [6.0] * 50)
    exact = np.linalg.solve(design.T @ design + shrinkage, design.T @ values)
    np.testing.assert_allclose(row_effects[:40], exact[:40], atol=1e-3)
    np.testing.assert_allclose(column_effects[:50], exact[40:], atol=1e-3)
    assert row_effects[40] == column_effects[50] == 0


def test_shrunken_mean_and_user_features_by_hand() -> None:
    sums, counts = np.array([0.0, 3.0]), np.array([0.0, 1.0])
    assert shrunken_mean(sums, counts).tolist() == [0.0, 0.5]
    features = user_features(np.array([[1.0, -0.5]]))
    np.testing.assert_allclose(features, [[5**-0.5, 0.1, -0.05]])


def test_the_strength_of_tastes_can_be_told_from_features() -> None:
    rng = np.random.default_rng(0)
    hidden, audience = rng.normal(size=(40, 3)), rng.normal(size=(40, 2))
    counts = rng.integers(0, 50, 40).astype(float)
    usual = posterior.item_features(hidden, audience, counts)
    assert posterior.strength_of(usual) == 1.0
    strong = posterior.item_features(hidden, audience, counts, strength=8.0)
    assert posterior.strength_of(strong) == 8.0
    n_offsets = posterior.N_OFFSETS
    np.testing.assert_array_equal(strong[:, :n_offsets], usual[:, :n_offsets])
    np.testing.assert_allclose(
        strong[:, n_offsets:], np.sqrt(8.0) * usual[:, n_offsets:]
    )
    assert posterior.strength_of(usual[:, :0]) == 1.0
