"""Which classes model files know: the only names that loading ever resolves.

A public estimator is known by its name. Whatever else files may hold is a line in
`TARGETS`. All state their schemas as `recs_anomaly.base.state.HasState` describes. A
key that once was known stays for ever, also when the class moves.
"""

from importlib import import_module
from typing import Any

from recs_anomaly import __all__ as public_names
from recs_anomaly.persistence import _sklearn
from recs_anomaly.persistence._misfit import MisfitError
from recs_anomaly.persistence._schema import Schema, schema_of

# What the package makes public goes by its name there.
TARGETS = {name: f"recs_anomaly:{name}" for name in public_names if name[0].isupper()}
TARGETS |= {
    "Recommender": "recs_anomaly.recommend.serving.titled_recommender:Recommender",
    "SeriesWatcher": "recs_anomaly.anomaly.live.watch:SeriesWatcher",
    "StreamScorer": "recs_anomaly.anomaly.live.stream:StreamScorer",
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
        f"class {cls.__name__} is not among those that model files hold: "
        f"{', '.join(TARGETS)}; they hold no functions and no code"
    )
