"""Dense autoencoder of windows: principal components and a network's correction.

The linear part, in closed form, is what an autoencoder without hidden layers learns
(Baldi & Hornik, 1989). Two small networks add what is not linear to the code and to
the reconstruction; their last layers start at zero, so that training can only improve
on the components.
"""

from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from recs_anomaly.core.windows import Floats


class WindowAutoencoder(NamedTuple):
    """Weights; d is the width of a window, k the size of its code, h the hidden units.

    `mean` (d,), `components` (k, d); `encoder_*` from d over h to k, `decoder_*` from
    k over h to d.
    """

    mean: Floats
    components: Floats
    encoder_kernel: Floats
    encoder_bias: Floats
    encoder_head: Floats
    decoder_kernel: Floats
    decoder_bias: Floats
    decoder_head: Floats


def fit_components(
    windows: Floats, kept: float, most: int, n_hidden: int
) -> WindowAutoencoder:
    """Keep the components that explain the share `kept` of variance, at most `most`.

    `windows` has shape (n_windows, d). The correction says 0.
    """
    mean = windows.mean(axis=0)
    _, lengths, axes = np.linalg.svd(windows - mean, full_matrices=False)
    explained = np.cumsum(lengths**2)
    enough = int(np.searchsorted(explained, kept * explained[-1])) + 1
    components = axes[: min(enough, most)]
    n_code, width = components.shape
    return WindowAutoencoder(
        mean,
        components,
        np.zeros((width, n_hidden)),
        np.zeros(n_hidden),
        np.zeros((n_hidden, n_code)),
        np.zeros((n_code, n_hidden)),
        np.zeros(n_hidden),
        np.zeros((n_hidden, width)),
    )


def encode(model: WindowAutoencoder, windows: Floats) -> Floats:
    """Codes (n_windows, k) of windows (n_windows, d)."""
    centred = windows - model.mean
    hidden = np.tanh(centred @ model.encoder_kernel + model.encoder_bias)
    return centred @ model.components.T + hidden @ model.encoder_head


def decode(model: WindowAutoencoder, codes: Floats) -> Floats:
    """Windows (n_windows, d) that codes (n_windows, k) stand for."""
    hidden = np.tanh(codes @ model.decoder_kernel + model.decoder_bias)
    return codes @ model.components + model.mean + hidden @ model.decoder_head


def build_autoencoder(linear: WindowAutoencoder, seed: int) -> keras.Model:
    """Keras model that reconstructs windows, the linear part being fixed.

    Input and output are windows less the mean, (n_windows, d).
    """
    seeds = np.random.default_rng(seed).integers(2**31, size=2).tolist()
    n_hidden, n_code = linear.encoder_head.shape
    width = len(linear.mean)
    centred = keras.Input((width,))
    project = layers.Dense(n_code, use_bias=False, trainable=False, name="project")
    restore = layers.Dense(width, use_bias=False, trainable=False, name="restore")
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
