"""The recommender with titles: users, new users, neighbours, reasons."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.datasets import load_sample_ratings, make_ratings
from recs_anomaly.exceptions import InputError, UnknownItemError, UnknownUserError
from recs_anomaly.persistence import load, save
from recs_anomaly.recommend.serving.titled_recommender import Recommender
from recs_anomaly.recommend.serving.titles import TitleError
from tests.fitted import sample_recommender

USER = 14


@pytest.fixture(scope="module")
def recommender() -> Recommender:
    return sample_recommender()


def own_ratings(user_id: int) -> pd.DataFrame:
    sample = load_sample_ratings()
    own = sample.ratings[sample.ratings["user_id"] == user_id]
    return own.merge(sample.items, on="item_id")


def test_recommendations_are_the_models_with_titles_and_intervals(
    recommender: Recommender,
) -> None:
    listed = recommender.recommend_user(USER, n=7)
    model = recommender.model
    plain = model.recommend([USER], n=7)
    pd.testing.assert_frame_equal(listed[plain.columns], plain)
    ends = model.predict_interval(plain[["user_id", "item_id"]], coverage=0.9)
    # Products of more rows at once may differ in the last digit.
    np.testing.assert_allclose(listed[["rating_low", "rating_high"]], ends, rtol=1e-12)
    items = load_sample_ratings().items.set_index("item_id")
    assert listed["title"].tolist() == items["title"][plain["item_id"]].tolist()
    assert listed["genres"].tolist() == items["genres"][plain["item_id"]].tolist()
    counts = load_sample_ratings().ratings["item_id"].value_counts()
    assert listed["n_ratings"].tolist() == counts[plain["item_id"]].tolist()


def test_nothing_that_the_user_rated_is_recommended(recommender: Recommender) -> None:
    rated = set(own_ratings(USER)["item_id"])
    listed = set(recommender.recommend_user(USER, n=600)["item_id"])
    assert not rated & listed
    assert rated | listed == set(recommender.model.items_.tolist())


def test_a_new_user_gets_what_a_user_with_the_same_ratings_gets(
    recommender: Recommender,
) -> None:
    own = own_ratings(USER)
    rated = zip(own["title"], own["rating"], strict=True)
    visit = recommender.visitor(rated, n=50)
    assert visit.rated["item_id"].tolist() == own["item_id"].tolist()
    assert visit.rated["rating"].tolist() == own["rating"].tolist()
    expected = recommender.recommend_user(USER, n=50).drop(columns="user_id")
    pd.testing.assert_frame_equal(visit.recommendations, expected, rtol=0, atol=1e-6)


def test_a_new_user_leaves_the_model_as_it_was(recommender: Recommender) -> None:
    before = recommender.recommend_user(USER)
    recommender.visitor([("The Whistling Otter", 1)])
    assert USER in recommender.model.users_
    pd.testing.assert_frame_equal(recommender.recommend_user(USER), before)


def test_a_visit_says_what_was_matched(recommender: Recommender) -> None:
    rated = recommender.visitor([("whistling oter", 4.6), ("id:3", 2)]).rated
    assert rated.to_dict("records") == [
        {
            "asked": "whistling oter",
            "item_id": 8,
            "title": "The Whistling Otter (1988)",
            "rating": 5.0,
        },
        {
            "asked": "id:3",
            "item_id": 3,
            "title": "Wendell's Ballroom (2000)",
            "rating": 2.0,
        },
    ]


@pytest.mark.parametrize(
    ("rated", "error", "message"),
    [
        ([], InputError, "rated must hold at least one title"),
        ([("Whistling Otter 2", 5)], TitleError, "is no title among the 600"),
        (
            [("The Whistling Otter", 5), ("whistling otter", 4)],
            InputError,
            "once; 'The Whistling Otter' and 'whistling otter' are the same",
        ),
        ([("The Whistling Otter", 6)], InputError, "between 1 and 5; got 6"),
        ([("The Whistling Otter", np.nan)], InputError, "finite ratings; got nan for"),
    ],
)
def test_a_new_user_who_cannot_be_understood_is_told_why(
    recommender: Recommender,
    rated: list[tuple[str, float]],
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        recommender.visitor(rated)


def test_best_rated_are_the_highest_and_best_known_first(
    recommender: Recommender,
) -> None:
    counts = load_sample_ratings().ratings["item_id"].value_counts()
    own = own_ratings(USER).assign(n=lambda own: own["item_id"].map(counts))
    best = recommender.best_rated(USER, n=8)
    assert best["rating"].tolist() == own["rating"].nlargest(8).tolist()
    fives = own[own["rating"] == 5].sort_values("n", ascending=False)
    n_fives = min(len(fives), 8)
    known = counts[best["item_id"][:n_fives]].tolist()
    assert known == fives["n"].tolist()[:n_fives]


def test_similar_items_have_titles(recommender: Recommender) -> None:
    similar = recommender.similar(7, n=4)
    plain = recommender.model.similar_items(7, n=4)
    pd.testing.assert_frame_equal(similar[plain.columns], plain)
    assert 7 not in similar["item_id"].tolist()
    assert similar["title"].str.contains(r"\(\d{4}\)$").all()


def test_what_speaks_most_for_a_film_is_told_beside_it(
    recommender: Recommender,
) -> None:
    listed = recommender.recommend_user(USER, n=5)
    for film in listed.itertuples():
        reasons = recommender.reasons(USER, film.item_id, n=999)
        best = reasons.loc[reasons["effect"].idxmax()]
        assert (film.because, film.because_rating) == (best["title"], best["rating"])


def test_reasons_are_own_ratings_with_titles(recommender: Recommender) -> None:
    best = recommender.recommend_user(USER, n=1)["item_id"][0]
    reasons = recommender.reasons(USER, best, n=3)
    own = own_ratings(USER).set_index("title")["rating"]
    assert reasons["rating"].tolist() == own[reasons["title"]].tolist()
    assert reasons["effect"].abs().is_monotonic_decreasing


def test_users_are_found_by_the_spelling_of_their_id(recommender: Recommender) -> None:
    assert recommender.find_user("14") == 14
    assert type(recommender.find_user("14")) is int
    with pytest.raises(
        UnknownUserError,
        match=r"User '014' is unknown; the model knows 400 users, for instance 1, 2, 3",
    ):
        recommender.find_user("014")


def test_unknown_ids_are_errors(recommender: Recommender) -> None:
    with pytest.raises(UnknownUserError):
        recommender.recommend_user("nobody")
    with pytest.raises(UnknownUserError):
        recommender.best_rated("nobody")
    with pytest.raises(UnknownItemError):
        recommender.similar("nothing")


def test_who_has_rated_everything_gets_an_empty_list() -> None:
    ratings = make_ratings(30, 20, 400, random_state=0).ratings
    everything = pd.DataFrame(
        {"user_id": 0, "item_id": ratings["item_id"].unique(), "rating": 4.0}
    )
    with pytest.warns(UserWarning, match="'timestamp' was left alone"):
        recommender = Recommender.train(
            pd.concat([ratings, everything]), n_hidden=2, epochs=1, random_state=0
        )
    listed = recommender.recommend_user(0)
    assert listed.empty
    assert {"title", "rating_low", "rating_high"} <= set(listed.columns)


def test_items_without_a_table_are_called_by_their_ids() -> None:
    ratings = make_ratings(30, 20, 300, random_state=0).ratings
    recommender = Recommender.train(ratings, n_hidden=2, epochs=1, random_state=0)
    listed = recommender.recommend_user(ratings["user_id"][0], n=3)
    assert listed["title"].tolist() == listed["item_id"].astype(str).tolist()
    assert recommender.catalogue.find("7") == 7


def test_titles_of_other_items_are_refused(recommender: Recommender) -> None:
    titles, genres = recommender.titles, recommender.genres
    misfit = Recommender(recommender.model, titles[:599], genres)
    with pytest.raises(InputError, match="those of 600 items; got 599 and 600"):
        misfit.recommend_user(USER)


def test_a_saved_recommender_recommends_the_same(
    recommender: Recommender, tmp_path: Path
) -> None:
    save(recommender, tmp_path / "saved.recs")
    loaded = load(tmp_path / "saved.recs")
    rated = [("whistling otter", 5.0), ("id:3", 2.0)]
    for one, other in zip(
        loaded.visitor(rated), recommender.visitor(rated), strict=True
    ):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
