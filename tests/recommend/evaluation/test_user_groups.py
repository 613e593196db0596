"""Groups of users: who is in them, and what they are told of errors and lists."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.recommend.evaluation.user_groups import LIST_METRIC, measures_by_group

N = 40  # users, ten a quarter


def trial_of(n_users: int = N, stars: float | None = None) -> SimpleNamespace:
    """In a trial's place: user u has 1 + u // 10 ratings and is predicted u // 10 off.

    All rate the same items, so that taste hardly differs; the stars go up with u.
    """
    users = np.repeat(np.arange(n_users), 1 + np.arange(n_users) // 10)
    place = np.concatenate([np.arange(1 + u // 10) for u in range(n_users)])
    rating = 1.0 + users / 10 if stars is None else np.full(len(users), stars)
    train = pd.DataFrame({"user_id": users, "item_id": place, "rating": rating})
    asked = np.repeat(np.arange(n_users + 1), 2)  # of the last nothing was learned
    predictions = pd.DataFrame({"user_id": asked, "rating": 5.0})
    return SimpleNamespace(
        train=train,
        predictions=predictions.assign(rating_mean=5.0 - asked // 10),
        list_values={LIST_METRIC: np.linspace(0, 1, n_users + 1)},
        task=SimpleNamespace(users=np.arange(n_users + 1)),
    )


def test_quarters_by_ratings_have_the_errors_of_their_users() -> None:
    groups = measures_by_group(trial_of())
    own = groups[groups["trait"] == "ratings"].sort_values("low")
    assert own["low"].tolist() == own["high"].tolist() == [1, 2, 3, 4]
    assert own["n_users"].tolist() == [10] * 4
    assert own["rmse"].tolist() == [0, 1, 2, 3]
    assert own["ndcg"].tolist() == pytest.approx(
        [np.linspace(0, 1, N + 1)[10 * q : 10 * q + 10].mean() for q in range(4)]
    )
    assert (own["ndcg_low"] < own["ndcg"]).all()
    assert (own["ndcg"] < own["ndcg_high"]).all()
    # All in a group are predicted equally far off: no draw of them can change that.
    np.testing.assert_allclose(own["rmse_low"], own["rmse"])
    np.testing.assert_allclose(own["rmse_high"], own["rmse"])


def test_the_worst_served_come_first() -> None:
    errors = measures_by_group(trial_of())["rmse"]
    assert errors.is_monotonic_decreasing
    assert errors.iloc[0] == 3


def test_a_trait_that_hardly_differs_makes_no_groups() -> None:
    traits = set(measures_by_group(trial_of(stars=4.0))["trait"])
    assert "ratings" in traits
    assert "generosity" not in traits


def test_few_users_say_nothing() -> None:
    assert measures_by_group(trial_of(n_users=36)).empty is False
    few = measures_by_group(trial_of(n_users=15))
    assert few.empty
    assert few.columns[:4].tolist() == ["trait", "low", "high", "n_users"]
