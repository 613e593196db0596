"""Taking the noise out of planes of pixels with a trained denoising network."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import keras
import numpy as np
from numpy.typing import NDArray

from recs_anomaly.core.denoising_network import MULTIPLE, build_denoising_network
from recs_anomaly.core.flat_weights import set_flat_weights
from recs_anomaly.core.tiles import padded_to_multiple
from recs_anomaly.core.training import IS_ALWAYS_COMPILED

Plane = NDArray[np.float32]
Level = float | Plane

TILE = 768
HALO = 80  # a multiple of MULTIPLE, and no less than the network sees to each side
AT_ONCE = 400_000  # pixels of small planes that the network is given in one call
FILLED_UP = 16_384  # the same where each call has as many planes
LARGEST_SIGMA = 75 / 255  # that training showed
CENTRE = 0.5


def denoise_planes(
    network: keras.Model, planes: Sequence[Plane], levels: Sequence[Level]
) -> list[Plane]:
    """Estimate the clean planes (height, width), all of one shape, from 0 to 1.

    A level is the standard deviation of a plane's noise, or that of each pixel. Noise
    stronger than training showed is brought down to what it showed: the plane is
    shrunk towards mid-grey for the network.
    """
    cleaned = list(planes)
    noisy = [i for i, level in enumerate(levels) if np.any(level)]
    for part in _parts(noisy, AT_ONCE // max(planes[0].size, 1)):
        inputs = np.stack([_as_input(planes[i], levels[i]) for i in part])
        height, width = planes[0].shape
        found = np.concatenate([network.predict_on_batch(x) for x in _calls(inputs)])
        unit_noise = found[: len(part), :height, :width, 0]
        for i, noise in zip(part, unit_noise, strict=True):
            cleaned[i] = planes[i] - np.asarray(levels[i], np.float32) * noise
    return cleaned


def _parts(numbers: list[int], size: int) -> Iterator[list[int]]:
    for first in range(0, len(numbers), max(size, 1)):
        yield numbers[first : first + max(size, 1)]


def _calls(inputs: Plane) -> Iterator[Plane]:
    """Cut inputs (n, height, width, 2) into what the network is given in one call.

    JAX compiles a program for each number of planes, and each rounds in its own way. So
    there every call has as many, the last one filled up with zeros: what becomes of a
    plane does not depend on its company.
    """
    if not IS_ALWAYS_COMPILED:
        yield inputs
        return
    size = max(FILLED_UP // inputs[0, ..., 0].size, 1)
    for first in range(0, len(inputs), size):
        part = inputs[first : first + size]
        missing = [(0, size - len(part)), (0, 0), (0, 0), (0, 0)]
        yield np.pad(part, missing)


def _as_input(plane: Plane, level: Level) -> Plane:
    """Put the plane and its map of levels together, (height, width, 2)."""
    strongest = float(np.max(level))
    shrink = min(1.0, LARGEST_SIGMA / strongest)
    centred = CENTRE + shrink * (plane - CENTRE) if shrink < 1 else plane
    everywhere = np.broadcast_to(np.asarray(shrink * level), plane.shape)
    both = np.stack([centred, everywhere], axis=-1).astype(np.float32)
    return padded_to_multiple(both, MULTIPLE)


def network_of(weights: NDArray[np.float32]) -> keras.Model:
    """Build the network that has these weights (n_weights,)."""
    network = build_denoising_network(0)
    set_flat_weights(network, weights)
    return network


def shared_network(weights: NDArray[np.float32]) -> keras.Model:
    """Give the network that has these weights, which nobody may train.

    Building one takes as long as cleaning a small image: the last few are kept.
    """
    return _built_once(np.ascontiguousarray(weights).tobytes())


@lru_cache(maxsize=4)
def _built_once(weights: bytes) -> keras.Model:
    network = network_of(np.frombuffer(weights, np.float32))
    # TensorFlow's graph takes a third less time than layer by layer: a convolution,
    # its bias and what follows are one operation there.
    network.compile(jit_compile=IS_ALWAYS_COMPILED)
    return network
