"""Which classes model files know: the only names that loading ever resolves.

A new estimator or application object is one line in `TARGETS`, and states its schemas
as `recs_anomaly.base.state.HasState` describes. A key that once stood here stays
for ever, also when the class moves.
"""

from importlib import import_module
from typing import Any

from recs_anomaly.persistence import _sklearn
from recs_anomaly.persistence._misfit import MisfitError
from recs_anomaly.persistence._schema import Schema, schema_of

TARGETS = {
    "Autoencoder": "recs_anomaly.autoencoder.autoencoder:Autoencoder",
    "ImageDenoiser": "recs_anomaly.denoise.denoiser:ImageDenoiser",
    "RBM": "recs_anomaly.rbm.rbm:RBM",
    "RBMRecommender": "recs_anomaly.recommend.recommender:RBMRecommender",
    "Recommender": "recs_anomaly.recommend.serving.titled_recommender:Recommender",
    "SeriesWatcher": "recs_anomaly.anomaly.watch:SeriesWatcher",
    "StreamScorer": "recs_anomaly.anomaly.stream:StreamScorer",
    "SequenceClassifier": ("recs_anomaly.sequences.classifier:SequenceClassifier"),
    "SequenceForecaster": ("recs_anomaly.sequences.forecaster:SequenceForecaster"),
    "TextGenerator": "recs_anomaly.sequences.text_generator:TextGenerator",
    "TimeSeriesAnomalyDetector": (
        "recs_anomaly.anomaly.detector:TimeSeriesAnomalyDetector"
    ),
    "VariationalAutoencoder": (
        "recs_anomaly.autoencoder.variational:VariationalAutoencoder"
    ),
    "sklearn.MaxAbsScaler": "sklearn.preprocessing:MaxAbsScaler",
    "sklearn.MinMaxScaler": "sklearn.preprocessing:MinMaxScaler",
    "sklearn.MissingIndicator": "sklearn.impute:MissingIndicator",
    "sklearn.Pipeline": "sklearn.pipeline:Pipeline",
    "sklearn.RobustScaler": "sklearn.preprocessing:RobustScaler",
    "sklearn.SimpleImputer": "sklearn.impute:SimpleImputer",
    "sklearn.StandardScaler": "sklearn.preprocessing:StandardScaler",
}


def class_of(key: str) -> type:
    """Class that a key stands for, imported now."""
    if key not in TARGETS:
        raise MisfitError(f"it holds a {key!r:.60}, which this version does not know")
    module, _, name = TARGETS[key].partition(":")
    found: type = getattr(import_module(module), name)
    return found


def schema_of_key(key: str) -> Schema:
    """Find what may be said about an object of the class that a key stands for."""
    return _sklearn.SCHEMAS.get(key) or schema_of(class_of(key))


def key_of(thing: Any) -> str:
    """Key of an object's class; a subclass is a class of its own."""
    cls = type(thing)
    for key, target in TARGETS.items():
        if target.rpartition(":")[2] == cls.__name__ and class_of(key) is cls:
            return key
    raise MisfitError(
        f"a {cls.__name__} is not among the classes that model files hold: "
        f"{', '.join(TARGETS)}; they hold no functions and no code"
    )
