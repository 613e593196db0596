"""What the metrics of anomalies do to their arguments first; runs of true points."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics._arrays import Floats, check_same_length, finite_vector

Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]


class Runs(NamedTuple):
    """First and last points of the stretches of consecutive true points, in order."""

    first: Ints
    last: Ints


def bool_vector(name: str, values: ArrayLike) -> Bools:
    """One-dimensional copy of an argument of False and True, or 0 and 1."""
    vector = finite_vector(name, values)
    if not np.isin(vector, (0, 1)).all():
        stranger = vector[~np.isin(vector, (0, 1))][0]
        raise InputError(f"{name} must hold only 0 and 1; got {stranger}.")
    return vector.astype(np.bool_)


def check_between(name: str, value: float, low: float, high: float) -> None:
    """Refuse a number outside an interval, whose ends are inside; NaN is outside."""
    if not low <= value <= high:
        raise InputError(f"{name} must be between {low} and {high}; got {value}.")


def labels_and_scores(
    labels: ArrayLike, anomaly_scores: ArrayLike
) -> tuple[Bools, Floats]:
    """Both arguments of a metric of scores, checked."""
    is_anomaly = bool_vector("labels", labels)
    scores = finite_vector("anomaly_scores", anomaly_scores)
    check_same_length(is_anomaly, scores, "labels", "anomaly_scores")
    return is_anomaly, scores


def runs(is_true: Bools) -> Runs:
    """Stretches of consecutive true points."""
    steps = np.diff(is_true.astype(np.int8), prepend=0, append=0)
    return Runs(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1)
