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
from scipy.ndimage import map_coordinates

from recs_anomaly.core.arrays import Floats, Singles
from recs_anomaly.denoise.planes import local_deviation

RADIUS = 2  # of the neighbourhood that activity is measured in
COVERAGE = 0.9  # of the table
MIN_ACTIVITY = 1e-3  # activity, in units of sigma


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
    table: IntervalTable, cleaned: Singles, level: float | Singles, coverage: float
) -> Singles:
    """Return the half width of the interval around each pixel of a cleaned plane."""
    sigma = np.broadcast_to(np.asarray(level, np.float32), cleaned.shape)
    strength = np.maximum(sigma, 1e-6)
    activity = np.maximum(local_deviation(cleaned, RADIUS) / strength, MIN_ACTIVITY)
    places = [
        _place(np.log(table.sigmas), np.log(strength)),
        _place(np.log(table.activities), np.log(activity)),
    ]
    relative = map_coordinates(table.half_widths, places, order=1, mode="nearest")
    ratio = np.interp(coverage, table.coverages, table.ratios)
    return np.asarray(ratio * relative * sigma, np.float32)


def _place(knots: Floats, values: Singles) -> Floats:
    """Return where values lie among rising knots, from 0 to their number less 1."""
    return np.asarray(np.interp(values, knots, np.arange(len(knots))))
