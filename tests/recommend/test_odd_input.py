"""Ratings and ids as people have them: nothing is guessed or lost in silence."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from recs_anomaly import RBMRecommender, load, save
from recs_anomaly.datasets import make_ratings
from recs_anomaly.exceptions import InputError, UnknownItemError
from recs_anomaly.recommend.odd_ratings import wild_ratings
from recs_anomaly.recommend.serving.titled_recommender import Recommender

IDS = ["user_id", "item_id"]
BIG = 2**53


def quick(**parameters: object) -> RBMRecommender:
    return RBMRecommender(epochs=1, n_hidden=2, random_state=0, **parameters)


@pytest.fixture(scope="module")
def ratings() -> pd.DataFrame:
    return make_ratings(30, 20, 300, random_state=0).ratings


@pytest.fixture(scope="module")
def model(ratings: pd.DataFrame) -> RBMRecommender:
    return quick().fit(ratings[IDS], ratings["rating"])


@pytest.mark.parametrize(
    ("values", "wild"),
    [
        ([1, 2, 3, 4, 5] * 40 + [99], [99]),
        ([1, 2, 3, 4, 5] * 40 + [-99, 1e6], [-99, 1e6]),
        ([1, 2, 3, 4, 5] * 40 + [0.5], []),
        ([1, 2, 3, 4, 5] * 40 + [99] * 9, []),  # too many to be slips
        ([0, 1] * 40 + [2], []),
        ([1, 2, 3, 4, 5] * 40 + [9], []),  # no farther than the scale is long
    ],
)
def test_a_wild_rating_is_one_that_few_gave_and_that_is_far(
    values: list[float], wild: list[float]
) -> None:
    found = np.array(values, float)
    assert found[wild_ratings(found)].tolist() == wild


def test_a_wild_rating_is_left_out_and_told(ratings: pd.DataFrame) -> None:
    rated = ratings["rating"].astype(float).copy()
    rated.iloc[7] = 999.0
    with pytest.warns(UserWarning, match=r"1 of 300 .* were left out: 999\.$"):
        fitted = quick().fit(ratings[IDS], rated)
    assert fitted.classes_.max() == ratings["rating"].max()
    assert len(fitted.user_items_) == 299
    assert fitted.predict(ratings[IDS]).max() <= ratings["rating"].max()


@pytest.mark.parametrize(("code", "share"), [(0, 0.6), (-1, 0.1)])
def test_a_code_for_not_rated_is_doubted(
    ratings: pd.DataFrame, code: float, share: float
) -> None:
    rng = np.random.default_rng(0)
    rated = ratings["rating"] * 2
    rated = rated.where(rng.random(len(rated)) > share, code)
    with pytest.warns(
        UserWarning, match=rf"% of the ratings are {code}, where .*--unrated"
    ):
        quick().fit(ratings[IDS], rated)


@pytest.mark.parametrize(
    ("rated", "hint"),
    [
        (np.ones(300), "all are 1: learn from them as choices, without y"),
        (np.linspace(-9.9, 10, 300), r"--round 0\.5 on the command line"),
        (np.arange(300) * 1000.0, "if they count plays or the like, learn from"),
    ],
)
def test_ratings_that_are_none_name_the_way_through(
    ratings: pd.DataFrame, rated: np.ndarray, hint: str
) -> None:
    with pytest.raises(InputError, match=hint):
        quick().fit(ratings[IDS], rated)


def test_tables_of_other_libraries_go_by_name(ratings: pd.DataFrame) -> None:
    turned = ratings[["rating", "item_id", "user_id"]]
    fitted = quick().fit(pa.Table.from_pandas(turned), ratings["rating"])
    plain = quick().fit(ratings[IDS], ratings["rating"])
    np.testing.assert_array_equal(fitted.users_, plain.users_)
    np.testing.assert_array_equal(fitted.item_weights_, plain.item_weights_)
    renamed = turned.set_axis(["rating", "movieId", "userId"], axis=1)
    with pytest.warns(UserWarning, match="users from 'userId', items from 'movieId'"):
        fitted = quick().fit(renamed, ratings["rating"])
    np.testing.assert_array_equal(fitted.users_, plain.users_)


def test_of_a_repeated_pair_the_latest_counts(ratings: pd.DataFrame) -> None:
    newest_first = pd.DataFrame(
        {
            "user_id": [1, 1],
            "item_id": [2, 2],
            "rating": [5.0, 1.0],
            "timestamp": [9, 3],
        }
    )
    table = pd.concat([newest_first, ratings.assign(timestamp=0)])
    table = table.drop_duplicates([*IDS, "timestamp"])
    with pytest.warns(UserWarning, match="the latest rating of each pair was kept"):
        fitted = quick().fit(table, table["rating"])
    own = fitted.user_ratings(1).set_index("item_id")["rating"]
    assert own[2] == 5.0
    for stamp, stars in ((4, 4.0), (2, 2.0)):
        later = newest_first.assign(rating=[stars, 3.0], timestamp=[stamp, 3])
        with pytest.warns(UserWarning, match="the latest rating of each"):
            fitted.partial_fit(later, later["rating"])
        own = fitted.user_ratings(1).set_index("item_id")["rating"]
        assert own[2] == (4.0 if stamp == 4 else 3.0)


def choices(first_id: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        [
            (first_id + u, i)
            for u in range(20)
            for i in rng.choice(15, 5, replace=False)
        ],
        columns=IDS,
    )


@pytest.mark.parametrize("kind", ["uint64", "float64", "int32", "object"])
def test_ids_stay_what_they_are(kind: str) -> None:
    fitted = RBMRecommender(random_state=0).fit(choices(BIG))
    later = pd.DataFrame({"user_id": np.array([7]).astype(kind), "item_id": [3]})
    fitted.partial_fit(later)
    assert fitted.users_.tolist() == [*range(BIG, BIG + 20), 7]
    assert fitted.users_.dtype == np.int64
    assert len(fitted.recommend(BIG + 1, 3)) == 3


def test_text_beside_numbers_stays_text(tmp_path: object) -> None:
    fitted = RBMRecommender(random_state=0).fit(choices(0))
    fitted.partial_fit(pd.DataFrame({"user_id": ["7", "new"], "item_id": [3, 4]}))
    assert fitted.users_.tolist() == [*range(20), "7", "new"]
    assert fitted.user_ratings("7")["item_id"].tolist() == [3]
    assert len(fitted.user_ratings(7)) == 5


def test_an_id_beyond_what_floats_hold_is_not_another_one() -> None:
    fitted = RBMRecommender(random_state=0).fit(choices(BIG))
    asked = [BIG + 1, None]
    lists = fitted.recommend(asked, 2, on_unknown="stranger")
    assert lists["user_id"].tolist()[:2] == [BIG + 1] * 2
    alone = fitted.recommend(BIG + 1, 2)
    assert lists["item_id"].tolist()[:2] == alone["item_id"].tolist()


def test_half_stars_among_whole_ones_are_counted(ratings: pd.DataFrame) -> None:
    fitted = quick().fit(ratings[IDS], ratings["rating"])
    later = pd.DataFrame({"user_id": [99, 99], "item_id": [1, 2]})
    with pytest.warns(UserWarning, match="1 of 2 ratings lie between .* 2.5 as 2"):
        fitted.partial_fit(later, [2.5, 3])


def test_levels_can_be_named_before_the_first_batch(ratings: pd.DataFrame) -> None:
    first = ratings[ratings["rating"].isin([3, 4])]
    fitted = quick().partial_fit(first[IDS], first["rating"], classes=[1, 2, 3, 4, 5])
    assert fitted.classes_.tolist() == [1, 2, 3, 4, 5]
    fitted.partial_fit(ratings[IDS], ratings["rating"], classes=[1, 5])
    assert fitted.predict(ratings[IDS]).std() > 0
    with pytest.raises(InputError, match="classes must be those of the first batch"):
        fitted.partial_fit(ratings[IDS], ratings["rating"], classes=[6])


def test_an_item_that_nobody_rated_fails_no_request(model: RBMRecommender) -> None:
    known = model.items_[:3].tolist()
    lists = model.recommend(model.users_[0], 99, exclude=[known[0], "never rated"])
    assert known[0] not in lists["item_id"].tolist()
    with pytest.warns(UserWarning, match="items: 1 of 4 items have no ratings"):
        found = model.recommend(
            model.users_[0], exclude_seen=False, items=[*known, "new"]
        )
    assert sorted(found["item_id"]) == sorted(known)
    with pytest.warns(UserWarning, match="own_ratings: 1 of 2 items .*: 'new'; they"):
        found = model.recommend_for({known[0]: 4, "new": 5})
    pd.testing.assert_frame_equal(found, model.recommend_for({known[0]: 4}))
    with pytest.raises(UnknownItemError, match="1 of 1 items"):
        model.recommend(model.users_[0], items=["new"])


def test_a_text_is_one_id() -> None:
    named = choices(0)
    named["item_id"] = named["item_id"].map(lambda item: "ABCDEFGHIJKLMNO"[item])
    fitted = RBMRecommender(random_state=0).fit(named)
    whole = fitted.recommend(0, 99, exclude_seen=False)
    left = fitted.recommend(0, 99, exclude_seen=False, exclude="AB")
    assert left["item_id"].tolist() == whole["item_id"].tolist()
    only = fitted.recommend(0, 99, exclude_seen=False, items="A")
    assert only["item_id"].tolist() == ["A"]


def test_a_file_serves_python_and_the_command_line(
    ratings: pd.DataFrame, tmp_path: object
) -> None:
    path = f"{tmp_path}/films.recs"
    titled = Recommender.train(ratings, None, epochs=1, n_hidden=2, random_state=0)
    save(titled, path)
    found = load(path).recommend([1, 2], n=2)
    assert found["user_id"].tolist() == [1, 1, 2, 2]
    assert found["title"].tolist() == found["item_id"].astype(str).tolist()


def test_columns_of_other_names_do_not_stand_in_the_way(ratings: pd.DataFrame) -> None:
    other = ratings[IDS].set_axis(["who", "what"], axis=1)
    fitted = quick().fit(other, ratings["rating"])
    np.testing.assert_array_equal(fitted.predict(ratings[IDS]), fitted.predict(other))
