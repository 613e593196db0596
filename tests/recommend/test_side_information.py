"""Features of items and people: what they become, and what is said by them alone."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from recs_anomaly import RBMRecommender, load, save
from recs_anomaly.cli import main
from recs_anomaly.exceptions import InputError
from recs_anomaly.recommend.priors import fitted_ridge
from recs_anomaly.recommend.serving.catalogue import titles_and_genres
from recs_anomaly.recommend.serving.titled_recommender import Recommender
from recs_anomaly.recommend.side import encoded
from recs_anomaly.recommend.side_fitting import feature_tables
from recs_anomaly.service.list_maker import ListMaker, ListOptions
from tests.fitted import arrays_of

IDS = ["user_id", "item_id"]
N_USERS, N_ITEMS = 120, 60
COLD_ITEMS, COLD_USERS = [58, 59], [118, 119]
QUICK = {"n_hidden": 4, "epochs": 1, "random_state": 0}


def world() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Women like and choose Crime, men Music, all by word of the features."""
    rng = np.random.default_rng(0)
    items = pd.DataFrame({"genres": np.where(np.arange(N_ITEMS) % 2, "Crime", "Music")})
    items["genres"] += np.where(np.arange(N_ITEMS) % 3, "", "|Long")
    users = pd.DataFrame({"sex": np.where(np.arange(N_USERS) % 2, "F", "M")})
    users["age"] = rng.integers(18, 80, N_USERS)
    pairs = []
    for user in range(N_USERS - 2):
        fits = (np.arange(N_ITEMS - 2) % 2) == user % 2
        share = np.where(fits, 3.0, 1.0)
        chosen = rng.choice(N_ITEMS - 2, 15, replace=False, p=share / share.sum())
        pairs += [(user, item, 4 if fits[item] else 2) for item in chosen]
    ratings = pd.DataFrame(pairs, columns=[*IDS, "rating"])
    ratings["rating"] += rng.integers(-1, 2, len(ratings))
    return ratings, items, users


@pytest.fixture(name="fitted", scope="module")
def _fitted() -> RBMRecommender:
    ratings, items, users = world()
    model = RBMRecommender(**QUICK)
    return model.fit(
        ratings[IDS], ratings["rating"], item_features=items, user_features=users
    )


def test_items_that_nobody_rated_are_known_by_their_features(
    fitted: RBMRecommender,
) -> None:
    assert fitted.items_[-2:].tolist() == COLD_ITEMS
    women, men = range(1, 100, 2), range(0, 100, 2)
    crime = {sex: pairs_of(users, 59) for sex, users in (("F", women), ("M", men))}
    assert np.mean(fitted.predict(crime["F"])) > np.mean(fitted.predict(crime["M"])) + 1
    similar = fitted.similar_items(59, n=10)["item_id"]
    assert (similar % 2 == 1).mean() > 0.8
    rank = fitted.recommend(list(women), n=99).groupby("item_id")["rank"].mean()
    assert rank[59] < len(rank) / 2 < rank[58]


def pairs_of(users: Iterable[int], item: int) -> pd.DataFrame:
    return pd.DataFrame({"user_id": [*users], "item_id": item})


def test_people_without_ratings_are_known_by_their_features(
    fitted: RBMRecommender,
) -> None:
    man, woman = COLD_USERS
    listed = fitted.recommend([man, woman], n=10)
    is_crime = listed["item_id"] % 2 == 1
    assert is_crime[listed["user_id"] == woman].mean() > 0.8
    assert is_crime[listed["user_id"] == man].mean() < 0.2
    crime, music = (fitted.predict(pairs_of([woman], item))[0] for item in (1, 2))
    assert crime > music + 0.3
    told = fitted.recommend_for({}, n=10, user_features={"sex": "F"})
    assert (told["item_id"] % 2 == 1).mean() > 0.8


def test_a_visitor_is_known_by_features_everywhere(
    fitted: RBMRecommender, tmp_path: Path
) -> None:
    woman = {"sex": "F", "age": 30}
    expected = fitted.recommend_for({}, n=5, user_features=woman)["item_id"].tolist()
    recommender = Recommender(fitted, *titles_and_genres(fitted.items_, None))
    visit = recommender.visitor([], 5, user_features=woman)
    assert visit.recommendations["item_id"].tolist() == expected
    assert visit.recommendations["because"].isna().all()
    assert visit.rated.empty
    maker = ListMaker(fitted)
    rows = maker.own({}, ListOptions(n=5, reasons=True), woman)
    assert [row["item_id"] for row in rows] == expected
    save(recommender, tmp_path / "films.recs")
    told = ["--user-features", "sex=F", "--user-features", " age = 30"]
    asked = ["recommend", "visitor", str(tmp_path / "films.recs"), "-n", "5", "--json"]
    answer = json.loads(CliRunner().invoke(main, asked + told).stdout)
    assert answer["rated"] == []
    assert [row["item_id"] for row in answer["recommendations"]] == expected


def test_what_is_told_of_a_visitor_is_not_instead_of_ratings(
    fitted: RBMRecommender,
) -> None:
    own = {2: 5, 4: 5}
    recommender = Recommender(fitted, *titles_and_genres(fitted.items_, None))
    named = [(str(item), rating) for item, rating in own.items()]
    visit = recommender.visitor(named, 5, user_features={"sex": "F"})
    expected = fitted.recommend_for(own, 5, user_features={"sex": "F"})
    assert visit.rated["item_id"].tolist() == list(own)
    listed = visit.recommendations[["item_id", "score"]]
    pd.testing.assert_frame_equal(listed, expected[["item_id", "score"]])


def test_the_more_ratings_the_less_features_say(fitted: RBMRecommender) -> None:
    likes_music = {item: 5 if item % 2 == 0 else 1 for item in range(40)}
    found = [
        fitted.recommend_for(own, n=8, user_features={"sex": "F"}, exclude_seen=False)
        for own in ({}, likes_music)
    ]
    shares = [(each["item_id"] % 2 == 1).mean() for each in found]
    assert shares[0] > 0.8
    assert shares[1] < 0.2


def test_missing_new_and_unknown_values_are_no_error(fitted: RBMRecommender) -> None:
    odd = [{}, {"sex": None}, {"sex": "X", "age": np.nan}, {"age": "young"}]
    lists = [fitted.recommend_for({}, user_features=each) for each in odd]
    for each in lists[1:]:
        pd.testing.assert_frame_equal(each, lists[0])
    with pytest.raises(InputError, match=r"columns \['age', 'sex'\]; got \['height'\]"):
        fitted.recommend_for({}, user_features={"height": 2})


def test_a_person_alone_and_in_company_gets_the_same(fitted: RBMRecommender) -> None:
    everybody = fitted.recommend(fitted.users_, n=3)
    for user in (0, 7, *COLD_USERS):
        own = everybody[everybody["user_id"] == user].reset_index(drop=True)
        pd.testing.assert_frame_equal(own, fitted.recommend(user, n=3))
        mean = fitted.predict(own[IDS])
        np.testing.assert_allclose(own["rating_mean"], mean, rtol=1e-12)
    explained = fitted.explain(3, 59, n=2)
    assert explained["effect"].abs().max() > 0


def test_effects_are_what_leaving_a_rating_out_changes(fitted: RBMRecommender) -> None:
    own = fitted.user_ratings(7).set_index("item_id")["rating"]
    _, _, users = world()
    about = {"user_features": users.loc[7].to_dict(), "exclude_seen": False}

    def score(ratings: pd.Series) -> float:
        listed = fitted.recommend_for(ratings, rank_by="like", n=99, **about)
        return listed.set_index("item_id")["score"][59]

    for row in fitted.explain(7, 59, n=2, rank_by="like").itertuples():
        change = score(own) - score(own.drop(row.item_id))
        assert row.effect == pytest.approx(change, abs=2e-3)


def test_files_hold_what_is_known_beside_ratings(
    fitted: RBMRecommender, tmp_path: Path
) -> None:
    save(fitted, tmp_path / "model.recs")
    again = load(tmp_path / "model.recs")
    np.testing.assert_equal(arrays_of(again), arrays_of(fitted))
    assert again.side_columns_ == fitted.side_columns_
    about = {"user_features": {"sex": "M", "age": 30}}
    pd.testing.assert_frame_equal(
        again.recommend_for({1: 4}, **about), fitted.recommend_for({1: 4}, **about)
    )


def test_updates_keep_what_is_known(fitted: RBMRecommender, tmp_path: Path) -> None:
    save(fitted, tmp_path / "model.recs")
    model: RBMRecommender = load(tmp_path / "model.recs")
    before = model.predict(pairs_of([3], 59))
    model.partial_fit(pd.DataFrame({"user_id": [3], "item_id": ["new"]}), [5])
    assert model.side_of_items_.shape[0] == len(model.items_) + 1
    np.testing.assert_allclose(model.predict(pairs_of([3], 59)), before, atol=0.3)
    model.forget([118, 5])
    assert model.side_of_users_.shape[0] == len(model.users_) + 1
    assert (model.recommend(119, n=10)["item_id"].isin(range(1, 60, 2))).mean() > 0.8
    alone = model.with_only_user("me", {1: 5})
    assert alone.recommend("me", n=2)["rank"].tolist() == [1, 2]


def test_choices_alone_go_by_features_too() -> None:
    ratings, items, users = world()
    model = RBMRecommender(random_state=0).fit(
        ratings[IDS], item_features=items, user_features=users
    )
    woman = model.recommend(119, n=10)["item_id"]
    assert (woman % 2 == 1).mean() > 0.8
    odds = model.recommend(1, n=99, exclude_seen=False).set_index("item_id")["score"]
    assert odds[59] > odds[58]


def test_features_of_people_leave_the_items_as_they_are() -> None:
    ratings, _, users = world()
    users = users.iloc[:-2]  # all have ratings
    plain = RBMRecommender(**QUICK).fit(ratings[IDS], ratings["rating"])
    known = RBMRecommender(**QUICK).fit(
        ratings[IDS], ratings["rating"], user_features=users
    )
    assert plain.users_.tolist() == list(range(118))
    np.testing.assert_equal(plain.item_features_, known.item_features_)
    with pytest.raises(InputError, match="fitted with user_features"):
        plain.recommend_for({1: 4}, user_features={"sex": "F"})


def test_what_columns_become() -> None:
    table = pd.DataFrame(
        {
            "price": [1.0, 3.0, np.nan, 1.0, 3.0],
            "colour": ["red", "red", "blue", "red", None],
            "tags": [["a", "b"], ["a"], [], ["a"], ["b"]],
            "words": ["a|b", "a", "", "a", "b"],
            "plot": [*["the old dog barks today"] * 3, "an old cat sleeps now", None],
            "same": 1,
            "day": pd.to_datetime(["2020-01-01", "2022-01-01"] * 2 + ["2021-01-01"]),
        },
        index=list("vwxyz"),
    )
    known = feature_tables(table, None)
    assert known is not None
    columns = {column["name"]: column for column in known.columns["items"]}
    assert set(columns) == {"price", "colour", "tags", "words", "plot", "day"}
    kinds = [columns[name]["kind"] for name in ("price", "colour", "tags", "words")]
    assert kinds == ["number", "category", "words", "words"]
    assert columns["colour"]["values"] == ["red"], "what occurs once teaches nothing"
    assert columns["plot"]["values"] == ["barks", "dog", "old", "the", "today"]
    numbers = encoded([columns["price"], columns["colour"]], table)
    np.testing.assert_allclose(numbers[:, 0], [-1, 1, 0, -1, 1])
    np.testing.assert_allclose(numbers[:, 1], [1, 1, 0, 1, 0])
    lengths = np.linalg.norm(encoded([columns["plot"]], table), axis=1)
    np.testing.assert_allclose(lengths, [1, 1, 1, 1, 0], atol=1e-6)
    side = known.numbers(np.array([1, 2]), np.array(["z", "unknown", "v"]))
    np.testing.assert_array_equal(side.of_items[[1, 3]], 0.0)


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        (["a"], "item_features must be a frame"),
        (pd.DataFrame({"a": [1, 2]}, index=[1, 1]), "names an id twice"),
        (pd.DataFrame({"item_id": [1, None], "a": 1}), "lacks an id"),
        (pd.DataFrame(index=[1, 2]), "must have columns"),
    ],
)
def test_tables_that_cannot_be_right(table: object, rule: str) -> None:
    ratings, _, _ = world()
    with pytest.raises(InputError, match=rule):
        RBMRecommender(**QUICK).fit(
            ratings[IDS], ratings["rating"], item_features=table
        )


def test_the_ridge_finds_a_line_and_shrinks_noise() -> None:
    rng = np.random.default_rng(0)
    known = rng.normal(size=(400, 3)).astype(np.float32)
    line = known.astype(float) @ [[1.0, 0], [0, -2], [0, 0]] + [3.0, 0]
    found = fitted_ridge(known, line + 0.1 * rng.normal(size=(400, 2)), np.ones(400))
    np.testing.assert_allclose(found, [[1, 0], [0, -2], [0, 0], [3, 0]], atol=0.03)
    noise = fitted_ridge(known, rng.normal(size=(400, 2)), np.ones(400))
    assert np.abs(noise[:3]).max() < 0.05
