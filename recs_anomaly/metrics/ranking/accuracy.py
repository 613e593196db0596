"""How many relevant items lists find, and how early; a value a user.

Every function here looks at the first `n` places of judged lists, gives NaN to a user
to whom nothing is relevant (`mean_over_users` leaves such users out), and counts places
behind the end of a short list as misses. Relevance is yes or no.

`METRICS` has those that evaluations, reports and the command line show, found by their
decorator: a new one is a function here.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numpy as np

from recs_anomaly.core.arrays import Floats
from recs_anomaly.metrics.ranking._arguments import Ints, checked_depth
from recs_anomaly.metrics.ranking.judging import Judged

Measure = Callable[[Judged, int], Floats]
_OneMeasure = TypeVar("_OneMeasure", bound=Measure)


class ListMetric(NamedTuple):
    """A metric of lists, and how it is shown.

    Attributes
    ----------
    measure : callable
        Takes judged lists and a number of places, gives a value a user.
    head : str
        What its column is called.
    is_share : bool
        Whether it is shown in per cent.
    title : str
        What it says of lists of ten; empty where a terminal leaves it out.
    """

    measure: Measure
    head: str
    is_share: bool
    title: str


METRICS: dict[str, ListMetric] = {}


def _shown(
    name: str, head: str, title: str = "", *, is_share: bool = False
) -> Callable[[_OneMeasure], _OneMeasure]:
    """Enter a metric under the name that tables give it."""

    def entered(measure: _OneMeasure) -> _OneMeasure:
        METRICS[name] = ListMetric(measure, head, is_share, title)
        return measure

    return entered


@_shown(
    "precision",
    "Precision",
    "Precision@10, share of the ten that are test ratings",
    is_share=True,
)
def precision(judged: Judged, n: int) -> Floats:
    """Share of the first n places that hold a relevant item.

    Parameters
    ----------
    judged : Judged
    n : int
        Places to look at, at most those of the lists.

    Returns
    -------
    precision : ndarray of shape (n_users,)
        In [0, 1]; below 1 for whoever has fewer than n relevant items.

    Raises
    ------
    InputError
        If `n` is below 1 or above the length of the lists.

    Examples
    --------
    >>> from recs_anomaly.metrics.ranking import judge
    >>> precision(judge([[4, 0, 3]], [[1, 0, 0, 1, 0]]), n=3).round(3).tolist()
    [0.667]
    """
    return _per_relevant_user(judged, _n_hits(judged, n) / n)


@_shown(
    "recall",
    "Recall",
    "Recall@10, share of the test ratings that are listed",
    is_share=True,
)
def recall(judged: Judged, n: int) -> Floats:
    """Share of the relevant items that are among the first n.

    Parameters
    ----------
    judged : Judged
    n : int
        Places to look at, at most those of the lists.

    Returns
    -------
    recall : ndarray of shape (n_users,)
        In [0, 1]; below 1 for whoever has more than n relevant items.

    Raises
    ------
    InputError
        If `n` is below 1 or above the length of the lists.

    Examples
    --------
    >>> from recs_anomaly.metrics.ranking import judge
    >>> recall(judge([[4, 0]], [[1, 0, 0, 1, 0]]), n=2).tolist()
    [0.5]
    """
    return _per_relevant_user(judged, _n_hits(judged, n) / _at_least_1(judged))


def capped_recall(judged: Judged, n: int) -> Floats:
    """Hits among the first n, of the most hits that n places allow.

    The number of hits divided by ``min(n, n_relevant)``, which much of the literature
    on implicit feedback calls recall: perfect lists score 1 whatever n is.

    Parameters
    ----------
    judged : Judged
    n : int
        Places to look at, at most those of the lists.

    Returns
    -------
    recall : ndarray of shape (n_users,)
        In [0, 1].

    Raises
    ------
    InputError
        If `n` is below 1 or above the length of the lists.

    References
    ----------
    .. [1] D. Liang, R. Krishnan, M. Hoffman, T. Jebara. Variational autoencoders for
       collaborative filtering. WWW 2018.

    Examples
    --------
    >>> from recs_anomaly.metrics.ranking import judge
    >>> capped_recall(judge([[0]], [[1, 1, 1]]), n=1).tolist()
    [1.0]
    """
    possible = np.minimum(_at_least_1(judged), n)
    return _per_relevant_user(judged, _n_hits(judged, n) / possible)


@_shown("ndcg", "nDCG", "nDCG@10, test ratings in lists of ten out of all items")
def ndcg(judged: Judged, n: int) -> Floats:
    """Discounted cumulative gain, of the most that a list of n can have.

    A relevant item at rank r gains ``1 / log2(r + 1)``. The best list begins with all
    relevant items, or is full of them.

    Parameters
    ----------
    judged : Judged
    n : int
        Places to look at, at most those of the lists.

    Returns
    -------
    gain : ndarray of shape (n_users,)
        In [0, 1].

    Raises
    ------
    InputError
        If `n` is below 1 or above the length of the lists.

    References
    ----------
    .. [1] K. Järvelin, J. Kekäläinen. Cumulated gain-based evaluation of IR techniques.
       ACM TOIS 20(4), 2002.

    Examples
    --------
    >>> from recs_anomaly.metrics.ranking import judge
    >>> ndcg(judge([[4, 0, 3]], [[1, 0, 0, 1, 0]]), n=3).round(3).tolist()
    [0.693]
    """
    hits = judged.is_hit[:, : checked_depth(n, judged.is_hit.shape[1])]
    discount = 1 / np.log2(np.arange(2, n + 2))
    best = np.cumsum(discount)[np.minimum(_at_least_1(judged), n) - 1]
    return _per_relevant_user(judged, hits @ discount / best)


@_shown("map", "MAP")
def average_precision(judged: Judged, n: int) -> Floats:
    """Mean, over the relevant items, of the precision at their ranks.

    An item that is not among the first n counts as precision 0, so that a user with
    more than n relevant items stays below 1. The mean over users is MAP.

    Parameters
    ----------
    judged : Judged
    n : int
        Places to look at, at most those of the lists.

    Returns
    -------
    precision : ndarray of shape (n_users,)
        In [0, 1].

    Raises
    ------
    InputError
        If `n` is below 1 or above the length of the lists.

    Examples
    --------
    >>> from recs_anomaly.metrics.ranking import judge
    >>> average_precision(judge([[4, 0, 3]], [[1, 0, 0, 1, 0]]), n=3).round(3).tolist()
    [0.583]
    """
    hits = judged.is_hit[:, : checked_depth(n, judged.is_hit.shape[1])]
    precision_at = np.cumsum(hits, axis=1) / np.arange(1, n + 1)
    return _per_relevant_user(
        judged, (hits * precision_at).sum(axis=1) / _at_least_1(judged)
    )


@_shown("mrr", "MRR")
def reciprocal_rank(judged: Judged, n: int) -> Floats:
    """One over the rank of the first relevant item; the mean over users is MRR.

    Parameters
    ----------
    judged : Judged
    n : int
        Places to look at, at most those of the lists.

    Returns
    -------
    reciprocal : ndarray of shape (n_users,)
        In [0, 1]; 0 if none of the first n is relevant.

    Raises
    ------
    InputError
        If `n` is below 1 or above the length of the lists.

    Examples
    --------
    >>> from recs_anomaly.metrics.ranking import judge
    >>> reciprocal_rank(judge([[4, 0, 3]], [[1, 0, 0, 1, 0]]), n=3).tolist()
    [0.5]
    """
    hits = judged.is_hit[:, : checked_depth(n, judged.is_hit.shape[1])]
    return _per_relevant_user(judged, hits.any(axis=1) / (hits.argmax(axis=1) + 1.0))


@_shown(
    "hit_rate",
    "Any hit",
    "Share of users with a test rating in their ten",
    is_share=True,
)
def hit_rate(judged: Judged, n: int) -> Floats:
    """Whether anything relevant is among the first n.

    Parameters
    ----------
    judged : Judged
    n : int
        Places to look at, at most those of the lists.

    Returns
    -------
    is_served : ndarray of shape (n_users,)
        0 or 1; the mean over users is the rate.

    Raises
    ------
    InputError
        If `n` is below 1 or above the length of the lists.

    Examples
    --------
    >>> from recs_anomaly.metrics.ranking import judge
    >>> hit_rate(judge([[1, 0], [1, 0]], [[1, 0], [0, 0]]), n=2).tolist()
    [1.0, nan]
    """
    return _per_relevant_user(judged, (_n_hits(judged, n) > 0).astype(np.float64))


def _n_hits(judged: Judged, n: int) -> Ints:
    depth = checked_depth(n, judged.is_hit.shape[1])
    return np.asarray(judged.is_hit[:, :depth].sum(axis=1))


def _at_least_1(judged: Judged) -> Ints:
    """Numbers to divide by, also for users whose value is going to be NaN."""
    return np.maximum(judged.n_relevant, 1)


def _per_relevant_user(judged: Judged, values: Floats) -> Floats:
    return np.where(judged.n_relevant > 0, values, np.nan)
