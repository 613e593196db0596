"""A fitted denoiser in Keras: noisy images and their noise in, clean images out."""

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from recs_anomaly.core.denoising import CENTRE, LARGEST_SIGMA, network_of


def build_denoiser(weights: NDArray[np.float32]) -> keras.Model:
    """Keras model from [noisy images, noise levels] to clean images.

    Images have shape (n, height, width, 1), from 0 to 1, height and width being
    multiples of `denoising_network.MULTIPLE`; the levels (n, 1) are standard deviations
    of their noise on that scale. The output has the shape of the images.
    """
    noisy = keras.Input((None, None, 1), name="noisy")
    sigma = keras.Input((1,), name="sigma")
    level = ops.reshape(sigma, (-1, 1, 1, 1))
    shrink = ops.minimum(LARGEST_SIGMA / ops.maximum(level, LARGEST_SIGMA), 1.0)
    centred = CENTRE + shrink * (noisy - CENTRE)
    everywhere = ops.ones_like(noisy) * (shrink * level)
    unit_noise = network_of(weights)(ops.concatenate([centred, everywhere], axis=-1))
    return keras.Model([noisy, sigma], noisy - level * unit_noise, name="denoiser")
