"""Means and deviations of the pixels around each pixel."""

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating]


def local_mean(plane: Plane, radius: int) -> NDArray[np.float32]:
    """Mean of the square around each pixel, mirrored at the edges."""
    width = 2 * radius + 1
    total = np.pad(plane, radius, mode="symmetric").astype(np.float64)
    for axis in (0, 1):
        running = np.cumsum(total, axis=axis)
        first = np.zeros_like(running.take([0], axis=axis))
        running = np.concatenate([first, running], axis=axis)
        size = running.shape[axis]
        total = running.take(range(width, size), axis) - running.take(
            range(size - width), axis
        )
    return np.asarray(total / width**2, np.float32)


def local_deviation(plane: Plane, radius: int) -> NDArray[np.float32]:
    """Deviate from the mean of the square around each pixel: root mean square."""
    # Around the middle, where the difference of squares loses the fewest digits.
    centred = plane - np.float32(np.mean(plane))
    variance = local_mean(centred.astype(np.float64) ** 2, radius)
    variance = variance - local_mean(centred, radius) ** 2
    return np.asarray(np.sqrt(np.maximum(variance, 0)), np.float32)
