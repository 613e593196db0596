"""One small fitted object of every class of ours that model files hold."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from recs_anomaly import (
    RBM,
    Autoencoder,
    ImageDenoiser,
    RBMRecommender,
    SequenceClassifier,
    SequenceForecaster,
    TextGenerator,
    TimeSeriesAnomalyDetector,
    VariationalAutoencoder,
)
from recs_anomaly.datasets import make_ratings
from recs_anomaly.recommend.serving.titled_recommender import Recommender
from tests.eager import untraced


class Sample(NamedTuple):
    """How to fit an object, and a question that it answers with an array."""

    fit: Callable[[], Any]
    ask: Callable[[Any], Any]
    is_served_by_keras: bool = False


RATINGS = make_ratings(30, 20, 300, random_state=0)
PAIRS = RATINGS.ratings[["user_id", "item_id"]]
ROWS = np.random.default_rng(0).integers(0, 2, (20, 6)).astype(float)
SERIES = np.sin(np.arange(300) / 5)[:, None] * [1.0, -2.0] + 0.01 * np.arange(2)
IMAGES = np.random.default_rng(0).random((3, 12, 10)).astype("float32")
QUICK: dict[str, Any] = {"random_state": 0}
BRIEF: dict[str, Any] = {"epochs": 1, **QUICK}


def fitted_recommender() -> RBMRecommender:
    model = RBMRecommender(n_hidden=2, **BRIEF)
    return model.fit(PAIRS, RATINGS.ratings["rating"])


def fitted_detector() -> TimeSeriesAnomalyDetector:
    return TimeSeriesAnomalyDetector(window=16, **BRIEF).fit(SERIES)


def fitted_scorer() -> Any:
    """A stream in its middle."""
    scorer = fitted("TimeSeriesAnomalyDetector").stream()
    scorer.score_many(SERIES[:80])
    return scorer


def fitted_watcher() -> Any:
    """A watcher while an event is open."""
    watcher = fitted("TimeSeriesAnomalyDetector").watch()
    events = watcher.watch_many(np.vstack([SERIES[:80], SERIES[80:90] + 9]))
    assert [event.kind for event in events][:1] == ["open"]
    return watcher


def watched(watcher: Any) -> list[float]:
    """Numbers of the events of the next rows, and of what the watcher has learned."""
    events = watcher.watch_many(np.vstack([SERIES[90:], SERIES, SERIES[:20] - 9]))
    told = [number for e in events for number in (e.row, e.score, e.severity)]
    return [*told, watcher.n_events_, watcher.offset_, watcher.level_factor_]


SAMPLES = {
    "Autoencoder": Sample(
        lambda: Autoencoder((4, 2), **BRIEF).fit(ROWS),
        lambda autoencoder: autoencoder.reconstruct(ROWS),
    ),
    "ImageDenoiser": Sample(
        lambda: ImageDenoiser(max_iter=1, **QUICK).fit(IMAGES, IMAGES / 2),
        lambda denoiser: denoiser.predict(IMAGES),
        is_served_by_keras=True,
    ),
    "RBM": Sample(
        lambda: RBM(3, n_iter=2, **QUICK).fit(ROWS), lambda rbm: rbm.score_samples(ROWS)
    ),
    "RBMRecommender": Sample(
        fitted_recommender, lambda model: model.predict_proba(PAIRS[:20])
    ),
    "Recommender": Sample(
        lambda: Recommender.train(*RATINGS, n_hidden=2, **BRIEF),
        lambda recommender: recommender.model.predict_proba(PAIRS[:20]),
    ),
    "SequenceClassifier": Sample(
        lambda: SequenceClassifier(n_units=3, **BRIEF).fit(ROWS, ROWS[:, 0]),
        lambda classifier: classifier.predict_proba(ROWS),
    ),
    "SequenceForecaster": Sample(
        lambda: SequenceForecaster(window=5, n_units=3, **BRIEF).fit_series(SERIES),
        lambda forecaster: forecaster.predict(SERIES[None, :5]),
    ),
    "SeriesWatcher": Sample(fitted_watcher, watched),
    "StreamScorer": Sample(fitted_scorer, lambda it: it.score_many(SERIES[80:120])),
    "TextGenerator": Sample(
        lambda: TextGenerator(n_units=3, **BRIEF).fit(["to be or not to be", "be"]),
        lambda generator: generator.score_samples(["not to be"]),
    ),
    "TimeSeriesAnomalyDetector": Sample(
        fitted_detector, lambda detector: detector.score_samples(SERIES[:80])
    ),
    "VariationalAutoencoder": Sample(
        lambda: VariationalAutoencoder((4, 2), **BRIEF).fit(ROWS),
        lambda autoencoder: autoencoder.sample(5, random_state=1),
    ),
}


@cache
def fitted(key: str) -> Any:
    """Fit the object of a class once for all tests."""
    with untraced():
        return SAMPLES[key].fit()


def answer(key: str, thing: Any) -> np.ndarray:
    """Ask a copy of an object its question, for a stream goes on with each row."""
    return np.asarray(SAMPLES[key].ask(deepcopy(thing)))
