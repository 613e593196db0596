"""How good the lists are: of all items, what people rated and liked."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recs_anomaly.core.arrays import Floats, Ints
from recs_anomaly.metrics import ranking
from recs_anomaly.metrics.ranking.accuracy import METRICS
from recs_anomaly.recommend.answers import FoldedUsers
from recs_anomaly.recommend.evaluation.baselines import damped_item_means
from recs_anomaly.recommend.levels import is_liked

LISTED = 10
LIKED = "liked "
_USERS_AT_ONCE = 256


class RankingTask(NamedTuple):
    """Who is to get a list, out of which items, and what it should hold.

    Attributes
    ----------
    users : ndarray of shape (n_users,)
        Everybody with a rating in the test part.
    items : ndarray of shape (n_items,)
        Everything that was rated in either part. What is new in the test part is
        relevant, though nothing can list it.
    n_ratings : ndarray of shape (n_items,)
        How often each item was rated in the training part.
    seen, relevant, liked : sparse matrices of shape (n_users, n_items)
        Rated in the training part, which is never listed; rated in the test part; and
        there rated in the upper quarter of the scale: None where choices have no
        ratings.
    """

    users: NDArray[Any]
    items: NDArray[Any]
    n_ratings: Ints
    seen: Any
    relevant: Any
    liked: Any


def ranking_task(train: pd.DataFrame, test: pd.DataFrame) -> RankingTask:
    """Set the task of listing what is in the test part.

    Parameters
    ----------
    train, test : DataFrames with columns user_id, item_id and, if any, rating

    Returns
    -------
    task : RankingTask
    """
    users = np.asarray(pd.unique(test["user_id"]))
    codes, names = pd.factorize(pd.concat([train["item_id"], test["item_id"]]))
    items = np.asarray(names)
    own = train[train["user_id"].isin(users)]
    liked = None
    if "rating" in train:
        levels = np.unique(train["rating"].to_numpy(dtype=np.float64))
        is_good = test["rating"] >= levels[is_liked(levels)].min()
        liked = ranking.relevance_matrix(test[is_good], users, items)
    return RankingTask(
        users,
        items,
        np.bincount(codes[: len(train)], minlength=len(items)),
        ranking.relevance_matrix(own, users, items),
        ranking.relevance_matrix(test, users, items),
        liked,
    )


def model_lists(folded: FoldedUsers, task: RankingTask, n: int = LISTED) -> Ints:
    """List the best items of each user, as the model sees it.

    Parameters
    ----------
    folded : FoldedUsers
        Those of the task, from a model fitted to the training part.
    task : RankingTask
    n : int, default=10

    Returns
    -------
    ranked : int64 ndarray of shape (n_users, n)
        Columns of ``task.items``, -1 behind the last. Somebody without ratings in the
        training part gets what somebody without any ratings gets.
    """
    return ranking.ranked_columns(folded.recommend(n), task.users, task.items, n)


def baseline_lists(
    train: pd.DataFrame, task: RankingTask, n: int = LISTED
) -> dict[str, Ints]:
    """List items by rules that need no model.

    Parameters
    ----------
    train : DataFrame with columns user_id, item_id, rating
    task : RankingTask
    n : int, default=10

    Returns
    -------
    ranked : dict of str to int64 ndarray of shape (n_users, n)
        "most rated": what most people rated; "best rated": what has the highest damped
        mean. Everybody gets the same but for what they have seen. Of choices without
        ratings there is the first alone, "most chosen".
    """
    most = _same_for_all(task.n_ratings.astype(np.float64), task, n)
    if "rating" not in train:
        return {"most chosen": most}
    means = damped_item_means(train, task.items)
    return {"most rated": most, "best rated": _same_for_all(means, task, n)}


def list_values(ranked: Ints, task: RankingTask, n: int = LISTED) -> dict[str, Floats]:
    """Measure lists, user by user.

    Parameters
    ----------
    ranked : int64 ndarray of shape (n_users, n)
    task : RankingTask
    n : int, default=10

    Returns
    -------
    values : dict of str to ndarray of shape (n_users,)
        The metrics of `METRICS`, for instance ``"ndcg@10"`` where every test rating is
        relevant, and ``"liked ndcg@10"`` where those in the upper quarter of the scale
        are. NaN for users without a relevant item.
    """
    judged = {"": ranking.judge(ranked, task.relevant)}
    if task.liked is not None:
        judged[LIKED] = ranking.judge(ranked, task.liked)
    return {
        f"{prefix}{name}@{n}": metric.measure(lists, n)
        for prefix, lists in judged.items()
        for name, metric in METRICS.items()
    }


def _same_for_all(scores: Floats, task: RankingTask, n: int) -> Ints:
    """List the highest scores that each user has not seen; ties in item order."""
    order = np.argsort(-scores, kind="stable")
    in_train = order[task.n_ratings[order] > 0]
    lists = np.full((len(task.users), n), -1, dtype=np.int64)
    for first in range(0, len(lists), _USERS_AT_ONCE):
        block = slice(first, first + _USERS_AT_ONCE)
        is_new = ~task.seen[block].toarray()[:, in_train]
        place = np.cumsum(is_new, axis=1)
        rows, columns = np.nonzero(is_new & (place <= n))
        lists[block][rows, place[rows, columns] - 1] = in_train[columns]
    return lists
