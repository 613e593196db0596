"""Leaving each rating out at once is leaving each out by itself."""

import numpy as np
import pytest
from hypothesis import given

from recs_anomaly.recommend import model as rating_reasons
from recs_anomaly.recommend.model import (
    RatingModel,
    fold_in,
    latent,
    latent_without_each,
)
from recs_anomaly.recommend.view_rbm import Encoder
from tests.recommend.test_model import N_ITEMS, drawn_model, rated_items
from tests.sequences.ragged import N_LEVELS


def one_by_one(
    model: RatingModel, items: np.ndarray, levels: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """The slow twin: everybody who lacks a rating is folded in anew."""
    rows = np.arange(len(items))
    found = [
        latent(model, fold_in(model, items[rows != row], levels[rows != row]), targets)
        for row in rows
    ]
    return np.array(found).reshape(-1, len(targets))


@pytest.mark.parametrize("user_share", [0.0, 0.4, 1.0])
@given(rated=rated_items)
def test_each_is_left_out_as_the_slow_twin_does(
    user_share: float, rated: dict[int, int]
) -> None:
    model, targets = drawn_model(user_share), np.arange(0, N_ITEMS, 2)
    items = np.array(list(rated), np.int64)
    levels = np.array(list(rated.values()), np.int64)
    np.testing.assert_allclose(
        latent_without_each(model, items, levels, targets),
        one_by_one(model, items, levels, targets),
        rtol=1e-9,
    )


def test_models_of_one_view() -> None:
    model, targets = drawn_model(), np.array([0, 4])
    items, levels = np.array([1, 4, 7]), np.array([0, 2, N_LEVELS - 1])
    nothing = np.zeros((N_ITEMS, 0))
    without_user_view = model._replace(
        user_view=Encoder(nothing, nothing, nothing[0], model.user_view.level_in),
        item_weights=model.item_weights[:, :1],
        user_share=0.0,
    )
    without_item_view = model._replace(item_features=nothing, user_share=1.0)
    for one_view in (without_user_view, without_item_view):
        np.testing.assert_allclose(
            latent_without_each(one_view, items, levels, targets),
            one_by_one(one_view, items, levels, targets),
            rtol=1e-12,
        )


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    model, items = drawn_model(), np.arange(N_ITEMS)
    levels, targets = items % N_LEVELS, np.array([2, 5])
    whole = latent_without_each(model, items, levels, targets)
    monkeypatch.setattr(rating_reasons, "ACTIVITIES_A_BLOCK", 1)
    np.testing.assert_allclose(
        latent_without_each(model, items, levels, targets), whole, rtol=1e-12
    )
