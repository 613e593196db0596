"""Findings: a series, what a detector says of it, and what it learned from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recs_anomaly.anomaly.detector import TimeSeriesAnomalyDetector
from recs_anomaly.base.notebook import frame_html
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.anomaly import (
    buffer_length,
    event_precision,
    event_recall,
    false_alarm_rate,
    vus_pr,
)
from recs_anomaly.metrics.anomaly_floors import (
    random_score,
    ridge_autoregression,
    smoothed_squared_difference,
)
from recs_anomaly.text import counted

FLOOR_WIDTH = 100
MAX_LAGS = 32


@dataclass(frozen=True)
class Findings:
    """What a fitted detector finds in a series.

    Attributes
    ----------
    values : DataFrame
        The series, a column a channel.
    scores : ndarray of shape (n_rows,)
        Lower is more abnormal.
    explanation : DataFrame
        Of `TimeSeriesAnomalyDetector.explain`.
    band : DataFrame
        Of `Assessment.band`.
    events : DataFrame
        Of `TimeSeriesAnomalyDetector.events`.
    detector : TimeSeriesAnomalyDetector
    training : Index
        Labels of the rows that the detector learned from.
    n_learned : int
        How many of the first rows of the series it learned from.
    """

    values: pd.DataFrame
    scores: NDArray[np.float64]
    explanation: pd.DataFrame
    band: pd.DataFrame
    events: pd.DataFrame
    detector: TimeSeriesAnomalyDetector
    training: pd.Index
    n_learned: int

    @property
    def is_abnormal(self) -> NDArray[np.bool_]:
        """Rows that lie in an event."""
        is_in = np.zeros(len(self.values), dtype=np.bool_)
        for event in self.events.itertuples():
            first, last = _rows_of(self.values.index, event.start, event.end)
            is_in[first:last] = True
        return is_in

    def _repr_html_(self) -> str:
        shown = ["start", "end", "severity", "channel", "cause"]
        rarest = self.events.sort_values("severity", ascending=False)[shown]
        rows, events = f"{len(self.values):,} rows", counted(len(rarest), "event")
        return frame_html(f"{events} in {rows}", rarest)

    @property
    def abnormal_share(self) -> float:
        """Share of the rows after training that lie in events; 0 without such rows."""
        later = self.is_abnormal[self.n_learned :]
        return float(later.mean()) if len(later) else 0.0


@dataclass(frozen=True)
class DetectionQuality:
    """How good the findings are, where the truth is known.

    Attributes
    ----------
    vus_pr : float
        Of the detector's scores.
    floors : dict of str to float
        VUS-PR of three floors that learn from the same rows.
    event_recall : float
        Share of the true events that were found.
    event_precision : float
        Share of the found events that are true.
    false_alarms : float
        In a thousand rows.
    """

    vus_pr: float
    floors: dict[str, float]
    event_recall: float
    event_precision: float
    false_alarms: float


@dataclass(frozen=True)
class ScoreSummary:
    """What the scores of a series come to.

    Attributes
    ----------
    n_rows : int
    n_abnormal : int
        How many of them are beyond the threshold.
    threshold : float
        Scores below it are abnormal.
    score : float
        The lowest.
    at : str
        Time or number of the row that has it.
    """

    n_rows: int
    n_abnormal: int
    threshold: float
    score: float
    at: str


def training_rows(
    values: pd.DataFrame, until: str | None, other: pd.DataFrame | None
) -> pd.DataFrame:
    """Choose the rows to learn from: another series, those before a time, or all.

    Parameters
    ----------
    values : DataFrame
    until : str or None
        A time, or a number of rows where there are no times.
    other : DataFrame or None

    Returns
    -------
    rows : DataFrame
        With the channels of `values`.

    Raises
    ------
    InputError
        If there are no rows before that time, or the other series has other channels.
    """
    if other is not None:
        missing = [name for name in values if name not in other]
        if missing:
            raise InputError(
                f"the training file must have the channel {missing[0]!r} of the series."
            )
        return other[list(values)]
    if until is None:
        return values
    before = values[: _position(values.index, until)]
    if not len(before):
        raise InputError(
            f"train-until must be after the first row, {values.index[0]}; got {until}."
        )
    return before


def find_anomalies(
    values: pd.DataFrame, training: pd.DataFrame, **parameters: Any
) -> Findings:
    """Learn what is normal from some rows, and judge a series by it.

    Parameters
    ----------
    values : DataFrame
    training : DataFrame
        With the channels of `values`.
    **parameters : dict
        Of `TimeSeriesAnomalyDetector`.

    Returns
    -------
    findings : Findings
    """
    detector = TimeSeriesAnomalyDetector(**parameters).fit(training)
    n_known = len(training)
    is_own = training.index.equals(values.index[:n_known])
    found = detector.assess(values)
    return Findings(
        values,
        found.scores,
        found.explanation(),
        found.band(),
        found.events(),
        detector,
        training.index,
        n_known if is_own else 0,
    )


def quality_of(findings: Findings, labels: pd.Series) -> DetectionQuality | None:
    """Compare findings with the truth.

    Parameters
    ----------
    findings : Findings
    labels : Series of bool
        True where a row is abnormal.

    Returns
    -------
    quality : DetectionQuality or None
        None where no row is abnormal.
    """
    truth = labels.to_numpy(dtype=np.bool_)
    if not truth.any():
        return None
    values = findings.values.ffill().bfill().fillna(0.0).to_numpy()
    window = buffer_length(values)
    n_training = min(len(findings.training), len(values))
    floors = {
        "random": random_score(len(values)),
        "squared difference": smoothed_squared_difference(values, FLOOR_WIDTH),
        "ridge autoregression": ridge_autoregression(
            values, n_training, max(1, min(MAX_LAGS, n_training // 8)), FLOOR_WIDTH
        ),
    }
    found = findings.is_abnormal
    return DetectionQuality(
        vus_pr(truth, -findings.scores, window=window),
        {name: vus_pr(truth, scores, window=window) for name, scores in floors.items()},
        event_recall(truth, found),
        event_precision(truth, found),
        false_alarm_rate(truth, found),
    )


def score_table(
    detector: TimeSeriesAnomalyDetector, values: pd.DataFrame
) -> pd.DataFrame:
    """Score each row of a series.

    Parameters
    ----------
    detector : TimeSeriesAnomalyDetector
        Fitted.
    values : DataFrame

    Returns
    -------
    table : DataFrame
        The rows' times or numbers, their score, and 1 beyond the threshold.
    """
    found = detector.assess(values)
    return pd.DataFrame(
        {
            values.index.name or "row": values.index,
            "score": found.scores,
            "is_abnormal": (found.decisions < 0).astype(np.int64),
        }
    )


def sum_up_scores(table: pd.DataFrame, threshold: float) -> ScoreSummary:
    """Say what scores come to.

    Parameters
    ----------
    table : DataFrame
        Of `score_table`, with a row at least.
    threshold : float

    Returns
    -------
    summary : ScoreSummary

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"row": [0, 1, 2], "score": [-0.5, -7.0, -1.0], "is_abnormal": [0, 1, 0]}
    ... )
    >>> sum_up_scores(table, -3.0)
    ScoreSummary(n_rows=3, n_abnormal=1, threshold=-3.0, score=-7.0, at='1')
    """
    lowest = int(table["score"].argmin())
    return ScoreSummary(
        n_rows=len(table),
        n_abnormal=int(table["is_abnormal"].sum()),
        threshold=float(threshold),
        score=float(table["score"].iloc[lowest]),
        at=str(table.iloc[lowest, 0]),
    )


def _position(index: pd.Index, until: str) -> int:
    """Count the rows before a time, or before a row's number."""
    try:
        if isinstance(index, pd.DatetimeIndex):
            moment = pd.Timestamp(until)
            if index.tz is not None and moment.tz is None:
                moment = moment.tz_localize("UTC")
            return int(index.searchsorted(moment))
        if isinstance(index, pd.TimedeltaIndex):
            return int(index.searchsorted(pd.Timedelta(until)))
        return int(until)
    except (ValueError, TypeError) as error:
        raise InputError(
            "train-until must be a time, or a number of rows where there are no "
            f"times; got {until!r}."
        ) from error


def _rows_of(index: pd.Index, start: Any, end: Any) -> tuple[int, int]:
    return int(index.searchsorted(start)), int(index.searchsorted(end, side="right"))
