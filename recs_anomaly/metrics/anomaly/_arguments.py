"""What the metrics of anomalies do to their arguments first; runs of true points."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics._arrays import check_same_length, finite_vector

Ints = NDArray[np.intp]


class Runs(NamedTuple):
    """First and last points of the stretches of consecutive true points, in order."""

    first: Ints
    last: Ints


def bool_vector(name: str, values: ArrayLike) -> Bools:
    """One-dimensional copy of an argument of False and True, or 0 and 1."""
    vector = finite_vector(name, values)
    others = vector[~np.isin(vector, (0, 1))]
    if len(others):
        raise InputError(f"{name} must hold only 0 and 1; got {others[0]}.")
    return vector.astype(np.bool_)


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
