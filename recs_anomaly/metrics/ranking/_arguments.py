"""What the metrics of lists do to their arguments first."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from recs_anomaly.base.checks import check_integer
from recs_anomaly.exceptions import InputError

Ints = NDArray[np.int64]
END = -1  # stands in a list after its last item


def checked_lists(ranked: ArrayLike, n_items: int) -> Ints:
    """Check lists: each column once, and `END` only behind the last."""
    given = np.asarray(ranked)
    if given.ndim != 2 or (given.size and given.dtype.kind not in "iu"):
        raise InputError(
            "ranked must hold columns as integers, a list a row; "
            f"got {given.dtype} of shape {given.shape}."
        )
    lists = given.astype(np.int64)
    is_outside = (lists < END) | (lists >= n_items)
    if is_outside.any():
        raise InputError(
            f"ranked must hold columns below {n_items}, or -1 behind the last item; "
            f"got {lists[is_outside][0]}."
        )
    is_item = lists != END
    if np.any(is_item[:, 1:] & ~is_item[:, :-1]):
        raise InputError("ranked must have -1 only behind the last item of a list.")
    _refuse_repeats(lists)
    return lists


def _refuse_repeats(lists: Ints) -> None:
    in_order = np.sort(lists, axis=1)
    is_repeat = (np.diff(in_order, axis=1) == 0) & (in_order[:, 1:] != END)
    if is_repeat.any():
        row, place = np.argwhere(is_repeat)[0]
        raise InputError(
            f"ranked must name an item once a list; row {row} names "
            f"{in_order[row, place]} twice."
        )


def checked_matrix(name: str, matrix: Any) -> Any:
    """Put a matrix into compressed rows, each cell once and without stored zeros."""
    if not sparse.issparse(matrix):
        matrix = np.asarray(matrix)
        if matrix.ndim != 2:
            raise InputError(
                f"{name} must have two dimensions; got shape {matrix.shape}."
            )
    rows = sparse.csr_matrix(matrix, copy=True)
    rows.sum_duplicates()
    rows.eliminate_zeros()
    return rows


def check_row_a_list(name: str, matrix: Any, lists: Ints) -> None:
    """Refuse a matrix whose rows are not those of the lists."""
    if matrix.shape[0] != len(lists):
        raise InputError(
            f"{name} must have a row for each of the {len(lists)} lists; "
            f"got {matrix.shape[0]}."
        )


def checked_depth(n: int, length: int) -> int:
    """How deep to look into lists, at most to where they were cut off."""
    check_integer("n", n, 1)
    if n > length:
        raise InputError(
            f"n must be at most the {length} places of the lists; got {n}: what "
            "would have stood behind is not known."
        )
    return int(n)
