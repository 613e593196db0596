"""A window autoencoder in Keras: fixed components, and the correction it learns."""

import keras
import numpy as np
from keras import layers

from recs_anomaly.core.autoencoder import WindowAutoencoder


def build_autoencoder(
    linear: WindowAutoencoder, seed: int, axes: tuple[int | None, ...] = ()
) -> keras.Model:
    """Keras model that reconstructs windows, the linear part being fixed.

    Input and output are windows less the mean, (n_windows, *axes, d). The correction,
    where there are hidden units, has random weights and says nothing yet.
    """
    seeds = np.random.default_rng(seed).integers(2**31, size=2).tolist()
    n_hidden, n_code = linear.encoder_head.shape
    width = len(linear.mean)
    centred = keras.Input((*axes, width))
    fixed = {"use_bias": False, "trainable": False, "kernel_initializer": "zeros"}
    project = layers.Dense(n_code, name="project", **fixed)
    restore = layers.Dense(width, name="restore", **fixed)
    code = project(centred)
    if n_hidden:
        said = _correction(centred, n_hidden, n_code, seeds[0], "encoder")
        code = layers.add([code, said])
    output = restore(code)
    if n_hidden:
        said = _correction(code, n_hidden, width, seeds[1], "decoder")
        output = layers.add([output, said])
    network = keras.Model(centred, output, name="autoencoder")
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


def keras_autoencoder(
    model: WindowAutoencoder, axes: tuple[int | None, ...]
) -> keras.Model:
    """Build the Keras twin of a trained autoencoder, as `build_autoencoder` does."""
    network = build_autoencoder(model, 0, axes)
    if len(model.encoder_bias):
        for part in ("encoder", "decoder"):
            kernel, bias, head = (
                getattr(model, f"{part}_{name}") for name in ("kernel", "bias", "head")
            )
            network.get_layer(f"{part}_hidden").set_weights([kernel, bias])
            network.get_layer(f"{part}_head").set_weights([head])
    return network
