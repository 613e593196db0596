"""From the branches' errors to one number a row.

Errors are averaged on two time scales, a short and a long one: what is brief stands out
on the first, what is faint but lasts on the second. Each average is a *level* once it
is divided by what normal rows reach. Below that, the highest level of a row counts
most; beyond it every branch and time scale that agrees makes a row rarer: the number of
a row is the geometric mean of its levels, those below one being one. It is multiplied
by how much longer than is usual a channel has stood still.
"""

from typing import NamedTuple

import numpy as np
from scipy.signal import lfilter

from recs_anomaly.anomaly.judging import Judgement
from recs_anomaly.core.arrays import Bools, Floats

HIGH = 0.999  # the quantile of normal rows' errors that counts as one
SHORT = 0.05  # of the long time constant
SHARPNESS = 8.0  # how suddenly levels begin to count at one
MAX_LOGARITHM = 600.0  # logarithm of a level; beyond lies what float64 cannot hold
REACH = 3.0  # time constants; what is farther off has no say in a two-sided average
MIN_WEIGHT = 1e-9  # of the known rows; below it no row is near enough to speak


def time_constants(longest: float) -> list[float]:
    """Rows of the exponential averages, [0.0] where there is no smoothing."""
    return [SHORT * longest, longest] if longest else [0.0]


class SignWeights(NamedTuple):
    """Powers to which levels of branches (n_branches,), and stillness, are taken."""

    branches: Floats
    standstill: float


def smoothed_errors(judged: Judgement, longest: float) -> Floats:
    """Average errors in time, on a short and a long time scale; 0 where unknown.

    The result has shape (n_time_scales, n_branches, n_rows, n_targets).
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


def rate(levels: Floats, still: Floats, weights: SignWeights) -> Floats:
    """Put the levels of all branches and how still the channels are into one number.

    `levels` has shape (n_time_scales, n_branches, n_rows, n_targets), `still` (n_rows,
    n_targets), the result (n_rows,).
    """
    factor: Floats = still.max(axis=1) ** weights.standstill
    return combine(levels, weights.branches) * factor


def sign_shares(levels: Floats, still: Floats, weights: SignWeights) -> Floats:
    """Compute what branches and standstill add to the logarithm of a row's number.

    `levels` is (n_time_scales, n_branches, ..., n_targets), `still` (..., n_targets),
    the result (n_signs, ..., n_targets), in the branches' units.
    """
    of_branches = np.sum([evidence(of, weights.branches) for of in levels], axis=0)
    unit = len(levels) * weights.branches.sum()  # see `combine`
    of_still = unit * weights.standstill * np.log(still)
    return np.concatenate([of_branches, of_still[None]])


def evidence(levels: Floats, weights: Floats) -> Floats:
    """Compute what each level (n_branches, ...) beyond one adds to a row's logarithm.

    `weights` (n_branches,) are the powers to which a branch's levels are taken.
    """
    tiny = np.finfo(np.float64).tiny
    logarithms = SHARPNESS * np.minimum(np.log(np.maximum(levels, tiny)), MAX_LOGARITHM)
    by_branch = weights.reshape(-1, *(1,) * (levels.ndim - 1)) / SHARPNESS
    beyond: Floats = by_branch * np.logaddexp(0.0, logarithms)
    return beyond


def combine(levels: Floats, weights: Floats) -> Floats:
    """Put the levels of all time scales, branches and targets into one number a row.

    `levels` has shape (n_time_scales, n_branches, n_rows, n_targets). Of each time
    scale and branch the worst target counts; one level alone remains as it is.
    """
    worst, powers = levels.max(axis=3), weights / (len(levels) * weights.sum())
    mean = np.sum([evidence(of_scale, powers) for of_scale in worst], axis=(0, 1))
    # Undoes `evidence`: log((e^(k mean) - 1)^(1/k)) without overflow.
    scaled = SHARPNESS * np.maximum(mean, np.finfo(np.float64).tiny)
    logarithm = (scaled + np.log(-np.expm1(-scaled))) / SHARPNESS
    combined: Floats = np.exp(np.minimum(logarithm, MAX_LOGARITHM))
    return combined


def weighted_errors(errors: Floats, scale: Floats, weights: Floats) -> Floats:
    """Weigh the errors of each branch and target, over their scale.

    Shape (n_branches, n_rows, n_targets), as `errors`; `weights` is (n_branches,).
    """
    return errors * (weights[:, None] / scale)[:, None, :]


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


def decayed_sum(values: Floats, time_constant: float) -> Floats:
    """Sum the rows so far, each worth exp(-age / time_constant). Time comes first."""
    decay = np.exp(-1.0 / time_constant)
    total: Floats = lfilter([1.0], [1.0, -decay], values, axis=0)
    return total


def _near_sum(values: Floats, time_constant: float) -> Floats:
    """`decayed_sum` over the last `REACH` time constants alone."""
    total = decayed_sum(values, time_constant)
    reach = int(REACH * time_constant) + 1
    forgotten = np.exp(-reach / time_constant)
    total[reach:] -= forgotten * total[:-reach].copy()
    return total


def _average(sums: Floats) -> Floats:
    total, weight = sums[..., 0], sums[..., 1]
    return np.where(weight > MIN_WEIGHT, total / np.maximum(weight, MIN_WEIGHT), 0.0)
