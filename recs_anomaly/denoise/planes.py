"""Planes of pixels: the neighbourhood of each, work tile by tile, edges."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d, uniform_filter, zoom

from recs_anomaly.core.arrays import Array, Bools, Singles

Image = NDArray[Any]
SHARPER = (-1 / 8, 5 / 4, -1 / 8)


def local_mean(plane: Array, radius: int) -> Singles:
    """Return the mean of the square around each pixel, mirrored at the edges."""
    mean = uniform_filter(plane, 2 * radius + 1, output=np.float64)
    return np.asarray(mean, np.float32)


def local_deviation(plane: Array, radius: int) -> Singles:
    """Return the standard deviation of the square around each pixel."""
    # Around the middle, where the difference of squares loses the fewest digits.
    centred = (plane - np.float32(np.mean(plane))).astype(np.float64)
    variance = local_mean(centred**2, radius) - local_mean(centred, radius) ** 2
    return np.asarray(np.sqrt(np.maximum(variance, 0)), np.float32)


def evened(plane: Singles, radius: int, deviation: float | Singles) -> Singles:
    """Return the plane smoothed where it deviates less around a pixel than so.

    Where it deviates more it stays (He, Sun & Tang, "Guided image filtering", IEEE
    Transactions on Pattern Analysis and Machine Intelligence 35, 2013; by itself).
    """
    variance = local_deviation(plane, radius) ** 2
    weak = np.maximum(np.asarray(deviation, np.float32) ** 2, np.float32(1e-12))
    kept = variance / (variance + weak)
    rest = local_mean((1 - kept) * local_mean(plane, radius), radius)
    return local_mean(kept, radius) * plane + rest


def flat_areas(planes: Array, side: int) -> Bools:
    """Tell which pixels lie in a square of `side` pixels each way of one exact value.

    Planes (height, width) or (n_planes, height, width) are looked at one by one.
    """
    is_area = np.zeros(planes.shape, bool)
    if min(planes.shape[-2:]) < side:
        return is_area
    # Squares by their first pixel: alike along each of their rows, and down a column.
    across = _runs(planes[..., 1:] == planes[..., :-1], side - 1, axis=-1)
    down = _runs(planes[..., 1:, :] == planes[..., :-1, :], side - 1, axis=-2)
    first = _runs(across, side, axis=-2) & down[..., : across.shape[-1]]
    if first.any():
        height, width = first.shape[-2:]
        for row in range(side):
            for column in range(side):
                is_area[..., row : row + height, column : column + width] |= first
    return is_area


def _runs(are_true: Bools, n: int, axis: int) -> Bools:
    """Tell where n in a row are true, by the first of them."""
    windows = np.lib.stride_tricks.sliding_window_view(are_true, n, axis=axis)
    found: Bools = np.logical_and.reduce([windows[..., i] for i in range(n)])
    return found


def pooled(plane: Singles) -> Singles:
    """Return the means of 2 x 2 pixels, the plane mirrored where a side is odd."""
    padded = padded_to_multiple(plane, 2)
    squares = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2)
    return np.asarray(squares.mean(axis=(1, 3)), np.float32)


def sharpened(means: Singles) -> Singles:
    """Return the plane that `doubled` brings back of means of 2 x 2 pixels.

    The means of what it doubles are less sharp than what that was made of.
    """
    for axis in (0, 1):
        means = convolve1d(means, SHARPER, axis, mode="nearest")
    return means


def halved(plane: Singles) -> Singles:
    """Return the plane half as high and wide that `doubled` brings back."""
    return sharpened(pooled(plane))


def doubled(plane: Singles) -> Singles:
    """Return a plane twice as high and wide, without steps."""
    return np.asarray(zoom(plane, 2, order=1, mode="nearest", grid_mode=True))


def map_tiles(
    images: Sequence[Image], work: Callable[..., Image], tile: int, halo: int
) -> Image:
    """Work on images tile by tile; return an image of their height and width.

    Parameters
    ----------
    images : sequence of ndarray of shape (height, width) or (height, width, n_channels)
    work : callable
        Takes a tile of each with its surroundings and returns an image of the tile's
        height and width. A pixel of its result may depend on pixels up to `halo` away.
    tile : int
        Height and width of a tile without its surroundings.
    halo : int
        Pixels around a tile that `work` gets to see, where the image has them.

    Returns
    -------
    ndarray
    """
    whole: Image | None = None
    shape = images[0].shape[:2]
    for rows, near_rows in spans(shape[0], tile, halo):
        for columns, near_columns in spans(shape[1], tile, halo):
            worked = work(*(image[near_rows, near_columns] for image in images))
            inner = (_within(rows, near_rows), _within(columns, near_columns))
            if whole is None:
                whole = np.empty(shape + worked.shape[2:], worked.dtype)
            whole[rows, columns] = worked[inner]
    return images[0].copy() if whole is None else whole


def spans(size: int, tile: int, halo: int) -> Iterator[tuple[slice, slice]]:
    """Cut 0 to size into pieces; yield each, and it with what is near."""
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
