"""Fitted models that several tests look at, trained once and changed by nobody."""

from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import load_sample_ratings, make_ratings, random_folds
from recs_anomaly.recommend.evaluation.trial import Trial, judge
from recs_anomaly.recommend.serving.titled_recommender import Recommender

IDS = ["user_id", "item_id"]


class Split(NamedTuple):
    """A recommender, what it learned from, and what was hidden from it."""

    recommender: Recommender
    train: pd.DataFrame
    hidden: pd.DataFrame


def quick(ratings: pd.DataFrame, **parameters: object) -> RBMRecommender:
    """Fit no longer than it takes to have all parts of a model."""
    model = RBMRecommender(
        **{"epochs": 1, "n_hidden": 4, "random_state": 0, **parameters}
    )
    return model.fit(ratings[IDS], ratings["rating"])


def quick_recommender(ratings: pd.DataFrame) -> Recommender:
    """Train no longer than it takes to be better than nothing."""
    items = load_sample_ratings().items
    return Recommender.train(ratings, items, n_hidden=8, epochs=1, random_state=0)


def arrays_of(model: RBMRecommender) -> dict[str, np.ndarray]:
    """All arrays that make up a fitted model, by name."""
    names = type(model)._array_schema
    return {name: getattr(model, name) for name in names if hasattr(model, name)}


@cache
def sample_recommender() -> Recommender:
    """Recommender for the sample's 400 users and 600 films, quickly trained."""
    return quick_recommender(load_sample_ratings().ratings)


@cache
def sample_split() -> Split:
    """Recommender for the sample but for a fifth of its ratings, quickly trained."""
    ratings = load_sample_ratings().ratings
    train, hidden = (ratings.iloc[rows] for rows in random_folds(len(ratings))[0])
    return Split(quick_recommender(train), train, hidden)


@cache
def sample_trial() -> Trial:
    """Trial of the sample, with everything measured that the report tells."""
    return judge(*sample_split())


@cache
def tiny_ratings() -> pd.DataFrame:
    """900 ratings of 40 items by 60 users."""
    return make_ratings(60, 40, 900, random_state=0).ratings


@cache
def tiny_model(view: str = "both") -> RBMRecommender:
    """Fitted to `tiny_ratings`."""
    return quick(tiny_ratings(), view=view)


@cache
def small_ratings() -> pd.DataFrame:
    """4,000 ratings of 60 items by 160 users."""
    return make_ratings(160, 60, 4000, random_state=0).ratings


@cache
def small_model() -> RBMRecommender:
    """Fitted to `small_ratings`."""
    return quick(small_ratings())


@cache
def small_choices() -> RBMRecommender:
    """Fitted to who rated what in `small_ratings`, without the ratings."""
    return RBMRecommender(random_state=0).fit(small_ratings()[IDS])
