"""How good alarms are: events found, alarms that were right, how late, how many false.

Alarms are flagged points, True or 1, and a run of them is one alarm; an event is a run
of anomalous points. No flag is moved or added before counting ("point adjustment"): one
flag in a long event never counts as the whole of it, except where a function says so.
"""

import numpy as np
from numpy.typing import ArrayLike

from recs_anomaly.base.checks import check_number
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.metrics._arrays import check_same_length, mean
from recs_anomaly.metrics.anomaly._arguments import (
    bool_vector,
    runs,
)


def event_recall(labels: ArrayLike, is_flagged: ArrayLike) -> float:
    """Share of the events in which at least one point is flagged.

    Parameters
    ----------
    labels : array-like of bool of shape (n_timestamps,)
        Whether each point is anomalous.
    is_flagged : array-like of bool of shape (n_timestamps,)
        Whether each point is said to be.

    Returns
    -------
    recall : float
        In [0, 1]; NaN without an event. One flag finds an event of any length, so read
        it beside `event_precision` and `false_alarm_rate`.

    Raises
    ------
    InputError
        If the lengths differ or a value is not 0 or 1.

    Examples
    --------
    >>> event_recall([0, 1, 1, 0, 1], [1, 0, 1, 0, 0])
    0.5
    """
    is_anomaly, flags = _labels_and_flags(labels, is_flagged)
    return mean((_true_in_runs(is_anomaly, flags) > 0).astype(np.float64))


def event_precision(labels: ArrayLike, is_flagged: ArrayLike) -> float:
    """Share of the alarms, runs of flagged points, that touch an event.

    Parameters
    ----------
    labels : array-like of bool of shape (n_timestamps,)
        Whether each point is anomalous.
    is_flagged : array-like of bool of shape (n_timestamps,)
        Whether each point is said to be.

    Returns
    -------
    precision : float
        In [0, 1]; NaN without an alarm. One alarm over everything is a right one.

    Raises
    ------
    InputError
        If the lengths differ or a value is not 0 or 1.

    Examples
    --------
    >>> event_precision([0, 1, 1, 0, 0], [1, 1, 0, 0, 1])
    0.5
    """
    is_anomaly, flags = _labels_and_flags(labels, is_flagged)
    return mean((_true_in_runs(flags, is_anomaly) > 0).astype(np.float64))


def detection_delays(labels: ArrayLike, is_flagged: ArrayLike) -> Floats:
    """Points from the start of each event to the first flag in it.

    Parameters
    ----------
    labels : array-like of bool of shape (n_timestamps,)
        Whether each point is anomalous.
    is_flagged : array-like of bool of shape (n_timestamps,)
        Whether each point is said to be.

    Returns
    -------
    delays : ndarray of shape (n_events,)
        In points, in the order of time; 0 if the first point is flagged, NaN for an
        event that is missed. A flag before the event counts neither for nor against.

    Raises
    ------
    InputError
        If the lengths differ or a value is not 0 or 1.

    Examples
    --------
    >>> detection_delays([1, 1, 0, 1, 1, 1], [0, 0, 1, 0, 0, 1])
    array([nan,  2.])
    """
    is_anomaly, flags = _labels_and_flags(labels, is_flagged)
    events, flagged = runs(is_anomaly), np.flatnonzero(flags)
    place = np.searchsorted(flagged, events.first)
    first_flag = np.append(flagged, len(flags))[place]
    delays = (first_flag - events.first).astype(np.float64)
    return np.where(first_flag <= events.last, delays, np.nan)


def false_alarm_rate(labels: ArrayLike, is_flagged: ArrayLike) -> float:
    """Alarms that touch no event, for every 1,000 normal points.

    Parameters
    ----------
    labels : array-like of bool of shape (n_timestamps,)
        Whether each point is anomalous.
    is_flagged : array-like of bool of shape (n_timestamps,)
        Whether each point is said to be.

    Returns
    -------
    rate : float
        False runs of flagged points, of any length, by 1,000 normal points; between 0
        and 500. NaN without a normal point.

    Raises
    ------
    InputError
        If the lengths differ or a value is not 0 or 1.

    Examples
    --------
    >>> false_alarm_rate([0] * 9 + [1], [0, 0, 1, 1, 0, 1, 0, 0, 1, 1])
    222.22222222222223
    """
    is_anomaly, flags = _labels_and_flags(labels, is_flagged)
    n_normal = len(flags) - int(is_anomaly.sum())
    if not n_normal:
        return float("nan")
    return 1000 * int((_true_in_runs(flags, is_anomaly) == 0).sum()) / n_normal


def range_recall(
    labels: ArrayLike, is_flagged: ArrayLike, *, alpha: float = 0.0
) -> float:
    """Mean over events of how well each one is covered (Tatbul et al. 2018).

    An event scores ``alpha`` if any of its points is flagged, and ``1 - alpha`` times
    the share of its points that are (the flat bias), divided by the number of alarms
    that touch it (the cardinality factor 1/x): an event found in pieces counts less.

    Parameters
    ----------
    labels : array-like of bool of shape (n_timestamps,)
        Whether each point is anomalous.
    is_flagged : array-like of bool of shape (n_timestamps,)
        Whether each point is said to be.
    alpha : float, default=0.0
        Weight, in [0, 1], of being found at all; 1 makes it `event_recall`.

    Returns
    -------
    recall : float
        In [0, 1]; NaN without an event.

    Raises
    ------
    InputError
        If the lengths differ, a value is not 0 or 1, or `alpha` is not in [0, 1].

    References
    ----------
    Tatbul, Lee, Zdonik, Alam and Gottschlich: "Precision and Recall for Time Series",
    NeurIPS 2018.

    Examples
    --------
    >>> range_recall([1, 1, 1, 1], [1, 0, 1, 1])  # three quarters, in two pieces
    0.375
    >>> range_recall([1, 1, 1, 1], [1, 0, 1, 1], alpha=0.5)
    0.6875
    """
    is_anomaly, flags = _labels_and_flags(labels, is_flagged)
    check_number("alpha", alpha, 0, 1)
    is_found = _true_in_runs(is_anomaly, flags) > 0
    return mean(alpha * is_found + (1 - alpha) * _coverage(is_anomaly, flags))


def range_precision(labels: ArrayLike, is_flagged: ArrayLike) -> float:
    """Mean over alarms of how much of each one is right (Tatbul et al. 2018).

    An alarm scores the share of its points that are anomalous (the flat bias), divided
    by the number of events that it touches (the cardinality factor 1/x). Precision has
    no reward for existence.

    Parameters
    ----------
    labels : array-like of bool of shape (n_timestamps,)
        Whether each point is anomalous.
    is_flagged : array-like of bool of shape (n_timestamps,)
        Whether each point is said to be.

    Returns
    -------
    precision : float
        In [0, 1]; NaN without an alarm.

    Raises
    ------
    InputError
        If the lengths differ or a value is not 0 or 1.

    Examples
    --------
    >>> range_precision([0, 1, 0, 0], [0, 1, 1, 0])
    0.5
    """
    is_anomaly, flags = _labels_and_flags(labels, is_flagged)
    return mean(_coverage(flags, is_anomaly))


def _labels_and_flags(labels: ArrayLike, is_flagged: ArrayLike) -> tuple[Bools, Bools]:
    is_anomaly = bool_vector("labels", labels)
    flags = bool_vector("is_flagged", is_flagged)
    check_same_length(is_anomaly, flags, "labels", "is_flagged")
    return is_anomaly, flags


def _true_in_runs(is_inside: Bools, is_true: Bools) -> Floats:
    """Count the true points in each run of inside points."""
    first, last = runs(is_inside)
    n_before: Floats = np.append(0.0, np.cumsum(is_true))
    return n_before[last + 1] - n_before[first]


def _coverage(is_inside: Bools, is_true: Bools) -> Floats:
    """Share of each inside run that is true, divided by the number of its pieces."""
    first, last = runs(is_inside)
    starts_piece = np.append(False, ~is_true[:-1]) & is_true
    starts_piece[first] = is_true[first]
    n_pieces = _true_in_runs(is_inside, starts_piece)
    n_points = last - first + 1
    return _true_in_runs(is_inside, is_true) / n_points / np.maximum(n_pieces, 1)
