"""From tables of ids to lists of columns and matrices of relevance."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse

from recs_anomaly.base.checks import check_integer
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.ranking._arguments import END, Ints


def ranked_columns(
    recommended: pd.DataFrame, users: ArrayLike, items: ArrayLike, n: int
) -> Ints:
    """Turn a table of recommendations into lists of columns.

    Parameters
    ----------
    recommended : DataFrame with columns user_id, item_id, rank
        Ranks of each user count from 1 without a gap; those above `n` are left out.
    users : array-like of shape (n_users,)
        Whose list each row is; a user without recommendations gets an empty one.
    items : array-like of shape (n_items,)
        Which item each column is, all that the table names among them.
    n : int
        Places of a list.

    Returns
    -------
    ranked : int64 ndarray of shape (n_users, n)
        Columns, best first, -1 behind the last item.

    Raises
    ------
    InputError
        If the table names somebody or something else, a rank is below 1, two items
        share a rank, or `n` is below 1.

    Examples
    --------
    >>> table = pd.DataFrame({"user_id": ["b"], "item_id": [7], "rank": [1]})
    >>> ranked_columns(table, users=["a", "b"], items=[5, 7], n=2).tolist()
    [[-1, -1], [1, -1]]
    """
    check_integer("n", n, 1)
    ranks = recommended["rank"].to_numpy(dtype=np.int64)
    if len(ranks) and ranks.min() < 1:
        raise InputError(f"rank must count from 1; got {ranks.min()}.")
    rows = _places(recommended["user_id"], users, "user")
    columns = _places(recommended["item_id"], items, "item")
    is_asked = ranks <= n
    cells = rows[is_asked] * n + ranks[is_asked] - 1
    if len(np.unique(cells)) < len(cells):
        raise InputError("rank must be another for each item of a user.")
    lists = np.full(len(_index(users)) * n, END, dtype=np.int64)
    lists[cells] = columns[is_asked]
    return lists.reshape(-1, n)


def relevance_matrix(pairs: pd.DataFrame, users: ArrayLike, items: ArrayLike) -> Any:
    """Turn a table of relevant pairs into a matrix of relevance.

    Parameters
    ----------
    pairs : DataFrame with columns user_id, item_id
        Each pair is relevant; a repeated one counts once.
    users : array-like of shape (n_users,)
        Who each row is, all that the table names among them.
    items : array-like of shape (n_items,)
        Which item each column is, all that the table names among them: what nobody
        could have recommended still is relevant.

    Returns
    -------
    relevant : sparse bool matrix of shape (n_users, n_items)

    Raises
    ------
    InputError
        If the table names somebody or something else.

    Examples
    --------
    >>> table = pd.DataFrame({"user_id": ["b"], "item_id": [7]})
    >>> relevance_matrix(table, users=["a", "b"], items=[5, 7]).toarray().tolist()
    [[False, False], [False, True]]
    """
    rows = _places(pairs["user_id"], users, "user")
    columns = _places(pairs["item_id"], items, "item")
    shape = len(_index(users)), len(_index(items))
    marks = np.ones(len(rows), dtype=np.bool_)
    relevant = sparse.csr_matrix((marks, (rows, columns)), shape=shape)
    relevant.sum_duplicates()
    return relevant


def _places(ids: pd.Series, known: ArrayLike, kind: str) -> Ints:
    places = _index(known).get_indexer(_index(ids))
    if np.any(places < 0):
        lacking = ids.iloc[[int(np.argmin(places))]].tolist()[0]
        raise InputError(
            f"{kind}s must hold every {kind} of the table; it lacks {lacking!r}."
        )
    return np.asarray(places, dtype=np.int64)


def _index(ids: Any) -> pd.Index:
    index: pd.Index = pd.Index(ids, tupleize_cols=False)  # a tuple is an id, too
    return index
