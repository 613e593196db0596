"""The causal side of TimeSeriesAnomalyDetector: scores that the past alone decides."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from recs_anomaly.core.anomaly_fit import Fitted, without
from recs_anomaly.core.anomaly_model import AnomalyModel
from recs_anomaly.core.anomaly_scale import combine
from recs_anomaly.core.anomaly_settings import Settings
from recs_anomaly.core.causal import (
    CausalSettings,
    average_past,
    causal_settings,
    is_judged,
    look_back,
)
from recs_anomaly.core.causal_fit import CausalNormal, causal_model, measure_normal
from recs_anomaly.core.extreme_values import Tail, fit_tail, score_at, tail_with_rare
from recs_anomaly.core.held_out import Part
from recs_anomaly.core.standstill import stillness_so_far
from recs_anomaly.core.windows import Bools, Floats
from recs_anomaly.estimators import _detector_settings as settings
from recs_anomaly.estimators._detector_look import DetectorLook
from recs_anomaly.estimators._series import on_grid, time_seconds

if TYPE_CHECKING:
    from recs_anomaly.estimators.stream import StreamScorer
    from recs_anomaly.estimators.watch import SeriesWatcher


class DetectorCausal(DetectorLook):
    """Scores of a fitted TimeSeriesAnomalyDetector that know nothing of the future."""

    alpha: float
    causal_memory_: Floats
    causal_usual_: Floats
    causal_scale_: Floats
    causal_ranks_: Floats
    causal_share_: float
    causal_tail_scale_: float
    causal_tail_shape_: float

    def score_samples_causal(self, X: ArrayLike | pd.DataFrame) -> Floats:
        """Score each row from the rows up to it alone; lower is more abnormal.

        These are the scores that a stream gives, of a whole series at once. They know
        less than those of `score_samples`, and are on a scale of their own.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            As for `score_samples`.

        Returns
        -------
        scores : ndarray of shape (n_timestamps,)
            Unitless, at most 0; about -1 is what one normal row in a hundred reaches.
            Rows that cannot be judged, because too little was measured there or in the
            rows before, get the typical score of a normal row.

        Raises
        ------
        InputError
            If the times of X are not in order.
        ValueError
            If X has other channels than the training series, or infinite values.
        """
        check_is_fitted(self)
        values = self._checked(X, reset=False)
        grid = on_grid(values, time_seconds(X), self.step_, settings.WIDEST)
        causal = self._causal_settings()
        with threadpool_limits(1, user_api="blas"):
            errors = look_back(self._causal_model(), grid.values, causal)
            averages = average_past(errors, causal, self.causal_usual_)
        is_known = is_judged(errors, causal.stride)
        ratio = self._causal_ratio(averages, grid.values)
        ratio = np.where(is_known, ratio, self._causal_typical())
        return -ratio[grid.is_given]

    def stream(self) -> "StreamScorer":
        """Watch a series that goes on: a scorer that takes a row at a time.

        Returns
        -------
        scorer : StreamScorer
            It starts without a past. Its memory and its time for a row do not grow.

        Examples
        --------
        >>> import numpy as np
        >>> from recs_anomaly import TimeSeriesAnomalyDetector
        >>> X = np.sin(np.arange(900) / 8)[:, None]
        >>> detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(X[:600])
        >>> scorer = detector.stream()
        >>> scores = [scorer.score_one(row) for row in X[600:]]
        >>> bool(np.allclose(scores, detector.score_samples_causal(X[600:])))
        True
        """
        from recs_anomaly.estimators.stream import StreamScorer

        return StreamScorer(self)

    def watch(self, **rules: Any) -> "SeriesWatcher":
        """Watch a series that goes on, and tell of events as they happen.

        Parameters
        ----------
        **rules : dict
            Of `SeriesWatcher`.

        Returns
        -------
        watcher : SeriesWatcher
            It starts without a past.
        """
        from recs_anomaly.estimators.watch import SeriesWatcher

        return SeriesWatcher(self.stream(), **rules)

    def _store_causal(
        self, fitted: Fitted, parts: list[Part], grid: Floats, chosen: Settings
    ) -> None:
        """Keep what a stream compares with, and how high normal rows score in it."""
        longest = self._causal_settings().longest
        chosen = chosen._replace(time_constant=longest)

        def measured(is_normal: Bools) -> CausalNormal:
            rows = without(grid, is_normal)
            return measure_normal(
                fitted.whole.model, parts, rows, chosen, self._branch_weights()
            )

        normal = measured(fitted.rows.normal)
        tail = fit_tail(normal.ratios, longest)
        if fitted.rows.has_rare:
            with_rare = measured(fitted.rows.learned)
            tail, belong = tail_with_rare(normal.ratios, with_rare.ratios, longest)
            normal = with_rare if belong else normal
        self.causal_memory_ = normal.memory
        self.causal_usual_, self.causal_scale_ = normal.usual, normal.scale
        self.causal_ranks_, self.causal_share_ = tail.ranks, tail.share
        self.causal_tail_scale_, self.causal_tail_shape_ = tail.scale, tail.shape

    def _causal_ratio(self, averages: Floats, series: Floats) -> Floats:
        """How many times rows are as abnormal as one normal row in a hundred.

        `averages` has shape (n_stretches, n_branches, n_rows, n_targets), `series`
        (n_rows, n_channels).
        """
        levels = averages / self.causal_scale_[:, :, None]
        still = stillness_so_far(series[:, self.targets_], self.longest_still_)
        ratio = combine(levels, self._branch_weights())
        ratio *= still.max(axis=1) ** self._still_power()
        return ratio

    def _causal_model(self) -> AnomalyModel:
        return causal_model(self._model(), self.causal_memory_)

    def _causal_settings(self) -> CausalSettings:
        longest = settings.causal_time_constant(self.smooth, self.n_rows_)
        return causal_settings(self.window_, longest, settings.SIDES[self.side])

    def _causal_tail(self) -> Tail:
        return Tail(
            self.causal_ranks_,
            self.causal_share_,
            self.causal_tail_scale_,
            self.causal_tail_shape_,
        )

    def _causal_typical(self) -> float:
        """Median of what normal rows reach."""
        return score_at(self._causal_tail(), 0.5)
