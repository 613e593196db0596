"""What must not be on both sides of a cut: the same user with the same item."""

import warnings

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recs_anomaly.exceptions import InputError

Ints = NDArray[np.int64]


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
    """Leave only the last rating of each pair, so that no cut can tear one apart.

    Parameters
    ----------
    ratings : DataFrame with columns user_id, item_id

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
        warnings.warn(
            f"ratings hold {is_repeat.sum():,} repeated (user, item) pairs; the last "
            "rating of each pair was kept.",
            UserWarning,
            stacklevel=2,
        )
    return ratings[~is_repeat].reset_index(drop=True)


def _pair_codes(first: pd.DataFrame, second: pd.DataFrame) -> tuple[Ints, Ints]:
    """Give each (user, item) pair of two tables one number; equal pairs share it."""
    users, _ = pd.factorize(pd.concat([first["user_id"], second["user_id"]]))
    items, names = pd.factorize(pd.concat([first["item_id"], second["item_id"]]))
    codes = users.astype(np.int64) * len(names) + items
    return codes[: len(first)], codes[len(first) :]
