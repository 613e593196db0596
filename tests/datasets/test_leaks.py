"""Nothing that was learned may be asked again."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.datasets import make_ratings, random_folds, refuse_leak
from recs_anomaly.datasets.leaks import without_repeats
from recs_anomaly.exceptions import InputError

ids = st.sampled_from([1, 2, "1", ("a", "b")])
pairs = st.lists(st.tuples(ids, ids), max_size=6)


def table(rows: list[tuple[object, object]]) -> pd.DataFrame:
    users = pd.Series([user for user, _ in rows], dtype=object)
    return pd.DataFrame(
        {"user_id": users, "item_id": pd.Series([i for _, i in rows], dtype=object)}
    )


@given(train=pairs, test=pairs)
def test_a_shared_pair_is_refused_and_nothing_else(
    train: list[tuple[object, object]], test: list[tuple[object, object]]
) -> None:
    n_shared = sum(pair in train for pair in test)
    if not n_shared:
        refuse_leak(table(train), table(test))
        return
    with pytest.raises(
        InputError, match=f"learned from; {n_shared} of its {len(test)}"
    ):
        refuse_leak(table(train), table(test))


def test_the_first_shared_pair_is_named() -> None:
    ratings = make_ratings(30, 20, 300, random_state=0).ratings
    train, test = (ratings.iloc[rows] for rows in random_folds(300)[0])
    refuse_leak(train, test)
    leaky = pd.concat([train, test.iloc[3:5]])
    user, item = test[["user_id", "item_id"]].iloc[3].tolist()
    with pytest.raises(InputError, match=f"user {user} with item {item}"):
        refuse_leak(leaky, test)


def test_repeats_are_left_out_with_a_warning() -> None:
    ratings = table([("a", 1), ("b", 1), ("a", 1)]).assign(rating=[1, 2, 3])
    with pytest.warns(UserWarning, match="ratings hold 1 repeated"):
        kept = without_repeats(ratings)
    assert kept["rating"].tolist() == [2, 3]
    assert kept.index.tolist() == [0, 1]
    assert without_repeats(kept)["rating"].tolist() == [2, 3]
