"""Volume under the surface: precision and recall that forgive a nearly right place.

Higher anomaly scores are more abnormal here, as in the literature; negate the
`score_samples` of a scikit-learn detector, where lower is.

What stands here is the definition whose figures are published: that of the packages
``vus`` and ``TSB-AD`` (in its default form, "opt"), reproduced to rounding. With P
anomalous points among n, for every buffer length w from 0 to `window`:

- A point at distance d <= w // 2 from exactly one event has the label sqrt(1 - d / w),
  one that near to several events 1, as have the events' own points; any other has 0.
- A score is a threshold when its rank, from the highest, is one of 250 evenly spaced
  over all n, rounded down. Points that score at least the threshold are flagged; S is
  the sum of the labels of the flagged points outside events.
- True positives are S plus the flagged points in events, of P + S / 2 points to find.
  Recall is their ratio, at most 1, times the share of events found: those with a flag
  at most w // 2 away, where events whose surroundings overlap count as one.
- Precision is true positives by flagged points; the false positive rate is the other
  flagged points by n - (P + S / 2).
- The area under precision over recall is the sum of steps, that under recall over the
  false positive rate the sum of trapezoids, from (0, 0) to (1, 1).

The volume is the mean of the areas over w. Conventions of the packages, which a pure
theory would not have: 250 levels, buffers that reach w // 2 though they fade as w,
soft labels that add to what is to be found only where flagged, and merged events.

References
----------
Paparrizos, Boniol, Palpanas, Tsay, Elmore and Franklin: "Volume Under the Surface: A
New Accuracy Evaluation Measure for Time-Series Anomaly Detection", PVLDB 15(11), 2022.
"""

from typing import NamedTuple

from numpy.typing import ArrayLike

from recs_anomaly.base.checks import check_integer
from recs_anomaly.metrics.anomaly._arguments import labels_and_scores
from recs_anomaly.metrics.anomaly._surface import mean_areas


class VolumesUnderSurface(NamedTuple):
    """Both volumes, in [0, 1]; higher is better.

    Attributes
    ----------
    pr : float
        Under precision over recall.
    roc : float
        Under recall over the false positive rate.
    """

    pr: float
    roc: float


def vus_pr(labels: ArrayLike, anomaly_scores: ArrayLike, *, window: int = 100) -> float:
    """Volume under the precision-recall surface; higher scores are more abnormal.

    Parameters
    ----------
    labels : array-like of bool of shape (n_timestamps,)
        Whether each point is anomalous.
    anomaly_scores : array-like of shape (n_timestamps,)
        In any unit: only their order counts.
    window : int, default=100
        Longest buffer, in points, half of it on each side of an event; 0 forgives
        nothing. TSB-AD takes `buffer_length` of the series.

    Returns
    -------
    volume : float
        In [0, 1], about the share of anomalous points for random scores. NaN if no
        point is anomalous, 1 if all are.

    Raises
    ------
    InputError
        If the lengths differ, a label is not 0 or 1, a score is not finite, or
        `window` is negative.

    Examples
    --------
    >>> labels = [0, 0, 0, 1, 0, 0, 0, 0]
    >>> vus_pr(labels, [0, 0, 0, 0, 1, 0, 0, 0], window=0)  # beside the event
    0.125
    >>> vus_pr(labels, [0, 0, 0, 0, 1, 0, 0, 0], window=4) > 0.4
    True
    """
    return volumes_under_surface(labels, anomaly_scores, window=window).pr


def vus_roc(
    labels: ArrayLike, anomaly_scores: ArrayLike, *, window: int = 100
) -> float:
    """Volume under the ROC surface; higher scores are more abnormal.

    Parameters
    ----------
    labels : array-like of bool of shape (n_timestamps,)
        Whether each point is anomalous.
    anomaly_scores : array-like of shape (n_timestamps,)
        In any unit: only their order counts.
    window : int, default=100
        Longest buffer, in points, half of it on each side of an event.

    Returns
    -------
    volume : float
        In [0, 1], about 0.5 for random scores. NaN if no point is anomalous, or all.

    Raises
    ------
    InputError
        As `vus_pr`.

    Examples
    --------
    >>> vus_roc([0, 0, 1, 0, 0], [1, 2, 9, 3, 0], window=0)
    1.0
    """
    return volumes_under_surface(labels, anomaly_scores, window=window).roc


def volumes_under_surface(
    labels: ArrayLike, anomaly_scores: ArrayLike, *, window: int = 100
) -> VolumesUnderSurface:
    """Both volumes in one pass; higher scores are more abnormal.

    Parameters
    ----------
    labels : array-like of bool of shape (n_timestamps,)
        Whether each point is anomalous.
    anomaly_scores : array-like of shape (n_timestamps,)
        In any unit: only their order counts.
    window : int, default=100
        Longest buffer, in points, half of it on each side of an event.

    Returns
    -------
    volumes : VolumesUnderSurface
        What `vus_pr` and `vus_roc` say.

    Raises
    ------
    InputError
        As `vus_pr`.

    Examples
    --------
    >>> volumes_under_surface([0, 1, 0, 0], [5, 5, 5, 5], window=0)
    VolumesUnderSurface(pr=0.25, roc=0.5)
    """
    is_anomaly, scores = labels_and_scores(labels, anomaly_scores)
    check_integer("window", window, 0)
    if not is_anomaly.any():
        return VolumesUnderSurface(float("nan"), float("nan"))
    return VolumesUnderSurface(*mean_areas(is_anomaly, scores, window))
