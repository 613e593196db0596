"""Ridge regression of many outputs at once, its penalty chosen on a cut."""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.windows import Floats

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
        self._centre, self._level = inputs.mean(axis=0), targets.mean(axis=0)
        centred = inputs - self._centre
        lengths, self._axes = np.linalg.eigh(centred.T @ centred)
        self._lengths = np.maximum(lengths, 0.0)[:, None]
        self._products = self._axes.T @ (centred.T @ (targets - self._level))

    def penalised(self, penalties: Floats) -> Linear:
        """Weights under a penalty for each output, (n_outputs,)."""
        weights = self._axes @ (self._products / (self._lengths + penalties))
        return Linear(weights, self._level - self._centre @ weights)


def choose_penalties(ridge: Ridge, inputs: Floats, targets: Floats) -> Floats:
    """Penalty (n_outputs,) with which each output errs least on a cut."""
    n_outputs = targets.shape[1]
    errors = []
    for penalty in PENALTIES:
        expected = ridge.penalised(np.full(n_outputs, penalty)).outputs(inputs)
        errors.append(np.mean((targets - expected) ** 2, axis=0))
    chosen: Floats = PENALTIES[np.argmin(errors, axis=0)]
    return chosen
