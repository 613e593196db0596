"""Taking the noise out of planes of pixels with a trained denoising network."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from recs_anomaly.core.flat_weights import set_flat_weights
from recs_anomaly.core.training import IS_ALWAYS_COMPILED
from recs_anomaly.denoise.network import MULTIPLE, build_denoising_network

Plane = NDArray[np.float32]
Level = float | Plane
TILE = 768
HALO = 80  # a multiple of MULTIPLE, and no less than the network sees to each side
AT_ONCE = 400_000  # pixels of small planes that the network is given in one call
FILLED_UP = 16_384  # the same where each call has as many planes
LARGEST_SIGMA = 75 / 255  # that training showed
CENTRE = 0.5
Image = NDArray[Any]


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


def map_tiles(
    image: Image, work: Callable[[Image], Image], tile: int, halo: int
) -> Image:
    """Work on an image tile by tile; give an image of its height and width.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, n_channels)
    work : callable
        Takes a tile with its surroundings and gives an image of the tile's height and
        width. A pixel of its result may depend on pixels up to `halo` away.
    tile : int
        Height and width of a tile without its surroundings.
    halo : int
        Pixels around a tile that `work` gets to see, where the image has them.

    Returns
    -------
    ndarray
    """
    whole: Image | None = None
    for rows, near_rows in spans(image.shape[0], tile, halo):
        for columns, near_columns in spans(image.shape[1], tile, halo):
            worked = work(image[near_rows, near_columns])
            inner = (_within(rows, near_rows), _within(columns, near_columns))
            if whole is None:
                whole = np.empty(image.shape[:2] + worked.shape[2:], worked.dtype)
            whole[rows, columns] = worked[inner]
    return image.copy() if whole is None else whole


def spans(size: int, tile: int, halo: int) -> Iterator[tuple[slice, slice]]:
    """Cut 0 to size into pieces; give each, and it with what is near."""
    for first in range(0, size, tile):
        last = min(first + tile, size)
        yield slice(first, last), slice(max(first - halo, 0), min(last + halo, size))


def padded_to_multiple(image: Image, multiple: int) -> Image:
    """Mirror an image at its lower and right edge until both sides are multiples."""
    missing = [-side % multiple for side in image.shape[:2]]
    more = [(0, missing[0]), (0, missing[1])] + [(0, 0)] * (image.ndim - 2)
    return np.pad(image, more, mode="symmetric") if any(missing) else image


def _within(part: slice, whole: slice) -> slice:
    return slice(part.start - whole.start, part.stop - whole.start)
