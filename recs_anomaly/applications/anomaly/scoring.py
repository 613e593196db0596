"""Scores of a fitted detector: a row each, and what they come to."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recs_anomaly.estimators.detector import TimeSeriesAnomalyDetector


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
    scores = detector.score_samples(values)
    return pd.DataFrame(
        {
            values.index.name or "row": values.index,
            "score": scores,
            "is_abnormal": (scores < detector.offset_).astype(np.int64),
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
