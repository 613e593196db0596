"""What kind of items lists hold, whoever likes them: how many, how popular, how alike.

Every function here looks at the first `n` places of lists of columns, in which -1
stands behind the last item.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.preprocessing import normalize

from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics._arrays import finite_vector
from recs_anomaly.metrics.ranking._arguments import (
    END,
    check_row_a_list,
    checked_depth,
    checked_lists,
    checked_matrix,
)
from recs_anomaly.metrics.ranking.judging import mean_over_users


def coverage(ranked: ArrayLike, n_items: int, n: int) -> float:
    """Share of the catalogue that stands in at least one list.

    Parameters
    ----------
    ranked : array-like of int of shape (n_users, length)
        Columns of items, best first, -1 behind the last item of a shorter list.
    n_items : int
        Size of the catalogue.
    n : int
        Places to look at, at most those of the lists.

    Returns
    -------
    coverage : float
        In [0, 1]; 0 without a user, NaN for an empty catalogue. It grows with the
        number of users: compare it only among the same ones.

    Raises
    ------
    InputError
        If a list is malformed, as `judge` says, or `n` is below 1 or above the length
        of the lists.

    Examples
    --------
    >>> coverage([[0, 1], [0, 2]], n_items=4, n=1)
    0.25
    """
    lists = _first_places(ranked, n_items, n)
    n_listed = len(np.unique(lists[lists != END]))
    return n_listed / n_items if n_items else float("nan")


def popularity_lift(
    ranked: ArrayLike, profiles: Any, popularity: ArrayLike, n: int
) -> float:
    """How much more popular listed items are than those that users have chosen.

    Both are means over users of the mean popularity of a user's items: those of the
    list, and those of the profile.

    Parameters
    ----------
    ranked : array-like of int of shape (n_users, length)
        Columns of items, best first, -1 behind the last item of a shorter list.
    profiles : array-like or sparse matrix of shape (n_users, n_items)
        Not 0 where the user chose the item in training.
    popularity : array-like of shape (n_items,)
        At least 0; as a rule how many people chose each item in training.
    n : int
        Places to look at, at most those of the lists.

    Returns
    -------
    lift : float
        At least -1. 0 if the lists are as popular as the profiles, 1 if twice as much.
        Users without a list or a profile are left out; NaN if nobody is left, or if
        nothing in the profiles is popular at all.

    Raises
    ------
    InputError
        If a list is malformed, as `judge` says, a popularity is negative or not
        finite, the shapes do not fit, or `n` is below 1 or above the length.

    References
    ----------
    .. [1] H. Abdollahpouri, M. Mansoury, R. Burke, B. Mobasher. The unfairness of
       popularity bias in recommendation. RMSE workshop at RecSys 2019.

    Examples
    --------
    >>> popularity_lift([[0]], profiles=[[0, 1, 1]], popularity=[6, 2, 4], n=1)
    1.0
    """
    weights = finite_vector("popularity", popularity)
    if np.any(weights < 0):
        raise InputError(f"popularity must be at least 0; got {weights.min()}.")
    lists = _first_places(ranked, len(weights), n)
    chosen = checked_matrix("profiles", profiles)
    check_row_a_list("profiles", chosen, lists)
    if chosen.shape[1] != len(weights):
        raise InputError(
            f"profiles must have a column for each of the {len(weights)} items of "
            f"popularity; got {chosen.shape[1]}."
        )
    in_list = _mean_in_rows(_indicator(lists, len(weights)), weights)
    in_profile = _mean_in_rows(chosen.astype(np.bool_), weights)
    in_list[np.isnan(in_profile)] = np.nan
    in_profile[np.isnan(in_list)] = np.nan
    usual = mean_over_users(in_profile)
    return mean_over_users(in_list) / usual - 1 if usual else float("nan")


def intra_list_diversity(ranked: ArrayLike, features: Any, n: int) -> Floats:
    """How unlike the items of each list are: 1 minus their mean cosine.

    Parameters
    ----------
    ranked : array-like of int of shape (n_users, length)
        Columns of items, best first, -1 behind the last item of a shorter list.
    features : array-like or sparse matrix of shape (n_items, n_features)
        What items are like, as genres with 0 and 1. An item whose features are all 0
        is unlike every other, with cosine 0.
    n : int
        Places to look at, at most those of the lists.

    Returns
    -------
    diversity : ndarray of shape (n_users,)
        Over all pairs of items of the list. In [0, 1] for features of at least 0, in
        [0, 2] for others. NaN for lists of fewer than two items.

    Raises
    ------
    InputError
        If a list is malformed, as `judge` says, `features` has not two dimensions, or
        `n` is below 1 or above the length.

    Examples
    --------
    >>> genres = [[1, 0], [1, 0], [0, 1]]
    >>> intra_list_diversity([[0, 1, 2], [0, 1, -1]], genres, n=3).round(3).tolist()
    [0.667, 0.0]
    """
    rows = checked_matrix("features", features).astype(np.float64)
    lists = _indicator(_first_places(ranked, rows.shape[0], n), rows.shape[0])
    # The square of the sum holds all cosines, those of items with themselves too.
    total = lists @ normalize(rows)
    squared = np.asarray(total.multiply(total).sum(axis=1)).ravel()
    with_themselves = lists @ (np.diff(rows.indptr) > 0).astype(np.float64)
    n_listed = np.asarray(lists.sum(axis=1), dtype=np.float64).ravel()
    n_pairs = np.where(n_listed > 1, n_listed * (n_listed - 1), np.nan)
    diversity: Floats = np.maximum(1 - (squared - with_themselves) / n_pairs, 0.0)
    return diversity


def _first_places(ranked: ArrayLike, n_items: int, n: int) -> Any:
    lists = checked_lists(ranked, n_items)
    return lists[:, : checked_depth(n, lists.shape[1])]


def _indicator(lists: Any, n_items: int) -> Any:
    """Matrix with a row a user that is 1 at the items of the list."""
    rows, places = np.nonzero(lists != END)
    cells = (np.ones(len(rows)), (rows, lists[rows, places]))
    return sparse.csr_matrix(cells, shape=(len(lists), n_items))


def _mean_in_rows(members: Any, weights: Floats) -> Floats:
    """Mean weight of the items of each row, NaN for none."""
    n_members = np.diff(members.indptr)
    unknown = np.full(len(n_members), np.nan)
    means: Floats = np.divide(
        members @ weights, n_members, out=unknown, where=n_members > 0
    )
    return means
