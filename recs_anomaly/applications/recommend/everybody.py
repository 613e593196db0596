"""Lists of all users at once, a bounded number of users in memory at a time."""

from collections.abc import Iterator

import pandas as pd

from recs_anomaly.applications.recommend.recommender import Recommender
from recs_anomaly.exceptions import InputError

COLUMNS = "user_id rank item_id title score rating_mean rating_std p_like".split()
USERS_AT_ONCE = 1_000


def lists_of_everybody(
    recommender: Recommender, n: int = 10, users_at_once: int = USERS_AT_ONCE
) -> Iterator[pd.DataFrame]:
    """Recommend to every user the model has learned from, some users at a time.

    Parameters
    ----------
    recommender : Recommender
    n : int, default=10
        Most items a user.
    users_at_once : int, default=1000
        Users of a frame: what the memory needed grows with.

    Yields
    ------
    lists : DataFrame
        Columns user_id, rank, item_id, title, score, rating_mean, rating_std and
        p_like as from `RBMRecommender.recommend`. Users come in the order of
        ``model.users_``, each one's items best first.

    Raises
    ------
    InputError
        If `n` or `users_at_once` is below 1.

    Examples
    --------
    >>> from recs_anomaly.datasets import load_sample_ratings
    >>> ratings, items = load_sample_ratings()
    >>> recommender = Recommender.train(ratings, items, epochs=1, random_state=0)
    >>> [len(lists) for lists in lists_of_everybody(recommender, n=2)]
    [800]
    """
    if users_at_once < 1:
        raise InputError(f"users_at_once must be at least 1; got {users_at_once}.")
    users = recommender.model.users_
    for first in range(0, len(users), users_at_once):
        own = recommender.model.recommend(users[first : first + users_at_once], n)
        yield recommender.catalogue.describe(own)[COLUMNS]
