"""The score of the Numenta Anomaly Benchmark: early alerts are worth more."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics._arrays import check_same_length
from recs_anomaly.metrics.anomaly._arguments import bool_vector, runs

FALSE_ALARM = 0.11  # what one costs far from any window, a missed window costing 1
PROBATION, MAX_PROBATION = 0.15, 750  # share of the rows, and rows
STEEPNESS = 5.0
FAR = 3.0  # window lengths behind a window


class NabPoints(NamedTuple):
    """What alerts on one series are worth.

    Attributes
    ----------
    points : float
        Points of the alerts.
    n_windows : int
        Windows with a row behind the probation: the points of a perfect detector, and
        those that one without alerts loses.
    """

    points: float
    n_windows: int


def nab_points(labels: ArrayLike, alerts: ArrayLike) -> NabPoints:
    """Points of alerts on one series, by the benchmark's standard profile.

    In each window of labels the earliest alert counts: 1 at its first row, less for
    later ones, near 0 at its last; a window without an alert costs 1. An alert outside
    costs up to 0.11, less shortly behind a window. The first 15 % of the rows, at most
    750, are for learning: alerts there do not count.

    Parameters
    ----------
    labels : array-like of shape (n_rows,)
        1 in the windows of anomalies, 0 elsewhere.
    alerts : array-like of shape (n_rows,)
        1 where there is an alert.

    Returns
    -------
    points : NabPoints

    Raises
    ------
    InputError
        If the arguments are not zeros and ones of one length.

    References
    ----------
    .. [1] A. Lavin, S. Ahmad. Evaluating real-time anomaly detection algorithms: the
       Numenta Anomaly Benchmark. ICMLA 2015.

    Examples
    --------
    >>> labels = [0] * 10 + [1] * 10 + [0] * 10
    >>> alerts = [0] * 15 + [1] + [0] * 14
    >>> round(nab_points(labels, alerts).points, 3)
    0.86
    """
    is_window, is_alert = bool_vector("labels", labels), bool_vector("alerts", alerts)
    check_same_length(is_window, is_alert, "labels", "alerts")
    n_probation = min(int(PROBATION * len(is_window)), MAX_PROBATION)
    rows = np.flatnonzero(is_alert)
    rows = rows[rows >= n_probation]
    first, last = runs(is_window)
    width = (last - first + 1).astype(np.float64)
    best = np.full(len(first), -1.0)
    window = np.searchsorted(first, rows, side="right") - 1
    is_inside = is_window[rows]
    hit, at = window[is_inside], rows[is_inside]
    worth = _sigmoid(-(last[hit] - at + 1) / width[hit]) / _sigmoid(np.array(-1.0))
    np.maximum.at(best, hit, worth)
    behind, missed = window[~is_inside], rows[~is_inside]
    gone = np.full(len(missed), FAR)
    has_one = behind >= 0
    before = behind[has_one]
    with np.errstate(divide="ignore"):
        gone[has_one] = (missed[has_one] - last[before]) / (width[before] - 1.0)
    counts = last >= n_probation
    points = best[counts].sum() + FALSE_ALARM * _sigmoid(gone).sum()
    return NabPoints(float(points), int(counts.sum()))


def nab_score(series: Iterable[tuple[ArrayLike, ArrayLike]]) -> float:
    """Score alerts on several series: 100 is perfect, 0 what no alerts at all get.

    Parameters
    ----------
    series : iterable of (labels, alerts)
        As for `nab_points`.

    Returns
    -------
    score : float
        At most 100; below 0 where false alarms outweigh.

    Raises
    ------
    InputError
        If there is no window of labels in all of them.

    Examples
    --------
    >>> labels = [0] * 10 + [1] * 10 + [0] * 10
    >>> nab_score([(labels, labels)]), nab_score([(labels, [0] * 30)])
    (100.0, 0.0)
    """
    found = [nab_points(labels, alerts) for labels, alerts in series]
    n_windows = sum(points.n_windows for points in found)
    if not n_windows:
        raise InputError("labels must have a window that is not in the probation.")
    total = sum(points.points for points in found)
    return 100.0 * (total + n_windows) / (2.0 * n_windows)


def _sigmoid(position: Floats) -> Floats:
    """Worth of a position: -1 the first row of a window, 0 its end, 1 as far behind."""
    near = np.minimum(position, FAR)
    worth: Floats = 2.0 / (1.0 + np.exp(STEEPNESS * near)) - 1.0
    return np.where(position >= FAR, -1.0, worth)
