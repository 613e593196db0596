"""Salt and pepper: pixels that were made white or black, whatever they had been.

They are found as values at the very end of the range that stand alone, and take the
median of the neighbours that are no such values (Chan, Ho & Nikolova, "Salt-and-pepper
noise removal by median-type noise detectors", IEEE Transactions on Image Processing
14, 2005, do the same before a regularisation of their own).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter

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
# Impulses fall anywhere, also beside each other. At edges, in print and where contrast
# was raised, pixels at the ends stand beside their like: in 460 clean pictures of many
# kinds at most 0.3 of those of the one kind or of the other stand alone that would by
# chance. Where half of the pixels are impulses hardly any can: there, beside each are
# as many others as by chance; in clean pictures 1.6 times as many, or more.
MIN_ALONE = 0.4
MAX_CROWD = 1.4
# Edges have grey beside them that leads there: in clean pictures at most 0.13 of what
# stands apart from the median is as far from each of its sound neighbours.
MIN_SUDDEN = 0.2
AROUND = 10  # radius of the square that tells what there would be by chance
N_NEIGHBOURS = 8


class Ends(NamedTuple):
    """Values of pepper and salt, and how far they are from what stood there.

    No more than `crowd` of the eight neighbours of an impulse are as black, or white.
    """

    black: float
    white: float
    apart: float
    crowd: float = N_NEIGHBOURS


def find_ends(plane: Singles) -> Ends | None:
    """Tell the values of salt and pepper in a plane; None where there is none.

    There must be both, in like numbers, and they must stand anywhere: drawings and
    print have but one of them, and pictures of high contrast whole areas of both.
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
    apart = np.abs(_replacements(plane, ends) - plane)
    kinds = [~np.isnan(apart) & (plane == end) for end in (black, white)]
    fewer, more = sorted(map(np.count_nonzero, kinds))
    if fewer < max(MIN_SHARE * plane.size, 2) or more > MAX_UNEVEN * fewer:
        return None
    darkest = minimum_filter(np.where(sound, plane, np.float32(np.inf)), 3)
    brightest = maximum_filter(np.where(sound, plane, np.float32(-np.inf)), 3)
    steps = darkest - black, white - brightest
    for kind, step in zip(kinds, steps, strict=True):
        is_sudden = np.mean(step[kind] > apart[kind] / 2) >= MIN_SUDDEN
        if not is_sudden or not _is_anywhere(kind, plane):
            return None
    share = more / plane.size
    spread = np.sqrt(N_NEIGHBOURS * share * (1 - share))
    return ends._replace(crowd=N_NEIGHBOURS * share + max(4 * spread, 1.5))


def _is_anywhere(impulses: Bools, plane: Singles) -> bool:
    """Whether pixels of one kind stand alone, or not, as often as by chance."""
    alike = _n_alike(plane)[impulses]
    share = local_mean(impulses.astype(np.float32), AROUND)[impulses]
    by_chance = np.mean((1 - share) ** N_NEIGHBOURS)
    return bool(
        np.mean(alike < 0.5) >= MIN_ALONE * by_chance
        or alike.mean() <= MAX_CROWD * N_NEIGHBOURS * share.mean()
    )


def _n_alike(plane: Singles) -> Singles:
    """Count the neighbours that are as black, or white, as a pixel at an end."""
    found = np.zeros(plane.shape, np.float32)
    for end in (plane.min(), plane.max()):
        is_end = plane == end
        around = 9 * local_mean(is_end.astype(np.float32), 1) - 1
        found[is_end] = around[is_end]
    return found


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
    if ends.crowd < N_NEIGHBOURS:
        asked &= _n_alike(plane) < ends.crowd + 0.5
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
