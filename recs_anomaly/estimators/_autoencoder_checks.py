"""What the settings of an autoencoder must be."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from recs_anomaly.core.dense import ACTIVATIONS
from recs_anomaly.core.rbm_units import Array
from recs_anomaly.estimators._detector_settings import (
    check_choice,
    check_integer,
    check_number,
)
from recs_anomaly.exceptions import InputError

VISIBLE = ("gaussian", "bernoulli")


def check_parameters(parameters: dict[str, Any]) -> None:
    """Raise an InputError about the first setting that breaks its rule."""
    _check_layers(parameters["hidden_layer_sizes"])
    check_choice("activation", parameters["activation"], tuple(ACTIVATIONS))
    check_choice("visible", parameters.get("visible", "gaussian"), VISIBLE)
    check_number("noise", parameters.get("noise", 0.0), 0.0, float("inf"))
    check_number("learning_rate", parameters["learning_rate"], 0.0, float("inf"))
    check_integer("batch_size", parameters["batch_size"], 1)
    check_integer("epochs", parameters["epochs"], 0)


def check_probabilities(rows: Array) -> None:
    """Say so where Bernoulli rows hold what is no probability."""
    low, high = rows.min(), rows.max()
    if low < 0 or high > 1:
        warnings.warn(
            "visible='bernoulli' expects values from 0 to 1, but X ranges from "
            f"{low:.3g} to {high:.3g}: scale X, or use visible='gaussian'.",
            UserWarning,
            stacklevel=4,
        )


def _check_layers(sizes: object) -> None:
    known = list(sizes) if isinstance(sizes, Sequence) else []
    if not known or not all(map(_is_size, known)):
        raise InputError(
            "hidden_layer_sizes must be a sequence of integers of at least 1, the last "
            f"the size of the code; got {sizes!r}."
        )


def _is_size(value: object) -> bool:
    if not isinstance(value, int | np.integer) or value is True:
        return False
    return bool(value >= 1)
