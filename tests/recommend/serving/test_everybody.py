"""Lists of all users: the same however many are made at once."""

import tracemalloc
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.exceptions import InputError
from recs_anomaly.recommend.serving.titled_recommender import lists_of_everybody
from tests.fitted import sample_recommender


def test_parts_joined_are_the_whole() -> None:
    recommender = sample_recommender()
    (whole,) = lists_of_everybody(recommender, n=4)
    parts = list(lists_of_everybody(recommender, n=4, users_at_once=150))
    assert [part["user_id"].nunique() for part in parts] == [150, 150, 100]
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)
    direct = recommender.model.recommend(recommender.model.users_, 4)
    pd.testing.assert_frame_equal(whole[direct.columns.tolist()], direct)


def test_memory_grows_with_the_users_at_once_and_not_with_all() -> None:
    """A model of 20,000 users whose lists would be 16 MB together."""

    def recommend(users: np.ndarray, n: int) -> pd.DataFrame:
        table = {"user_id": np.repeat(users, n), "item_id": 0, "rank": 1}
        columns = ["score", "rating_mean", "rating_std", "p_like"]
        return pd.DataFrame(table).assign(**dict.fromkeys(columns, 0.5))

    def describe(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(title="one")

    model = SimpleNamespace(users_=np.arange(20_000), recommend=recommend)
    catalogue = SimpleNamespace(describe=describe)
    recommender = SimpleNamespace(model=model, catalogue=catalogue)
    tracemalloc.start()
    n_rows = sum(
        len(part) for part in lists_of_everybody(recommender, 10, users_at_once=500)
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n_rows == 200_000
    assert peak < 4e6


def test_a_part_of_nobody_is_refused() -> None:
    with pytest.raises(InputError, match="users_at_once must be at least 1; got 0"):
        next(lists_of_everybody(sample_recommender(), users_at_once=0))
