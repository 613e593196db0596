"""What the settings of an RBM must be, and a hint where X looks wrong."""

import warnings
from typing import Any

import numpy as np
import scipy.sparse

from recs_anomaly.exceptions import InputError

CHOICES = {
    "visible": ("bernoulli", "gaussian", "softmax"),
    "schedule": ("decaying", "constant"),
}
LEAST_INTEGER = {"n_components": 1, "batch_size": 1, "n_iter": 0, "n_gibbs_steps": 1}
LEAST_NUMBER = dict.fromkeys(
    ("learning_rate", "momentum", "initial_spread", "weight_decay"), 0.0
)


def check_parameters(parameters: dict[str, Any]) -> None:
    """Raise an InputError about the first setting that breaks its rule."""
    for name, known in CHOICES.items():
        if parameters[name] not in known:
            raise InputError(
                f"{name} must be one of {known}; got {parameters[name]!r}."
            )
    for name, least in LEAST_INTEGER.items():
        _check_integer(name, parameters[name], least)
    if parameters["n_chains"] is not None:
        _check_integer("n_chains", parameters["n_chains"], 1)
    for name, bound in LEAST_NUMBER.items():
        value = parameters[name]
        if not np.isfinite(value) or value < bound:
            raise InputError(f"{name} must be a number of at least 0; got {value!r}.")
    if parameters["momentum"] >= 1:
        raise InputError(f"momentum must be below 1; got {parameters['momentum']!r}.")


def _check_integer(name: str, value: Any, least: int) -> None:
    is_integer = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_integer or value < least:
        raise InputError(
            f"{name} must be an integer of at least {least}; got {value!r}."
        )


def warn_beyond_probabilities(rows: Any) -> None:
    """Say so where Bernoulli units are shown what is no probability."""
    values = rows.data if scipy.sparse.issparse(rows) else rows
    if not values.size:
        return
    low, high = np.fmin.reduce(values, axis=None), np.fmax.reduce(values, axis=None)
    if low < 0 or high > 1:
        warnings.warn(
            "visible='bernoulli' expects values from 0 to 1, but X ranges from "
            f"{low:.3g} to {high:.3g}: scale X, or use visible='gaussian'.",
            UserWarning,
            stacklevel=3,
        )
