"""Series to overlapping windows, and what windows say back to the rows they cover."""

import numpy as np

from recs_anomaly.core.arrays import Bools, Floats


def runs_of(is_in: Bools) -> list[tuple[int, int]]:
    """Find runs of True: first row and row after the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_in, [0]])))
    return [(first, stop) for first, stop in edges.reshape(-1, 2).tolist()]


def overlap_sum(of_windows: Floats) -> Floats:
    """Sum, for every row, what the windows that cover it say about that row.

    `of_windows` has shape (n_windows, width, ...), one entry for each row of each
    window; the result has n_windows + width - 1 rows.
    """
    n_windows, width = of_windows.shape[:2]
    total = np.zeros((n_windows + width - 1, *of_windows.shape[2:]))
    for place in range(width):
        total[place : place + n_windows] += of_windows[:, place]
    return total


def spread_over_rows(of_windows: Floats, width: int) -> Floats:
    """Sum, for every row, the values of the windows that cover it.

    `of_windows` has shape (n_windows, ...), one entry a window.
    """
    # No running sum: one huge value would leave its rounding error to all rows after.
    n_windows = len(of_windows)
    total = np.zeros((n_windows + width - 1, *of_windows.shape[1:]))
    for place in range(width):
        total[place : place + n_windows] += of_windows
    return total
