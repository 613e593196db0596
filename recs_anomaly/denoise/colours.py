"""White noise in colours: brightness, and differences of colour at half the size.

The latter where they hold no finer detail. Cameras and JPEG files know colours at half
the size of the brightness, and so do eyes: few photographs lose by it, while each pixel
of theirs has a fourth of the noise. Drawings, print and screens have colours as fine as
their brightness.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from recs_anomaly.core.arrays import Singles
from recs_anomaly.denoise.applying import Level, TrainedNetwork, denoise_together
from recs_anomaly.denoise.planes import doubled, local_mean, pooled, sharpened

T = TypeVar("T")
# Variance of what halving and doubling loses of white noise of 1.
LOST = 0.781
# What is lost in the square around a pixel counts as detail from so many times that of
# the noise on. It does by chance in a thousandth of the pixels at most, and in .3 % at
# most of those of photographs; in drawings in 1 to 50 %.
RADIUS, IS_DETAIL = 3, 2.0
MOST_DETAILED = 0.004  # of the pixels, where colours are coarse
# Detail that goes with that of the brightness is found long before, in squares so wide.
# With so much of it, in variances of the noise, neither size is better (.0025 in
# photographs, as they are and reduced to a half and a third, at any noise).
SIDE, MOST_ALIKE = 8, 0.0025
LEAST_TO_TELL = 100 * 100  # pixels: chance has less than half of that in so many
TOO_EVEN = 1e-7  # energy of brightness in a square, as rounding leaves it
WEAKEST = 4 / 255  # noise that half the size was tried with


class Differences(NamedTuple):
    """Two differences of colour of an image, and what half the size loses of them.

    Of a large image each tile is looked at by itself: a page may hold a photograph and
    print.

    Attributes
    ----------
    planes : sequence of two ndarray of shape (height, width)
    levels : sequence of two float or ndarray of shape (height, width)
        Standard deviation of the noise.
    small : sequence of two ndarray of shape (height / 2, width / 2)
        The planes at half the size, rounded up.
    lost : sequence of two ndarray of shape (height, width)
    shares : sequence of two ndarray of shape (height, width)
        What share of that is detail for certain, at each pixel.
    """

    planes: Sequence[Singles]
    levels: Sequence[Level]
    small: Sequence[Singles]
    lost: Sequence[Singles]
    shares: Sequence[Singles]

    @classmethod
    def of(cls, planes: Sequence[Singles], levels: Sequence[Level]) -> "Differences":
        """Halve the planes, and look at what that loses."""
        small = [pooled(plane) for plane in planes]
        lost = [
            plane - _as_large(*both)
            for plane, *both in zip(planes, small, planes, strict=True)
        ]
        shares = list(map(_share_of_detail, lost, levels))
        return cls(planes, levels, small, lost, shares)

    def are_coarse(self, brightness: Singles) -> bool:
        """Whether half the size loses no detail; the brightness is clean already."""
        if min(map(_usual, self.levels)) < WEAKEST:
            return False
        of_brightness = brightness - _as_large(pooled(brightness), brightness)
        for level, lost, share in zip(self.levels, self.lost, self.shares, strict=True):
            n_noisy = np.count_nonzero(np.broadcast_to(level, share.shape))
            if np.count_nonzero(share) > MOST_DETAILED * n_noisy:
                return False
            if _detail_alike(of_brightness, lost, level) > MOST_ALIKE:
                return False
        return True

    def restored(self, cleaned: Iterable[Singles]) -> list[Singles]:
        """Bring clean small planes back to their size, with the detail for certain."""
        parts = zip(cleaned, *self, strict=True)
        return [
            np.where(
                np.asarray(level) == 0,
                plane,
                _as_large(small, plane) + local_mean(share, 1) * lost,
            )
            for small, plane, level, _, lost, share in parts
        ]


def denoise_brightness(
    network: TrainedNetwork,
    images: Sequence[Sequence[Singles]],
    levels: Sequence[Sequence[Level]],
) -> list[Singles]:
    """Estimate the clean brightness of images, of which the network sees all colours.

    Parameters
    ----------
    network : TrainedNetwork
        Cleans the first of three planes.
    images : sequence of sequences of three ndarray of shape (height, width)
        Brightness and differences of colour of each image.
    levels : sequence of sequences of three float or ndarray of shape (height, width)
        Standard deviation of the noise in them.

    Returns
    -------
    list of ndarray of shape (height, width)
    """
    return [brightness for [brightness] in denoise_together(network, images, levels)]


def denoise_coarse(
    network: TrainedNetwork,
    brightness: Sequence[Singles],
    images: Sequence[Differences],
) -> list[list[Singles]]:
    """Estimate clean differences of colour beside brightness that is clean already.

    Parameters
    ----------
    network : TrainedNetwork
        Cleans the first of three planes, one of the differences; sees the brightness,
        and then the other one.
    brightness : sequence of ndarray of shape (height, width)
    images : sequence of Differences

    Returns
    -------
    list of lists of two ndarray of shape (height, width)
    """
    seen: list[list[Singles]] = []
    levels: list[list[Level]] = []
    for bright, image in zip(brightness, images, strict=True):
        seen += each_first(pooled(bright), image.small)
        levels += each_first(0.0, list(map(_pooled_level, image.levels)))
    found = [plane for [plane] in denoise_together(network, seen, levels)]
    pairs = zip(found[::2], found[1::2], strict=True)
    return list(map(Differences.restored, images, pairs))


def each_first(brightness: T, differences: Sequence[T]) -> list[list[T]]:
    """Put each difference first, then the brightness, then the other difference.

    In this order the network is shown planes, and told their levels.
    """
    one, other = differences
    return [[one, brightness, other], [other, brightness, one]]


def _detail_alike(of_brightness: Singles, lost: Singles, level: Level) -> float:
    """Return how much of what is lost goes with what is lost of the brightness.

    In variances of the noise, where there is any. A plane is projected onto the other
    in each square: white noise leaves its variance there once, and what is alike leaves
    all of its energy.
    """
    deviation = np.broadcast_to(np.float32(level), lost.shape)
    is_noisy = deviation > 0
    unit = np.where(is_noisy, lost / np.maximum(deviation, np.float32(1e-6)), 0)
    seen = np.where(is_noisy, of_brightness, 0)
    energy, product = _square_sums(seen**2), _square_sums(seen * unit)
    tells = energy > TOO_EVEN
    if not tells.any():
        return 0.0
    alike = product[tells] ** 2 / energy[tells] - 1
    return float(alike.sum() / np.count_nonzero(is_noisy))


def _usual(level: Level) -> float:
    """Return the level in the middle of those of pixels that have noise."""
    noisy = np.asarray(level)[np.asarray(level) > 0]
    return float(np.median(noisy)) if noisy.size else 0.0


def _square_sums(plane: Singles) -> Singles:
    rows, columns = (side // SIDE for side in plane.shape)
    whole = plane[: rows * SIDE, : columns * SIDE]
    sums: Singles = whole.reshape(rows, SIDE, columns, SIDE).sum(axis=(1, 3))
    return sums


def _as_large(small: Singles, plane: Singles) -> Singles:
    height, width = plane.shape
    return doubled(sharpened(small))[:height, :width]


def _share_of_detail(lost: Singles, level: Level) -> Singles:
    """Return what share of what was lost is detail, at each pixel that has noise."""
    of_noise = LOST * np.asarray(level, np.float32) ** 2
    energy = np.maximum(local_mean(lost**2, RADIUS), 1e-12)
    share = np.maximum(1 - IS_DETAIL * of_noise / energy, 0)
    return np.where(of_noise > 0, share, 0).astype(np.float32)


def _pooled_level(level: Level) -> Level:
    """Return the level of the means of 2 x 2 pixels."""
    if isinstance(level, float):
        return level / 2
    return np.asarray(np.sqrt(pooled(level**2)) / 2, np.float32)
