"""The denoising network as Keras runs it, and the model that users export."""

import keras
import numpy as np
from keras import ops

from recs_anomaly.core.arrays import Singles
from recs_anomaly.core.flat_weights import set_flat_weights
from recs_anomaly.core.training import IS_ALWAYS_COMPILED
from recs_anomaly.denoise.network import build_denoising_network
from recs_anomaly.denoise.settings import CENTRE, GREY, MAX_SIGMA, MULTIPLE, Planes


class KerasNetwork:
    """A network that names the noise in a batch, run by Keras.

    Parameters
    ----------
    weights : ndarray of shape (n_weights,)
    planes : Planes
        Those that it sees and cleans.
    """

    # JAX would compile a program for each size of a batch.
    is_compiled_by_shape = IS_ALWAYS_COMPILED

    def __init__(self, weights: Singles, planes: Planes) -> None:
        self._network = network_of(weights, planes)
        # TensorFlow's graph takes a third less time than layer by layer: a convolution,
        # its bias and what follows are one operation there.
        self._network.compile(jit_compile=IS_ALWAYS_COMPILED)

    def __call__(self, batch: Singles) -> Singles:
        """Return the noise over its level (n_images, height, width, n_cleaned)."""
        found: Singles = self._network.predict_on_batch(batch)
        return found


def network_of(weights: Singles, planes: Planes = GREY) -> keras.Model:
    """Build the network that has these weights (n_weights,)."""
    network = build_denoising_network(0, planes=planes)
    set_flat_weights(network, weights)
    return network


def build_denoiser(weights: Singles) -> keras.Model:
    """Build a Keras model from [noisy images, noise levels] to clean images.

    Images have shape (n, height, width, 1), from 0 to 1, height and width being
    multiples of `settings.MULTIPLE`; the levels (n, 1) are standard deviations of their
    noise on that scale. The output has the shape of the images.
    """
    noisy = keras.Input((None, None, 1), name="noisy")
    sigma = keras.Input((1,), name="sigma")
    level = ops.reshape(sigma, (-1, 1, 1, 1))
    shrink = ops.minimum(MAX_SIGMA / ops.maximum(level, MAX_SIGMA), 1.0)
    centred = CENTRE + shrink * (noisy - CENTRE)
    everywhere = ops.ones_like(noisy) * (shrink * level)
    unit_noise = network_of(weights)(ops.concatenate([centred, everywhere], axis=-1))
    model = keras.Model([noisy, sigma], noisy - level * unit_noise, name="denoiser")
    # Keras exports to ONNX what has been called, and nothing else.
    model([np.zeros((1, MULTIPLE, MULTIPLE, 1), np.float32), np.zeros((1, 1))])
    return model
