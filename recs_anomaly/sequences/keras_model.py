"""A fitted forecaster in Keras: windows as they came in, forecasts out."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from recs_anomaly.core.recurrent_network import build_summary, set_recurrent
from recs_anomaly.sequences.forecast import INPUT_LIMIT, NETWORK_STEPS, ForecastModel


def build_forecaster(
    model: ForecastModel, n_steps: int, output_shape: tuple[int, ...]
) -> keras.Model:
    """Keras model from windows (n, n_steps, n_channels) to (n, *output_shape).

    What is not known in a window (NaN) stays as it was last known there.
    """
    n_channels = len(model.windows.centre)
    windows = keras.Input((n_steps, n_channels), name="windows")
    centre, spread = (part.astype(np.float32) for part in model.windows)
    filled = _filled((windows - centre) / spread, n_steps)
    n_outputs = len(model.linear.intercepts)
    linear = layers.Dense(n_outputs, kernel_initializer="zeros", name="linear")
    expected = linear(ops.reshape(filled, (-1, n_steps * n_channels)))
    linear.set_weights(list(model.linear))
    if model.recurrent is not None:
        expected = expected + _correction(model, filled, min(n_steps, NETWORK_STEPS))
    level, output_spread = (part.astype(np.float32) for part in model.outputs)
    outputs = ops.reshape(expected * output_spread + level, (-1, *output_shape))
    return keras.Model(windows, outputs, name="forecaster")


def _filled(scaled: Any, n_steps: int) -> Any:
    """Fill NaN from before, looking back twice as far each time; at the start by 0."""
    back = 1
    while back < n_steps:
        before = ops.pad(
            scaled[:, :-back], ((0, 0), (back, 0), (0, 0)), constant_values=np.nan
        )
        scaled = ops.where(ops.isnan(scaled), before, scaled)
        back *= 2
    return ops.where(ops.isnan(scaled), 0.0, scaled)


def _correction(model: ForecastModel, filled: Any, n_steps: int) -> Any:
    """Add what the recurrent network says after the last steps of a window."""
    assert model.recurrent is not None
    n_units, n_outputs = model.recurrent.head_kernel.shape
    network = build_summary(model.cell, n_steps, filled.shape[2], n_units, n_outputs)
    set_recurrent(network, model.recurrent)
    steps = ops.clip(filled[:, -n_steps:], -INPUT_LIMIT, INPUT_LIMIT)
    return network([steps, ops.ones_like(steps[:, :, 0], dtype="bool")])
