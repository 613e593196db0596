"""Exponentially weighted averages of a score, over the past or over both sides.

One recursion a side: a stream keeps two numbers a column and computes the same.
"""

import numpy as np

from recs_anomaly.core.windows import Bools, Floats

BLOCK = 64
REACH = 3.0  # time constants; what is farther off has no say in a two-sided average
LEAST_WEIGHT = 1e-9  # of the known rows; below it no row is near enough to speak


def smooth(scores: Floats, is_known: Bools, time_constant: float) -> Floats:
    """Average each column over the rows around each row, exp(-distance / constant).

    Rows farther off than `REACH` constants have no say, however large their scores are.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_columns)
    is_known : ndarray of bool of shape (n_rows, n_columns)
        Rows without a score weigh nothing; their own average is that of the others.
    time_constant : float
        In rows; 0 leaves the scores as they are.

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
        0 where no row that is near enough is known.
    """
    values = np.where(is_known, scores, 0.0)
    if time_constant == 0:
        return values
    columns = np.stack([values, is_known.astype(np.float64)], axis=-1)
    both_sides = _near_sum(columns, time_constant) - columns
    both_sides += _near_sum(columns[::-1], time_constant)[::-1]
    return _average(np.maximum(both_sides, 0.0))


def smooth_past(scores: Floats, is_known: Bools, time_constant: float) -> Floats:
    """Average each column as `smooth` does, over each row and those before it."""
    values = np.where(is_known, scores, 0.0)
    if time_constant == 0:
        return values
    columns = np.stack([values, is_known.astype(np.float64)], axis=-1)
    return _average(decayed_sum(columns, time_constant))


def decayed_sum(values: Floats, time_constant: float) -> Floats:
    """Sum of the rows so far, each worth exp(-age / time_constant).

    The first axis is time. Blocks of rows are matrix products; only their last rows
    are carried on one after the other.
    """
    n_rows = len(values)
    n_blocks = -(-n_rows // BLOCK)
    padded = np.zeros((n_blocks * BLOCK, *values.shape[1:]))
    padded[:n_rows] = values
    blocks = padded.reshape(n_blocks, BLOCK, -1)
    age = np.subtract.outer(np.arange(BLOCK), np.arange(BLOCK))
    within = np.tril(np.exp(-np.maximum(age, 0) / time_constant)) @ blocks
    carried = np.exp(-(np.arange(BLOCK) + 1.0) / time_constant)[:, None]
    for block in range(1, n_blocks):
        within[block] += carried * within[block - 1, -1]
    return within.reshape(padded.shape)[:n_rows]


def _near_sum(values: Floats, time_constant: float) -> Floats:
    """`decayed_sum` over the last `REACH` time constants alone."""
    total = decayed_sum(values, time_constant)
    reach = int(REACH * time_constant) + 1
    forgotten = np.exp(-reach / time_constant)
    total[reach:] -= forgotten * total[:-reach].copy()
    return total


def _average(sums: Floats) -> Floats:
    total, weight = sums[..., 0], sums[..., 1]
    return np.where(
        weight > LEAST_WEIGHT, total / np.maximum(weight, LEAST_WEIGHT), 0.0
    )
