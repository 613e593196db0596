"""What a model says of ratings it has not seen, beside rules that need no model."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recs_anomaly.applications.recommend.forecasts import (
    INTERVAL_COVERAGE,
    Forecast,
    floor_forecasts,
)
from recs_anomaly.applications.recommend.ranking import (
    RankingTask,
    floor_lists,
    model_lists,
    ranking_task,
)
from recs_anomaly.estimators.recommender import RBMRecommender

MODEL_NAME = "RBM"


class Answers(NamedTuple):
    """Everybody's answers to one test part, by name; the model's is "RBM".

    Attributes
    ----------
    levels : float64 ndarray of shape (n_levels,)
        The distinct ratings of the training part, ascending.
    forecasts : dict of str to Forecast
        Of each test rating.
    task : RankingTask
    lists : dict of str to int64 ndarray of shape (n_users, 10)
        Columns of ``task.items``, -1 behind the last.
    """

    levels: NDArray[np.float64]
    forecasts: dict[str, Forecast]
    task: RankingTask
    lists: dict[str, NDArray[Any]]


def answers(model: RBMRecommender, train: pd.DataFrame, test: pd.DataFrame) -> Answers:
    """Ask a fitted model, and the rules beside it, about a test part.

    Parameters
    ----------
    model : RBMRecommender
        Fitted to `train`.
    train, test : DataFrames with columns user_id, item_id, rating

    Returns
    -------
    answers : Answers
    """
    pairs = test[["user_id", "item_id"]]
    levels = np.unique(train["rating"].to_numpy(dtype=np.float64))
    forecast = Forecast(
        model.predict(pairs),
        model.predict_proba(pairs),
        model.predict_interval(pairs, coverage=INTERVAL_COVERAGE),
    )
    task = ranking_task(train, test)
    return Answers(
        levels,
        {MODEL_NAME: forecast, **floor_forecasts(train, test, levels)},
        task,
        {MODEL_NAME: model_lists(model, task), **floor_lists(train, task)},
    )
