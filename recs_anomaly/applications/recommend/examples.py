"""A few users to look at closely: their lists, the reasons, and what came true."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recs_anomaly.applications.recommend.catalogue import plain_id
from recs_anomaly.applications.recommend.ranking import LISTED
from recs_anomaly.applications.recommend.trial import Trial

_N_BEST = 5
# Whose error is called the largest must have been asked about more than a few.
_LEAST_HIDDEN = 5


@dataclass(frozen=True)
class Example:
    """One user's list.

    Attributes
    ----------
    why : str
        What makes the user worth looking at.
    user_id : Hashable
    n_ratings : int
        Learned from.
    mean_rating : float
        Of these.
    n_hidden : int
        Ratings that were not learned from.
    best : DataFrame
        As from `Recommender.best_rated`.
    listed : DataFrame
        As from `Recommender.recommend_user`, and hidden: the user's hidden rating of
        the item, NaN if there is none.
    """

    why: str
    user_id: Hashable
    n_ratings: int
    mean_rating: float
    n_hidden: int
    best: pd.DataFrame
    listed: pd.DataFrame


def examples(trial: Trial) -> list[Example]:
    """Look at a typical user, at two extremes, and at one who is served badly.

    Parameters
    ----------
    trial : Trial

    Returns
    -------
    examples : list of Example
        None twice, none of whom nothing was learned.
    """
    n_ratings = trial.train["user_id"].value_counts().sort_index(kind="stable")
    n_ratings = n_ratings[n_ratings.index.isin(trial.task.users)]
    chosen: dict[Hashable, str] = {}
    for why, user in _choices(trial, n_ratings):
        chosen.setdefault(user, why)
    return [_example(trial, why, user) for user, why in chosen.items()]


def _choices(trial: Trial, n_ratings: pd.Series) -> list[tuple[str, Hashable]]:
    if n_ratings.empty:
        return []
    ordered = n_ratings.sort_values(kind="stable").index
    choices = [
        ("with a typical number of ratings", ordered[len(ordered) // 2]),
        ("with few ratings", ordered[len(ordered) // 20]),
        ("with many ratings", ordered[-1 - len(ordered) // 10]),
    ]
    forecasts = trial.forecasts[trial.forecasts["user_id"].isin(ordered)]
    errors = (forecasts["rating"] - forecasts["rating_mean"]) ** 2
    by_user = errors.groupby(forecasts["user_id"]).agg(["mean", "size"])
    asked = by_user[by_user["size"] >= _LEAST_HIDDEN]["mean"]
    if len(asked):
        choices.append(("whose ratings are forecast worst", asked.idxmax()))
    return choices


def _example(trial: Trial, why: str, user: Hashable) -> Example:
    user_id = plain_id(user)
    own = trial.train["rating"][trial.train["user_id"] == user_id]
    hidden = trial.hidden[trial.hidden["user_id"] == user_id]
    listed = trial.recommender.recommend_user(user_id, LISTED)
    known = hidden.set_index("item_id")["rating"]
    return Example(
        why,
        user_id,
        len(own),
        float(own.mean()),
        len(hidden),
        trial.recommender.best_rated(user_id, _N_BEST),
        listed.assign(hidden=listed["item_id"].map(known).astype(np.float64)),
    )
