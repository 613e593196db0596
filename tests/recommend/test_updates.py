"""partial_fit and forget: what changes, and what they equal."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from recs_anomaly import RBMRecommender, save
from recs_anomaly.datasets import make_ratings
from recs_anomaly.exceptions import InputError, UnknownUserError
from recs_anomaly.recommend import recommender
from recs_anomaly.recommend.assembly import assemble
from recs_anomaly.recommend.choices import fit_interactions
from recs_anomaly.recommend.rows import to_rows
from tests.fitted import arrays_of

IDS = ["user_id", "item_id"]


@pytest.fixture(scope="module")
def ratings() -> pd.DataFrame:
    return make_ratings(50, 30, 900, random_state=0).ratings


def fitted(ratings: pd.DataFrame, **parameters: object) -> RBMRecommender:
    model = RBMRecommender(epochs=1, n_hidden=3, random_state=0, **parameters)
    return model.fit(ratings[IDS], ratings["rating"])


@pytest.fixture(scope="module")
def kept(ratings: pd.DataFrame) -> RBMRecommender:
    return fitted(ratings)


@pytest.fixture
def model(kept: RBMRecommender) -> RBMRecommender:
    """Fitted to `ratings`, and anybody's to change."""
    return deepcopy(kept)


@pytest.mark.parametrize("view", ["both", "user", "item"])
def test_known_ratings_change_nothing_to_the_last_bit(
    ratings: pd.DataFrame, view: str
) -> None:
    model = fitted(ratings, view=view)
    before = arrays_of(model)
    some = ratings.sample(20, random_state=0)
    assert model.partial_fit(some[IDS], some["rating"]) is model
    for name, array in arrays_of(model).items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)


def test_all_but_what_was_trained_equals_a_refit(ratings: pd.DataFrame) -> None:
    old_users, old_items = ratings["user_id"] <= 40, ratings["item_id"] <= 25
    first = ratings[old_users & old_items]
    rest = ratings[~(old_users & old_items)].sample(frac=1, random_state=0)
    model = fitted(first)
    trained = model._views()
    model.partial_fit(rest[IDS], rest["rating"])
    assert set(model.users_) == set(ratings["user_id"])
    assert set(model.items_) == set(ratings["item_id"])
    rows = to_rows(
        pd.Index(model.users_).get_indexer(ratings["user_id"]),
        pd.Index(model.items_).get_indexer(ratings["item_id"]),
        np.searchsorted(model.classes_, ratings["rating"]),
        (len(model.users_) + 1, len(model.items_) + 1),
    )
    for name, encoder, grown in (
        ("user", trained.user, model._views().user),
        ("item", trained.item, model._views().item),
    ):
        n_old = len(encoder.coupling) - 1
        np.testing.assert_array_equal(grown.coupling[:n_old], encoder.coupling[:-1])
        assert not grown.coupling[n_old:].any(), f"{name} view knows nothing new"
    expected = assemble(
        rows,
        model._views(),
        model.classes_,
        "both",
        model.noise_,
        mixture=model.mixture_,
    )
    for name in ("item_weights", "item_features", "item_effects", "item_habits"):
        np.testing.assert_array_equal(
            getattr(model, f"{name}_"), getattr(expected, name), err_msg=name
        )
    choices = fit_interactions(rows)
    np.testing.assert_array_equal(model.interaction_weights_, choices.weights)


def test_new_users_are_predicted_as_anybody_with_their_ratings(
    model: RBMRecommender,
    ratings: pd.DataFrame,
) -> None:
    own = pd.DataFrame(
        {"user_id": 999, "item_id": ratings["item_id"].unique()[:6], "rating": 4.0}
    )
    model.partial_fit(own[IDS], own["rating"])
    known = model.recommend(999, n=5).drop(columns="user_id")
    unknown = model.recommend_for(own[["item_id", "rating"]], n=5)
    pd.testing.assert_frame_equal(known, unknown, check_exact=True)


def test_a_new_rating_takes_the_place_of_the_old_one(
    model: RBMRecommender, ratings: pd.DataFrame
) -> None:
    first = ratings.iloc[0]
    pair = pd.DataFrame([[first["user_id"], first["item_id"]]], columns=IDS)
    model.partial_fit(pair, [6.0 - first["rating"]])
    own = model.user_ratings(first["user_id"]).set_index("item_id")["rating"]
    assert own[first["item_id"]] == 6.0 - first["rating"]
    assert len(model.user_items_) == len(ratings)


def test_before_fit_it_is_fit(ratings: pd.DataFrame) -> None:
    model = fitted(ratings)
    again = clone(model).partial_fit(ratings[IDS], ratings["rating"])
    np.testing.assert_array_equal(
        again.predict(ratings[IDS]), model.predict(ratings[IDS])
    )


def test_choices_alone_take_up_choices_alone(ratings: pd.DataFrame) -> None:
    model = RBMRecommender(random_state=0).fit(ratings[IDS])
    one = pd.DataFrame([[999, ratings["item_id"].iloc[0]]], columns=IDS)
    model.partial_fit(one)
    assert len(model.recommend(999, n=3)) == 3
    with pytest.raises(InputError, match="y must be None, as in fit; got list"):
        model.partial_fit(one, [4.0])
    with pytest.raises(InputError, match="y must be ratings, as fit did; got NoneType"):
        fitted(ratings).partial_fit(one)


def test_ratings_outside_of_the_scale_are_refused(
    model: RBMRecommender, ratings: pd.DataFrame
) -> None:
    before = arrays_of(model)
    with pytest.raises(InputError, match="between 1 and 5; got 9"):
        model.partial_fit(pd.DataFrame([[999, 1]], columns=IDS), [9])
    assert arrays_of(model).keys() == before.keys()
    assert len(model.users_) == len(before["users_"]), "nothing was taken up"


def test_forgetting_is_never_having_computed_with_them(
    model: RBMRecommender, ratings: pd.DataFrame
) -> None:
    gone = [3, 17]
    trained = model._views()
    assert model.forget(gone) is model
    stay = ratings[~ratings["user_id"].isin(gone)]
    assert set(model.users_) == set(stay["user_id"])
    assert len(model.user_items_) == len(stay)
    rows = to_rows(
        np.searchsorted(model.users_, stay["user_id"]),
        np.searchsorted(model.items_, stay["item_id"]),
        np.searchsorted(model.classes_, stay["rating"]),
        (len(model.users_) + 1, len(model.items_) + 1),
    )
    views = model._views()
    assert len(views.item.coupling) == len(trained.item.coupling) - len(gone)
    expected = assemble(
        rows, views, model.classes_, "both", model.noise_, mixture=model.mixture_
    )
    for name in ("item_weights", "item_features", "item_effects", "item_habits"):
        np.testing.assert_array_equal(
            getattr(model, f"{name}_"), getattr(expected, name), err_msg=name
        )
    choices = fit_interactions(rows)
    np.testing.assert_array_equal(model.interaction_weights_, choices.weights)
    with pytest.raises(UnknownUserError, match="user 3 has no ratings"):
        model.recommend(3)


def test_no_id_that_is_forgotten_is_left_in_a_file(
    ratings: pd.DataFrame, tmp_path: Path
) -> None:
    named = ratings.assign(user_id="user-" + ratings["user_id"].astype(str) + "-end")
    model = fitted(named)
    path = tmp_path / "model.recs"
    save(model, path)
    assert b"user-7-end" in path.read_bytes()
    save(model.forget("user-7-end"), path)
    assert b"user-7-end" not in path.read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.forget([3, 17]),
        lambda model: model.partial_fit(pd.DataFrame([[999, 888]], columns=IDS), [4.0]),
    ],
    ids=["forget", "partial_fit"],
)
def test_what_is_stopped_half_way_has_changed_nothing(
    model: RBMRecommender,
    ratings: pd.DataFrame,
    change: Callable[[RBMRecommender], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, lists = vars(model).copy(), model.recommend(model.users_, n=3)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(recommender, "fit_interactions", stop)
    with pytest.raises(KeyboardInterrupt):
        change(model)
    for name, value in before.items():
        assert vars(model)[name] is value, name
    pd.testing.assert_frame_equal(model.recommend(model.users_, n=3), lists)


def test_somebody_has_to_stay_and_only_known_users_can_go(
    model: RBMRecommender,
    ratings: pd.DataFrame,
) -> None:
    with pytest.raises(InputError, match="users must leave somebody"):
        model.forget(model.users_)
    with pytest.raises(UnknownUserError, match="user -1"):
        model.forget([1, -1])


def test_tastes_that_outweigh_noise_count_more_and_updates_keep_it() -> None:
    rng = np.random.default_rng(0)
    tastes = rng.normal(size=(120, 2)) @ rng.normal(size=(2, 60))
    users, items = np.nonzero(rng.random(tastes.shape) < 0.4)
    ratings = pd.DataFrame({"user_id": users, "item_id": items})
    ratings["rating"] = np.clip(np.round(5 + 2 * tastes[users, items]), 1, 9)
    model = RBMRecommender(n_hidden=8, epochs=2, random_state=0)
    model.fit(ratings[IDS], ratings["rating"])
    strength, share = model.mixture_
    assert strength > 1.0 or share > 0.0
    before = model.item_features_.copy()
    model.partial_fit(ratings[IDS][:1], ratings["rating"][:1])
    np.testing.assert_array_equal(model.item_features_, before)
