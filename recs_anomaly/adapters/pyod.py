"""The detector as one of PyOD's: high scores are abnormal, labels are 0 and 1."""

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from recs_anomaly.adapters._neighbour import base_class
from recs_anomaly.anomaly.detector import TimeSeriesAnomalyDetector
from recs_anomaly.core.arrays import Floats

BaseDetector: Any = base_class("pyod.models.base", "BaseDetector")


class PyODDetector(BaseDetector):
    """A `TimeSeriesAnomalyDetector` behind PyOD's interface.

    Rows are those of a series, oldest first: unlike PyOD's own detectors this one looks
    at what comes before and after.

    Parameters
    ----------
    contamination : float, default=0.1
        Share of the training rows beyond `threshold_`.
    detector : TimeSeriesAnomalyDetector or None, default=None
        What to fit a copy of; None means one with the default parameters.

    Attributes
    ----------
    detector_ : TimeSeriesAnomalyDetector
        Fitted.
    decision_scores_ : ndarray of shape (n_timestamps,)
        Scores of the training rows; higher is more abnormal.
    threshold_ : float
    labels_ : ndarray of shape (n_timestamps,)
        1 for training rows beyond the threshold, else 0.
    """

    def __init__(
        self,
        contamination: float = 0.1,
        detector: TimeSeriesAnomalyDetector | None = None,
    ) -> None:
        super().__init__(contamination=contamination)
        self.detector = detector

    def fit(self, X: ArrayLike | pd.DataFrame, y: object = None) -> Self:
        """Learn what is normal, and score the training rows.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            As for `TimeSeriesAnomalyDetector.fit`.
        y : None, default=None
            Not used, present for PyOD's interface.

        Returns
        -------
        self : PyODDetector
        """
        self._set_n_classes(None)
        chosen: Any = self.detector
        chosen = TimeSeriesAnomalyDetector() if chosen is None else clone(chosen)
        self.detector_: TimeSeriesAnomalyDetector = chosen.fit(X)
        self.decision_scores_ = self.decision_function(X)
        self._process_decision_scores()
        return self

    def decision_function(self, X: ArrayLike | pd.DataFrame) -> Floats:
        """Score rows; higher is more abnormal, which is TSB-AD's sign too.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)

        Returns
        -------
        scores : ndarray of shape (n_timestamps,)
            Minus those of `TimeSeriesAnomalyDetector.score_samples`.
        """
        check_is_fitted(self, "detector_")
        return np.negative(self.detector_.score_samples(X))
