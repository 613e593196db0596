"""What a fitted detector says of a series: scores, verdicts, reasons, events."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recs_anomaly.core.standstill import SIGNS
from recs_anomaly.core.windows import Floats
from recs_anomaly.estimators import _detector_settings as settings
from recs_anomaly.estimators._detector_events import Evidence, event_runs, event_table
from recs_anomaly.estimators._detector_look import DetectorLook, Seen
from recs_anomaly.estimators._series import channel_names, row_index


class DetectorViews(DetectorLook):
    """Views of a fitted TimeSeriesAnomalyDetector."""

    def score_samples(self, X: ArrayLike | pd.DataFrame) -> Floats:
        """Score each row; lower is more abnormal.

        A row's score is minus what the branches say together about its worst channels,
        1 being what one normal row in a thousand reaches. Rows where nothing was
        measured are never beyond the threshold: up to there, those in a gap of at most
        8 rows score as their neighbours do, and those in a longer one as is typical.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            Readings, oldest first, with the channels of the training series. A series
            of fewer rows than a window is scored by its forecast errors alone.

        Returns
        -------
        scores : ndarray of shape (n_timestamps,)
            Unitless, at most 0.

        Raises
        ------
        InputError
            If the times of X are not in order.
        ValueError
            If X has other channels than the training series, or infinite values.
        """
        return -self._ratio(self._look(X))

    def decision_function(self, X: ArrayLike | pd.DataFrame) -> Floats:
        """Score each row from the threshold: negative beyond it, an anomaly.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            As for `score_samples`.

        Returns
        -------
        decisions : ndarray of shape (n_timestamps,)
            `score_samples(X) - offset_`.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: ArrayLike | pd.DataFrame) -> NDArray[np.int64]:
        """Say which rows are anomalies.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            As for `score_samples`.

        Returns
        -------
        labels : ndarray of shape (n_timestamps,)
            -1 for an anomaly, 1 for a normal row.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def explain(self, X: ArrayLike | pd.DataFrame) -> pd.DataFrame:
        """Say for each row what was expected, and who found it abnormal.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            As for `score_samples`.

        Returns
        -------
        explanation : DataFrame of n_timestamps rows
            With the index of X. The columns have two levels: ``expected``, ``lower``
            and ``upper`` hold for each judged channel the forecast, and a band in which
            99 % of the training rows lay, in the channel's units; ``branch`` holds the
            share of each branch, and of the standstill, in the row's score and
            ``channel`` that of each judged channel. Shares sum to 1, or are NaN where
            nothing was measured.
        """
        seen = self._look(X)
        names = self._target_names(X)
        channels = self._model().channels
        lower, upper = self.band_.T
        known = np.where(seen.is_known[:, None], seen.shares, 0.0)
        parts = [
            ("expected", names, channels.in_units(seen.expected)),
            ("lower", names, channels.in_units(seen.expected + lower)),
            ("upper", names, channels.in_units(seen.expected + upper)),
            ("branch", list(SIGNS), _portions(known.max(axis=2).T)),
            ("channel", names, _portions(known.max(axis=0))),
        ]
        columns = [(quantity, name) for quantity, of, _ in parts for name in of]
        return pd.DataFrame(
            np.column_stack([values for _, _, values in parts]),
            index=row_index(X, len(seen.expected)),
            columns=pd.MultiIndex.from_tuples(columns),
        )

    def events(
        self,
        X: ArrayLike | pd.DataFrame,
        *,
        min_duration: int = 1,
        merge_gap: int = 30,
    ) -> pd.DataFrame:
        """List what lies beyond the threshold as events.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            As for `score_samples`.
        min_duration : int, default=1
            Least number of rows from start to end.
        merge_gap : int, default=30
            Events with at most so many rows between them are one.

        Returns
        -------
        events : DataFrame
            A row an event, in the order of time. start, end, peak: labels of the index
            of X, less rows that only the smoothing and the width of windows have put
            beyond the threshold; what is frozen was from the start of its standstill.
            n_rows: from start to end. severity: a normal row is as abnormal as the peak
            once in so many, by an extreme-value tail fitted to scores of training rows;
            at most 1e9. direction: "high", "low" or "mixed",
            against the forecast. channel: which leads. channels: all that reach half
            of it. branch: which leads. cause: in words.

        Raises
        ------
        InputError
            If `min_duration` is less than 1 or `merge_gap` less than 0.
        """
        settings.check_integer("min_duration", min_duration, 1)
        settings.check_integer("merge_gap", merge_gap, 0)
        seen = self._look(X)
        evidence = self._evidence(seen, X)
        return event_table(
            evidence,
            event_runs(evidence, -self.offset_, merge_gap, min_duration),
            self._tail(),
            self._target_names(X),
            row_index(X, len(evidence.ratio)),
        )

    def _evidence(self, seen: Seen, X: ArrayLike | pd.DataFrame) -> Evidence:
        values = self._checked(X, reset=False)[:, self.targets_]
        return Evidence(
            self._ratio(seen),
            seen.shares,
            seen.errors,
            seen.stillness,
            values,
            self._model().channels.in_units(seen.expected),
            seen.residual,
            seen.alone,
            self.window_,
        )

    def _ratio(self, seen: Seen) -> Floats:
        return seen.ratio(self._typical(), -self.offset_)

    def _target_names(self, X: ArrayLike | pd.DataFrame) -> list[str]:
        names = channel_names(X, len(self.centre_))
        return [names[target] for target in self.targets_]


def _portions(shares: Floats) -> Floats:
    """Scale rows (n_rows, n) to sum to 1; NaN where they are 0."""
    total = shares.sum(axis=1, keepdims=True)
    portions = np.full_like(shares, np.nan)
    np.divide(shares, total, out=portions, where=total > 0)
    return portions
