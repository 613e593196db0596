"""Forecasts of several steps from a window of the past: linear, and a correction.

The linear part, in closed form, sees the whole window (the skip path of LSTNet: Lai,
Chang, Yang & Liu, 2018); a recurrent network, which reads its last steps, adds what is
not linear.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.recurrent import Recurrent, last_outputs
from recs_anomaly.core.ridge import Linear
from recs_anomaly.core.sequence_samples import Scale
from recs_anomaly.core.windows import Floats, sliding_windows

INPUT_LIMIT = 8.0  # in standard deviations, of what the network sees
NETWORK_STEPS = 48  # last steps of a window


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
