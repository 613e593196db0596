"""RankingDisplay: curves are those of the metrics, and of small sums by hand."""

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.displays import RankingDisplay
from recs_anomaly.exceptions import InputError
from tests.persistence.every_estimator import PAIRS, RATINGS, fitted

LEARNED = pd.DataFrame(
    [("a", 1), ("b", 1), ("c", 1), ("c", 2)], columns=["user_id", "item_id"]
)
RELEVANT = pd.DataFrame([("a", 2), ("b", 4)], columns=["user_id", "item_id"])
LISTS = pd.DataFrame(
    [("a", 2, 1), ("a", 3, 2), ("b", 2, 1), ("b", 4, 2), ("nobody", 3, 1)],
    columns=["user_id", "item_id", "rank"],
)


def test_curves_are_what_one_counts_by_hand() -> None:
    display = RankingDisplay.from_predictions(LISTS, RELEVANT, LEARNED)
    curves = display.curves
    assert curves.index.tolist() == [1, 2]
    assert curves["precision"].tolist() == [0.5, 0.5]
    assert curves["recall"].tolist() == [0.5, 1.0]
    # Of four items 2 is listed first, then 2, 3 and 4.
    assert curves["coverage"].tolist() == [0.25, 0.75]
    # Own choices were chosen 3 times; item 2 once, 3 and 4 never.
    np.testing.assert_allclose(curves["popularity_lift"], [1 / 3 - 1, 0.5 / 3 - 1])
    for name, line in display.lines_.items():
        np.testing.assert_array_equal(line.get_ydata(), curves[name])
        np.testing.assert_array_equal(line.get_xdata(), [1, 2])
    display.figure_.canvas.draw()


def test_of_an_estimator_hidden_choices_are_looked_for() -> None:
    model, n_items = fitted("RBMRecommender"), len(RATINGS.items)
    known = set(map(tuple, PAIRS.to_numpy().tolist()))
    users, items = PAIRS["user_id"].unique(), PAIRS["item_id"].unique()
    new = [(u, i) for u in users for i in items if (u, i) not in known][::7]
    hidden = np.array([*new, (10**6, items[0])])
    display = RankingDisplay.from_estimator(model, hidden, n=4)
    lists = model.recommend(np.unique(hidden[:, 0]), 4, on_unknown="stranger")
    by_hand = len(lists["item_id"].unique()) / max(n_items, len(items))
    assert display.curves.loc[4, "coverage"] == pytest.approx(by_hand, rel=0.2)
    wanted = {tuple(pair) for pair in hidden.tolist()}
    hits = [
        (user, item) in wanted
        for user, item in lists[["user_id", "item_id"]].itertuples(index=False)
    ]
    n_users = len(np.unique(hidden[:, 0]))
    assert display.curves.loc[4, "precision"] == pytest.approx(sum(hits) / 4 / n_users)


def test_what_was_learned_is_not_asked_for() -> None:
    with pytest.raises(InputError, match="test must hold no pair"):
        RankingDisplay.from_estimator(fitted("RBMRecommender"), PAIRS[:3])
