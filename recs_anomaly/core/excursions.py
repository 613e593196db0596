"""Stretches of scores beyond a threshold: rows on end that are high count as one."""

import numpy as np

from recs_anomaly.core.windows import Floats


def excursion_peaks(scores: Floats, threshold: float, apart: float) -> Floats:
    """Find the highest score of each stretch of scores (n_rows,) beyond a threshold.

    Rows with fewer than `apart` rows between them belong to one stretch.
    """
    beyond = np.flatnonzero(scores > threshold)
    if not len(beyond):
        return np.zeros(0)
    firsts = np.concatenate([[0], np.flatnonzero(np.diff(beyond) > apart) + 1])
    peaks: Floats = np.maximum.reduceat(scores[beyond], firsts)
    return peaks
