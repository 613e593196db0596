"""Lists of a model and of simple rules, judged by what was kept hidden."""

import math

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import make_ratings, random_folds
from recs_anomaly.recommend.evaluation.baselines import damped_item_means
from recs_anomaly.recommend.evaluation.evaluate import evaluate
from recs_anomaly.recommend.evaluation.lists import (
    baseline_lists,
    list_values,
    model_lists,
    ranking_task,
)
from tests.fitted import sample_split

COLUMNS = ["user_id", "item_id", "rating"]
# "z" is rated most; "y" and "x" by two, "y" with more stars; "w" is new in the test.
TRAIN = pd.DataFrame(
    [
        *[("ada", "z", 3), ("bo", "z", 1), ("cy", "z", 2)],
        *[("ada", "y", 5), ("bo", "y", 5)],
        *[("cy", "x", 1), ("di", "x", 4)],
    ],
    columns=COLUMNS,
)
TEST = pd.DataFrame(
    [("ada", "x", 5), ("di", "z", 1), ("di", "w", 4), ("eve", "y", 2)], columns=COLUMNS
)


def test_the_task_is_what_both_parts_say() -> None:
    task = ranking_task(TRAIN, TEST)
    assert task.users.tolist() == ["ada", "di", "eve"]
    assert task.items.tolist() == ["z", "y", "x", "w"]
    assert task.n_ratings.tolist() == [3, 2, 2, 0]
    assert task.seen.toarray().tolist() == [
        [True, True, False, False],
        [False, False, True, False],
        [False, False, False, False],
    ]
    assert task.relevant.toarray().nonzero()[1].tolist() == [2, 0, 3, 1]
    assert task.liked.toarray().nonzero()[1].tolist() == [2, 3]


def test_rules_list_what_is_new_to_each_and_was_rated_at_all() -> None:
    lists = baseline_lists(TRAIN, ranking_task(TRAIN, TEST), n=3)
    assert lists["most rated"].tolist() == [[2, -1, -1], [0, 1, -1], [0, 1, 2]]
    assert lists["best rated"].tolist() == [[2, -1, -1], [1, 0, -1], [1, 2, 0]]


def test_damped_means_worked_out_by_hand() -> None:
    means = damped_item_means(TRAIN, np.array(list("wyxz"), dtype=object))
    assert means.tolist() == pytest.approx([3, 3 + 4 / 7, 3 - 1 / 7, 3 - 3 / 8])


@pytest.mark.parametrize("users_at_once", [1, 7, 256])
def test_rules_do_not_depend_on_the_blocks(
    users_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ratings = make_ratings(40, 30, 600, random_state=0).ratings
    train, test = (ratings.iloc[rows] for rows in random_folds(600)[0])
    task = ranking_task(train, test)
    monkeypatch.setattr(
        "recs_anomaly.recommend.evaluation.lists._USERS_AT_ONCE", users_at_once
    )
    lists = baseline_lists(train, task, n=4)["most rated"]
    counts = train["item_id"].value_counts()
    for user, listed in zip(task.users, lists, strict=True):
        seen = set(train["item_id"][train["user_id"] == user])
        others = [item for item in task.items if item in counts and item not in seen]
        others.sort(key=lambda item: -counts[item])
        assert task.items[listed].tolist() == others[:4]


def test_values_worked_out_by_hand() -> None:
    task = ranking_task(TRAIN, TEST)
    ranked = np.array([[3, 2], [1, 0], [1, -1]])
    values = list_values(ranked, task, n=2)
    assert values["precision@2"].tolist() == [0.5, 0.5, 0.5]
    assert values["recall@2"].tolist() == [1.0, 0.5, 1.0]
    assert values["mrr@2"].tolist() == [0.5, 0.5, 1.0]
    liked = values["liked recall@2"]
    assert liked[:2].tolist() == [1.0, 0.0]
    assert math.isnan(liked[2])


def test_the_model_lists_for_new_users_too() -> None:
    recommender, train, hidden = sample_split()
    test = pd.concat(
        [hidden[:200], hidden[:1].assign(user_id=-5, item_id=hidden["item_id"].max())]
    )
    task = ranking_task(train, test)
    folded = recommender.model.fold_in(task.users, on_unknown="stranger")
    lists = model_lists(folded, task, n=5)
    assert task.users[-1] == -5
    new_user = recommender.model.recommend([-5], 5, on_unknown="stranger")
    assert task.items[lists[-1]].tolist() == new_user["item_id"].tolist()
    assert not task.seen.toarray()[np.arange(len(lists))[:, None], lists].any()


def test_choices_are_judged_by_their_lists_alone() -> None:
    ratings = make_ratings(60, 30, 900, random_state=0).ratings
    choices = ratings[["user_id", "item_id", "timestamp"]].assign(count=2.0)
    rows = np.random.default_rng(0).permutation(len(choices))
    folds = [(rows[200:], rows[:200])]
    table = evaluate(RBMRecommender(random_state=0), choices, folds, timed=True)
    assert set(table["predictor"]) == {"RBM", "most chosen"}
    assert {"ndcg@10", "precision@10"} <= set(table["metric"])
    assert not table["metric"].str.contains("liked|rmse").any()
    task = ranking_task(choices.iloc[rows[200:]], choices.iloc[rows[:200]])
    [most] = baseline_lists(choices.iloc[rows[200:]], task).values()
    expected = np.nanmean(list_values(most, task)["ndcg@10"])
    found = table.set_index(["predictor", "metric"])["mean"]
    assert found["most chosen", "ndcg@10"] == pytest.approx(expected)
