"""Salt and pepper: pixels that were made white or black, whatever they had been.

They are found as values at the very end of the range that stand alone, and take the
median of the neighbours that are no such values (Chan, Ho & Nikolova, "Salt-and-pepper
noise removal by median-type noise detectors", IEEE Transactions on Image Processing
14, 2005, do the same before a regularisation of their own).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.core.arrays import Bools, Singles
from recs_anomaly.denoise.planes import local_mean

RADII = (1, 2, 4, 6)  # of the neighbourhood: as near as there are sound pixels
NEAR = 4  # a pixel with no sound one so near is left as it is
AT_ONCE = 100_000  # places whose neighbourhoods lie in memory
MIN_SOUND = 3  # sound pixels that a median is taken of
MIN_APART = 0.1  # from the neighbours' median, on a scale from 0 to 1, at least
SIGMAS_APART = 4.0  # and so many times the other noise, which may end in clipped values
MIN_SHARE = 0.002  # of all pixels, of each of the two kinds
MAX_UNEVEN = 8.0  # times as many of the one kind as of the other


class Ends(NamedTuple):
    """Values of pepper and salt, and how far they are from what stood there."""

    black: float
    white: float
    apart: float


def find_ends(plane: Singles) -> Ends | None:
    """Tell the values of salt and pepper in a plane; None where there is none.

    There must be both, in like numbers: drawings and print have but one of them.
    """
    black, white = float(plane.min()), float(plane.max())
    for end in (black, white):
        if np.count_nonzero(plane == end) < MIN_SHARE * plane.size:
            return None
    sound = (plane > black) & (plane < white)
    pairs = sound[:, 1:] & sound[:, :-1]
    if not pairs.any():
        return None
    # Of normal values, the median of absolute differences is 0.954 sigma.
    sigma = float(np.median(np.abs(np.diff(plane, axis=1)[pairs]))) / 0.954
    ends = Ends(black, white, max(MIN_APART, SIGMAS_APART * sigma))
    wrong = find_impulses(plane, ends)
    n_black = np.count_nonzero(wrong & (plane <= black))
    n_white = np.count_nonzero(wrong) - n_black
    fewer, more = sorted((n_black, n_white))
    if fewer < max(MIN_SHARE * plane.size, 2) or more > MAX_UNEVEN * fewer:
        return None
    return ends


def find_impulses(plane: Singles, ends: Ends) -> Bools:
    """Find the pixels that stand at an end, unlike their sound neighbours."""
    return ~np.isnan(_replacements(plane, ends))


def without_impulses(plane: Singles, ends: Ends) -> Singles:
    """Put the median of sound neighbours where salt and pepper is."""
    found = _replacements(plane, ends)
    return np.where(np.isnan(found), plane, found)


def _replacements(plane: Singles, ends: Ends) -> Singles:
    """Give what belongs in the place of an impulse; NaN everywhere else."""
    at_end = (plane <= ends.black) | (plane >= ends.white)
    # Deep inside an area of black or white nothing stands alone.
    asked = at_end & (
        local_mean((~at_end).astype(np.float32), NEAR) > 0.5 / (2 * NEAR + 1) ** 2
    )
    sound = np.where(at_end, np.float32(np.nan), plane)
    rows, columns = np.nonzero(asked)
    found = np.full(plane.shape, np.nan, np.float32)
    for first in range(0, len(rows), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        place = rows[part], columns[part]
        medians = _medians(sound, *place)
        # NaN, where too few neighbours are sound, is no evidence.
        is_apart = np.abs(plane[place] - medians) > ends.apart
        found[place] = np.where(is_apart, medians, np.float32(np.nan))
    return found


def _medians(
    sound: Singles, rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> Singles:
    """Median of the sound neighbours of each place; NaN where they are too few."""
    medians = np.full(len(rows), np.nan, np.float32)
    for radius in RADII:
        missing = np.flatnonzero(np.isnan(medians))
        if not len(missing):
            break
        width = 2 * radius + 1
        around = np.lib.stride_tricks.sliding_window_view(
            np.pad(sound, radius, constant_values=np.nan), (width, width)
        )[rows[missing], columns[missing]].reshape(len(missing), -1)
        around.sort(axis=1)  # NaN go last
        n_sound = np.count_nonzero(~np.isnan(around), axis=1)
        found = around[np.arange(len(around)), np.maximum(n_sound - 1, 0) // 2]
        medians[missing] = np.where(n_sound >= MIN_SOUND, found, np.nan)
    return medians
