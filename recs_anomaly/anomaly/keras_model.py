"""The networks of a fitted detector in Keras: forecasts, and what windows leave over.

Windows are made by a convolution whose kernel is the identity, and put together again
by its transpose, so that the model consists of Keras' own layers.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from recs_anomaly.anomaly.autoregression import Autoregression
from recs_anomaly.anomaly.lagged import LaggedNetwork, dense_kernel
from recs_anomaly.anomaly.model import INPUT_LIMIT, AnomalyModel
from recs_anomaly.anomaly.networks import keras_autoencoder
from recs_anomaly.anomaly.window_codes import WindowAutoencoder
from recs_anomaly.core.recurrent_network import build_recurrent, set_recurrent


def build_anomaly_network(model: AnomalyModel) -> keras.Model:
    """Build a Keras model from series (n, steps, n_channels) to two outputs.

    Both have shape (n, steps, n_targets): "expected", the forecast of each row from
    those before it, in the units of the series, and "left_over", the squared error of
    the reconstruction, in training variances, the mean over the windows that cover a
    row. Series have no
    gaps, and are at least as long as a window.
    """
    centre, scale, targets = model.channels
    series = keras.Input((None, len(centre)), name="series")
    scaled = (series - centre.astype(np.float32)) / scale.astype(np.float32)
    expected = _chosen(_linear_forecast(model.autoregression, scaled), targets)
    if model.correction is not None:
        expected = expected + _lagged(model.correction, scaled)
    if model.recurrent is not None:
        expected = expected + _correction(model, scaled)
    units = expected * scale[targets].astype(np.float32)
    outputs = {
        "expected": units + centre[targets].astype(np.float32),
        "left_over": _left_over(model.autoencoder, _chosen(scaled, targets)),
    }
    return keras.Model(series, outputs, name="anomaly_networks")


def _chosen(values: Any, targets: np.ndarray) -> Any:
    return ops.take(values, targets.astype(np.int32), axis=-1)


def _linear_forecast(model: Autoregression, scaled: Any) -> Any:
    """Each channel from its own past; rows before the first are like the first."""
    before = ops.repeat(scaled[:, :1], model.n_lags, axis=1)
    past = ops.concatenate([before, scaled[:, :-1]], axis=1)
    layer = layers.DepthwiseConv1D(
        model.n_lags, depthwise_initializer="zeros", name="linear"
    )
    forecast = layer(past)
    layer.set_weights([model.weights.T[:, :, None], model.intercepts])
    return forecast


def _lagged(network: LaggedNetwork, scaled: Any) -> Any:
    """Say what a network does; rows before the first are like the first."""
    reach, (n_targets, n_hidden) = network.reach, network.bias.shape
    n_units = n_targets * n_hidden
    before = ops.repeat(scaled[:, :1], reach, axis=1)
    whole = ops.concatenate([before, scaled], axis=1)
    past = ops.clip(whole, -INPUT_LIMIT, INPUT_LIMIT)
    held = ops.minimum(ops.maximum(past, network.lowest), network.highest)
    linear = np.zeros((reach + 1, scaled.shape[2], n_targets))
    drive = np.zeros((reach + 1, scaled.shape[2], n_units))
    head = np.zeros((n_units, n_targets))
    for target in range(n_targets):
        units = slice(target * n_hidden, (target + 1) * n_hidden)
        seen = reach - network.lags[target], network.channels[target]
        np.add.at(linear[..., target], seen, network.linear[target])
        np.add.at(drive[..., units], seen, dense_kernel(network, target))
        head[units, target] = network.head[target]
    kernels = {"linear": (linear, network.intercepts), "hidden": (drive, network.bias)}
    said = {}
    for name, (kernel, bias) in kernels.items():
        layer = layers.Conv1D(
            kernel.shape[2],
            reach + 1,
            activation="relu" if name == "hidden" else None,
            kernel_initializer="zeros",
            name=f"lagged_{name}",
        )
        said[name] = layer(held if name == "hidden" else past)
        layer.set_weights([kernel, bias.ravel()])
    speak = layers.Dense(
        n_targets, use_bias=False, kernel_initializer="zeros", name="lagged_head"
    )
    output = said["linear"] + speak(said["hidden"])
    speak.set_weights([head])
    return output


def _correction(model: AnomalyModel, scaled: Any) -> Any:
    """Add what the recurrent network said one row before."""
    assert model.recurrent is not None
    n_units, n_targets = model.recurrent.head_kernel.shape
    network = build_recurrent(model.cell, scaled.shape[2], n_units, n_targets, seed=0)
    set_recurrent(network, model.recurrent)
    said = network(ops.clip(scaled, -INPUT_LIMIT, INPUT_LIMIT))
    return ops.pad(said[:, :-1], ((0, 0), (1, 0), (0, 0)))


def _left_over(model: WindowAutoencoder, values: Any) -> Any:
    """Mean squared error over the windows that cover each row and target."""
    width = len(model.mean)
    plain: dict[str, Any] = {"use_bias": False, "kernel_initializer": "zeros"}
    cut = layers.Conv2D(width, (width, 1), name="windows", **plain)
    windows = cut(ops.expand_dims(values, -1))  # (n, n_windows, n_targets, width)
    cut.set_weights([np.eye(width)[:, None, None]])
    shapes = windows - ops.mean(windows, axis=-1, keepdims=True)
    mean = model.mean.astype(np.float32)
    rebuilt = keras_autoencoder(model, (None, None))(shapes - mean) + mean
    squared = (windows - rebuilt) ** 2
    join = layers.Conv2DTranspose(1, (width, 1), name="rows", **plain)
    total, n_covering = join(squared), join(ops.ones_like(squared))
    join.set_weights([np.eye(width)[:, None, None]])
    return ops.squeeze(total / n_covering, -1)
