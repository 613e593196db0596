"""Lists whose items are not all alike, or not all popular."""

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.exceptions import InputError
from recs_anomaly.recommend import reasons
from recs_anomaly.recommend.ranking import marginal_order
from tests.fitted import small_choices, small_model, small_ratings

IDS = ["user_id", "item_id"]
MODELS = {"ratings": small_model, "choices": small_choices}


def test_marginal_relevance_by_hand() -> None:
    # The first two are alike, the third is unlike both.
    places = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    score = np.array([3.0, 2.9, 1.0])  # relevance 1, .95 and 0
    orders = {
        diversity: marginal_order(score, places, 3, diversity).tolist()
        for diversity in (0.0, 0.4, 0.5, 1.0)
    }
    # Second place at .4: .6 * .95 - .4 * 1 = .17 against 0; at .5: -.025 against 0.
    assert orders == {0.0: [0, 1, 2], 0.4: [0, 1, 2], 0.5: [0, 2, 1], 1.0: [0, 2, 1]}


def test_marginal_relevance_of_equal_scores_and_of_nothing() -> None:
    places = np.eye(3)[[0, 0, 1]]
    assert marginal_order(np.ones(3), places, 2, 0.5).tolist() == [0, 2]
    assert marginal_order(np.ones(0), places[:0], 2, 0.5).tolist() == []


def test_diverse_lists_are_chosen_from_the_best_by_the_rule() -> None:
    model, n = small_model(), 3
    user = model.users_[4]
    pool = model.recommend(user, n=10 * n)
    columns = np.searchsorted(model.items_, pool["item_id"])
    likeness = np.array(
        [reasons.similarities(model._known.scoring, c) for c in columns]
    )
    order = marginal_order(
        pool["score"].to_numpy(), np.linalg.cholesky(near(likeness[:, columns])), n, 0.6
    )
    found = model.recommend(user, n=n, diversity=0.6)
    assert found["item_id"].tolist() == pool["item_id"].iloc[order].tolist()
    assert found["rank"].tolist() == [1, 2, 3]
    np.testing.assert_array_equal(found["score"], pool["score"].iloc[order])


@pytest.mark.parametrize(
    ("learned_from", "rank_by"),
    [
        ("ratings", "watch"),
        ("ratings", "like"),
        ("ratings", "both"),
        ("choices", "both"),
    ],
)
def test_novelty_takes_the_log_of_how_many_chose_an_item_off_its_score(
    learned_from: str, rank_by: str
) -> None:
    model = MODELS[learned_from]()
    counts = small_ratings()["item_id"].value_counts()
    user = model.users_[9]
    whole = model.recommend(user, n=99, rank_by=rank_by).set_index("item_id")["score"]
    expected = whole - 0.7 * np.log(counts.reindex(whole.index) + 1.0)
    expected = expected.sort_values(ascending=False, kind="stable")
    found = model.recommend(user, n=5, rank_by=rank_by, novelty=0.7)
    assert found["item_id"].tolist() == expected.index[:5].tolist()
    np.testing.assert_allclose(found["score"], expected.iloc[:5], rtol=1e-5)
    assert found["item_id"].tolist() != whole.index[:5].tolist()


def test_novelty_lists_what_fewer_have_chosen_and_goes_with_the_rest() -> None:
    model, ratings = small_model(), small_ratings()
    counts, users = ratings["item_id"].value_counts(), model.users_

    def popularity(novelty: float) -> float:
        found = model.recommend(users, n=4, novelty=novelty)
        return float(found["item_id"].map(counts).mean())

    assert popularity(0.0) > popularity(0.3) > popularity(0.6) > popularity(1.0)
    pool = model.recommend(users[:9], n=40, novelty=0.5)
    both = model.recommend(users[:9], n=4, novelty=0.5, diversity=0.5)
    assert len(both.merge(pool, on=[*IDS, "score"])) == len(both) == 36
    own = ratings.loc[ratings["user_id"] == users[0], ["item_id", "rating"]]
    pd.testing.assert_frame_equal(
        model.recommend_for(own, n=4, novelty=0.5),
        model.recommend(users[0], n=4, novelty=0.5).drop(columns="user_id"),
    )
    with pytest.raises(InputError, match="novelty must be a number from 0 to 1; got 2"):
        model.recommend(users, novelty=2)


def near(gram: np.ndarray) -> np.ndarray:
    return gram + 1e-9 * np.eye(len(gram))


@pytest.mark.parametrize("learned_from", MODELS)
def test_diversity_makes_lists_less_alike_and_none_changes_nothing(
    learned_from: str,
) -> None:
    model = MODELS[learned_from]()
    users = model.users_[:30]

    def alike(diversity: float) -> float:
        found = model.recommend(users, n=4, diversity=diversity)
        assert not found.duplicated(IDS).any()
        of_users = [
            np.searchsorted(model.items_, g)
            for _, g in found.groupby("user_id")["item_id"]
        ]
        return float(
            np.mean(
                [
                    reasons.similarities(model._known.scoring, c[0])[c[1:]]
                    for c in of_users
                ]
            )
        )

    assert alike(0.0) > alike(0.5) > alike(1.0)
    plain = model.recommend(users, n=4)
    pd.testing.assert_frame_equal(model.recommend(users, n=4, diversity=0), plain)
    for wrong in (-0.1, 1.5, float("nan")):
        with pytest.raises(
            InputError, match="diversity must be a number from 0 to 1; got"
        ):
            model.recommend(users, diversity=wrong)
