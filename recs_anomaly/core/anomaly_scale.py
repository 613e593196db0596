"""Putting branches and channels on one scale, and into one number a row."""

import numpy as np

from recs_anomaly.core.anomaly_model import Judgement
from recs_anomaly.core.smoothing import smooth
from recs_anomaly.core.windows import Floats

HIGH = 0.99  # the quantile of smoothed errors of normal rows that counts as one
HIGH_IN_A_ROW = 0.999  # and that of a single row's error


def smoothed_errors(judged: Judgement, time_constant: float) -> Floats:
    """Average errors in time: (n_branches, n_rows, n_targets), 0 where unknown."""
    return np.stack(
        [
            smooth(errors, is_known, time_constant)
            for errors, is_known in zip(judged.errors, judged.is_known, strict=True)
        ]
    )


def fit_scale(errors: Floats, normal: Judgement, quantile: float) -> Floats:
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
                scale[branch, target] = np.quantile(
                    errors[branch, used, target], quantile
                )
    return np.where(scale > 0, scale, 1.0)


def shares(smoothed: Floats, scale: Floats, weights: Floats) -> Floats:
    """Weigh what each branch says of each target: its smoothed error over its scale.

    Shape (n_branches, n_rows, n_targets), as `smoothed`; `weights` is (n_branches,).
    """
    return smoothed * (weights[:, None] / scale)[:, None, :]
