"""Forecasts of several steps from a window of the past: linear, and a correction.

The linear part, in closed form, sees the whole window (the skip path of LSTNet: Lai,
Chang, Yang & Liu, 2018); a recurrent network, which reads its last steps, adds what is
not linear.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.arrays import Floats
from recs_anomaly.core.recurrent import Recurrent, last_outputs
from recs_anomaly.core.windows import sliding_windows
from recs_anomaly.sequences.samples import Scale

INPUT_LIMIT = 8.0  # in standard deviations, of what the network sees
NETWORK_STEPS = 48  # last steps of a window
MIN_SHARE_LEFT = 0.01  # of a row's weight that others have, where fits follow every row
PENALTIES = np.geomspace(1e-3, 1e5, 17)  # in rows' worth of standardised inputs


class Linear(NamedTuple):
    """Weights (n_inputs, n_outputs) and intercepts (n_outputs,)."""

    weights: Floats
    intercepts: Floats

    def outputs(self, inputs: Floats) -> Floats:
        """Give outputs (n_rows, n_outputs) for inputs (n_rows, n_inputs)."""
        return inputs @ self.weights + self.intercepts


class ForecastModel(NamedTuple):
    """What forecasts are made of.

    `windows` is the scale of the channels, `outputs` that of each output; `linear` and
    `recurrent`, if it is of use, work in these scales.
    """

    windows: Scale
    outputs: Scale
    linear: Linear
    cell: str
    recurrent: Recurrent | None


def forecast(model: ForecastModel, windows: Floats) -> Floats:
    """Forecast outputs (n, n_outputs) from windows (n, steps, n_channels).

    What is not known in a window (NaN) stays as it was last known there.
    """
    filled = scaled_windows(model.windows, windows)
    expected = model.linear.outputs(flat(filled))
    if model.recurrent is not None:
        expected = expected + correction(model.cell, model.recurrent, filled)
    return expected * model.outputs.spread + model.outputs.centre


def correction(cell: str, network: Recurrent, filled: Floats) -> Floats:
    """Give what the network adds for scaled windows without gaps."""
    steps = network_steps(filled)
    return last_outputs(cell, network, steps, np.ones(steps.shape[:2], dtype=np.bool_))


def scaled_windows(scale: Scale, windows: Floats) -> Floats:
    """Scale windows (n, steps, n_channels), and fill their gaps from before."""
    scaled = (windows - scale.centre) / scale.spread
    last = np.zeros((len(scaled), scaled.shape[2]))
    for step in range(scaled.shape[1]):
        last = np.where(np.isnan(scaled[:, step]), last, scaled[:, step])
        scaled[:, step] = last
    return scaled


def flat(filled: Floats) -> Floats:
    """Lay each window's values out in a row."""
    return filled.reshape(len(filled), -1)


def network_steps(filled: Floats) -> Floats:
    """Give the part of windows that the network sees."""
    return np.clip(filled[:, -NETWORK_STEPS:], -INPUT_LIMIT, INPUT_LIMIT)


def pasts_and_futures(
    series: Floats, width: int, horizon: int
) -> tuple[Floats, Floats]:
    """Cut a series (n_rows, n_channels) into windows and what comes after them.

    Windows whose future is not known in full are left out.
    """
    pasts = sliding_windows(series[:-horizon], width)
    futures = sliding_windows(series[width:], horizon)
    is_known = ~np.isnan(futures).any(axis=(1, 2))
    return pasts[is_known], futures[is_known]


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
        left_out: Floats = residual / np.maximum(1.0 - own, MIN_SHARE_LEFT)
        return left_out


def choose_penalties(ridge: Ridge, inputs: Floats, targets: Floats) -> Floats:
    """Penalty (n_outputs,) with which each output errs least on inputs."""
    n_outputs = targets.shape[1]
    errors = []
    for penalty in PENALTIES:
        expected = ridge.penalised(np.full(n_outputs, penalty)).outputs(inputs)
        errors.append(np.mean((targets - expected) ** 2, axis=0))
    chosen: Floats = PENALTIES[np.argmin(errors, axis=0)]
    return chosen
