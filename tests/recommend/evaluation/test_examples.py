"""Which users are looked at closely, and what is shown of them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from recs_anomaly.recommend.evaluation.examples import examples

N = 40


class Lists:
    """In a recommender's place: everybody is told of the items 1, 2 and 3."""

    def recommended(self, folded: object, n: int) -> pd.DataFrame:
        return pd.DataFrame({"item_id": [1, 2, 3], "rank": [1, 2, 3]})

    def best_rated(self, user_id: int, n: int) -> pd.DataFrame:
        return pd.DataFrame({"item_id": [user_id] * n})


def trial_of(worst: int, n_asked: int) -> SimpleNamespace:
    """User u has u + 1 ratings of 2; user `worst` is predicted 3 off, all others 1."""
    users = np.repeat(np.arange(N), 1 + np.arange(N))
    train = pd.DataFrame({"user_id": users, "item_id": 9, "rating": 2.0})
    asked = np.repeat(np.arange(N + 1), 5)
    asked = np.append(asked[asked != worst], [worst] * n_asked)
    off = np.where(asked == worst, 3.0, 1.0)
    off[asked == N] = 4.0  # nothing was learned of this one
    predictions = pd.DataFrame(
        {"user_id": asked, "rating": 5.0, "rating_mean": 5.0 - off}
    )
    hidden = pd.DataFrame({"user_id": asked, "item_id": 2, "rating": 5.0})
    return SimpleNamespace(
        train=train,
        hidden=hidden.drop_duplicates("user_id"),
        predictions=predictions,
        task=SimpleNamespace(users=np.arange(N + 1)),
        recommender=Lists(),
        folded=SimpleNamespace(only=lambda user: user),
    )


def test_a_typical_user_two_extremes_and_the_worst_served() -> None:
    found = examples(trial_of(worst=7, n_asked=5))
    # Of 40 in order: the middle, two places from the start, four from the end.
    assert [(each.why.split()[1], each.user_id) for each in found] == [
        ("a", 20),
        ("few", 2),
        ("many", 35),
        ("ratings", 7),
    ]
    assert [each.n_ratings for each in found] == [21, 3, 36, 8]
    assert {each.mean_rating for each in found} == {2.0}
    assert {len(each.best) for each in found} == {5}


def test_nobody_is_called_worst_for_a_few_ratings_or_shown_twice() -> None:
    few = examples(trial_of(worst=7, n_asked=4))
    assert 7 not in [each.user_id for each in few]
    twice = examples(trial_of(worst=20, n_asked=5))
    assert [each.user_id for each in twice] == [20, 2, 35]
    assert twice[0].why == "with a typical number of ratings"


def test_hidden_ratings_stand_beside_the_listed_items() -> None:
    listed = examples(trial_of(worst=7, n_asked=5))[0].listed
    np.testing.assert_array_equal(listed["hidden"], [np.nan, 5.0, np.nan])


def test_without_users_there_is_nobody_to_look_at() -> None:
    trial = trial_of(worst=7, n_asked=5)
    trial.task = SimpleNamespace(users=np.array([N]))
    assert examples(trial) == []
