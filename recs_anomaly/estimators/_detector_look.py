"""How a fitted detector looks at a series: the one place where models meet rows."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from recs_anomaly.core.anomaly_model import Judgement, judge
from recs_anomaly.core.anomaly_scale import (
    combine,
    evidence,
    shares,
    smoothed_errors,
    time_constants,
)
from recs_anomaly.core.channels import in_long_gap
from recs_anomaly.core.standstill import stillness
from recs_anomaly.core.windows import Bools, Floats
from recs_anomaly.estimators import _detector_settings as settings
from recs_anomaly.estimators._detector_state import DetectorState
from recs_anomaly.estimators._series import SeriesGrid, on_grid, time_seconds


class Seen(NamedTuple):
    """What the detector sees in the rows of a series.

    `expected` and `residual` (n_rows, n_targets) are the scaled forecast and what
    differs from it. `shares` (n_signs, n_rows, n_targets) are what each branch and the
    standstill add to the logarithm of `ratios` (n_rows,), which say how many times a
    row is as abnormal as one normal row in a thousand. `errors` (n_branches, n_rows,
    n_targets) are those of the rows themselves, in units of what one in a thousand
    reaches. `stillness` (n_rows, n_targets) says how much longer than is usual a
    channel stands still. `alone` (n_rows,) is what the forecast error of a row would be
    after smoothing if there were no others. `is_known` (n_rows,) says where anything
    was measured, `is_between` where nothing was, but shortly before and after.
    """

    expected: Floats
    residual: Floats
    shares: Floats
    ratios: Floats
    errors: Floats
    stillness: Floats
    alone: Floats
    is_known: Bools
    is_between: Bools

    def ratio(self, typical: float, most: float) -> Floats:
        """How abnormal each row is; where nothing is known, at most `most`.

        Up to there, rows in a short gap are what their neighbours are; those in a long
        one are typical.
        """
        of_others = np.where(self.is_between, np.minimum(self.ratios, most), typical)
        return np.where(self.is_known, self.ratios, of_others)


class DetectorLook(DetectorState):
    """Looks at series with the models of a fitted TimeSeriesAnomalyDetector."""

    smooth: float | str
    side: str
    weights: Any
    step_: float

    def _look(self, X: ArrayLike | pd.DataFrame) -> Seen:
        """Judge a series; results are about the rows of X alone, not about its gaps."""
        check_is_fitted(self)
        values = self._checked(X, reset=False)
        grid = on_grid(values, time_seconds(X), self.step_, settings.WIDEST)
        # Many small products: threads cost more than they bring.
        with threadpool_limits(1, user_api="blas"):
            judged = judge(self._model(), grid.values, settings.SIDES[self.side])
            return self._see(judged, grid)

    def _see(self, judged: Judgement, grid: SeriesGrid) -> Seen:
        is_given, weights = grid.is_given, self._branch_weights()
        longest = settings.time_constant(self.smooth, self.n_rows_)
        smoothed = smoothed_errors(judged, longest)[:, :, is_given]
        levels = smoothed / self.error_scale_[:, :, None]
        known = np.where(judged.is_known, judged.errors, 0.0)[:, is_given]
        is_known = np.any(judged.is_known, axis=(0, 2))
        is_between = ~is_known & ~in_long_gap(is_known[:, None])[:, 0]
        still = stillness(grid.values[is_given][:, self.targets_], self.longest_still_)
        return Seen(
            judged.expected[is_given],
            judged.residual[is_given],
            self._shares(levels, still),
            combine(levels, weights) * still.max(axis=1) ** self._still_power(),
            shares(known, self.row_scale_, weights),
            still,
            self._alone(known[0], longest),
            is_known[is_given],
            is_between[is_given],
        )

    def _shares(self, levels: Floats, still: Floats) -> Floats:
        """Find what each sign adds (n_signs, ..., n_targets), in the branches' units.

        `levels` is (n_stretches, n_branches, ..., n_targets), `still` (..., n_targets).
        """
        weights = self._branch_weights()
        of_branches = np.sum([evidence(of, weights) for of in levels], axis=0)
        unit = len(levels) * weights.sum()  # see `combine`
        of_still = unit * self._still_power() * np.log(still)
        return np.concatenate([of_branches, of_still[None]])

    def _branch_weights(self) -> Floats:
        return settings.branch_weights(self.weights)

    def _still_power(self) -> float:
        return settings.standstill_weight(self.weights, self.side)

    def _alone(self, forecast_errors: Floats, longest: float) -> Floats:
        """Leave of each row's forecast errors (n_rows, n_targets) what smoothing would.

        The row weighs one, those before and after it some time constants' worth.
        """
        by_stretch = [
            forecast_errors / scale / (1.0 + 2.0 * constant)
            for constant, scale in zip(
                time_constants(longest), self.error_scale_[:, 0], strict=True
            )
        ]
        alone: Floats = np.max(by_stretch, axis=(0, 2))
        return alone

    def _checked(self, X: ArrayLike | pd.DataFrame, reset: bool) -> Floats:
        values: Floats = validate_data(
            self,
            X,
            reset=reset,
            dtype=np.float64,
            ensure_all_finite="allow-nan",
            ensure_min_samples=settings.LEAST_ROWS if reset else 1,
        )
        return values
