"""Slices of a stack, in time or in depth: what their neighbours know of them.

The noise of slices is independent where the scene is the same. So each slice is
averaged with those near it, pixel by pixel, as far as they agree but for the noise:
what differs by more stays out. That leaves less noise, of a strength that is known in
each pixel; a network that is told it takes the rest. (Averaging what agrees, after
motion is made up for: Dubois & Sabri, "Noise reduction in image sequences using motion
compensated temporal filtering", IEEE Transactions on Communications 32, 1984.)
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from recs_anomaly.core.arrays import Singles
from recs_anomaly.denoise.images import to_planes
from recs_anomaly.denoise.noise import Level, Noise
from recs_anomaly.denoise.planes import local_mean

REACH = 4  # slices to each side
RADIUS, WIDE_RADIUS = 3, 8  # of the squares in which slices are compared
# Over what noise differs by: in the mean square, and in the square of the mean over its
# own variance. Chosen on photographs that were moved, faded and enlarged: none got
# worse by more than .01 dB, and eight that agree with a slice gain 4 to 5 dB.
MAX_EXCESS, EXCESS = (0.2, 0.08), (0.1, 0.1)
MAX_SHIFT, SHIFT = 4.0, 4.0
MIN_VARIANCE = 1e-12
OF_MEDIANS = (
    1.0,
    1.0,
    0.455,
    0.455,
)  # variances: a mean of many squares, one square each
LARGEST_VIEW = 1024  # pixels each way that motion is found in
LEAST_GAIN = 0.98  # of the difference, that remains when a motion is believed


class Joined(NamedTuple):
    """A slice averaged with its neighbours.

    Attributes
    ----------
    unit : ndarray of shape (height, width, n_colours)
    share : ndarray of shape (height, width)
        Of the strength of the noise that is left.
    """

    unit: Singles
    share: Singles


class _Slice(NamedTuple):
    """Colours, planes, and the spectrum that motion is found by."""

    unit: Singles
    planes: list[Singles]
    spectrum: NDArray[np.complexfloating]

    def moved(self, rows: int, columns: int) -> "_Slice":
        """Move all that is seen; what leaves on one side comes in on the other."""
        way = (rows, columns)
        planes = [np.roll(plane, way, axis=(0, 1)) for plane in self.planes]
        return _Slice(np.roll(self.unit, way, axis=(0, 1)), planes, self.spectrum)


class _Difference(NamedTuple):
    """What one plane of two slices differs by around each pixel.

    Each is the variance of the difference that noise alone would need for it to be
    usual: by the mean square, and by the squares of means over two sizes.
    """

    square: Singles
    wide_square: Singles
    mean: Singles
    wide_mean: Singles


class Joiner:
    """Averages slices with what agrees with them, holding only those in reach.

    Parameters
    ----------
    unit_of : callable
        Gives the colours (height, width, n_colours) of a slice by its number.
    n_slices : int
    noise : Noise
        Of all slices.
    """

    def __init__(
        self, unit_of: Callable[[int], Singles], n_slices: int, noise: Noise
    ) -> None:
        self._unit_of = unit_of
        self._n_slices = n_slices
        self._noise = noise
        self._held: dict[int, _Slice] = {}

    def joined(self, number: int) -> Joined:
        """Average a slice with its neighbours."""
        near = range(max(number - REACH, 0), min(number + REACH + 1, self._n_slices))
        self._held = {i: self._held.get(i) or self._read(i) for i in near}
        own = self._held[number]
        others = [_aligned(own, self._held[i]) for i in near if i != number]
        usual = self._usual_differences(own, others)
        total = own.unit.copy()
        weights = np.ones(total.shape[:2], np.float32)
        squares = weights.copy()
        for other in others:
            weight = _weight(own, other, usual)
            total += weight[..., None] * other.unit
            weights += weight
            squares += weight**2
        share = np.asarray(np.sqrt(squares) / weights, np.float32)
        return Joined(total / weights[..., None], share)

    def _read(self, number: int) -> _Slice:
        unit = self._unit_of(number)
        planes = to_planes(unit)
        return _Slice(unit, planes, _spectrum(planes[0]))

    def _usual_differences(
        self, own: _Slice, others: list[_Slice]
    ) -> list[Sequence[Level]]:
        """Return the variances of differences by noise alone, of each plane.

        Neither the strength of noise that neighbouring pixels share is known well, nor
        how much of it is left in means: the slice that agrees best tells.
        """
        if self._noise.is_white or not others:
            variances = [2 * np.square(level) for level in self._noise.levels(own.unit)]
            return [(each,) * len(_Difference._fields) for each in variances]
        # One by one: the differences of all are many times as large as the slices.
        medians = [np.median(_differences(own, other), (-2, -1)) for other in others]
        return [tuple(each / OF_MEDIANS) for each in np.min(medians, axis=0)]


def _differences(own: _Slice, other: _Slice) -> list[_Difference]:
    """Compare two slices plane by plane."""
    found = []
    for mine, its in zip(own.planes, other.planes, strict=True):
        change = mine - its
        radii = (RADIUS, WIDE_RADIUS)
        squares = [local_mean(change**2, radius) for radius in radii]
        means = [local_mean(change, radius) * (2 * radius + 1) for radius in radii]
        found.append(_Difference(*squares, *(np.square(mean) for mean in means)))
    return found


def _weight(own: _Slice, other: _Slice, usual: list[Sequence[Level]]) -> Singles:
    """Return how much each pixel of another slice counts, at most 1."""
    ratios = [
        [part / np.maximum(its, MIN_VARIANCE) for part, its in zip(*both, strict=True)]
        for both in zip(_differences(own, other), usual, strict=True)
    ]
    squares, means = np.array(ratios)[:, :2], np.array(ratios)[:, 2:]
    penalty = np.zeros(own.unit.shape[:2], np.float32)
    for excess, most, scale in zip(
        squares.mean(0) - 1, MAX_EXCESS, EXCESS, strict=True
    ):
        penalty += np.maximum(excess - most, 0) / scale
    for shift in means.max(axis=0):
        penalty += np.maximum(shift - MAX_SHIFT, 0) / SHIFT
    return np.asarray(np.exp(-penalty), np.float32)


def _spectrum(plane: Singles) -> NDArray[np.complexfloating]:
    """Return the spectrum of the middle of a plane."""
    view = _middle(plane)
    return np.asarray(fft.rfft2(view - view.mean()))


def _middle(plane: Singles) -> Singles:
    starts = [max(side - LARGEST_VIEW, 0) // 2 for side in plane.shape]
    rows, columns = (slice(start, start + LARGEST_VIEW) for start in starts)
    return plane[rows, columns]


def _aligned(own: _Slice, other: _Slice) -> _Slice:
    """Move another slice by the whole pixels by which most of it has moved."""
    shape = _middle(own.planes[0]).shape
    likeness = fft.irfft2(own.spectrum * other.spectrum.conj(), s=shape)
    place = np.unravel_index(np.argmax(likeness), shape)
    sides = zip(place, shape, strict=True)
    way = [int(i) - side * (i > side // 2) for i, side in sides]
    if way == [0, 0]:
        return other
    moved = other.moved(*way)
    before, after = (
        np.mean((_middle(own.planes[0]) - _middle(each.planes[0])) ** 2)
        for each in (other, moved)
    )
    return moved if after < LEAST_GAIN * before else other
