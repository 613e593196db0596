"""Cuts of ratings into what a model may learn from and what it is judged on.

A cut says which rows, so that it fits every table beside the ratings; a list of
(train, test) is what scikit-learn takes for ``cv``. No pair of user and item may stand
on both sides.
"""

import warnings
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from recs_anomaly.base.checks import check_between, check_integer
from recs_anomaly.core.arrays import Bools, Ints
from recs_anomaly.exceptions import InputError

Fold = tuple[Ints, Ints]
_MIN_TO_CUT = 2


class HeldOutUsers(NamedTuple):
    """A cut between users.

    Attributes
    ----------
    train : int64 ndarray
        Rows of the users that the model learns from.
    fold_in : int64 ndarray
        Rows of the other users that are folded in afterwards.
    test : int64 ndarray
        Rows of the other users that it has to find.
    """

    train: Ints
    fold_in: Ints
    test: Ints


def random_folds(n_ratings: int, n_folds: int = 5, random_state: int = 0) -> list[Fold]:
    """Cut ratings at random into parts, each of which is the test part once.

    Parameters
    ----------
    n_ratings : int
    n_folds : int, default=5
    random_state : int, default=0

    Returns
    -------
    folds : list of n_folds (train_index, test_index)
        Row numbers, ascending; parts differ in size by at most one.

    Raises
    ------
    InputError
        If `n_folds` is below 2 or above `n_ratings`.

    Examples
    --------
    >>> [test.tolist() for _, test in random_folds(5, n_folds=2)]
    [[0, 1, 3], [2, 4]]
    """
    if not 2 <= n_folds <= n_ratings:
        raise InputError(
            f"n_folds must be from 2 to the number of ratings, {n_ratings:,}; "
            f"got {n_folds}."
        )
    part = np.random.default_rng(random_state).permutation(n_ratings) % n_folds
    return [_cut(part == fold) for fold in range(n_folds)]


def leave_last_out(ratings: pd.DataFrame, n_last: int = 1) -> Fold:
    """Cut off the last ratings of each user.

    Parameters
    ----------
    ratings : DataFrame with columns user_id, timestamp
    n_last : int, default=1
        Ratings of each user in the test part. A user with no more than these stays
        whole in the training part: there would be nothing to know them by. Of ratings
        of one moment the later rows are the later ones.

    Returns
    -------
    train, test : int64 ndarrays
        Row numbers, ascending.

    Raises
    ------
    InputError
        If `n_last` is below 1, the timestamps are missing or not numbers or dates, or
        no user has more than `n_last` ratings.

    Examples
    --------
    >>> ratings = pd.DataFrame({"user_id": ["a", "a", "b"], "timestamp": [9, 5, 7]})
    >>> [rows.tolist() for rows in leave_last_out(ratings)]
    [[1, 2], [0]]
    """
    check_integer("n_last", n_last, 1)
    moments = _moments(ratings)
    users, _ = pd.factorize(ratings["user_id"])
    n_own = np.bincount(users)[users] if len(users) else users
    order = np.lexsort((np.arange(len(users)), moments, users))
    is_test = (_place_from_the_end(users, order) < n_last) & (n_own > n_last)
    if not is_test.any():
        raise InputError(
            f"ratings must hold a user with more than n_last={n_last} ratings."
        )
    return _cut(is_test)


def split_by_time(ratings: pd.DataFrame, test_share: float = 0.2) -> Fold:
    """Cut ratings at a moment: the past to learn from, the rest to forecast.

    Parameters
    ----------
    ratings : DataFrame with a column timestamp
    test_share : float, default=0.2
        Share of the ratings after the cut; larger by what shares the moment of the
        cut, which is never torn apart.

    Returns
    -------
    train, test : int64 ndarrays
        Row numbers, ascending.

    Raises
    ------
    InputError
        If `test_share` is not between 0 and 1, the timestamps are missing or not
        numbers or dates, or nothing is left before the cut.

    Examples
    --------
    >>> ratings = pd.DataFrame({"timestamp": [9, 5, 7, 8]})
    >>> [rows.tolist() for rows in split_by_time(ratings, test_share=0.5)]
    [[1, 2], [0, 3]]
    """
    check_between("test_share", test_share, 0, 1)
    moments = _moments(ratings)
    n_test = max(round(test_share * len(moments)), 1)
    is_test = moments >= np.sort(moments)[-n_test:][:1]
    if is_test.all():
        raise InputError(
            f"ratings must have some before the last {test_share:.0%}; "
            "too many share one moment."
        )
    return _cut(is_test)


def hold_out_users(
    ratings: pd.DataFrame,
    n_users: int,
    fold_in_share: float = 0.8,
    random_state: int = 0,
) -> HeldOutUsers:
    """Hold out whole users, each with a part to fold in and a part to be found.

    This asks for strong generalisation: the model has never seen those it is judged
    on, and gets to know them by what is folded in.

    Parameters
    ----------
    ratings : DataFrame with a column user_id
    n_users : int
        How many to hold out, drawn among those with at least two ratings.
    fold_in_share : float, default=0.8
        Share of each one's ratings, drawn at random, that is folded in; at least one
        and not all.
    random_state : int, default=0

    Returns
    -------
    parts : HeldOutUsers

    Raises
    ------
    InputError
        If `fold_in_share` is not between 0 and 1, or `n_users` is below 1 or would
        leave nobody to learn from.

    References
    ----------
    .. [1] B. Marlin. Collaborative filtering: a machine learning perspective. Master's
       thesis, University of Toronto, 2004.

    Examples
    --------
    >>> ratings = pd.DataFrame({"user_id": list("aaaabbbb")})
    >>> [rows.tolist() for rows in hold_out_users(ratings, 1, fold_in_share=0.5)]
    [[0, 1, 2, 3], [5, 7], [4, 6]]
    """
    check_between("fold_in_share", fold_in_share, 0, 1)
    users, names = pd.factorize(ratings["user_id"])
    n_own = np.bincount(users, minlength=len(names))
    eligible = np.flatnonzero(n_own >= _MIN_TO_CUT)
    most = min(len(eligible), len(names) - 1)
    if not 1 <= n_users <= most:
        raise InputError(
            f"n_users must be from 1 to {most}, the users with two ratings or more, "
            f"and leave one to learn from; got {n_users}."
        )
    generator = np.random.default_rng(random_state)
    is_held_out = np.zeros(len(names), dtype=np.bool_)
    is_held_out[generator.choice(eligible, n_users, replace=False)] = True
    n_test = np.clip(np.rint((1 - fold_in_share) * n_own), 1, n_own - 1)
    order = np.lexsort((generator.random(len(users)), users))
    is_test = _place_from_the_end(users, order) < n_test[users]
    held_out = is_held_out[users]
    return HeldOutUsers(
        np.flatnonzero(~held_out),
        np.flatnonzero(held_out & ~is_test),
        np.flatnonzero(held_out & is_test),
    )


def refuse_leak(train: pd.DataFrame, test: pd.DataFrame) -> None:
    """Refuse to judge a model on what it has learned from.

    Parameters
    ----------
    train, test : DataFrames with columns user_id, item_id

    Raises
    ------
    InputError
        If a pair of `test` is in `train`, whatever its rating.

    Examples
    --------
    >>> pairs = pd.DataFrame({"user_id": ["a", "b"], "item_id": [1, 1]})
    >>> refuse_leak(pairs[:1], pairs[1:])
    """
    in_train, in_test = _pair_codes(train, test)
    is_known = np.isin(in_test, in_train)
    if is_known.any():
        user, item = (
            test[column].iloc[[int(is_known.argmax())]].tolist()[0]
            for column in ("user_id", "item_id")
        )
        raise InputError(
            f"test must hold no pair that the model learned from; {is_known.sum():,} "
            f"of its {len(test):,} are in the training data, for instance user "
            f"{user!r} with item {item!r}."
        )


def without_repeats(ratings: pd.DataFrame) -> pd.DataFrame:
    """Leave only the latest rating of each pair, so that no cut can tear one apart.

    Parameters
    ----------
    ratings : DataFrame with columns user_id, item_id
        By its column timestamp the latest is found, if all have one; of equal times,
        and without that column, it is the last row.

    Returns
    -------
    ratings : DataFrame
        With a fresh index; a warning counts what was left out.

    Examples
    --------
    >>> pairs = pd.DataFrame({"user_id": ["a", "b"], "item_id": [1, 1]})
    >>> len(without_repeats(pairs))
    2
    """
    is_repeat = ratings.duplicated(["user_id", "item_id"], keep="last")
    if is_repeat.any():
        which, moments = "last row", ratings.get("timestamp")
        if moments is not None and not moments.isna().any():
            which = "latest rating"
            order = np.argsort(moments.to_numpy(), kind="stable")
            in_time = ratings.iloc[order].duplicated(
                ["user_id", "item_id"], keep="last"
            )
            is_repeated = np.empty(len(order), bool)
            is_repeated[order] = in_time.to_numpy()
            is_repeat = pd.Series(is_repeated, ratings.index)
        warnings.warn(
            f"ratings hold {is_repeat.sum():,} repeated (user, item) pairs; the "
            f"{which} of each pair was kept.",
            UserWarning,
            stacklevel=2,
        )
    return ratings[~is_repeat].reset_index(drop=True)


def _cut(is_test: Bools) -> Fold:
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)


def _moments(ratings: pd.DataFrame) -> NDArray[np.generic]:
    """Timestamps as something that can be sorted."""
    moments = ratings.get("timestamp")
    if moments is None or not (
        is_numeric_dtype(moments) or is_datetime64_any_dtype(moments)
    ):
        raise InputError(
            "ratings must have a column timestamp of numbers or dates; "
            + ("there is none." if moments is None else f"it holds {moments.dtype}.")
        )
    if moments.isna().any():
        raise InputError(
            f"timestamp must be known of every rating; {moments.isna().sum():,} "
            "are missing."
        )
    is_date = is_datetime64_any_dtype(moments)
    return moments.astype("int64").to_numpy() if is_date else moments.to_numpy()


def _place_from_the_end(groups: Ints, order: Ints) -> Ints:
    """Count the rows behind each one in its group, where `order` keeps groups whole."""
    sorted_groups = groups[order]
    ends = np.searchsorted(sorted_groups, sorted_groups, side="right")
    places = np.empty(len(groups), dtype=np.int64)
    places[order] = ends - 1 - np.arange(len(groups))
    return places


def _pair_codes(first: pd.DataFrame, second: pd.DataFrame) -> tuple[Ints, Ints]:
    """Give each (user, item) pair of two tables one number; equal pairs share it."""
    users, _ = pd.factorize(pd.concat([first["user_id"], second["user_id"]]))
    items, names = pd.factorize(pd.concat([first["item_id"], second["item_id"]]))
    codes = users.astype(np.int64) * len(names) + items
    return codes[: len(first)], codes[len(first) :]
