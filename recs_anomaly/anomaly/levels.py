"""Putting branches and channels on one scale, and into one number a row.

Errors are averaged over two stretches of time, a short and a long one: what is short
stands out in the first, what is faint but lasts in the second. Each average is a
*level* once it is divided by what normal rows reach. Below that, the highest level of a
row counts most; beyond it every branch and stretch that agrees makes a row rarer: the
number of a row is the geometric mean of its levels, those below one being one.
"""

import numpy as np

from recs_anomaly.anomaly.branches import Judgement
from recs_anomaly.core.arrays import Bools, Floats

HIGH = 0.999  # the quantile of normal rows' errors that counts as one
SHORT = 0.05  # of the long time constant
SHARPNESS = 8.0  # how suddenly levels begin to count at one
LARGEST = 600.0  # logarithm of a level; beyond lies what float64 cannot hold
BLOCK = 64
REACH = 3.0  # time constants; what is farther off has no say in a two-sided average
LEAST_WEIGHT = 1e-9  # of the known rows; below it no row is near enough to speak


def time_constants(longest: float) -> list[float]:
    """Rows of the exponential averages, [0.0] where there is no smoothing."""
    return [SHORT * longest, longest] if longest else [0.0]


def smoothed_errors(judged: Judgement, longest: float) -> Floats:
    """Average errors in time, over a short and a long stretch; 0 where unknown.

    The result has shape (n_stretches, n_branches, n_rows, n_targets).
    """
    parts = list(zip(judged.errors, judged.is_known, strict=True))
    return np.stack(
        [
            np.stack([smooth(errors, known, constant) for errors, known in parts])
            for constant in time_constants(longest)
        ]
    )


def fit_scale(errors: Floats, normal: Judgement) -> Floats:
    """Find a high quantile of each branch's and target's errors on normal rows.

    Those are the known rows of `normal`. `errors` has shape (n_branches, n_rows,
    n_targets), the result (n_branches, n_targets).
    """
    n_branches, _, n_targets = errors.shape
    scale = np.ones((n_branches, n_targets))
    for branch in range(n_branches):
        for target in range(n_targets):
            used = normal.is_known[branch, :, target]
            if used.any():
                scale[branch, target] = np.quantile(errors[branch, used, target], HIGH)
    return np.where(scale > 0, scale, 1.0)


def evidence(levels: Floats, weights: Floats) -> Floats:
    """How much each level (n_branches, ...) beyond one adds to a row's logarithm.

    `weights` (n_branches,) are the powers to which a branch's levels are taken.
    """
    tiny = np.finfo(np.float64).tiny
    logarithms = SHARPNESS * np.minimum(np.log(np.maximum(levels, tiny)), LARGEST)
    by_branch = weights.reshape(-1, *(1,) * (levels.ndim - 1)) / SHARPNESS
    beyond: Floats = by_branch * np.logaddexp(0.0, logarithms)
    return beyond


def combine(levels: Floats, weights: Floats) -> Floats:
    """Put the levels of all stretches, branches and targets into one number a row.

    `levels` has shape (n_stretches, n_branches, n_rows, n_targets). Of each stretch and
    branch the worst target counts; one level alone remains as it is.
    """
    worst, powers = levels.max(axis=3), weights / (len(levels) * weights.sum())
    mean = np.sum([evidence(of_stretch, powers) for of_stretch in worst], axis=(0, 1))
    # Undoes `evidence`: log((e^(k mean) - 1)^(1/k)) without overflow.
    scaled = SHARPNESS * np.maximum(mean, np.finfo(np.float64).tiny)
    logarithm = (scaled + np.log(-np.expm1(-scaled))) / SHARPNESS
    combined: Floats = np.exp(np.minimum(logarithm, LARGEST))
    return combined


def shares(smoothed: Floats, scale: Floats, weights: Floats) -> Floats:
    """Weigh what each branch says of each target: its smoothed error over its scale.

    Shape (n_branches, n_rows, n_targets), as `smoothed`; `weights` is (n_branches,).
    """
    return smoothed * (weights[:, None] / scale)[:, None, :]


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
