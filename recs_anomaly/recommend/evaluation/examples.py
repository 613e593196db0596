"""A few users to look at closely: their lists, the reasons, and what came true."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from recs_anomaly.recommend.evaluation.evaluate import evaluate_fitted
from recs_anomaly.recommend.evaluation.lists import LISTED
from recs_anomaly.recommend.evaluation.trial import Trial
from recs_anomaly.recommend.serving.catalogue import plain_id
from recs_anomaly.recommend.serving.titled_recommender import Recommender

_N_BEST = 5
# Whose error is called the largest must have been asked about more than a few.
_MIN_HIDDEN = 5
_N_GUESSES = 5


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
    predictions = trial.predictions[trial.predictions["user_id"].isin(ordered)]
    errors = (predictions["rating"] - predictions["rating_mean"]) ** 2
    by_user = errors.groupby(predictions["user_id"]).agg(["mean", "size"])
    asked = by_user[by_user["size"] >= _MIN_HIDDEN]["mean"]
    if len(asked):
        choices.append(("whose ratings are predicted worst", asked.idxmax()))
    return choices


def _example(trial: Trial, why: str, user: Hashable) -> Example:
    user_id = plain_id(user)
    own = trial.train["rating"][trial.train["user_id"] == user_id]
    hidden = trial.hidden[trial.hidden["user_id"] == user_id]
    listed = trial.recommender.recommended(trial.folded.only(user_id), LISTED)
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


class Showcase(NamedTuple):
    """What there is to say about the recommendations to one user.

    Attributes
    ----------
    user_id : Hashable
    rated : DataFrame with columns item_id, title, genres, rating
        What the user rated highest.
    recommendations : DataFrame
        As from `Recommender.recommend_user`.
    reasons : DataFrame with columns title, rating, ranks
        The user's own ratings that raise the score of a recommendation most, and the
        list of the ranks of those that they raise.
    guesses : DataFrame
        Columns item_id, title, rating_mean, rating_low, rating_high and rating: what
        the model expects of hidden ratings of the user, and what they are.
    measures : DataFrame
        As from `evaluate_fitted`, of all hidden ratings.
    """

    user_id: Hashable
    rated: pd.DataFrame
    recommendations: pd.DataFrame
    reasons: pd.DataFrame
    guesses: pd.DataFrame
    measures: pd.DataFrame


def show_typical_user(
    recommender: Recommender, train: pd.DataFrame, hidden: pd.DataFrame
) -> Showcase:
    """Recommend to the user with the median number of ratings, and check the model.

    Parameters
    ----------
    recommender : Recommender
        Trained on `train`.
    train : DataFrame with columns user_id, item_id, rating
    hidden : DataFrame with columns user_id, item_id, rating
        Ratings that are not in `train`.

    Returns
    -------
    showcase : Showcase
    """
    user_id = _typical_user(train)
    recommendations = recommender.recommend_user(user_id)
    own_hidden = hidden[hidden["user_id"] == user_id].head(_N_GUESSES)
    return Showcase(
        user_id,
        recommender.best_rated(user_id),
        recommendations,
        _reasons(recommendations),
        _guesses(recommender, own_hidden),
        evaluate_fitted(recommender.model, train, hidden),
    )


def _typical_user(ratings: pd.DataFrame) -> Hashable:
    n_ratings = ratings["user_id"].value_counts().sort_index()
    is_median = n_ratings == n_ratings.quantile(0.5, interpolation="lower")
    typical: Hashable = n_ratings.index[is_median][0]
    return typical


def _reasons(recommendations: pd.DataFrame) -> pd.DataFrame:
    by_reason = recommendations.groupby(["because", "because_rating"], sort=False)
    ranks = by_reason["rank"].agg(list).rename("ranks").reset_index()
    return ranks.set_axis(["title", "rating", "ranks"], axis=1)


def _guesses(recommender: Recommender, hidden: pd.DataFrame) -> pd.DataFrame:
    pairs, model = hidden[["user_id", "item_id"]], recommender.model
    low, high = model.predict_interval(pairs).T
    guesses = pairs.assign(
        rating_mean=model.predict(pairs),
        rating_low=low,
        rating_high=high,
        rating=hidden["rating"],
    )
    return recommender.catalogue.describe(guesses)
