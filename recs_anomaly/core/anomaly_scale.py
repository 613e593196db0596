"""Putting branches and channels on one scale, and into one number a row.

Errors are averaged over two stretches of time, a short and a long one: what is short
stands out in the first, what is faint but lasts in the second. Each average is a
*level* once it is divided by what normal rows reach. Below that, the highest level of a
row counts most; beyond it every branch and stretch that agrees makes a row rarer: the
number of a row is the geometric mean of its levels, those below one being one.
"""

import numpy as np

from recs_anomaly.core.anomaly_model import Judgement
from recs_anomaly.core.smoothing import smooth
from recs_anomaly.core.windows import Floats

HIGH = 0.999  # the quantile of normal rows' errors that counts as one
SHORT = 0.05  # of the long time constant
SHARPNESS = 8.0  # how suddenly levels begin to count at one
LARGEST = 600.0  # logarithm of a level; beyond lies what float64 cannot hold


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
