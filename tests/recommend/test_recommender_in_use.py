"""RBMRecommender as its users meet it."""

import pickle
import tracemalloc
import warnings
from copy import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import (
    fetch_movielens,
    load_sample_ratings,
    make_ratings,
    official_folds,
)
from recs_anomaly.exceptions import InputError, UnknownItemError, UnknownUserError
from recs_anomaly.recommend import answers
from tests.fitted import tiny_model, tiny_ratings

IDS = ["user_id", "item_id"]


def quick(**parameters: object) -> RBMRecommender:
    return RBMRecommender(
        **{"epochs": 1, "n_hidden": 4, "random_state": 0, **parameters}
    )


@pytest.fixture
def ratings() -> pd.DataFrame:
    return tiny_ratings()


@pytest.fixture
def model() -> RBMRecommender:
    return tiny_model()


def test_predictions_agree_with_their_distributions(
    model: RBMRecommender, ratings: pd.DataFrame
) -> None:
    probabilities = model.predict_proba(ratings[IDS])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    np.testing.assert_allclose(
        probabilities @ model.classes_, model.predict(ratings[IDS]), atol=1e-7
    )
    median = copy(model).set_params(statistic="median")
    below = (
        probabilities * (model.classes_ < median.predict(ratings[IDS])[:, None])
    ).sum(axis=1)
    assert (below < 0.5).all()


@pytest.mark.parametrize("view", ["both", "user", "item"])
def test_a_new_user_with_the_same_ratings_gets_the_same_list(
    ratings: pd.DataFrame, view: str
) -> None:
    model = tiny_model(view)
    user = ratings["user_id"].iloc[0]
    own = ratings[ratings["user_id"] == user].sample(frac=1, random_state=0)
    known = model.recommend(user, n=15).drop(columns="user_id")
    new_user = model.recommend_for(own[["item_id", "rating"]], n=15)
    pd.testing.assert_frame_equal(known, new_user, rtol=1e-12)
    mapping = dict(zip(own["item_id"], own["rating"], strict=True))
    pd.testing.assert_frame_equal(model.recommend_for(mapping, n=15), new_user)


def test_users_folded_in_once_get_what_is_asked_for_one_by_one(
    model: RBMRecommender, ratings: pd.DataFrame
) -> None:
    users = ratings["user_id"].unique()[:3].tolist()
    folded = model.fold_in(users)
    pd.testing.assert_frame_equal(folded.recommend(4), model.recommend(users, 4))
    pairs = ratings.loc[ratings["user_id"].isin(users), IDS]
    found = folded.predictions(pairs)
    for new, known in (
        (found.ratings("mean"), model.predict(pairs)),
        (found.probabilities, model.predict_proba(pairs)),
        (found.interval(0.9), model.predict_interval(pairs)),
    ):
        np.testing.assert_allclose(new, known, rtol=1e-9)
    with pytest.raises(InputError, match="folded in"):
        folded.predictions(ratings[IDS])


def test_somebody_folded_in_gets_what_a_user_with_the_same_ratings_gets(
    model: RBMRecommender, ratings: pd.DataFrame
) -> None:
    user = ratings["user_id"].iloc[0]
    own = ratings.loc[ratings["user_id"] == user, ["item_id", "rating"]]
    folded, known = model.fold_in_own(own), model.fold_in([user])
    new, usual = folded.recommend(4), model.recommend(user, 4)
    assert new.pop("user_id").isna().all()
    pd.testing.assert_frame_equal(new, usual.drop(columns="user_id"), rtol=1e-9)
    lists = folded.lists(4)
    for new_reason, reason in zip(
        folded.reasons(lists), known.reasons(known.lists(4)), strict=True
    ):
        np.testing.assert_array_equal(new_reason, reason)
    pairs = pd.DataFrame({"user_id": user, "item_id": model.items_})
    nobody = pairs.assign(user_id=-1)
    np.testing.assert_allclose(
        folded.predictions(nobody).mean, known.predictions(pairs).mean, rtol=1e-9
    )
    with pytest.raises(InputError, match="folded in"):
        folded.predictions(pairs)


@pytest.mark.parametrize("name", ["you", ("a", 1), -7])
def test_with_only_user_is_the_model_of_that_user(
    model: RBMRecommender, ratings: pd.DataFrame, name: object
) -> None:
    user = ratings["user_id"].iloc[0]
    own = ratings.loc[ratings["user_id"] == user, ["item_id", "rating"]]
    alone, items = model.with_only_user(name, own), model.items_
    np.testing.assert_array_equal(
        alone.predict_interval(pd.DataFrame({"user_id": [name], "item_id": items[0]})),
        model.predict_interval(pd.DataFrame({"user_id": [user], "item_id": items[0]})),
    )
    for known, new in (
        (model.user_ratings(user), alone.user_ratings(name)),
        (model.explain(user, items[3]), alone.explain(name, items[3])),
    ):
        pd.testing.assert_frame_equal(new, known)
    assert len(model.users_) == ratings["user_id"].nunique(), "the model is as it was"
    with pytest.raises(UnknownUserError):
        alone.recommend(user)


def test_recommended_ratings_are_those_predicted(
    model: RBMRecommender, ratings: pd.DataFrame
) -> None:
    recommended = model.recommend(ratings["user_id"].unique()[:3], n=7)
    np.testing.assert_allclose(
        recommended["rating_mean"], model.predict(recommended[IDS]), atol=1e-9
    )
    probabilities = model.predict_proba(recommended[IDS])
    liked = probabilities[:, model.classes_ >= 4].sum(axis=1)
    np.testing.assert_allclose(recommended["p_like"], liked, atol=1e-9)
    for _, of_user in recommended.groupby("user_id"):
        assert of_user["rank"].tolist() == list(range(1, len(of_user) + 1))
        assert of_user["score"].is_monotonic_decreasing


def test_recommend_honours_items_exclude_and_seen_together(
    model: RBMRecommender, ratings: pd.DataFrame
) -> None:
    user = ratings["user_id"].iloc[0]
    seen = set(ratings.loc[ratings["user_id"] == user, "item_id"])
    choice = model.items_[:20].tolist()
    excluded = [item for item in choice if item not in seen][:2]
    found = set(model.recommend(user, n=99, items=choice, exclude=excluded)["item_id"])
    assert found == set(choice) - set(excluded) - seen
    everything = model.recommend(user, n=99, exclude_seen=False)
    assert set(everything["item_id"]) == set(model.items_)


def test_unknown_ids_are_predicted_and_never_nan(model: RBMRecommender) -> None:
    known = model.items_[0]
    pairs = [[-1, known], [model.users_[0], -1], [-1, -1]]
    predicted = model.predict(pd.DataFrame(pairs, columns=IDS))
    assert np.isfinite(predicted).all()
    empty = model.recommend_for({}, n=40).set_index("item_id").loc[known]
    np.testing.assert_allclose(predicted[0], empty["rating_mean"], atol=1e-9)


def test_unknown_ids_are_named_where_a_list_is_asked_for(model: RBMRecommender) -> None:
    with pytest.raises(UnknownUserError, match="user -7 has no ratings"):
        model.recommend(-7)
    assert len(model.recommend(-7, n=3, on_unknown="stranger")) == 3
    with pytest.raises(UnknownItemError, match=r"2 of 2 items .* 'nothing', 'more'"):
        model.recommend_for({"nothing": 5, "more": 4})
    with pytest.raises(UnknownItemError):
        model.similar_items("nothing")


def test_same_seed_same_bits_whatever_was_fitted_before(
    model: RBMRecommender, ratings: pd.DataFrame
) -> None:
    quick(random_state=5).fit(ratings[IDS], ratings["rating"])
    again = clone(model).fit(ratings[IDS], ratings["rating"])
    np.testing.assert_array_equal(
        again.predict(ratings[IDS]), model.predict(ratings[IDS])
    )


def test_pickle_keeps_predictions_and_holds_no_look_up_tables(
    model: RBMRecommender, ratings: pd.DataFrame
) -> None:
    expected = model.predict(ratings[IDS])
    stored = pickle.dumps(model)
    assert b"pandas" not in stored
    np.testing.assert_array_equal(pickle.loads(stored).predict(ratings[IDS]), expected)


def test_scikit_learn_validates_it(ratings: pd.DataFrame) -> None:
    alone = cross_val_score(quick(), ratings[IDS], ratings["rating"], cv=2)
    assert np.isfinite(alone).all()
    pipeline = Pipeline([("recommend", quick())])
    piped = cross_val_score(pipeline, ratings[IDS], ratings["rating"], cv=2)
    np.testing.assert_array_equal(piped, alone)
    search = GridSearchCV(quick(), {"view": ["user", "item"]}, cv=2, n_jobs=2)
    with parallel_config("threading"):  # processes have their test in tests/base
        search.fit(ratings[IDS], ratings["rating"])
    assert search.best_params_["view"] in ("user", "item")


def test_ids_and_scales_of_any_kind_come_back(ratings: pd.DataFrame) -> None:
    named = ratings.assign(
        user_id="u" + ratings["user_id"].astype(str),
        item_id=[(item, "x") for item in ratings["item_id"]],
        rating=ratings["rating"] * 2 - 0.5,
    )
    model = quick().fit(named[IDS], named["rating"])
    recommended = model.recommend("u" + str(ratings["user_id"].iloc[0]), n=2)
    assert all(isinstance(item, tuple) for item in recommended["item_id"])
    assert recommended["rating_mean"].between(1.5, 9.5).all()


def test_the_last_rating_of_a_pair_counts_and_a_warning_counts_the_others(
    ratings: pd.DataFrame,
) -> None:
    twice = pd.concat([ratings.assign(rating=1.0).iloc[:3], ratings])
    with pytest.warns(UserWarning, match="3 repeated"):
        repeated = quick().fit(twice[IDS], twice["rating"])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        once = quick().fit(ratings[IDS], ratings["rating"])
    np.testing.assert_array_equal(
        repeated.predict(ratings[IDS]), once.predict(ratings[IDS])
    )


@pytest.mark.parametrize(
    ("pairs", "values", "message"),
    [
        ([[1, 1], [1, 2]], [1, 2], "at least 2 different users"),
        ([[1, 1], [2, 2]], [3, 3], "at least 2 different ratings"),
        ([[1, 1], [2, 2]], [3, np.nan], "NaN"),
        ([[1, 1], [2, 2]], [3, "good"], "good"),
        ([[1, 1], [2, np.nan]], [3, 4], "missing"),
        ([[1, 1, 1], [2, 2, 2]], [3, 4], "3 feature"),
        ([[n % 11, n // 11] for n in range(200)], range(200), "at most 101"),
    ],
)
def test_what_cannot_be_learned_from_is_named(
    pairs: list[list[object]], values: list[object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        quick().fit(pairs, values)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"view": "sideways"}, "view must be one of"),
        ({"n_hidden": 0}, "n_hidden must be an integer of at least 1"),
        ({"learning_rate": -1.0}, "learning_rate must be"),
    ],
)
def test_a_wrong_parameter_is_named_when_fitting(
    ratings: pd.DataFrame, parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        quick(**parameters).fit(ratings[IDS], ratings["rating"])


def test_few_ratings_are_enough_to_fit() -> None:
    with pytest.warns(UserWarning, match="3 ratings are too few to learn tastes"):
        model = quick().fit([["a", "x"], ["a", "y"], ["b", "x"]], [5, 1, 4])
    assert np.isfinite(model.predict([["b", "y"]])).all()


def test_memory_of_fitting_grows_with_the_ratings_not_with_users_times_items() -> None:
    n_users, n_items = 10_000, 6_000
    wide = make_ratings(n_users, n_items, 10_000, random_state=0).ratings
    tracemalloc.start()
    quick().fit(wide[IDS], wide["rating"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < n_users * n_items / 2, "half a byte a cell, were there cells"


def test_it_beats_biases_on_the_sample_and_its_intervals_hold() -> None:
    ratings, _ = load_sample_ratings()
    is_test = np.random.default_rng(0).random(len(ratings)) < 0.2
    train, test = ratings[~is_test], ratings[is_test]
    model = RBMRecommender(random_state=0).fit(train[IDS], train["rating"])
    mean = train["rating"].mean()
    of_item = (train["rating"] - mean).groupby(train["item_id"]).mean()
    rest = train["rating"] - mean - train["item_id"].map(of_item)
    of_user = rest.groupby(train["user_id"]).mean()
    biased = (
        mean
        + test["item_id"].map(of_item).fillna(0)
        + test["user_id"].map(of_user).fillna(0)
    )
    error = np.sqrt(np.mean((model.predict(test[IDS]) - test["rating"]) ** 2))
    floor = np.sqrt(np.mean((biased - test["rating"]) ** 2))
    assert error < floor - 0.05
    low, high = model.predict_interval(test[IDS], coverage=0.9).T
    assert 0.86 < np.mean((low <= test["rating"]) & (test["rating"] <= high)) < 0.94


@pytest.mark.slow
@pytest.mark.realdata
def test_movielens_100k_first_fold(real_data_home: Path) -> None:
    ratings, _ = fetch_movielens("ml-100k")
    train, test = next(iter(official_folds(ratings)))
    model = RBMRecommender(random_state=0)
    model.fit(ratings.iloc[train][IDS], ratings.iloc[train]["rating"])
    predicted = model.predict(ratings.iloc[test][IDS])
    error = np.sqrt(np.mean((predicted - ratings.iloc[test]["rating"]) ** 2))
    assert 0.87 < error < 0.90


@pytest.mark.parametrize("n_levels", [5, 101])
def test_memory_of_predicting_grows_with_the_pairs_and_not_with_their_levels(
    n_levels: int,
) -> None:
    rng = np.random.default_rng(0)
    pairs = make_ratings(60, 40, 1200, random_state=0).ratings[IDS]
    model = quick().fit(pairs, rng.permutation(np.arange(1200) % n_levels))
    peaks = []
    for n_pairs in (10_000, 60_000):
        asked = pd.DataFrame(
            {name: rng.choice(pairs[name], n_pairs) for name in IDS}, columns=IDS
        )
        tracemalloc.start()
        model.predict(asked)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / 50_000 < 64


def test_predictions_do_not_depend_on_how_many_are_asked_for_at_once(
    model: RBMRecommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    asked = pd.DataFrame(
        {
            "user_id": rng.choice(model.users_, 60),
            "item_id": rng.choice(model.items_, 60),
        }
    )
    asks = model.predict, model.predict_proba, model.predict_interval
    whole = [ask(asked) for ask in asks]
    monkeypatch.setattr(answers, "PAIRS_A_BLOCK", 7)
    for ask, expected in zip(asks, whole, strict=True):
        np.testing.assert_allclose(ask(asked), expected, rtol=1e-12)


def test_memory_of_reasons_grows_with_the_ratings_and_not_with_their_square() -> None:
    n_items = 3_000
    wide = make_ratings(40, n_items, 20_000, random_state=0).ratings
    model = quick().fit(wide[IDS], wide["rating"])
    own = pd.DataFrame({"item_id": model.items_[:2500], "rating": 3.0})
    alone = model.with_only_user("me", own)
    tracemalloc.start()
    reasons = alone.strongest_reasons("me", model.items_[2500:2510])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(reasons) > 0
    assert peak < 2500**2 * 8, "one number a pair of ratings"
