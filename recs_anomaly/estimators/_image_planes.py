"""Colour images as planes that a network for grey images can clean.

Red, green and blue become brightness and two differences of colour that are
orthonormal to it: white noise of one strength stays that in every plane (as in
Dabov, Foi, Katkovnik & Egiazarian's colour BM3D, 2007).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[Any]

OPPONENT = np.array(
    [
        [1 / np.sqrt(3), 1 / np.sqrt(3), 1 / np.sqrt(3)],
        [1 / np.sqrt(2), 0.0, -1 / np.sqrt(2)],
        [1 / np.sqrt(6), -2 / np.sqrt(6), 1 / np.sqrt(6)],
    ],
    dtype=np.float32,
)
# Each plane as a grey image: grey of 1 in brightness is sqrt(3), and differences of
# colour lie around 0.
SCALE = np.array([1 / np.sqrt(3), 1.0, 1.0], dtype=np.float32)
SHIFT = np.array([0.0, 0.5, 0.5], dtype=np.float32)


def n_colours(image: Image) -> int:
    """Channels that are not alpha: 1 of (grey, alpha), 3 of (red, ..., alpha)."""
    n_channels: int = image.shape[2]
    return n_channels - 1 if n_channels in (2, 4) else n_channels


def to_planes(unit: Image) -> list[Image]:
    """Planes (..., height, width) of colours (..., height, width, n_colours)."""
    if unit.shape[-1] == 3:
        unit = unit @ OPPONENT.T * SCALE + SHIFT
    return list(np.moveaxis(unit, -1, 0))


def noise_scales(n_planes: int) -> list[float]:
    """Tell what noise of strength 1 in the colours is in each plane."""
    return SCALE.tolist() if n_planes == 3 else [1.0] * n_planes


def plane_variances(variances: Image) -> list[Image]:
    """Variances in the planes of those in the colours (height, width, n_colours)."""
    if variances.shape[-1] == 3:
        variances = variances @ (OPPONENT.T * SCALE) ** 2
    return list(np.moveaxis(variances, -1, 0))


def colour_variances(planes: list[Image]) -> Image:
    """Variances in the colours (height, width, n_colours) of those in the planes."""
    stacked = np.stack(planes, axis=2)
    if stacked.shape[2] != 3:
        return stacked
    return np.asarray(stacked @ (OPPONENT / SCALE[:, None]) ** 2)


def from_planes(planes: list[Image]) -> Image:
    """Put planes back together as colours (height, width, n_colours)."""
    stacked = np.stack(planes, axis=2)
    if stacked.shape[2] != 3:
        return stacked
    return np.asarray((stacked - SHIFT) / SCALE @ OPPONENT)
