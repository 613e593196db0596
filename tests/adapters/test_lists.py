"""LensKit and RecTools say of our lists what our own metrics say."""

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import RBMRecommender
from recs_anomaly.adapters.lists import interactions, to_lenskit, to_rectools
from recs_anomaly.metrics import ranking

DRAWN = np.random.default_rng(0).integers((20, 30, 5), size=(240, 3))
RATINGS = pd.DataFrame(DRAWN, columns=["user_id", "item_id", "rating"])
RATINGS = RATINGS.drop_duplicates(["user_id", "item_id"])
MODEL = RBMRecommender(n_hidden=2, epochs=1, random_state=0)
MODEL.fit(RATINGS[["user_id", "item_id"]], RATINGS["rating"])
LISTS = MODEL.recommend(list(range(10)), 5)
CHOSEN = LISTS[["user_id", "item_id"]].iloc[::3].reset_index(drop=True)


def own_values(metric: object) -> float:
    users, items = CHOSEN["user_id"].unique(), LISTS["item_id"].unique()
    of_users = LISTS[LISTS["user_id"].isin(users)]
    ranked = ranking.ranked_columns(of_users, users, items, 5)
    relevant = ranking.relevance_matrix(CHOSEN, users, items)
    measure = metric(ranking.judge(ranked, relevant), 5)  # type: ignore[operator]
    return ranking.mean_over_users(measure)


def test_tables_have_the_columns_that_rectools_names() -> None:
    table = to_rectools(LISTS)
    assert table.columns.tolist() == ["user_id", "item_id", "score", "rank"]
    pd.testing.assert_series_equal(table["rank"], LISTS["rank"])
    seconds = pd.DataFrame({"user_id": ["a"], "item_id": [1], "timestamp": [86400]})
    row = interactions(seconds.assign(rating=4.0)).iloc[0]
    assert row["weight"] == 4.0
    assert row["datetime"] == pd.Timestamp("1970-01-02")
    assert interactions(CHOSEN)["weight"].eq(1).all()


def test_rectools_measures_the_same() -> None:
    metrics = pytest.importorskip("rectools.metrics", reason="RecTools is missing")
    asked = {
        "precision": metrics.Precision(k=5),
        "recall": metrics.Recall(k=5),
        "map": metrics.MAP(k=5),
    }
    found = metrics.calc_metrics(asked, to_rectools(LISTS), interactions(CHOSEN))
    assert found["precision"] == pytest.approx(own_values(ranking.precision))
    assert found["recall"] == pytest.approx(own_values(ranking.recall))
    assert found["map"] == pytest.approx(own_values(ranking.average_precision))


def test_lenskit_measures_the_same() -> None:
    metrics = pytest.importorskip("lenskit.metrics", reason="LensKit is missing")
    lists, truth = to_lenskit(LISTS), to_lenskit(CHOSEN)
    run = metrics.RunAnalysis()
    for metric in (metrics.Precision(5), metrics.Recall(5), metrics.RecipRank(5)):
        run.add_metric(metric)
    summary = run.measure(lists, truth).list_summary()["mean"]
    found = {str(name): value for name, value in summary.items()}
    assert found["Precision@5"] == pytest.approx(own_values(ranking.precision))
    assert found["Recall@5"] == pytest.approx(own_values(ranking.recall))
    assert found["RecipRank@5"] == pytest.approx(own_values(ranking.reciprocal_rank))


def test_without_lenskit_nothing_is_hidden() -> None:
    try:
        found = to_lenskit(LISTS)
    except ModuleNotFoundError as error:
        assert error.name == "lenskit"  # noqa: PT017 - it may also be there
    else:
        first = LISTS["user_id"].iloc[0]
        items = found.lookup(user_id=first).ids()
        np.testing.assert_array_equal(
            items, LISTS.loc[LISTS["user_id"] == first, "item_id"]
        )
