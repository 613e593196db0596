"""Large images in overlapping tiles, as if they were worked on whole."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[Any]


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
