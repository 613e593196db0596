"""Recommend items, find anomalies in time series and denoise images.

Public names resolve on first use, so that importing the package stays cheap:
Keras, TensorFlow and pandas are loaded only by what needs them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recs_anomaly.anomaly.detector import TimeSeriesAnomalyDetector
    from recs_anomaly.autoencoder.autoencoder import Autoencoder
    from recs_anomaly.autoencoder.variational import VariationalAutoencoder
    from recs_anomaly.denoise.denoiser import ImageDenoiser
    from recs_anomaly.persistence import load, save
    from recs_anomaly.rbm.rbm import RBM
    from recs_anomaly.recommend.recommender import RBMRecommender
    from recs_anomaly.sequences.classifier import SequenceClassifier
    from recs_anomaly.sequences.forecaster import SequenceForecaster
    from recs_anomaly.sequences.text_generator import TextGenerator

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
    "Autoencoder": "recs_anomaly.autoencoder.autoencoder",
    "ImageDenoiser": "recs_anomaly.denoise.denoiser",
    "RBM": "recs_anomaly.rbm.rbm",
    "RBMRecommender": "recs_anomaly.recommend.recommender",
    "SequenceClassifier": "recs_anomaly.sequences.classifier",
    "SequenceForecaster": "recs_anomaly.sequences.forecaster",
    "TextGenerator": "recs_anomaly.sequences.text_generator",
    "TimeSeriesAnomalyDetector": "recs_anomaly.anomaly.detector",
    "VariationalAutoencoder": "recs_anomaly.autoencoder.variational",
    "load": "recs_anomaly.persistence",
    "save": "recs_anomaly.persistence",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
