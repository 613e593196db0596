"""The correction that a window autoencoder learns, in Keras."""

import keras
import numpy as np
from keras import layers

from recs_anomaly.core.autoencoder import WindowAutoencoder


def build_autoencoder(linear: WindowAutoencoder, seed: int) -> keras.Model:
    """Keras model that reconstructs windows, the linear part being fixed.

    Input and output are windows less the mean, (n_windows, d).
    """
    seeds = np.random.default_rng(seed).integers(2**31, size=2).tolist()
    n_hidden, n_code = linear.encoder_head.shape
    width = len(linear.mean)
    centred = keras.Input((width,))
    fixed = {"use_bias": False, "trainable": False, "kernel_initializer": "zeros"}
    project = layers.Dense(n_code, name="project", **fixed)
    restore = layers.Dense(width, name="restore", **fixed)
    code = layers.add(
        [project(centred), _correction(centred, n_hidden, n_code, seeds[0], "encoder")]
    )
    output = layers.add(
        [restore(code), _correction(code, n_hidden, width, seeds[1], "decoder")]
    )
    network = keras.Model(centred, output)
    project.set_weights([linear.components.T])
    restore.set_weights([linear.components])
    return network


def _correction(
    values: keras.KerasTensor, n_hidden: int, n_outputs: int, seed: int, name: str
) -> keras.KerasTensor:
    draw = keras.initializers.GlorotUniform(seed)
    hidden = layers.Dense(
        n_hidden, activation="tanh", kernel_initializer=draw, name=f"{name}_hidden"
    )
    head = layers.Dense(
        n_outputs, use_bias=False, kernel_initializer="zeros", name=f"{name}_head"
    )
    return head(hidden(values))


def autoencoder_arrays(
    network: keras.Model, linear: WindowAutoencoder
) -> WindowAutoencoder:
    """Copy the correction's weights out, for the NumPy forward pass."""
    kernels = {
        f"{part}_{name}": np.asarray(weight, np.float64)
        for part in ("encoder", "decoder")
        for name, weight in zip(
            ("kernel", "bias", "head"),
            network.get_layer(f"{part}_hidden").get_weights()
            + network.get_layer(f"{part}_head").get_weights(),
            strict=True,
        )
    }
    return linear._replace(**kernels)
