"""The floors, worked out by hand on a table of seven ratings."""

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.datasets.ratings_samples import make_ratings
from recs_anomaly.metrics.rating import interval_coverage, rmse
from recs_anomaly.recommend.evaluation.baselines import (
    PredictedRatings,
    baseline_predictions,
)

LEVELS = np.array([1.0, 3.0, 5.0])
TRAIN = pd.DataFrame(
    [
        ("ada", "x", 5.0),
        ("ada", "y", 3.0),
        ("ada", "z", 5.0),
        ("bo", "x", 3.0),
        ("bo", "y", 1.0),
        ("cy", "x", 5.0),
        ("cy", "z", 3.0),
    ],
    columns=["user_id", "item_id", "rating"],
)
FREQUENCIES = np.array([1, 3, 3]) / 7
MEAN = 25 / 7
PAIRS = pd.DataFrame([("bo", "z"), ("eve", "new")], columns=["user_id", "item_id"])


@pytest.fixture(scope="module")
def floors() -> dict[str, PredictedRatings]:
    return baseline_predictions(TRAIN, PAIRS, LEVELS)


def test_global_mean_forecasts_the_frequencies(
    floors: dict[str, PredictedRatings],
) -> None:
    predicted = floors["global mean"]
    np.testing.assert_allclose(predicted.probabilities, [FREQUENCIES, FREQUENCIES])
    np.testing.assert_allclose(predicted.mean, [MEAN, MEAN])
    # 1/7 lies below 3, so the lower twentieth ends at 1; the upper begins at 5.
    assert predicted.intervals.tolist() == [[1.0, 5.0], [1.0, 5.0]]


def test_item_mean_forecasts_the_damped_frequencies(
    floors: dict[str, PredictedRatings],
) -> None:
    predicted = floors["item mean"]
    of_z = (np.array([0, 1, 1]) + 5 * FREQUENCIES) / 7
    np.testing.assert_allclose(predicted.probabilities, [of_z, FREQUENCIES])
    np.testing.assert_allclose(predicted.mean, [of_z @ LEVELS, MEAN])


def test_means_add_up(floors: dict[str, PredictedRatings]) -> None:
    # Bo's ratings are 3 and 1, those of z are 5 and 3; five more at the mean damp each.
    user_part = (4 - 2 * MEAN) / 7
    item_part = (8 - 2 * MEAN) / 7
    predicted = floors["user + item means"]
    np.testing.assert_allclose(predicted.mean, [MEAN + user_part + item_part, MEAN])


def test_biases_solve_the_ridge_regression(floors: dict[str, PredictedRatings]) -> None:
    users, items = list("abc"), ["x", "y", "z"]
    features = np.zeros((len(TRAIN), 6))
    for row, (user, item, _) in enumerate(TRAIN.itertuples(index=False)):
        features[row, users.index(user[0])] = features[row, 3 + items.index(item)] = 1
    gram = features.T @ features + 5 * np.eye(6)
    biases = np.linalg.solve(gram, features.T @ (TRAIN["rating"] - MEAN))
    expected = [MEAN + biases[users.index("b")] + biases[3 + items.index("z")], MEAN]
    np.testing.assert_allclose(
        floors["user + item biases"].mean, expected, rtol=0, atol=1e-6
    )


def test_normal_errors_spread_like_the_training_errors(
    floors: dict[str, PredictedRatings],
) -> None:
    predicted = floors["user + item means"]
    users = TRAIN.groupby("user_id")["rating"].agg(
        lambda r: (r - MEAN).sum() / (len(r) + 5)
    )
    items = TRAIN.groupby("item_id")["rating"].agg(
        lambda r: (r - MEAN).sum() / (len(r) + 5)
    )
    fitted = MEAN + TRAIN["user_id"].map(users) + TRAIN["item_id"].map(items)
    spread = (TRAIN["rating"] - fitted).std(ddof=0)
    density = np.exp(-(((LEVELS - predicted.mean[0]) / spread) ** 2) / 2)
    np.testing.assert_allclose(predicted.probabilities[0], density / density.sum())
    ends = predicted.mean[0] + 1.6448536 * spread * np.array([-1, 1])
    np.testing.assert_allclose(predicted.intervals[0], np.clip(ends, 1, 5))


def test_every_floor_is_a_distribution_within_the_scale(
    floors: dict[str, PredictedRatings],
) -> None:
    for predicted in floors.values():
        np.testing.assert_allclose(predicted.probabilities.sum(axis=1), 1)
        assert predicted.probabilities.min() >= 0
        assert np.all((predicted.intervals >= 1) & (predicted.intervals <= 5))
        assert np.all(predicted.intervals[:, 0] <= predicted.intervals[:, 1])


def test_each_floor_is_better_than_the_one_before() -> None:
    ratings = make_ratings(300, 200, 12_000, random_state=0).ratings
    train, test = ratings[:10_000], ratings[10_000:]
    predictions = baseline_predictions(train, test, np.unique(train["rating"]))
    errors = [
        rmse(test["rating"], predicted.mean) for predicted in predictions.values()
    ]
    assert errors == sorted(errors, reverse=True)
    for predicted in predictions.values():
        assert interval_coverage(test["rating"], predicted.intervals) > 0.85
