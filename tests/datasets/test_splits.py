"""Cuts of ratings: every row on one side, and what each cut promises of them."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.datasets import (
    hold_out_users,
    leave_last_out,
    make_ratings,
    random_folds,
    refuse_leak,
    split_by_time,
)
from recs_anomaly.datasets.splits import without_repeats
from recs_anomaly.exceptions import InputError

# Few users and few moments, so that users repeat and moments are shared.
tables = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(0, 6)), min_size=1, max_size=30
).map(lambda rows: pd.DataFrame(rows, columns=["user_id", "timestamp"]))
seeds = st.integers(0, 5)
ids = st.sampled_from([1, 2, "1", ("a", "b")])
pairs = st.lists(st.tuples(ids, ids), max_size=6)


def assert_partition(n_rows: int, *parts: np.ndarray) -> None:
    assert sorted(np.concatenate(parts).tolist()) == list(range(n_rows))
    for part in parts:
        assert (np.diff(part) > 0).all()


def test_random_folds_test_every_rating_once() -> None:
    folds = random_folds(103, n_folds=4, random_state=1)
    tested = np.concatenate([test for _, test in folds])
    assert_partition(103, np.sort(tested))
    assert [len(test) for _, test in folds] == [26, 26, 26, 25]
    for fold in folds:
        assert_partition(103, *fold)


@given(ratings=tables, n_last=st.integers(1, 3))
def test_the_last_ratings_are_those_of_the_slow_twin(
    ratings: pd.DataFrame, n_last: int
) -> None:
    last: list[int] = []
    for _, own in ratings.groupby("user_id"):
        if len(own) > n_last:
            # Sorting keeps the order of the rows of one moment.
            in_time = sorted(own.index, key=lambda row: ratings["timestamp"][row])
            last += in_time[-n_last:]
    if not last:
        with pytest.raises(InputError, match=f"more than n_last={n_last} ratings"):
            leave_last_out(ratings, n_last)
        return
    train, test = leave_last_out(ratings, n_last)
    assert_partition(len(ratings), train, test)
    assert test.tolist() == sorted(last)


@given(ratings=tables, share=st.floats(0.01, 0.99))
def test_all_of_the_past_is_before_all_of_the_test(
    ratings: pd.DataFrame, share: float
) -> None:
    moments = ratings["timestamp"]
    try:
        train, test = split_by_time(ratings, share)
    except InputError:
        n_test = max(round(share * len(moments)), 1)
        assert sorted(moments)[-n_test] == moments.min()
        return
    assert_partition(len(ratings), train, test)
    assert moments[train].max() < moments[test].min()
    assert len(test) >= round(share * len(ratings))
    # With one moment less it would be too little.
    assert (moments > moments[test].min()).sum() < max(round(share * len(ratings)), 1)


@given(ratings=tables, share=st.floats(0.1, 0.9), seed=seeds)
def test_users_are_held_out_whole(
    ratings: pd.DataFrame, share: float, seed: int
) -> None:
    n_own = ratings["user_id"].value_counts()
    most = min(int((n_own >= 2).sum()), len(n_own) - 1)
    if most < 1:
        with pytest.raises(InputError, match=f"n_users must be from 1 to {most}"):
            hold_out_users(ratings, 1, share, seed)
        return
    parts = hold_out_users(ratings, most, share, seed)
    assert_partition(len(ratings), *parts)
    train, fold_in, test = (ratings["user_id"].iloc[rows] for rows in parts)
    assert set(fold_in) == set(test)
    assert len(set(test)) == most
    assert not set(train) & set(test)
    for user, n_test in test.value_counts().items():
        wanted = round((1 - share) * n_own[user])
        assert n_test == min(max(wanted, 1), n_own[user] - 1)


def test_what_is_folded_in_is_drawn_at_random() -> None:
    ratings = pd.DataFrame({"user_id": np.repeat(range(200), 10)})
    parts = hold_out_users(ratings, 199, 0.8, random_state=3)
    place = np.bincount(parts.test % 10, minlength=10)
    # 398 of 1,990 are tested: each of the ten places about 40 times.
    assert place.sum() == 398
    assert 20 < place.min() <= place.max() < 60


@pytest.mark.parametrize(
    "cut",
    [
        lambda table, seed: random_folds(len(table), 3, seed)[0],
        lambda table, seed: hold_out_users(table, 20, 0.5, seed),
    ],
)
def test_the_same_seed_cuts_the_same_way(
    cut: Callable[[pd.DataFrame, int], tuple[np.ndarray, ...]],
) -> None:
    ratings = make_ratings(60, 40, 900, random_state=0).ratings
    first, again, other = cut(ratings, 1), cut(ratings, 1), cut(ratings, 2)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert any(
        not np.array_equal(one, two) for one, two in zip(first, other, strict=True)
    )


def test_dates_are_moments_too() -> None:
    ratings = make_ratings(30, 20, 300, random_state=0).ratings
    dated = ratings.assign(timestamp=pd.to_datetime(ratings["timestamp"], unit="s"))
    for cut in (split_by_time, leave_last_out):
        for one, two in zip(cut(ratings), cut(dated), strict=True):
            np.testing.assert_array_equal(one, two)


TABLE = pd.DataFrame({"user_id": ["a", "a", "b", "b"], "timestamp": [1, 2, 3, 4]})


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        (lambda: random_folds(5, 1), "from 2 to .* 5; got 1"),
        (lambda: random_folds(5, 6), "from 2 to .* 5; got 6"),
        (
            lambda: leave_last_out(TABLE, 0),
            "n_last must be an integer .* 1; got 0",
        ),
        (lambda: leave_last_out(TABLE, 2), "a user with more than n_last=2"),
        (lambda: leave_last_out(TABLE[["user_id"]]), "dates; there is none"),
        (
            lambda: leave_last_out(TABLE.assign(timestamp="today")),
            "timestamp of numbers or dates; it holds",
        ),
        (
            lambda: split_by_time(TABLE.assign(timestamp=[1, None, 2, 3])),
            "known of every rating; 1 are missing",
        ),
        (
            lambda: split_by_time(TABLE, 1.0),
            "test_share must be a number above 0",
        ),
        (
            lambda: split_by_time(TABLE.assign(timestamp=7), 0.5),
            "some before the last 50%; too many share one moment",
        ),
        (lambda: hold_out_users(TABLE, 2), "n_users must be from 1 to 1.* got 2"),
        (lambda: hold_out_users(TABLE, 0), "n_users must be from 1 to 1.* got 0"),
        (
            lambda: hold_out_users(TABLE, 1, 0.0),
            "fold_in_share must be a number above 0",
        ),
    ],
)
def test_cuts_that_cannot_be_are_refused(
    cut: Callable[[], object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        cut()


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
