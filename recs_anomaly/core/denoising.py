"""Taking the noise out of planes of pixels with a trained denoising network."""

import keras
import numpy as np
from numpy.typing import NDArray

from recs_anomaly.core.denoising_network import MULTIPLE, build_denoising_network
from recs_anomaly.core.flat_weights import set_flat_weights
from recs_anomaly.core.tiles import padded_to_multiple

Plane = NDArray[np.float32]

TILE = 768
HALO = 80  # a multiple of MULTIPLE, and no less than the network sees to each side
LARGEST_SIGMA = 75 / 255  # that training showed
CENTRE = 0.5


def denoise_plane(network: keras.Model, plane: Plane, sigma: float) -> Plane:
    """Estimate the clean plane (height, width), both on a scale from 0 to 1.

    Noise stronger than training showed is brought down to what it showed: the plane
    is shrunk towards mid-grey for the network.
    """
    if sigma == 0:
        return plane
    shrink = min(1.0, LARGEST_SIGMA / sigma)
    padded = padded_to_multiple(plane, MULTIPLE).astype(np.float32)
    padded = CENTRE + shrink * (padded - CENTRE) if shrink < 1 else padded
    level = np.full_like(padded, shrink * sigma)
    unit_noise = network(np.stack([padded, level], axis=-1)[None], training=False)
    noise = keras.ops.convert_to_numpy(unit_noise)[0, : len(plane), : plane.shape[1], 0]
    return np.asarray(plane - np.float32(sigma) * noise)


def network_of(weights: NDArray[np.float32]) -> keras.Model:
    """Build the network that has these weights (n_weights,)."""
    network = build_denoising_network(0)
    set_flat_weights(network, weights)
    return network
