"""Ratings as ragged rows, a row a user (or an item): only what was rated is stored."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class RatingRows(NamedTuple):
    """Ratings sorted by row; row r owns the entries offsets[r] to offsets[r + 1].

    In the user view a row is a user and a column an item, in the item view the
    reverse. A level is the place of a rating in the sorted list of rating levels.
    """

    offsets: Ints
    columns: Ints
    levels: Ints
    n_columns: int

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
        return np.repeat(np.arange(self.n_rows), self.counts)

    def take(self, rows: Ints) -> "RatingRows":
        """Copy the given rows, in that order."""
        counts = self.counts[rows]
        offsets = offsets_of(counts)
        entries = np.repeat(self.offsets[rows] - offsets[:-1], counts)
        entries += np.arange(offsets[-1])
        return RatingRows(
            offsets, self.columns[entries], self.levels[entries], self.n_columns
        )

    def where(self, is_kept: NDArray[np.bool_]) -> "RatingRows":
        """Copy the ratings of a mask; rows that lose all of theirs stay."""
        kept_before = np.concatenate([[0], np.cumsum(is_kept)])
        return RatingRows(
            kept_before[self.offsets],
            self.columns[is_kept],
            self.levels[is_kept],
            self.n_columns,
        )


def offsets_of(counts: Ints) -> Ints:
    """Place of the first entry of each row, and of the end."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def to_rows(
    rows: Ints, columns: Ints, levels: Ints, shape: tuple[int, int]
) -> RatingRows:
    """Sort (row, column, level) triplets into rows, columns ascending in each."""
    order = np.lexsort((columns, rows))
    counts = np.bincount(rows, minlength=shape[0])
    return RatingRows(offsets_of(counts), columns[order], levels[order], shape[1])


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
    cell = ratings.rows * n_levels + ratings.levels
    counts = np.bincount(cell, minlength=ratings.n_rows * n_levels)
    return counts.reshape(-1, n_levels).astype(np.float64)


def row_blocks(ratings: RatingRows, n_ratings: int) -> Iterator[slice]:
    """Cut the rows into runs that hold about `n_ratings` ratings, at least one row."""
    start = 0
    while start < ratings.n_rows:
        limit = ratings.offsets[start] + n_ratings
        stop = int(np.searchsorted(ratings.offsets, limit, side="right")) - 1
        stop = max(stop, start + 1)
        yield slice(start, stop)
        start = stop
