"""Fitted models that several tests look at, trained once and changed by nobody."""

from functools import cache

from recs_anomaly.applications.recommend.recommender import Recommender
from recs_anomaly.datasets import load_sample_ratings


@cache
def sample_recommender() -> Recommender:
    """Recommender for the sample's 400 users and 600 films, quickly trained."""
    ratings, items = load_sample_ratings()
    return Recommender.train(ratings, items, n_hidden=8, epochs=1, random_state=0)
