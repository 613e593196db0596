"""Ridge regression of many outputs at once, its penalty chosen on a cut."""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.windows import Floats

LEAST_REST = 0.01  # of a row's weight that others have, where fits follow every row
PENALTIES = np.geomspace(1e-3, 1e5, 17)  # in rows' worth of standardised inputs


class Linear(NamedTuple):
    """Weights (n_inputs, n_outputs) and intercepts (n_outputs,)."""

    weights: Floats
    intercepts: Floats

    def outputs(self, inputs: Floats) -> Floats:
        """Give outputs (n_rows, n_outputs) for inputs (n_rows, n_inputs)."""
        return inputs @ self.weights + self.intercepts


class Ridge:
    """Least squares on given rows, ready to be penalised in any way."""

    def __init__(self, inputs: Floats, targets: Floats) -> None:
        self._inputs, self._targets = inputs, targets
        self._centre, self._level = inputs.mean(axis=0), targets.mean(axis=0)
        centred = inputs - self._centre
        lengths, self._axes = np.linalg.eigh(centred.T @ centred)
        self._lengths = np.maximum(lengths, 0.0)[:, None]
        self._products = self._axes.T @ (centred.T @ (targets - self._level))

    def penalised(self, penalties: Floats) -> Linear:
        """Weights under a penalty for each output, (n_outputs,)."""
        weights = self._axes @ (self._products / (self._lengths + penalties))
        return Linear(weights, self._level - self._centre @ weights)

    def left_out_residuals(self, penalties: Floats) -> Floats:
        """Residuals (n_rows, n_outputs) of fits that leave out the row in question.

        In closed form, e / (1 - h), h being the weight of a row in its own fit.
        """
        residual = self._targets - self.penalised(penalties).outputs(self._inputs)
        along = (self._inputs - self._centre) @ self._axes
        own = 1.0 / len(along) + along**2 @ (1.0 / (self._lengths + penalties))
        left_out: Floats = residual / np.maximum(1.0 - own, LEAST_REST)
        return left_out


def choose_penalties(ridge: Ridge, inputs: Floats, targets: Floats) -> Floats:
    """Penalty (n_outputs,) with which each output errs least on a cut."""
    n_outputs = targets.shape[1]
    errors = []
    for penalty in PENALTIES:
        expected = ridge.penalised(np.full(n_outputs, penalty)).outputs(inputs)
        errors.append(np.mean((targets - expected) ** 2, axis=0))
    chosen: Floats = PENALTIES[np.argmin(errors, axis=0)]
    return chosen
