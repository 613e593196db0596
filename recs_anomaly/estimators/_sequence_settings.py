"""Parameters of the estimators that learn from sequences: what is legal."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recs_anomaly.estimators._detector_settings import check_integer, check_number
from recs_anomaly.estimators._recurrent_state import check_cell
from recs_anomaly.exceptions import InputError

LEAST_INTEGER = {"n_units": 1, "epochs": 0, "batch_size": 1, "patience": 1}


def check_parameters(estimator: Any) -> None:
    """Raise an InputError that names the first parameter that breaks its rule."""
    check_cell(estimator)
    for name, least in LEAST_INTEGER.items():
        if hasattr(estimator, name):
            check_integer(name, getattr(estimator, name), least)
    check_number("learning_rate", estimator.learning_rate, 0.0, np.inf)
    if estimator.clip_norm is not None:
        check_number("clip_norm", estimator.clip_norm, 0.0, np.inf, ", or None")
    wanted = getattr(estimator, "class_weight", None)
    if not (wanted is None or wanted == "balanced" or isinstance(wanted, Mapping)):
        raise InputError(
            f"class_weight must be a dict, 'balanced' or None; got {wanted!r}."
        )
    if hasattr(estimator, "validation_fraction"):
        check_number("validation_fraction", estimator.validation_fraction, 0.0, 0.9)
