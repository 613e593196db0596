"""Likeness of items, by hand and by what must not change it."""

import numpy as np
import pytest

from recs_anomaly.recommend import levels as ordinal
from recs_anomaly.recommend.choices import InteractionRBM
from recs_anomaly.recommend.levels import Calibration
from recs_anomaly.recommend.model import RatingModel
from recs_anomaly.recommend.ranking import ItemScoring, item_scoring
from recs_anomaly.recommend.reasons import similarities
from recs_anomaly.recommend.view_rbm import Encoder

N_ITEMS, N_LEVELS, N_HIDDEN = 6, 5, 3


def drawn_model(n_features: int, user_share: float) -> RatingModel:
    rng = np.random.default_rng(0)
    return RatingModel(
        user_view=Encoder(
            rng.normal(size=(N_ITEMS, N_HIDDEN)),
            rng.normal(size=(N_ITEMS, N_HIDDEN)),
            rng.normal(size=N_HIDDEN),
            np.linspace(-1, 1, N_LEVELS),
        ),
        item_weights=rng.normal(size=(N_ITEMS, 1 + N_HIDDEN)),
        item_features=rng.normal(size=(N_ITEMS, n_features)),
        item_effects=rng.normal(size=N_ITEMS),
        item_habits=rng.normal(size=(N_ITEMS, N_LEVELS)),
        level_log_frequency=np.log(np.full(N_LEVELS, 1 / N_LEVELS)),
        levels=np.arange(1.0, N_LEVELS + 1),
        curve=ordinal.USUAL_CURVE,
        mean=3.5,
        noise=0.7,
        user_share=user_share,
    )


def known(model: RatingModel) -> ItemScoring:
    rng = np.random.default_rng(1)
    interactions = InteractionRBM(
        rng.normal(size=(N_ITEMS, N_HIDDEN)).astype(np.float32),
        rng.normal(size=N_HIDDEN).astype(np.float32),
        np.ones(N_ITEMS, np.float32),
        np.array([0.0, 1.0]),
    )
    return item_scoring(model, interactions, Calibration(np.ones(5), np.zeros(2)))


def test_likeness_is_nine_tenths_of_the_item_view_and_one_of_the_user_view() -> None:
    model = drawn_model(n_features=6, user_share=0.4)
    features = model.item_features[:, 2:] - model.item_features[:, 2:].mean(axis=0)
    weights = model.item_weights[:, 1:] - model.item_weights[:, 1:].mean(axis=0)
    for item in range(N_ITEMS):
        expected = [
            0.9 * cosine(features[item], features[other])
            + 0.1 * cosine(weights[item], weights[other])
            for other in range(N_ITEMS)
        ]
        np.testing.assert_allclose(
            similarities(known(model), item), expected, atol=1e-12
        )


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def test_the_user_view_alone_compares_what_items_tell_its_hidden_units() -> None:
    model = drawn_model(n_features=0, user_share=1.0)
    told = np.hstack([model.user_view.coupling, model.user_view.presence])
    expected = [cosine(told[2], other) for other in told]
    np.testing.assert_allclose(similarities(known(model), 2), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("n_features", "share"),
    [(6, 0.4), (6, 0.0), (0, 1.0)],
    ids=["both", "item", "user"],
)
def test_an_item_is_most_like_itself_and_as_like_another_as_that_to_it(
    n_features: int, share: float
) -> None:
    model = drawn_model(n_features, share)
    likeness = np.array([similarities(known(model), item) for item in range(N_ITEMS)])
    np.testing.assert_allclose(np.diag(likeness), 1.0)
    np.testing.assert_allclose(likeness, likeness.T, atol=1e-12)
    assert np.abs(likeness).max() <= 1.0


def test_what_all_items_share_makes_none_alike() -> None:
    model = drawn_model(n_features=6, user_share=0.4)
    shifted = model._replace(
        item_features=model.item_features + 7.0, item_weights=model.item_weights - 3.0
    )
    np.testing.assert_allclose(
        similarities(known(shifted), 1), similarities(known(model), 1), atol=1e-12
    )
