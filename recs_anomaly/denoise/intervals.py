"""How far a cleaned pixel may be from the clean one.

The error depends on how strong the noise is and on how much is going on around the
pixel in the cleaned image: next to nothing in a flat area, most of the noise in fine
texture. Both were measured once on photographs that training had not seen, as a table
of quantiles of the error in units of sigma; a quantile of residuals that were held out
is what conformal prediction rests on (Lei et al., "Distribution-free predictive
inference for regression", JASA 2018), here apart for each strength and activity.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.denoise.impulses import local_deviation

Floats = NDArray[np.float64]
Plane = NDArray[np.float32]

RADIUS = 2  # of the neighbourhood that activity is measured in
COVERAGE = 0.9  # of the table
QUIETEST = 1e-3  # activity, in units of sigma


class IntervalTable(NamedTuple):
    """Half widths of intervals around cleaned pixels.

    Attributes
    ----------
    sigmas : ndarray of shape (n_sigmas,)
        Strengths of noise, rising, on a scale from 0 to 1.
    activities : ndarray of shape (n_activities,)
        Deviation around the pixel over sigma, rising.
    half_widths : ndarray of shape (n_sigmas, n_activities)
        Of intervals that hold nine of ten pixels, over sigma.
    coverages, ratios : ndarray of shape (n_coverages,)
        Half widths for other shares of the pixels, over those for nine of ten.
    """

    sigmas: Floats
    activities: Floats
    half_widths: Floats
    coverages: Floats
    ratios: Floats


def half_widths(
    table: IntervalTable, cleaned: Plane, level: float | Plane, coverage: float
) -> Plane:
    """Half width of the interval around each pixel of a cleaned plane."""
    sigma = np.broadcast_to(np.asarray(level, np.float32), cleaned.shape)
    strength = np.maximum(sigma, 1e-6)
    activity = np.maximum(local_deviation(cleaned, RADIUS) / strength, QUIETEST)
    relative = _between(
        table.half_widths,
        _place(np.log(table.sigmas), np.log(strength)),
        _place(np.log(table.activities), np.log(activity)),
    )
    ratio = np.interp(coverage, table.coverages, table.ratios)
    return np.asarray(ratio * relative * sigma, np.float32)


def _place(knots: Floats, values: Plane) -> Floats:
    """Where values lie among rising knots, from 0 to their number less 1."""
    return np.asarray(np.interp(values, knots, np.arange(len(knots))))


def _between(table: Floats, row: Floats, column: Floats) -> Floats:
    """Interpolate linearly between the four entries around each place."""
    top = np.minimum(row.astype(np.intp), table.shape[0] - 2)
    left = np.minimum(column.astype(np.intp), table.shape[1] - 2)
    down, right = row - top, column - left
    upper = table[top, left] * (1 - right) + table[top, left + 1] * right
    lower = table[top + 1, left] * (1 - right) + table[top + 1, left + 1] * right
    return np.asarray(upper * (1 - down) + lower * down)
