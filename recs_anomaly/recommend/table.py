"""What people hand to the recommender, checked and turned into numbers."""

import warnings
from collections.abc import Hashable, Iterable, Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pandas.api.types import is_float_dtype
from sklearn.utils import check_array, column_or_1d

from recs_anomaly.base.state import ANY_KIND, ArraySpec
from recs_anomaly.core.arrays import Bools, Floats, Ints
from recs_anomaly.exceptions import InputError, UnknownItemError, UnknownUserError
from recs_anomaly.recommend.rows import RatingRows, offsets_of, to_rows

ID_COLUMNS = ["user_id", "item_id"]
MAX_LEVELS = 101
MAX_NAMED = 3
OwnRatings = pd.DataFrame | pd.Series | Mapping[Hashable, float]


class Ids(NamedTuple):
    """What the rows and columns of ratings stand for."""

    users: Annotated[NDArray[Any], ArraySpec(ANY_KIND, ("n_users",))]
    items: Annotated[NDArray[Any], ArraySpec(ANY_KIND, ("n_items",))]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of ratings: one more each, for who and what is unknown."""
        return len(self.users) + 1, len(self.items) + 1


class RatingTable(NamedTuple):
    """Training ratings as numbers, and what the numbers stand for.

    The last row and the last column are empty: a user who has not rated anything, and
    an item that nobody has rated.
    """

    ids: Ids
    rows: RatingRows
    levels: Floats  # (K,) the ratings that occur


def rating_table(pairs: pd.DataFrame, values: Floats | None) -> RatingTable:
    """Turn checked pairs of ids and their ratings, if any, into numbers."""
    user_codes, users = _factorized(pairs.iloc[:, 0])
    item_codes, items = _factorized(pairs.iloc[:, 1])
    for name, ids in (("user", users), ("item", items)):
        if len(ids) < 2:
            raise InputError(
                f"X needs ratings of at least 2 different {name}s; it has 1."
            )
    kept = last_of_each(user_codes, item_codes)
    if not kept.all():
        user_codes, item_codes = user_codes[kept], item_codes[kept]
        values = None if values is None else values[kept]
    known = Ids(users, items)
    if values is None:  # a choice without a rating is one of a single level
        levels: Floats = np.ones(1)
        codes = np.zeros(len(user_codes), np.int8)
    else:
        levels = _checked_levels(values)
        codes = np.searchsorted(levels, values).astype(np.int8)
    return RatingTable(
        known, to_rows(user_codes, item_codes, codes, known.shape), levels
    )


def _factorized(ids: pd.Series) -> tuple[Ints, NDArray[Any]]:
    """Codes and sorted ids; ids of types that cannot be compared keep their order."""
    # Numbers that came as objects are numbers, which files can hold.
    ids = ids.infer_objects()
    try:
        codes, unique = pd.factorize(ids, sort=True)
    except TypeError:
        codes, unique = pd.factorize(ids)
    return codes.astype(np.int32), np.asarray(unique)


def last_of_each(users: Ints, items: Ints) -> Bools:
    """Mask of the last rating of each pair; a warning counts the others."""
    codes = users.astype(np.int64)
    codes *= int(items.max(initial=0)) + 1
    codes += items
    is_repeated = np.zeros(len(codes), bool)
    # Sorting tells in a fraction of a hash table's memory that nothing is repeated.
    in_order = np.sort(codes)
    if (in_order[1:] == in_order[:-1]).any():
        is_repeated = pd.Series(codes).duplicated(keep="last").to_numpy()
        warnings.warn(
            f"X holds {is_repeated.sum()} repeated (user, item) pairs; "
            "the last of each pair was kept.",
            UserWarning,
            stacklevel=4,
        )
    return np.asarray(~is_repeated)


def _checked_levels(values: Floats) -> Floats:
    levels = np.unique(values)
    if len(levels) < 2:
        raise InputError(
            f"y needs at least 2 different ratings; all are {levels[0]:g}."
        )
    if len(levels) > MAX_LEVELS:
        raise InputError(
            f"y holds {len(levels)} different ratings, at most {MAX_LEVELS} levels "
            "can be told apart; round them first."
        )
    return levels


def checked_pairs(X: ArrayLike | pd.DataFrame, at_least: int = 1) -> pd.DataFrame:
    """Two columns of ids, with those named user_id and item_id preferred."""
    frame = X if isinstance(X, pd.DataFrame) else _framed(X)
    if len(frame) < at_least:
        raise InputError(
            f"X must hold at least {at_least} (user, item) pairs; "
            f"got n_samples={len(frame)}."
        )
    if set(ID_COLUMNS) <= set(frame.columns) and list(frame.columns) != ID_COLUMNS:
        frame = frame[ID_COLUMNS]
    if frame.shape[1] != 2:
        raise InputError(
            f"X has {frame.shape[1]} feature(s), but RBMRecommender is expecting "
            "2 features as input: user ids and item ids."
        )
    n_missing = int(frame.isna().sum().sum())
    n_infinite = sum(
        int(np.isinf(ids).sum()) for _, ids in frame.items() if is_float_dtype(ids)
    )
    if n_missing or n_infinite:
        raise InputError(
            f"X must name every user and item; it has {n_missing} missing (NaN) and "
            f"{n_infinite} infinite (inf) ids."
        )
    return frame


def _framed(X: ArrayLike) -> pd.DataFrame:
    # NumPy would make text of the numbers in a list of mixed pairs.
    if isinstance(X, list):
        return pd.DataFrame(X)
    try:
        return pd.DataFrame(check_array(X, dtype=None, input_name="X"))
    except (TypeError, ValueError) as error:
        raise InputError(f"X must be a table of ids. {error}") from error


def checked_ratings(y: ArrayLike, n_pairs: int) -> Floats:
    """Ratings as finite numbers, one for each pair."""
    values = _numbers(y, "y")
    if len(values) != n_pairs:
        raise InputError(f"X has {n_pairs} pairs, but y has {len(values)} ratings.")
    return values


def _numbers(given: ArrayLike, name: str) -> Floats:
    values = np.asarray(given)
    # Checking what plainly is a list of numbers takes as long as folding it in.
    if values.ndim != 1 or values.dtype.kind not in "iuf":
        try:
            values = column_or_1d(given, dtype=np.float64, warn=True)
        except (TypeError, ValueError) as error:
            raise InputError(f"{name} must hold ratings as numbers: {error}") from error
    values = values.astype(np.float64, copy=False)
    n_bad = int((~np.isfinite(values)).sum())
    if n_bad:
        raise InputError(
            f"{name} must hold finite ratings; {n_bad} are missing (NaN) or infinite "
            "(inf)."
        )
    return values


def own_rows(own_ratings: Any, lookup: "Lookup", levels: Floats) -> RatingRows:
    """Make one row of own ratings, or of choices; the last of a repeated item wins."""
    if len(levels) > 1:
        items, values = _own_ratings_columns(own_ratings)
        codes = nearest_levels(values, levels)
        columns = lookup.columns_of(items)
    else:
        columns = lookup.columns_of(_own_choices(own_ratings))
        codes = np.zeros(len(columns), np.int64)
    order = np.argsort(columns, kind="stable")
    columns, codes = columns[order], codes[order]
    is_last = np.append(columns[1:] != columns[:-1], True)[: len(columns)]
    columns, codes = columns[is_last], codes[is_last]
    n_columns = lookup.ids.shape[1]
    return RatingRows(offsets_of(np.array([len(columns)])), columns, codes, n_columns)


def _own_ratings_columns(
    own_ratings: OwnRatings,
) -> tuple[NDArray[Any] | list[Hashable], Floats]:
    """Item ids and ratings of one person, from a frame, a series or a mapping."""
    if isinstance(own_ratings, pd.DataFrame):
        missing = [name for name in ("item_id", "rating") if name not in own_ratings]
        if missing:
            raise InputError(
                "own_ratings must have the columns item_id and rating; "
                f"it lacks {', '.join(missing)}."
            )
        items = own_ratings["item_id"].to_numpy()
        return items, _numbers(own_ratings["rating"], "own_ratings")
    if isinstance(own_ratings, pd.Series | Mapping):
        given = dict(own_ratings.items())
        return list(given), _numbers(list(given.values()), "own_ratings")
    raise InputError(
        "own_ratings must be a frame with item_id and rating, or map item ids to "
        f"ratings; got {type(own_ratings).__name__}."
    )


def _own_choices(
    chosen: pd.DataFrame | pd.Series | Iterable[Hashable],
) -> list[Hashable]:
    """Ids of the items that one person chose, whatever comes with them."""
    if isinstance(chosen, pd.DataFrame):
        if "item_id" not in chosen:
            raise InputError("own_ratings must have the column item_id.")
        return chosen["item_id"].tolist()
    if isinstance(chosen, pd.Series):
        return chosen.index.tolist()
    if isinstance(chosen, Iterable) and not isinstance(chosen, str | bytes):
        return list(chosen)
    raise InputError(
        "own_ratings must be a frame with item_id, a series by item id, or list item "
        f"ids; got {type(chosen).__name__}."
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


class Lookup:
    """Finds the numbers of ids by hashing; one table serves many look-ups."""

    def __init__(self, ids: Ids) -> None:
        self.ids = ids
        self._users: Any = pd.Index(ids.users, tupleize_cols=False)
        self._items: Any = pd.Index(ids.items, tupleize_cols=False)

    def rows_of(self, users: list[Hashable], may_be_unknown: bool = False) -> Ints:
        """Rows of users; the empty last row for those who are unknown."""
        if not users:
            raise InputError("users must name at least one user; it is empty.")
        rows = _places(self._users, users)
        unknown = np.flatnonzero(rows < 0)
        if len(unknown) and not may_be_unknown:
            raise UnknownUserError(
                f"user {users[unknown[0]]!r} has no ratings in the training data; "
                "recommend_for takes ratings of somebody new."
            )
        rows[unknown] = len(self.ids.users)
        return rows

    def columns_of(self, items: Iterable[Hashable]) -> Ints:
        """Columns of items, all of which must be known."""
        wanted = items if isinstance(items, np.ndarray) else list(items)
        if not len(wanted):
            return np.zeros(0, np.int64)
        columns = _places(self._items, wanted)
        if (columns < 0).any():
            unknown = [wanted[place] for place in np.flatnonzero(columns < 0)]
            named = ", ".join(map(repr, unknown[:MAX_NAMED]))
            raise UnknownItemError(
                f"{len(unknown)} of {len(wanted)} items have no ratings in the "
                f"training data: {named}{', ...' if len(unknown) > MAX_NAMED else ''}."
            )
        return columns

    def numbers_of(self, pairs: pd.DataFrame) -> tuple[Ints, Ints]:
        """Rows and columns of pairs; unknown ids are the empty last ones."""
        rows = _places(self._users, pairs.iloc[:, 0])
        columns = _places(self._items, pairs.iloc[:, 1])
        rows[rows < 0] = len(self.ids.users)
        columns[columns < 0] = len(self.ids.items)
        return rows, columns

    def with_new(self, pairs: pd.DataFrame) -> tuple[Ids, Ints, Ints]:
        """All ids, those that are new behind the others; rows and columns of pairs."""
        rows, users = _with_new(self._users, self.ids.users, pairs.iloc[:, 0])
        columns, items = _with_new(self._items, self.ids.items, pairs.iloc[:, 1])
        return Ids(users, items), rows, columns


def _places(index: Any, wanted: Any) -> Ints:
    """Place of each id, -1 for an id that is not there."""
    if not isinstance(wanted, np.ndarray | pd.Series):
        wanted = pd.Index(list(wanted), tupleize_cols=False)
    places: Ints = index.get_indexer(wanted).astype(np.int64)
    return places


def _with_new(
    index: Any, ids: NDArray[Any], wanted: pd.Series
) -> tuple[Ints, NDArray[Any]]:
    places = _places(index, wanted)
    is_new = places < 0
    codes, new = pd.factorize(wanted[is_new].infer_objects())
    places[is_new] = len(ids) + codes
    return places, np.concatenate([ids, np.asarray(new)]) if len(new) else ids
