"""What the estimators of sequences share: a network's arrays, and checks of X."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_array, validate_data

from recs_anomaly.base.checks import (
    check_choice,
    check_integer,
    check_number,
    check_verbose,
)
from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Floats
from recs_anomaly.core.recurrent import GATES, Recurrent
from recs_anomaly.exceptions import InputError
from recs_anomaly.sequences.samples import Pace, RecurrentSettings

CELLS = ("gru", "lstm", "simple_rnn")
ACTIVATIONS = ("tanh", "relu")


def recurrent_arrays(n_inputs: str, n_outputs: str) -> dict[str, ArraySpec]:
    """State a network's arrays, given what its inputs and outputs are called."""
    return {
        "kernel_": ArraySpec("float64", (n_inputs, "n_gate_units")),
        "recurrent_kernel_": ArraySpec("float64", ("n_units", "n_gate_units")),
        "bias_": ArraySpec("float64", ("n_biases", "n_gate_units")),
        "head_kernel_": ArraySpec("float64", ("n_units", n_outputs)),
        "head_bias_": ArraySpec("float64", (n_outputs,)),
        "optimizer_state_": ArraySpec("float32", ("n_values",), is_optional=True),
    }


NAMES = tuple(recurrent_arrays("n_inputs", "n_outputs"))[:5]
MIN_INTEGER = {"n_units": 1, "epochs": 0, "batch_size": 1, "patience": 1}


class RecurrentMixin:
    """An estimator with a cell and a head, whose arrays are its attributes."""

    cell: str
    n_units: int
    batch_size: int
    clip_norm: float | None

    def _store_recurrent(self, model: Recurrent) -> None:
        for name, array in zip(NAMES, model, strict=True):
            setattr(self, name, array)

    def _recurrent(self) -> Recurrent:
        return Recurrent(*(getattr(self, name) for name in NAMES))

    def _settings(self, pace: Pace) -> RecurrentSettings:
        return RecurrentSettings(
            self._core_cell, self.n_units, pace, self.batch_size, self.clip_norm
        )

    @property
    def _core_cell(self) -> str:
        """What the cell is called in core, where the activation is a part of it."""
        is_relu = getattr(self, "activation", "tanh") == "relu"
        return "relu_rnn" if is_relu else self.cell

    def _check_parameters(self) -> None:
        """Check what shapes cannot tell of a loaded network."""
        check_parameters(self)
        n_gates = GATES[self._core_cell]
        n_biases = 2 if self.cell == "gru" else 1
        network = self._recurrent()
        n_units, shape = len(network.recurrent_kernel), network.bias.shape
        if not network.kernel.size:
            raise InputError("kernel_ must be of at least one input and one unit.")
        if shape != (n_biases, n_gates * n_units):
            raise InputError(
                f"bias_ must have shape {(n_biases, n_gates * n_units)} for "
                f"{n_units} units of cell={self.cell!r}; it has {shape}."
            )


def check_cell(estimator: Any) -> None:
    """Raise an InputError unless the cell, and its activation if any, are known."""
    check_choice("cell", estimator.cell, CELLS)
    activation = getattr(estimator, "activation", "tanh")
    check_choice("activation", activation, ACTIVATIONS)
    if activation == "relu" and estimator.cell != "simple_rnn":
        raise InputError(
            "activation='relu' is for cell='simple_rnn': gates need bounded values; "
            f"got cell={estimator.cell!r}."
        )


def check_parameters(estimator: Any) -> None:
    """Raise an InputError that names the first parameter that breaks its rule."""
    check_cell(estimator)
    for name, least in MIN_INTEGER.items():
        if hasattr(estimator, name):
            check_integer(name, getattr(estimator, name), least)
    check_number("learning_rate", estimator.learning_rate, 0.0, np.inf)
    if estimator.clip_norm is not None:
        check_number("clip_norm", estimator.clip_norm, 0.0, np.inf, ", or None")
    _check_class_weight(getattr(estimator, "class_weight", None))
    check_verbose(estimator.verbose)
    if hasattr(estimator, "validation_fraction"):
        check_number("validation_fraction", estimator.validation_fraction, 0.0, 0.9)


def _check_class_weight(wanted: object) -> None:
    if isinstance(wanted, Mapping):
        for label, weight in wanted.items():
            check_number(f"class_weight[{label!r}]", weight, 0.0, np.inf)
    elif not (wanted is None or (isinstance(wanted, str) and wanted == "balanced")):
        raise InputError(
            f"class_weight must be a dict, 'balanced' or None; got {wanted!r}."
        )


def checked_sequences(estimator: Any, X: ArrayLike, *, reset: bool) -> Floats:
    """Sequences (n, steps, n_channels); X without channels has one.

    Learns `n_features_in_`, `n_channels_` and `n_dimensions_` if `reset`. The features
    of 2-D X are its steps, all of which `predict` needs; those of 3-D X are the
    channels, and any number of steps will do.
    """
    n_dimensions = _n_dimensions(X)
    if not reset and n_dimensions > 1 and n_dimensions != estimator.n_dimensions_:
        raise InputError(
            f"X must have {estimator.n_dimensions_} dimensions as in fit; "
            f"it has {n_dimensions}."
        )
    options: dict[str, Any] = {
        "dtype": np.float64,
        "ensure_all_finite": "allow-nan",
    }
    if n_dimensions != 3:
        values = validate_data(estimator, X, reset=reset, **options)[:, :, None]
    else:
        values = check_array(
            X, allow_nd=True, estimator=estimator, input_name="X", **options
        )
        _check_channels(estimator, values, reset)
    if reset:
        estimator.n_dimensions_ = n_dimensions
        estimator.n_channels_ = values.shape[2]
    sequences: Floats = values
    return sequences


def _n_dimensions(X: ArrayLike) -> int:
    """Count dimensions; give 2 where only scikit-learn can tell what is wrong."""
    try:
        found = int(np.asarray(X).ndim)
    except ValueError as error:
        raise InputError(
            "X must hold sequences of one length; fill shorter ones up with NaN, "
            "which is left out."
        ) from error
    if found > 3:
        raise InputError(
            "X must have shape (n_samples, steps) or (n_samples, steps, channels); "
            f"got {found} dimensions."
        )
    return found


def _check_channels(estimator: Any, values: Floats, reset: bool) -> None:
    n_channels = values.shape[2]
    if values.shape[1] == 0 or n_channels == 0:
        raise InputError(
            f"X must have steps and channels; its shape is {values.shape}."
        )
    if reset:
        estimator.n_features_in_ = n_channels
        estimator.__dict__.pop("feature_names_in_", None)
    elif n_channels != estimator.n_channels_:
        raise InputError(
            f"X must have {estimator.n_channels_} channels as in fit; "
            f"it has {n_channels}."
        )
