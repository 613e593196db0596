"""Ratings as ragged rows, a row a user (or an item): only what was rated is stored."""

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

import numpy as np

from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Bools, Floats, Ints, Singles

# Ratings looked at together by what needs eight bytes and more of each.
BLOCK = 1 << 20


class RatingRows(NamedTuple):
    """Ratings sorted by row; row r owns the entries offsets[r] to offsets[r + 1].

    In the user view a row is a user and a column an item, in the item view the
    reverse. A level is the place of a rating in the sorted list of rating levels.
    Many ratings are kept in five bytes each, columns as int32 and levels as int8.
    The annotations are those of a recommender, which keeps its ratings by user.
    """

    offsets: Annotated[
        Ints, ArraySpec("int64", ("n_users + 2",), offsets_into="n_ratings")
    ]
    columns: Annotated[
        Ints, ArraySpec("int32 or int64", ("n_ratings",), below="n_items")
    ]
    levels: Annotated[
        Ints, ArraySpec("int8 or int64", ("n_ratings",), below="n_levels")
    ]
    n_columns: int
    # How often each was made, and when, in whatever unit, where that is known.
    often: Annotated[
        Singles | None, ArraySpec("float32", ("n_ratings",), is_positive=True)
    ] = None
    when: Annotated[Floats | None, ArraySpec("float64", ("n_ratings",))] = None

    @property
    def n_rows(self) -> int:
        """Number of rows, empty ones included."""
        return len(self.offsets) - 1

    @property
    def counts(self) -> Ints:
        """Ratings in each row."""
        return np.diff(self.offsets)

    @property
    def rows(self) -> Ints:
        """Row of each rating."""
        return np.repeat(np.arange(self.n_rows, dtype=np.int32), self.counts)

    def take(self, rows: Ints) -> "RatingRows":
        """Copy the given rows, in that order."""
        counts = self.counts[rows]
        offsets = offsets_of(counts)
        entries = np.repeat(self.offsets[rows] - offsets[:-1], counts)
        entries += np.arange(offsets[-1])
        return self._at(offsets, entries)

    def where(self, is_kept: Bools) -> "RatingRows":
        """Copy the ratings of a mask; rows that lose all of theirs stay."""
        kept_before = np.concatenate([[0], np.cumsum(is_kept)])
        return self._at(kept_before[self.offsets], is_kept)

    def _at(self, offsets: Ints, entries: Ints | Bools) -> "RatingRows":
        return RatingRows(
            offsets,
            self.columns[entries],
            self.levels[entries],
            self.n_columns,
            None if self.often is None else self.often[entries],
            None if self.when is None else self.when[entries],
        )


def offsets_of(counts: Ints) -> Ints:
    """Place of the first entry of each row, and of the end."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def to_rows(
    rows: Ints, columns: Ints, levels: Ints, shape: tuple[int, int]
) -> RatingRows:
    """Sort (row, column, level) triplets into rows, columns ascending in each."""
    n_levels = int(levels.max(initial=0)) + 1
    # One number for a triplet: sorting numbers takes a tenth of the time and a third
    # of the memory of finding an order.
    code = rows.astype(np.int64)
    for part, size in ((columns, shape[1]), (levels, n_levels)):
        code *= size
        code += part
    code.sort()
    sorted_levels = _remainders(code, n_levels, np.int8)
    code //= n_levels
    sorted_columns = _remainders(code, shape[1], np.int32)
    counts = np.bincount(rows, minlength=shape[0])
    return RatingRows(offsets_of(counts), sorted_columns, sorted_levels, shape[1])


def with_occasions(
    sorted_rows: RatingRows,
    rows: Ints,
    columns: Ints,
    often: Floats | None,
    when: Floats | None,
) -> RatingRows:
    """Say how often and when ratings were made, of what `to_rows` has sorted."""
    if often is None and when is None:
        return sorted_rows
    order = np.lexsort((columns, rows))
    return sorted_rows._replace(
        often=None if often is None else often[order].astype(np.float32),
        when=None if when is None else when[order].astype(np.float64),
    )


def _remainders(code: Ints, size: int, kind: type[np.signedinteger[Any]]) -> Ints:
    found = np.empty(len(code), kind)
    for block in blocks(len(code)):
        found[block] = code[block] % size
    return found


def with_newer(
    known: RatingRows, new: tuple[Any, ...], shape: tuple[int, int]
) -> RatingRows:
    """Add rows, columns and levels; they replace what is known of the same pairs.

    Behind them may stand how often and when, for rows that know that.
    """
    new = (*new, None, None)[:5]
    parts = zip((known.rows, known.columns, known.levels), new, strict=False)
    rows, columns, levels = (np.concatenate(part) for part in parts)
    often, when = _continued(known.often, new[3], len(new[0]), 1.0), None
    if known.when is not None:
        now = float(known.when.max(initial=0.0))
        when = _continued(known.when, new[4], len(new[0]), now)
    code = rows.astype(np.int64) * shape[1] + columns
    # Of a pair that occurs twice the last one is found first from behind.
    _, from_behind = np.unique(code[::-1], return_index=True)
    newest = len(code) - 1 - from_behind
    rows, columns, levels = rows[newest], columns[newest], levels[newest]
    often, when = (None if each is None else each[newest] for each in (often, when))
    sorted_rows = to_rows(rows, columns, levels, shape)
    return with_occasions(sorted_rows, rows, columns, often, when)


def _continued(
    known: Floats | Singles | None, new: Floats | None, n: int, usual: float
) -> Floats | None:
    """Append n values, the usual one where they are not told, to what is known."""
    if known is None:
        return None
    return np.concatenate([known, np.full(n, usual) if new is None else new])


def blocks(n: int, size: int = BLOCK) -> Iterator[slice]:
    """Cut n entries into runs of at most `size`."""
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def transposed(ratings: RatingRows) -> RatingRows:
    """Swap rows and columns: the other view of the same ratings."""
    shape = (ratings.n_columns, ratings.n_rows)
    return to_rows(ratings.columns, ratings.rows, ratings.levels, shape)


def segment_sum(values: Floats, offsets: Ints) -> Floats:
    """Sum the entries of each row; an empty row sums to 0."""
    sums = np.zeros((len(offsets) - 1, *values.shape[1:]), values.dtype)
    filled = np.flatnonzero(np.diff(offsets))
    if len(filled):
        sums[filled] = np.add.reduceat(values, offsets[filled], axis=0)
    return sums


def level_counts(ratings: RatingRows, n_levels: int) -> Floats:
    """Count how often each row gave each level, of shape (n_rows, n_levels)."""
    return _level_counts(ratings.rows, ratings.levels, (ratings.n_rows, n_levels))


def column_level_counts(ratings: RatingRows, n_levels: int) -> Floats:
    """Count how often each column got each level, of shape (n_columns, n_levels)."""
    shape = (ratings.n_columns, n_levels)
    return _level_counts(ratings.columns, ratings.levels, shape)


def _level_counts(places: Ints, levels: Ints, shape: tuple[int, int]) -> Floats:
    counts = np.zeros(shape[0] * shape[1])
    for block in blocks(len(places)):
        cell = places[block].astype(np.int64) * shape[1] + levels[block]
        counts += np.bincount(cell, minlength=len(counts))
    return counts.reshape(shape)


def row_blocks(ratings: RatingRows, n_ratings: int) -> Iterator[slice]:
    """Cut the rows into runs that hold about `n_ratings` ratings, at least one row."""
    start = 0
    while start < ratings.n_rows:
        limit = ratings.offsets[start] + n_ratings
        stop = int(np.searchsorted(ratings.offsets, limit, side="right")) - 1
        stop = max(stop, start + 1)
        yield slice(start, stop)
        start = stop
