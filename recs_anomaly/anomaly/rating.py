"""How abnormal each row of a series is, by all that is known of it: one look."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, NamedTuple

import numpy as np

from recs_anomaly.anomaly import settings
from recs_anomaly.anomaly.branches import BRANCHES
from recs_anomaly.anomaly.branches.branch import Branch
from recs_anomaly.anomaly.branches.standstill import stillness
from recs_anomaly.anomaly.calendar import DAY_S
from recs_anomaly.anomaly.channels import in_long_gap
from recs_anomaly.anomaly.judging import judge
from recs_anomaly.anomaly.levels import (
    SignWeights,
    rate,
    sign_shares,
    smoothed_errors,
    weighted_errors,
)
from recs_anomaly.anomaly.model import AnomalyModel
from recs_anomaly.anomaly.seen_series import SeenSeries
from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Bools, Floats

# An array of averaged errors.
OF_ERRORS = ArraySpec("float64", ("n_time_scales", "n_branches", "n_targets"))
SCALES = replace(OF_ERRORS, is_positive=True)


class Norms(NamedTuple):
    """What normal rows of a training series reach.

    `error_scale` (n_time_scales, n_branches, n_targets) is a high quantile of smoothed
    errors, `row_scale` (n_branches, n_targets) of a row's own; `band` (n_targets, 2)
    holds quantiles of the scaled forecast errors; `longest_still` (n_targets,) the rows
    of the longest usual standstill, NaN where none says anything.
    """

    error_scale: Annotated[Floats, SCALES]
    row_scale: Annotated[
        Floats, ArraySpec("float64", ("n_branches", "n_targets"), is_positive=True)
    ]
    band: Annotated[Floats, ArraySpec("float64", ("n_targets", 2))]
    longest_still: Annotated[
        Floats, ArraySpec("float64", ("n_targets",), may_be_nan=True)
    ]


class RatedRows(NamedTuple):
    """What a detector sees in the rows of a series.

    `expected` and `residual` (n_rows, n_targets) are the scaled forecast and what
    differs from it. `shares` (n_signs, n_rows, n_targets) are what each branch and the
    standstill add to the logarithm of `ratios` (n_rows,), which say how many times a
    row is as abnormal as one normal row in a thousand. `errors` (n_branches, n_rows,
    n_targets) are those of the rows themselves, in units of what one in a thousand
    reaches. `deviation` (n_rows, n_targets) is what differs from what other channels
    say, scaled. `stillness` (n_rows, n_targets) says how much longer than is usual a
    channel stands still. `is_known` (n_rows,) says where anything was measured,
    `is_between` where nothing was, but shortly before and after.
    """

    expected: Floats
    residual: Floats
    deviation: Floats
    shares: Floats
    ratios: Floats
    errors: Floats
    stillness: Floats
    is_known: Bools
    is_between: Bools

    def ratio(self, typical: float, most: float) -> Floats:
        """Say how abnormal each row is; where nothing is known, at most `most`.

        Up to there, rows in a short gap are what their neighbours are; those in a long
        one are typical.
        """
        of_others = np.where(self.is_between, np.minimum(self.ratios, most), typical)
        return np.where(self.is_known, self.ratios, of_others)


class Rating(NamedTuple):
    """What a fitted detector rates rows by.

    `longest` is the longer time constant of the smoothing; `side` is 1, -1 or 0: only
    rows above their forecast count, only those below, all. `n_days` are the whole days
    of the training series, 0 where it had no times.
    """

    model: AnomalyModel
    norms: Norms
    branches: Sequence[Branch]
    weights: SignWeights
    longest: float
    side: int
    n_days: int = 0

    def look(self, grid: SeenSeries) -> RatedRows:
        """Judge a series; the result is about its rows alone, not about its gaps."""
        judged = judge(self.model, grid.values, self.side, self.branches)
        given = grid.is_given
        smoothed = smoothed_errors(judged, self.longest)[:, :, given]
        levels = smoothed / self.norms.error_scale[:, :, None]
        known = np.where(judged.is_known, judged.errors, 0.0)[:, given]
        is_known = np.any(judged.is_known, axis=(0, 2))
        is_between = ~is_known & ~in_long_gap(is_known[:, None])[:, 0]
        readings = grid.readings[given][:, self.model.channels.targets]
        still = stillness(readings, self.norms.longest_still)
        return RatedRows(
            judged.expected[given],
            judged.residual[given],
            judged.deviation[given],
            sign_shares(levels, still, self.weights),
            rate(levels, still, self.weights),
            weighted_errors(known, self.norms.row_scale, self.weights.branches),
            still,
            is_known[given],
            is_between[given],
        )


def fitted_branches(norms: Norms) -> list[Branch]:
    """List the branches that a detector was fitted with: later ones come last."""
    return BRANCHES[: len(norms.row_scale)]


def rating_of(detector: Any) -> Rating:
    """Put together what a fitted detector rates rows by."""
    branches = fitted_branches(detector.norms_)
    return Rating(
        detector.model_,
        detector.norms_,
        branches,
        settings.weights_for(detector, detector.model_, branches),
        settings.time_constant(detector.smooth, detector.n_rows_),
        settings.SIDES[detector.side],
        int(detector.n_rows_ * detector.step_ // DAY_S),
    )
