"""What a fitted recurrent network holds: its arrays, by name and shape."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.core.recurrent import Recurrent
from recs_anomaly.core.recurrent_start import GATES
from recs_anomaly.core.windows import Floats
from recs_anomaly.estimators._state import ArraySpec
from recs_anomaly.exceptions import InputError

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


class RecurrentState:
    """A cell and its head, as attributes."""

    cell: str
    kernel_: Floats
    recurrent_kernel_: Floats
    bias_: Floats
    head_kernel_: Floats
    head_bias_: Floats
    optimizer_state_: NDArray[np.float32]
    n_fits_: int
    n_iter_: int
    loss_curve_: list[float]
    validation_loss_curve_: list[float]

    def _store_recurrent(self, model: Recurrent) -> None:
        for name, array in zip(NAMES, model, strict=True):
            setattr(self, name, array)

    def _store_training(self, trained: Any) -> None:
        """Keep the weights of a training, and go on with the counts and curves."""
        self._store_recurrent(trained.model)
        self.n_fits_ += 1
        self.n_iter_ += len(trained.history.loss)
        self.loss_curve_ = [*self.loss_curve_, *trained.history.loss]
        self.validation_loss_curve_ = [
            *self.validation_loss_curve_,
            *trained.history.validation_loss,
        ]

    def _recurrent(self) -> Recurrent:
        return Recurrent(*(getattr(self, name) for name in NAMES))

    @property
    def _core_cell(self) -> str:
        """What the cell is called in core, where the activation is a part of it."""
        is_relu = getattr(self, "activation", "tanh") == "relu"
        return "relu_rnn" if is_relu else self.cell

    def _check_parameters(self) -> None:
        """Check what shapes cannot tell of a loaded network."""
        check_cell(self)
        n_gates = GATES[self._core_cell]
        n_biases = 2 if self.cell == "gru" else 1
        n_units = len(self.recurrent_kernel_)
        if self.bias_.shape != (n_biases, n_gates * n_units):
            raise InputError(
                f"bias_ must have shape {(n_biases, n_gates * n_units)} for "
                f"{n_units} units of cell={self.cell!r}; it has {self.bias_.shape}."
            )


def check_cell(estimator: Any) -> None:
    """Raise an InputError unless the cell, and its activation if any, are known."""
    if estimator.cell not in CELLS:
        raise InputError(f"cell must be one of {CELLS}; got {estimator.cell!r}.")
    activation = getattr(estimator, "activation", "tanh")
    if activation not in ACTIVATIONS:
        raise InputError(
            f"activation must be one of {ACTIVATIONS}; got {activation!r}."
        )
    if activation == "relu" and estimator.cell != "simple_rnn":
        raise InputError(
            "activation='relu' is for cell='simple_rnn': gates need bounded values; "
            f"got cell={estimator.cell!r}."
        )
