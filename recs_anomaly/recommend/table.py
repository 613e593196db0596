"""What people hand to the recommender, checked and turned into numbers."""

import re
import warnings
from collections.abc import Hashable, Iterable, Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pandas.api.types import is_float_dtype
from scipy.sparse import issparse
from sklearn.utils import check_array, column_or_1d

from recs_anomaly.base.frames import as_frame
from recs_anomaly.base.state import ANY_KIND, ArraySpec
from recs_anomaly.core.arrays import EXACT_WHOLE, Bools, Floats, Ints
from recs_anomaly.datasets._roles import role_of
from recs_anomaly.exceptions import InputError, UnknownItemError, UnknownUserError
from recs_anomaly.recommend.occasions import NO_OCCASIONS, Occasions, occasions_of
from recs_anomaly.recommend.odd_ratings import (
    MAX_NAMED,
    tell_doubts,
    tell_wild,
    wild_ratings,
)
from recs_anomaly.recommend.rows import (
    RatingRows,
    offsets_of,
    to_rows,
    with_occasions,
)

ID_COLUMNS = ["user_id", "item_id"]
MAX_LEVELS = 101
MAX_SAID = 200  # characters of what NumPy or scikit-learn says
SAME = 1e-9  # share of a scale that rounding may move a rating
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


def rating_table(
    pairs: pd.DataFrame,
    values: Floats | None,
    occasions: Occasions = NO_OCCASIONS,
    classes: Floats | None = None,
    others: tuple[pd.Index | None, pd.Index | None] = (None, None),
) -> RatingTable:
    """Turn checked pairs of ids and their ratings, if any, into numbers.

    Of a repeated pair the latest counts, else the last row. `classes` are levels that
    there are beside those that occur, `others` users and items likewise.
    """
    if (made := occasions.are_made) is not None:
        pairs, values = pairs[made], None if values is None else values[made]
        occasions = occasions.at(made)
    if values is not None and (is_wild := wild_ratings(values)).any():
        tell_wild(values, is_wild)
        pairs, values = pairs[~is_wild], values[~is_wild]
        occasions = occasions.at(~is_wild)
    user_codes, users = _factorized(pairs.iloc[:, 0], others[0])
    item_codes, items = _factorized(pairs.iloc[:, 1], others[1])
    for name, ids, codes in (("user", users, user_codes), ("item", items, item_codes)):
        if len(ids) < 2 or (codes == codes[0]).all():
            raise InputError(
                f"X needs ratings of at least 2 different {name}s; it has 1."
            )
    may_repeat = values is None and occasions.often is not None
    kept, occasions = last_of_each(user_codes, item_codes, occasions, may_repeat)
    if not kept.all():
        user_codes, item_codes = user_codes[kept], item_codes[kept]
        values = None if values is None else values[kept]
    known = Ids(users, items)
    if values is None:  # a choice without a rating is one of a single level
        levels: Floats = np.ones(1)
        codes = np.zeros(len(user_codes), np.int8)
    else:
        levels = checked_levels(values, classes)
        tell_doubts(values)
        codes = np.searchsorted(levels, values).astype(np.int8)
    rows = to_rows(user_codes, item_codes, codes, known.shape)
    rows = with_occasions(rows, user_codes, item_codes, *occasions.telling)
    return RatingTable(known, rows, levels)


def _factorized(
    ids: pd.Series, others: pd.Index | None = None
) -> tuple[Ints, NDArray[Any]]:
    """Codes and sorted ids; ids of types that cannot be compared keep their order.

    There are `others` beside those that occur, unless they are spelled like one that
    does.
    """
    # Numbers that came as objects are numbers, which files can hold.
    ids = ids.infer_objects()
    if others is not None:
        n_ids, spelled = len(ids), {str(each) for each in ids.unique().tolist()}
        is_new = [str(each) not in spelled for each in others.tolist()]
        ids = pd.concat([ids, pd.Series(others[is_new])], ignore_index=True)
        codes, known = _factorized(ids)
        return codes[:n_ids], known
    try:
        codes, unique = pd.factorize(ids, sort=True)
    except TypeError:
        try:
            codes, unique = pd.factorize(ids)
        except TypeError as error:
            raise InputError(f"X must hold ids that can be hashed: {error}.") from error
    return codes.astype(np.int32), np.asarray(unique)


def last_of_each(
    users: Ints,
    items: Ints,
    occasions: Occasions = NO_OCCASIONS,
    may_repeat: bool = False,
) -> tuple[Bools, Occasions]:
    """Mask of the latest rating of each pair, or else of the last row of it.

    Also when these were made, and how often all of a pair together. A warning counts
    the others, unless they may repeat.
    """
    codes = users.astype(np.int64)
    codes *= int(items.max(initial=0)) + 1
    codes += items
    is_kept = np.ones(len(codes), bool)
    # Sorting tells in a fraction of a hash table's memory that nothing is repeated.
    in_order = np.sort(codes)
    if not (in_order[1:] == in_order[:-1]).any():
        return is_kept, occasions
    order = np.arange(len(codes))
    if occasions.when is not None:
        order = np.argsort(occasions.when, kind="stable")
    is_kept[order] = ~pd.Series(codes[order]).duplicated(keep="last").to_numpy()
    if not may_repeat:
        which = "last row" if occasions.when is None else "latest rating"
        warnings.warn(
            f"X holds {(~is_kept).sum():,} repeated (user, item) pairs; "
            f"the {which} of each pair was kept.",
            UserWarning,
            stacklevel=4,
        )
    if occasions.often is not None:
        place, _ = pd.factorize(codes)
        together = np.bincount(place, occasions.often).astype(np.float64)
        occasions = occasions._replace(often=together[place])
    return is_kept, occasions.at(is_kept)


def checked_levels(values: Floats, classes: Floats | None = None) -> Floats:
    """Return the levels of ratings, if there are two or more and not too many.

    Parameters
    ----------
    values : ndarray
    classes : ndarray or None, default=None
        Levels that there are beside those that occur.

    Returns
    -------
    levels : ndarray of shape (n_levels,)
        Ascending.

    Raises
    ------
    InputError
        If there are fewer than 2, or more than 101.
    """
    levels = np.unique(values if classes is None else np.append(values, classes))
    if len(levels) < 2:
        raise InputError(
            f"y needs at least 2 different ratings; all are {levels[0]:g}: learn from "
            "them as choices, without y (--choices on the command line)."
        )
    if len(levels) > MAX_LEVELS:
        is_count = not (levels % 1).any() and levels[0] >= 0
        hint = (
            "if they count plays or the like, learn from them as choices, without y "
            "(--choices on the command line)"
            if is_count
            else f"round them first (--round {_step(levels):g} on the command line)"
        )
        raise InputError(
            f"y holds {len(levels)} different ratings, at most {MAX_LEVELS} levels "
            f"can be told apart; {hint}."
        )
    return levels


def _step(levels: Floats) -> float:
    """Round number that cuts the range of levels into not too many."""
    least = float(np.ptp(levels)) / (MAX_LEVELS - 1) * 2
    return float(10.0 ** np.ceil(np.log10(least)) / 2)


def checked_pairs(X: ArrayLike | pd.DataFrame, at_least: int = 1) -> pd.DataFrame:
    """Two columns of ids, with those named user_id and item_id preferred."""
    X = as_frame(X)
    frame = X if isinstance(X, pd.DataFrame) else _framed(X)
    if len(frame) < at_least:
        raise InputError(
            f"X must hold at least {at_least} (user, item) pairs; "
            f"got n_samples={len(frame)}."
        )
    if set(ID_COLUMNS) <= set(frame.columns):
        frame = frame[ID_COLUMNS]
    roles = [role_of(str(name)) for name in frame.columns]
    if roles != ID_COLUMNS and all(roles.count(role) == 1 for role in ID_COLUMNS):
        named = [roles.index(role) for role in ID_COLUMNS]
        if set(ID_COLUMNS) - set(frame.columns):
            warnings.warn(
                f"X was taken by its names: users from {frame.columns[named[0]]!r}, "
                f"items from {frame.columns[named[1]]!r}.",
                UserWarning,
                stacklevel=4,
            )
        frame = frame.iloc[:, named]
    if frame.shape[1] != 2:
        raise InputError(
            f"X has {frame.shape[1]} feature(s), but RBMRecommender is expecting "
            "2 features as input: user ids and item ids."
        )
    if not frame.columns.is_unique:
        raise InputError(
            f"X must have columns of different names; got {frame.columns.tolist()}."
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
    for name, ids in frame.items():
        is_large = is_float_dtype(ids) and ids.abs() >= EXACT_WHOLE
        if np.any(is_large):
            raise InputError(
                f"X must tell ids apart: {name!r} holds floats such as "
                f"{ids[is_large].iloc[0]:.0f}, which do not hold every whole number; "
                "hand over whole numbers or texts."
            )
    return frame


def _framed(X: Any) -> pd.DataFrame:
    # NumPy would make text of the numbers in a list of mixed pairs.
    is_record = getattr(getattr(X, "dtype", None), "names", None)
    if is_record or (isinstance(X, list | Mapping) and not issparse(X)):
        try:
            return pd.DataFrame(X)
        except ValueError as error:
            raise InputError(f"X must be a table of ids: {_brief(error)}") from error
    try:
        return pd.DataFrame(check_array(X, dtype=None, input_name="X"))
    except (TypeError, ValueError) as error:
        raise InputError(f"X must be a table of ids. {_brief(error)}") from error


def _brief(error: Exception) -> str:
    """Return what an error says, without the data that it quotes behind."""
    said = re.sub(r":\s*array=.*?(?=\nReshape|\Z)", ".", str(error), flags=re.DOTALL)
    said = " ".join(said.split())
    return f"{said[:MAX_SAID]}{' ...' if len(said) > MAX_SAID else ''}"


def checked_ratings(y: ArrayLike, n_pairs: int | None) -> Floats:
    """Ratings as finite numbers, one for each pair; None for any number of them."""
    values = _numbers(y, "y")
    if n_pairs is not None and len(values) != n_pairs:
        raise InputError(f"X has {n_pairs} pairs, but y has {len(values)} ratings.")
    return values


def _numbers(given: ArrayLike, name: str) -> Floats:
    values = np.asarray(given)
    # Checking what plainly is a list of numbers takes as long as folding it in.
    if values.ndim != 1 or values.dtype.kind not in "iuf":
        try:
            values = column_or_1d(given, dtype=np.float64, warn=True)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"{name} must hold ratings as numbers: {_brief(error)}"
            ) from error
    values = values.astype(np.float64, copy=False)
    n_bad = int((~np.isfinite(values)).sum())
    if n_bad:
        raise InputError(
            f"{name} must hold finite ratings; {n_bad} are missing (NaN) or infinite "
            "(inf)."
        )
    return values


def own_rows(own_ratings: Any, lookup: "Lookup", levels: Floats) -> RatingRows:
    """Make one row of own ratings, or of choices; the latest of a repeated item wins.

    Or the last one, where it is not known when they were made.

    Items that nobody has rated are left out, with a warning, if others remain.
    """
    items: NDArray[Any] | list[Hashable]
    own_ratings = as_frame(own_ratings)
    if len(levels) > 1:
        items, values = _own_ratings_columns(own_ratings)
        codes = nearest_levels(values, levels)
    else:
        items = _own_choices(own_ratings)
        codes = np.zeros(len(items), np.int64)
    columns = lookup.known_columns("own_ratings", items)
    occasions = occasions_of(own_ratings)
    by_time = () if occasions.when is None else (occasions.when,)
    order = np.lexsort((*by_time, columns))
    order = order[columns[order] >= 0]
    in_order = columns[order]
    kept = order[np.append(in_order[1:] != in_order[:-1], True)[: len(order)]]
    often, when = occasions.at(kept)
    return RatingRows(
        offsets_of(np.array([len(kept)])),
        columns[kept],
        codes[kept],
        lookup.ids.shape[1],
        None if often is None else often.astype(np.float32),
        when,
    )


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
        return items, _numbers(own_ratings["rating"].to_numpy(), "own_ratings")
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


def tell_moved(values: Floats, levels: Floats, places: Ints) -> None:
    """Warn of values that are none of the levels, and count as those of `places`."""
    moved = np.abs(levels[places] - values) > SAME * np.ptp(levels)
    if moved.any():
        first = int(moved.argmax())
        warnings.warn(
            f"{moved.sum()} of {len(values)} ratings lie between levels of the model "
            f"and count as the nearest: {values[first]:g} as "
            f"{levels[places[first]]:g}.",
            UserWarning,
            stacklevel=4,
        )


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
        columns = self.places_of(wanted)
        if (columns < 0).any():
            raise self._unknown_items(wanted, columns)
        return columns

    def places_of(self, items: NDArray[Any] | list[Hashable]) -> Ints:
        """Columns of items, -1 for those that are unknown."""
        return _places(self._items, items) if len(items) else np.zeros(0, np.int64)

    def known_columns(self, name: str, items: NDArray[Any] | list[Hashable]) -> Ints:
        """Columns of items, -1 for those that are unknown, if not all of them are.

        A warning counts the unknown ones of the argument `name`.
        """
        columns = self.places_of(items)
        is_unknown = columns < 0
        if is_unknown.any():
            if is_unknown.all():
                raise self._unknown_items(items, columns)
            error = self._unknown_items(items, columns)
            warnings.warn(
                f"{name}: {str(error).removesuffix('.')}; they were left out.",
                UserWarning,
                stacklevel=4,
            )
        return columns

    def _unknown_items(
        self, wanted: NDArray[Any] | list[Hashable], columns: Ints
    ) -> UnknownItemError:
        unknown = [wanted[place] for place in np.flatnonzero(columns < 0)]
        named = ", ".join(map(repr, unknown[:MAX_NAMED]))
        return UnknownItemError(
            f"{len(unknown)} of {len(wanted)} items have no ratings in the "
            f"training data: {named}{', ...' if len(unknown) > MAX_NAMED else ''}."
        )

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


def id_index(ids: list[Hashable]) -> Any:
    """Index of ids, in which whole numbers beside something else are no floats."""
    index: Any = pd.Index(ids, tupleize_cols=False)
    if index.dtype.kind == "f" and not all(isinstance(each, float) for each in ids):
        index = pd.Index(ids, dtype=object, tupleize_cols=False)
    return index


def _places(index: Any, wanted: Any) -> Ints:
    """Place of each id, -1 for an id that is not there.

    Numbers of different types are compared as Python does, without a loss of digits.
    """
    other = wanted
    if not isinstance(wanted, np.ndarray | pd.Series):
        other = id_index(list(wanted))
    kinds = index.dtype.kind, other.dtype.kind
    if kinds[0] in "iuf" and kinds[0] != kinds[1]:
        index = index.astype(object)
        other = pd.Index(other, tupleize_cols=False).astype(object)
    try:
        places: Ints = index.get_indexer(other).astype(np.int64)
    except TypeError as error:
        raise InputError(f"ids must be what can be hashed: {error}.") from error
    return places


def _with_new(
    index: Any, ids: NDArray[Any], wanted: pd.Series
) -> tuple[Ints, NDArray[Any]]:
    places = _places(index, wanted)
    is_new = places < 0
    codes, unique = pd.factorize(wanted[is_new].infer_objects())
    places[is_new] = len(ids) + codes
    if not len(unique):
        return places, ids
    new = np.asarray(unique)
    if new.dtype != ids.dtype:
        # NumPy would make floats of two kinds of whole numbers, or text of numbers.
        whole = ids.dtype.kind == "i" and _as_whole(new)
        new = new.astype(ids.dtype if whole else object)
        ids = ids.astype(new.dtype)
    return places, np.concatenate([ids, new])


def _as_whole(ids: NDArray[Any]) -> bool:
    """Tell whether ids are int64 without a loss."""
    if ids.dtype.kind == "i":
        return True
    if ids.dtype.kind == "u":
        return bool(ids.max() <= np.iinfo(np.int64).max)
    is_float = ids.dtype.kind == "f"
    return is_float and bool((np.abs(ids) <= EXACT_WHOLE).all() and not (ids % 1).any())
