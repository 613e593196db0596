"""Overlapping windows of a series."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from recs_anomaly.core.arrays import Floats


def sliding_windows(series: Floats, width: int) -> Floats:
    """All windows of a series, without a copy.

    Shape (n_rows, ...) becomes (n_rows - width + 1, width, ...); window `i` starts
    at row `i`.
    """
    windows = sliding_window_view(series, width, axis=0)
    return np.moveaxis(windows, -1, 1)
