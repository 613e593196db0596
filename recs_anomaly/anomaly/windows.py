"""What the windows of a series say of the rows that they cover."""

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


def n_covering(is_in: Bools, width: int) -> Floats:
    """Count for every row the windows that cover it; only those that are in count."""
    counts: Floats = np.round(spread_over_rows(is_in.astype(np.float64), width))
    return counts


def mean_over_rows(
    of_windows: Floats, is_in: Bools, width: int
) -> tuple[Floats, Bools]:
    """Average, for every row, the values of the windows that are in and cover it.

    Values that are not finite have no say. The second result says of which rows any
    window speaks; the average of the others is 0.
    """
    is_in = is_in & np.isfinite(of_windows)
    total = spread_over_rows(np.where(is_in, of_windows, 0.0), width)
    n_windows = n_covering(is_in, width)
    return np.maximum(total, 0.0) / np.maximum(n_windows, 1.0), n_windows > 0
