"""Recommend items, find anomalies in time series and denoise images.

Public names resolve on first use, so that importing the package stays cheap:
Keras, TensorFlow and pandas are loaded only by what needs them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recs_anomaly.estimators.autoencoder import Autoencoder
    from recs_anomaly.estimators.denoiser import ImageDenoiser
    from recs_anomaly.estimators.detector import TimeSeriesAnomalyDetector
    from recs_anomaly.estimators.rbm import RBM
    from recs_anomaly.estimators.recommender import RBMRecommender
    from recs_anomaly.estimators.sequence_classifier import SequenceClassifier
    from recs_anomaly.estimators.sequence_forecaster import SequenceForecaster
    from recs_anomaly.estimators.text_generator import TextGenerator
    from recs_anomaly.estimators.variational import VariationalAutoencoder
    from recs_anomaly.persistence import load, save

__version__ = "0.1.0"

__all__ = [
    "RBM",
    "Autoencoder",
    "ImageDenoiser",
    "RBMRecommender",
    "SequenceClassifier",
    "SequenceForecaster",
    "TextGenerator",
    "TimeSeriesAnomalyDetector",
    "VariationalAutoencoder",
    "load",
    "save",
]

_HOMES = {
    "Autoencoder": "recs_anomaly.estimators.autoencoder",
    "ImageDenoiser": "recs_anomaly.estimators.denoiser",
    "RBM": "recs_anomaly.estimators.rbm",
    "RBMRecommender": "recs_anomaly.estimators.recommender",
    "SequenceClassifier": "recs_anomaly.estimators.sequence_classifier",
    "SequenceForecaster": "recs_anomaly.estimators.sequence_forecaster",
    "TextGenerator": "recs_anomaly.estimators.text_generator",
    "TimeSeriesAnomalyDetector": "recs_anomaly.estimators.detector",
    "VariationalAutoencoder": "recs_anomaly.estimators.variational",
    "load": "recs_anomaly.persistence",
    "save": "recs_anomaly.persistence",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
