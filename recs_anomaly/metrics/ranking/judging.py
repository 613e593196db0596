"""Which items of the lists are relevant: what all metrics of accuracy start from."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.metrics._arrays import finite_vector, mean
from recs_anomaly.metrics.ranking._arguments import (
    END,
    Ints,
    check_row_a_list,
    checked_lists,
    checked_matrix,
)


class Judged(NamedTuple):
    """Lists, with their items replaced by whether they are relevant.

    Attributes
    ----------
    is_hit : bool ndarray of shape (n_users, length)
        Best first; False behind the end of a list.
    n_relevant : int64 ndarray of shape (n_users,)
        How many items are relevant to each user, listed or not.
    """

    is_hit: Bools
    n_relevant: Ints


def judge(ranked: ArrayLike, relevant: Any) -> Judged:
    """Look up which items of the lists are relevant.

    Parameters
    ----------
    ranked : array-like of int of shape (n_users, length)
        Columns of items, best first, -1 behind the last item of a shorter list.
    relevant : array-like or sparse matrix of shape (n_users, n_items)
        Whatever is not 0 is relevant, each alike. Items that no list can hold count
        as well: leaving them out would flatter the lists.

    Returns
    -------
    judged : Judged

    Raises
    ------
    InputError
        If the shapes do not fit, a list names an item twice or one that is no column
        of `relevant`, or an item stands behind a -1.

    Examples
    --------
    >>> judged = judge([[2, 0], [1, -1]], relevant=[[1, 0, 0], [0, 1, 1]])
    >>> judged.is_hit.tolist(), judged.n_relevant.tolist()
    ([[False, True], [True, False]], [1, 2])
    """
    matrix = checked_matrix("relevant", relevant)
    lists = checked_lists(ranked, matrix.shape[1])
    check_row_a_list("relevant", matrix, lists)
    is_hit = np.zeros(lists.shape, dtype=np.bool_)
    rows, places = np.nonzero(lists != END)
    if len(rows):
        is_hit[rows, places] = np.asarray(matrix[rows, lists[rows, places]] != 0)
    return Judged(is_hit, np.diff(matrix.indptr).astype(np.int64))


def mean_over_users(values: ArrayLike) -> float:
    """Mean over the users who have a value.

    Parameters
    ----------
    values : array-like of shape (n_users,)
        NaN for users to whom nothing is relevant, as the metrics give it.

    Returns
    -------
    mean : float
        NaN if nobody has a value.

    Raises
    ------
    InputError
        If `values` is not one-dimensional or one is infinite.

    Examples
    --------
    >>> mean_over_users([1.0, float("nan"), 0.0])
    0.5
    """
    given: Floats = np.asarray(values, dtype=np.float64)
    return mean(finite_vector("values", given[~np.isnan(given)]))
