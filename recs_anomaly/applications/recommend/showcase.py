"""One user's recommendations, with everything that speaks for and against them."""

from collections.abc import Hashable
from typing import NamedTuple

import pandas as pd

from recs_anomaly.applications.recommend.evaluation import evaluate_fitted
from recs_anomaly.applications.recommend.recommender import Recommender

_N_GUESSES = 5


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
