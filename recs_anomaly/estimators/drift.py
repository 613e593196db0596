"""Drift: whether what a detector learned still is what is normal."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from recs_anomaly.core.anomaly_model import BRANCHES
from recs_anomaly.core.causal import average_past, is_judged, look_back
from recs_anomaly.core.extreme_values import score_at
from recs_anomaly.core.windows import Floats
from recs_anomaly.estimators import _detector_settings as settings
from recs_anomaly.estimators._detector_causal import DetectorCausal
from recs_anomaly.estimators._series import channel_names, on_grid, time_seconds

SHARE = 0.1  # of training rows above the level that is looked at
DRIFTED = 4.0  # times as many rows above the level as in training
LEAST_WINDOWS = 5  # of judged rows; fewer say little about what is normal


@dataclass(frozen=True)
class DriftReport:
    """How far a series has drifted from what a detector learned.

    Attributes
    ----------
    needs_retraining : bool
        Whether four times as many rows as in training, four in ten, lie above the
        level that one training row in ten reached. A few anomalies do not do that.
    reason : str
        In words.
    above_level : float
        The share of rows above that level; 0.1 in training.
    alarm_rate : float
        Share of rows beyond the threshold of a stream; `alpha` in training.
    n_judged : int
        Rows that could be judged.
    channels : DataFrame
        A row for each judged channel. level: how far the median has moved, in training
        standard deviations. spread: standard deviation, over that in training.
        missing: share of the readings. forecast, reconstruction and neighbour: median
        of what these branches say, over that of training rows held out.
    """

    needs_retraining: bool
    reason: str
    above_level: float
    alarm_rate: float
    n_judged: int
    channels: pd.DataFrame


class DetectorDrift(DetectorCausal):
    """Drift as a fitted TimeSeriesAnomalyDetector sees it."""

    def drift_report(self, X: ArrayLike | pd.DataFrame) -> DriftReport:
        """Say whether the detector should be fitted again, and on what evidence.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            Recent readings, as for `score_samples`; some anomalies do no harm.

        Returns
        -------
        report : DriftReport

        Raises
        ------
        InputError
            If the times of X are not in order.
        ValueError
            If X has other channels than the training series, or infinite values.

        Examples
        --------
        >>> import numpy as np
        >>> from recs_anomaly import TimeSeriesAnomalyDetector
        >>> rng = np.random.default_rng(0)
        >>> X = np.sin(np.arange(2000) / 8)[:, None] + rng.normal(0, 0.1, (2000, 1))
        >>> detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(X[:1200])
        >>> detector.drift_report(X[1200:]).needs_retraining
        False
        >>> detector.drift_report(1.5 * X[1200:]).needs_retraining
        True
        """
        check_is_fitted(self)
        values = self._checked(X, reset=False)
        grid = on_grid(values, time_seconds(X), self.step_, settings.WIDEST)
        causal = self._causal_settings()
        with threadpool_limits(1, user_api="blas"):
            errors = look_back(self._causal_model(), grid.values, causal)
            averages = average_past(errors, causal, self.causal_usual_)
        counts = is_judged(errors, causal.stride) & grid.is_given
        ratio = self._causal_ratio(averages, grid.values)[counts]
        averages = averages[:, :, counts]
        tail = self._causal_tail()
        above = _share(ratio > score_at(tail, SHARE))
        n_judged = int(counts.sum())
        is_enough = n_judged >= LEAST_WINDOWS * self.window_
        needs = is_enough and above >= DRIFTED * SHARE
        return DriftReport(
            needs,
            _reason(n_judged, is_enough, above),
            above,
            _share(ratio > score_at(tail, self.alpha)),
            n_judged,
            self._channel_drift(X, values, averages[-1]),
        )

    def _channel_drift(
        self, X: ArrayLike | pd.DataFrame, values: Floats, averages: Floats
    ) -> pd.DataFrame:
        targets = self.targets_
        scaled = (values - self.centre_)[:, targets] / self.scale_[targets]
        names = channel_names(X, len(self.centre_))
        columns = {
            "level": [_of_known(np.median, channel) for channel in scaled.T],
            "spread": [_of_known(np.std, channel) for channel in scaled.T],
            "missing": np.isnan(scaled).mean(axis=0),
        }
        for branch, said, usual in zip(
            BRANCHES, averages, self.causal_usual_[-1], strict=True
        ):
            medians = np.median(said, axis=0) if len(said) else usual * np.nan
            columns[branch] = medians / np.where(usual > 0, usual, np.nan)
        return pd.DataFrame(columns, index=[names[target] for target in targets])


def _reason(n_judged: int, is_enough: bool, above: float) -> str:
    if not is_enough:
        return f"{n_judged:,} judged rows are too few to say what is normal now"
    return (
        f"{above:.0%} of {n_judged:,} judged rows lie above the level that "
        f"{SHARE:.0%} of the training rows reached"
    )


def _share(flags: np.ndarray) -> float:
    return float(flags.mean()) if len(flags) else 0.0


def _of_known(statistic: Callable[[Floats], float], channel: Floats) -> float:
    known = channel[~np.isnan(channel)]
    return float(statistic(known)) if len(known) else np.nan
