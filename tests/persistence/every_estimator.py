"""One small fitted object of every class of ours that model files hold."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from recs_anomaly import (
    RBM,
    ImageDenoiser,
    RBMRecommender,
    TimeSeriesAnomalyDetector,
)
from recs_anomaly.applications.recommend.recommender import Recommender
from recs_anomaly.datasets import make_ratings


class Sample(NamedTuple):
    """How to fit an object, and a question that it answers with an array."""

    fit: Callable[[], Any]
    method: str
    question: Any
    is_served_by_keras: bool = False


RATINGS = make_ratings(30, 20, 300, random_state=0)
PAIRS = RATINGS.ratings[["user_id", "item_id"]]
ROWS = np.random.default_rng(0).integers(0, 2, (20, 6)).astype(float)
SERIES = np.sin(np.arange(300) / 5)[:, None] * [1.0, -2.0] + 0.01 * np.arange(2)
IMAGES = np.random.default_rng(0).random((3, 12, 10)).astype("float32")
QUICK: dict[str, Any] = {"random_state": 0}


def fitted_recommender() -> RBMRecommender:
    model = RBMRecommender(n_hidden=2, epochs=1, **QUICK)
    return model.fit(PAIRS, RATINGS.ratings["rating"])


SAMPLES = {
    "ImageDenoiser": Sample(
        lambda: ImageDenoiser(weights="gray", max_iter=2, **QUICK).fit(IMAGES),
        "predict",
        IMAGES,
        is_served_by_keras=True,
    ),
    "RBM": Sample(
        lambda: RBM(3, n_iter=2, **QUICK).fit(ROWS), "score_samples", ROWS[:5]
    ),
    "RBMRecommender": Sample(fitted_recommender, "predict_proba", PAIRS[:20]),
    "Recommender": Sample(
        lambda: Recommender.train(*RATINGS, n_hidden=2, epochs=1, **QUICK),
        "model.predict_proba",
        PAIRS[:20],
    ),
    "TimeSeriesAnomalyDetector": Sample(
        lambda: TimeSeriesAnomalyDetector(epochs=1, **QUICK).fit(SERIES),
        "score_samples",
        SERIES[:80],
    ),
}


@cache
def fitted(key: str) -> Any:
    """Fit the object of a class once for all tests."""
    return SAMPLES[key].fit()


def answer(key: str, thing: Any) -> np.ndarray:
    """Ask an object of a class its question."""
    method = thing
    for name in SAMPLES[key].method.split("."):
        method = getattr(method, name)
    return np.asarray(method(SAMPLES[key].question))
