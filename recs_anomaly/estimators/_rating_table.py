"""What people hand to the recommender, checked and turned into numbers."""

import warnings
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recs_anomaly.core.rating_rows import Floats, Ints, RatingRows, to_rows
from recs_anomaly.exceptions import InputError

ID_COLUMNS = ["user_id", "item_id"]
MOST_LEVELS = 101


class RatingTable:
    """Training ratings as numbers, and the ids that the numbers stand for.

    The last row and the last column are empty: a user who has not rated anything, and
    an item that nobody has rated.
    """

    def __init__(self, pairs: pd.DataFrame, values: Floats) -> None:
        pairs, values = _last_of_each_pair(pairs, values)
        user_codes, self.users = _factorized(pairs.iloc[:, 0])
        item_codes, self.items = _factorized(pairs.iloc[:, 1])
        for name, ids in (("user", self.users), ("item", self.items)):
            if len(ids) < 2:
                raise InputError(
                    f"X needs ratings of at least 2 different {name}s; it has 1."
                )
        self.levels = _checked_levels(values)
        self.ratings: RatingRows = to_rows(
            user_codes,
            item_codes,
            np.searchsorted(self.levels, values),
            (len(self.users) + 1, len(self.items) + 1),
        )


def _factorized(ids: pd.Series) -> tuple[Ints, NDArray[Any]]:
    """Codes and sorted ids; ids of types that cannot be compared keep their order."""
    try:
        codes, unique = pd.factorize(ids, sort=True)
    except TypeError:
        codes, unique = pd.factorize(ids)
    return codes.astype(np.int64), np.asarray(unique)


def _last_of_each_pair(
    pairs: pd.DataFrame, values: Floats
) -> tuple[pd.DataFrame, Floats]:
    is_repeated = pairs.duplicated(keep="last").to_numpy()
    if not is_repeated.any():
        return pairs, values
    warnings.warn(
        f"X holds {is_repeated.sum()} repeated (user, item) pairs; "
        "the last rating of each pair was kept.",
        UserWarning,
        stacklevel=4,
    )
    return pairs[~is_repeated], values[~is_repeated]


def _checked_levels(values: Floats) -> Floats:
    levels = np.unique(values)
    if len(levels) < 2:
        raise InputError(
            f"y needs at least 2 different ratings; all are {levels[0]:g}."
        )
    if len(levels) > MOST_LEVELS:
        raise InputError(
            f"y holds {len(levels)} different ratings, at most {MOST_LEVELS} levels "
            "can be told apart; round them first."
        )
    return levels


def checked_pairs(X: ArrayLike | pd.DataFrame) -> pd.DataFrame:
    """Two columns of ids, with those named user_id and item_id preferred."""
    frame = X if isinstance(X, pd.DataFrame) else _framed(X)
    if set(ID_COLUMNS) <= set(frame.columns):
        frame = frame[ID_COLUMNS]
    if frame.shape[1] != 2:
        raise InputError(
            "X must have two columns, user ids and item ids; "
            f"it has {frame.shape[1]} feature(s)."
        )
    if frame.isna().any(axis=None):
        raise InputError(f"X has {int(frame.isna().sum().sum())} missing (NaN) ids.")
    return frame


def _framed(X: ArrayLike) -> pd.DataFrame:
    array = np.asarray(X)
    if array.ndim != 2:
        raise InputError(
            "X must be a table of two columns, user ids and item ids; got an array of "
            f"{array.ndim} dimension(s). Reshape your data."
        )
    return pd.DataFrame(array)


def checked_ratings(y: ArrayLike, n_pairs: int) -> Floats:
    """Ratings as finite numbers, one for each pair."""
    try:
        values = np.asarray(y, dtype=np.float64).ravel()
    except (TypeError, ValueError) as error:
        raise InputError(f"y must hold numbers, one rating a pair; {error}.") from error
    if len(values) != n_pairs:
        raise InputError(f"X has {n_pairs} pairs, but y has {len(values)} ratings.")
    if not np.isfinite(values).all():
        n_bad = int((~np.isfinite(values)).sum())
        raise InputError(f"y has {n_bad} ratings that are NaN or infinite.")
    return values


def own_ratings_columns(
    own_ratings: pd.DataFrame | pd.Series | Mapping[Hashable, float],
) -> tuple[NDArray[Any] | list[Hashable], Floats]:
    """Item ids and ratings of one person, from a frame, a series or a mapping."""
    items: NDArray[Any] | list[Hashable]
    if isinstance(own_ratings, pd.DataFrame):
        missing = {"item_id", "rating"} - set(own_ratings.columns)
        if missing:
            raise InputError(
                "own_ratings must have the columns item_id and rating; "
                f"it lacks {', '.join(sorted(missing))}."
            )
        items = own_ratings["item_id"].to_numpy()
        return items, checked_ratings(own_ratings["rating"], len(items))
    if isinstance(own_ratings, pd.Series | Mapping):
        given = dict(own_ratings.items())
        return list(given), checked_ratings(list(given.values()), len(given))
    raise InputError(
        "own_ratings must be a frame with item_id and rating, or map item ids to "
        f"ratings; got {type(own_ratings).__name__}."
    )


def nearest_levels(values: Floats, levels: Floats) -> Ints:
    """Places of the levels nearest to the values, which must lie in their range."""
    outside = (values < levels[0]) | (values > levels[-1])
    if outside.any():
        raise InputError(
            f"ratings must lie between {levels[0]:g} and {levels[-1]:g}; "
            f"got {values[outside][0]:g}."
        )
    middles = (levels[1:] + levels[:-1]) / 2
    return np.searchsorted(middles, values).astype(np.int64)
