"""What every metric does to its arguments first."""

from collections.abc import Sized

import numpy as np
from numpy.typing import ArrayLike

from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError


def finite_vector(name: str, values: ArrayLike) -> Floats:
    """One-dimensional float64 copy of an argument that must be finite."""
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1:
        raise InputError(f"{name} must have one dimension; got shape {vector.shape}.")
    if not np.isfinite(vector).all():
        row = int(np.isfinite(vector).argmin())
        raise InputError(f"{name} must be finite; got {vector[row]} in row {row}.")
    return vector


def check_same_length(first: Sized, second: Sized, *names: str) -> None:
    """Refuse two arguments, named in this order, of different lengths."""
    if len(first) != len(second):
        raise InputError(
            f"{names[0]} and {names[1]} must have the same length; "
            f"got {len(first)} and {len(second)}."
        )


def mean(values: Floats) -> float:
    """Mean, NaN for no values and without numpy's warning."""
    return float(values.mean()) if len(values) else float("nan")
