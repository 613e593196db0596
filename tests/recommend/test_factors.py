"""Low-rank factors: planted ones are found, and only where there are some."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from recs_anomaly import RBMRecommender, load, save
from recs_anomaly.recommend import fitting, posterior
from recs_anomaly.recommend.factors import RANK, item_factors

IDS = ["user_id", "item_id"]
N_USERS, N_ITEMS, TRUE_RANK, NOISE = 120, 60, 2, 0.3


@pytest.fixture
def world(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Products of planted places, noisy, and which of them are told."""
    of_users = rng.normal(size=(N_USERS, TRUE_RANK))
    of_items = rng.normal(size=(N_ITEMS, TRUE_RANK))
    truth = of_users @ of_items.T
    told = rng.random(truth.shape) < 0.4
    told[:, -1] = False
    return truth, truth + NOISE * rng.normal(size=truth.shape), told


def test_planted_factors_foretell_what_was_not_told(
    world: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    truth, residuals, told = world
    factors = item_factors(csr_array(residuals * told))
    assert factors.shape == (N_ITEMS, RANK)
    found = np.array(
        [
            posterior.infer(factors[own], row[own]) @ factors.T
            for row, own in zip(residuals, told, strict=True)
        ]
    )
    is_asked = ~told
    is_asked[:, -1] = False
    error = np.square((found - truth)[is_asked]).mean()
    assert error < 2 * NOISE**2
    assert error < 0.15 * np.square(truth[is_asked]).mean()


def test_dimensions_that_are_not_there_come_to_nothing(
    world: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    _, residuals, told = world
    factors = item_factors(csr_array(residuals * told), n_sweeps=60)
    lengths = np.sort(np.linalg.norm(factors, axis=0))[::-1]
    assert lengths[TRUE_RANK] < 0.2 * lengths[TRUE_RANK - 1]
    # The item that nobody rated lies where nothing is expected of it.
    np.testing.assert_allclose(factors[-1], 0.0, atol=1e-12)


def test_the_unit_of_ratings_does_not_matter(
    world: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    _, residuals, told = world
    one = item_factors(csr_array(residuals * told))
    hundred = item_factors(csr_array(100.0 * residuals * told))
    np.testing.assert_allclose(np.abs(one), np.abs(hundred), rtol=1e-3, atol=1e-4)


@pytest.fixture
def books(rng: np.random.Generator) -> pd.DataFrame:
    """Ratings from 1 to 10 of which most is taste, of rank 2."""
    users, items = np.nonzero(rng.random((150, 60)) < 0.4)
    taste = rng.normal(size=(150, 2)) @ rng.normal(size=(2, 60))
    stars = 5.5 + 1.8 * taste[users, items] + 0.5 * rng.normal(size=len(users))
    rating = np.clip(np.round(stars), 1, 10)
    return pd.DataFrame({"user_id": users, "item_id": items, "rating": rating})


def test_fit_takes_factors_where_they_help(
    books: pd.DataFrame, rng: np.random.Generator, tmp_path: object
) -> None:
    is_test = rng.random(len(books)) < 0.2
    train, test = books[~is_test], books[is_test]
    model = RBMRecommender(random_state=0).fit(train[IDS], train["rating"])
    strength, share = model.mixture_
    assert share > 0
    error = np.square(model.predict(test[IDS]) - test["rating"]).mean()
    # Without factors it is above 2.5; the noise and rounding alone make about 0.35.
    assert error < 1.0
    file = f"{tmp_path}/books.recs"
    save(model, file)
    again = load(file)
    np.testing.assert_array_equal(again.predict(test[IDS]), model.predict(test[IDS]))
    # Ratings taken up later move the factors too.
    again.partial_fit(test[IDS], test["rating"])
    np.testing.assert_array_equal(again.mixture_, [strength, share])
    shape = again.item_features_.shape
    assert shape == model.item_features_.shape
    assert not np.array_equal(again.item_features_, model.item_features_)
    # Somebody new with the same ratings gets the same forecasts.
    own = train[train["user_id"] == 3]
    expected = model.recommend(3, 5)["rating_mean"]
    told = model.recommend_for(own[["item_id", "rating"]], 5)["rating_mean"]
    np.testing.assert_array_equal(told, expected)


def test_factors_of_noise_do_no_harm(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    users, items = np.nonzero(rng.random((150, 60)) < 0.3)
    level = 3 + rng.normal(size=60)[items] + rng.normal(size=len(users))
    rating = np.clip(np.round(level), 1, 5)
    pairs = pd.DataFrame({"user_id": users, "item_id": items})
    is_test = rng.random(len(pairs)) < 0.2

    def error() -> float:
        model = RBMRecommender(random_state=0).fit(pairs[~is_test], rating[~is_test])
        return float(np.square(model.predict(pairs[is_test]) - rating[is_test]).mean())

    mixed = error()
    monkeypatch.setattr(fitting, "SHARES", (0.0,))
    monkeypatch.setattr(fitting, "TASTES_BESIDE", (1.0,))
    assert mixed < 1.02 * error()
