"""The convolutional denoising autoencoder: noisy pixels and their noise level in.

The encoder's first convolution strides over 2 x 2 pixels, as FFDNet (Zhang, Zuo &
Zhang, 2018) works on unshuffled pixels; two more levels halve the resolution again,
so that most of the work is done on few pixels. Skip connections carry the detail
(Ronneberger, Fischer & Brox, 2015), blocks are residual (He et al., 2016).

The network names the noise in units of its standard deviation, so that the image
without noise is `noisy - sigma * network(noisy, sigma)`: with sigma 0 nothing changes.
"""

from itertools import pairwise

import keras
import numpy as np
from keras import layers

from recs_anomaly.denoise.settings import GREY, WIDTHS, Planes


def build_denoising_network(
    seed: int, widths: tuple[int, ...] = WIDTHS, planes: Planes = GREY
) -> keras.Model:
    """Build the network, its weights drawn by a generator of its own.

    Its input has shape (n_images, height, width, 2 n_seen): planes and then their maps
    of noise levels, all on the scale where an image spans 0 to 1. Height and width are
    multiples of `settings.MULTIPLE`. The output has shape (n_images, height, width,
    n_cleaned).
    """
    draw = _Draws(seed)
    noisy = keras.Input((None, None, 2 * planes.n_seen), name="noisy_and_sigma")
    features = layers.Conv2D(widths[0], 6, strides=2, padding="same", **draw())(noisy)
    skips = []
    for width, deeper in pairwise(widths):
        features = _residual(features, width, draw)
        skips.append(features)
        features = layers.Conv2D(deeper, 2, strides=2, **draw())(features)
    for _ in range(2):
        features = _residual(features, widths[-1], draw)
    for width in widths[-2::-1]:
        features = layers.Conv2DTranspose(width, 2, strides=2, **draw())(features)
        features = _residual(layers.add([features, skips.pop()]), width, draw)
    # Starting at zero, the network first leaves every image as it is. Its last layer
    # keeps 32 bits where training runs the others in 16.
    unit_noise = layers.Conv2DTranspose(
        planes.n_cleaned,
        6,
        strides=2,
        padding="same",
        kernel_initializer="zeros",
        dtype="float32",
    )
    return keras.Model(noisy, unit_noise(features), name="denoising_network")


class _Draws:
    """Hands each layer an initialiser with a seed of its own."""

    def __init__(self, seed: int) -> None:
        self._seeds = np.random.default_rng(seed)

    def __call__(self) -> dict[str, keras.initializers.Initializer]:
        seed = int(self._seeds.integers(2**31))
        return {"kernel_initializer": keras.initializers.HeNormal(seed)}


def _residual(
    features: keras.KerasTensor, width: int, draw: _Draws
) -> keras.KerasTensor:
    """Add to the features what two convolutions make of them."""
    inner = layers.Conv2D(width, 3, padding="same", activation="relu", **draw())
    outer = layers.Conv2D(width, 3, padding="same", **draw())
    return layers.add([features, outer(inner(features))])
