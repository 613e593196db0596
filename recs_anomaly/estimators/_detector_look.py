"""How a fitted detector looks at a series: the one place where models meet rows."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from recs_anomaly.core.anomaly_model import Judgement, judge
from recs_anomaly.core.anomaly_scale import shares, smoothed_errors
from recs_anomaly.core.windows import Bools, Floats
from recs_anomaly.estimators import _detector_settings as settings
from recs_anomaly.estimators._detector_state import DetectorState
from recs_anomaly.estimators._series import on_grid, time_seconds


class Seen(NamedTuple):
    """What the detector sees in the rows of a series.

    `expected` and `residual` (n_rows, n_targets) are the scaled forecast and what
    differs from it. `shares` and `errors` (n_branches, n_rows, n_targets) are what each
    branch says of each channel: smoothed, in units of what one normal row in a hundred
    reaches, and not smoothed, in units of what one in a thousand reaches. `alone`
    (n_rows,) is what the forecast error of a row would be after smoothing if there were
    no others. `is_known` (n_rows,) says where anything was measured.
    """

    expected: Floats
    residual: Floats
    shares: Floats
    errors: Floats
    alone: Floats
    is_known: Bools

    def ratio(self, typical: float) -> Floats:
        """Largest share of each row; what is typical where nothing is known."""
        return np.where(self.is_known, self.shares.max(axis=(0, 2)), typical)


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
            return self._see(judged, grid.is_given)

    def _see(self, judged: Judgement, is_given: Bools) -> Seen:
        weights = settings.branch_weights(self.weights)
        constant = settings.time_constant(self.smooth, self.n_rows_)
        smoothed = smoothed_errors(judged, constant)
        known = np.where(judged.is_known, judged.errors, 0.0)[:, is_given]
        alone = shares(known, self.error_scale_, weights)[0]
        return Seen(
            judged.expected[is_given],
            judged.residual[is_given],
            shares(smoothed, self.error_scale_, weights)[:, is_given],
            shares(known, self.row_scale_, weights),
            alone.max(axis=1) / (1.0 + 2.0 * constant),
            np.any(judged.is_known[:, is_given], axis=(0, 2)),
        )

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
