"""One trial of a recommender: what it learned from, and how it fared on the rest."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recs_anomaly.core.arrays import Floats, Ints
from recs_anomaly.recommend.answers import FoldedUsers, Predictions
from recs_anomaly.recommend.evaluation.evaluate import (
    MODEL_NAME,
    answers_of_fitted,
    measures_of,
)
from recs_anomaly.recommend.evaluation.lists import RankingTask, list_values
from recs_anomaly.recommend.levels import is_liked
from recs_anomaly.recommend.serving.titled_recommender import Recommender

PROMISES = (0.5, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class Trial:
    """All that was measured of a recommender on ratings hidden from it.

    Attributes
    ----------
    recommender : Recommender
        Fitted to `train`.
    train, hidden : DataFrames with columns user_id, item_id, rating
    measures : DataFrame
        As from `evaluate_fitted`.
    predictions : DataFrame
        A row a hidden rating: user_id, item_id, rating, rating_mean, p_like, is_liked.
    level_shares : DataFrame with columns level, observed, predicted
        How often the hidden ratings take each level, and how often they should.
    intervals : DataFrame with columns promised, held
        The share of hidden ratings that intervals should hold, and do.
    task : RankingTask
    lists : dict of str to int64 ndarray of shape (n_users, 10)
        Of the model, called "RBM", and of simple rules: columns of ``task.items``.
    list_values : dict of str to ndarray of shape (n_users,)
        As from `list_values`, of the model.
    folded : FoldedUsers
        The users with hidden ratings, as the model sees them.
    """

    recommender: Recommender
    train: pd.DataFrame
    hidden: pd.DataFrame
    measures: pd.DataFrame
    predictions: pd.DataFrame
    level_shares: pd.DataFrame
    intervals: pd.DataFrame
    task: RankingTask
    lists: dict[str, Ints]
    list_values: dict[str, Floats]
    folded: FoldedUsers


def judge(recommender: Recommender, train: pd.DataFrame, hidden: pd.DataFrame) -> Trial:
    """Measure a fitted recommender.

    Parameters
    ----------
    recommender : Recommender
        Fitted to `train`.
    train, hidden : DataFrames with columns user_id, item_id, rating

    Returns
    -------
    trial : Trial

    Raises
    ------
    InputError
        As `evaluate_fitted`: if a hidden pair was learned from, for instance.
    """
    answered = answers_of_fitted(recommender.model, train, hidden)
    probabilities = answered.predictions[MODEL_NAME].probabilities
    return Trial(
        recommender,
        train,
        hidden,
        measures_of(answered, hidden),
        _predictions(recommender, hidden, probabilities),
        _level_shares(recommender, hidden, probabilities),
        _intervals(answered.own, hidden),
        answered.task,
        answered.lists,
        list_values(answered.lists[MODEL_NAME], answered.task),
        answered.folded,
    )


def _predictions(
    recommender: Recommender, hidden: pd.DataFrame, probabilities: Floats
) -> pd.DataFrame:
    levels = recommender.model.classes_
    liked = is_liked(levels)
    return hidden[["user_id", "item_id", "rating"]].assign(
        rating_mean=probabilities @ levels,
        # Sums of probabilities may exceed 1 by rounding.
        p_like=np.clip(probabilities @ liked, 0.0, 1.0),
        is_liked=hidden["rating"] >= levels[liked].min(),
    )


def _level_shares(
    recommender: Recommender, hidden: pd.DataFrame, probabilities: Floats
) -> pd.DataFrame:
    levels = recommender.model.classes_
    observed = (hidden["rating"].to_numpy()[:, None] == levels).mean(axis=0)
    predicted = probabilities.mean(axis=0)
    return pd.DataFrame({"level": levels, "observed": observed, "predicted": predicted})


def _intervals(predicted: Predictions, hidden: pd.DataFrame) -> pd.DataFrame:
    observed = hidden["rating"].to_numpy(dtype=np.float64)
    held = []
    for promised in PROMISES:
        low, high = predicted.interval(promised).T
        held.append(float(((low <= observed) & (observed <= high)).mean()))
    return pd.DataFrame({"promised": PROMISES, "held": held})
