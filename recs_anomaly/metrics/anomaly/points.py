"""How well scores rank single points, whatever events they belong to."""

from numpy.typing import ArrayLike
from sklearn.metrics import average_precision_score

from recs_anomaly.metrics.anomaly._arguments import labels_and_scores


def auc_pr(labels: ArrayLike, anomaly_scores: ArrayLike) -> float:
    """Average precision of points; higher scores are more abnormal.

    The area under precision over recall as a sum of steps, without interpolation:
    ``sum((recall[k] - recall[k - 1]) * precision[k])`` over all different scores as
    thresholds. Equal scores are flagged together, so that their order does not count.

    Parameters
    ----------
    labels : array-like of bool of shape (n_timestamps,)
        Whether each point is anomalous.
    anomaly_scores : array-like of shape (n_timestamps,)
        In any unit: only their order counts.

    Returns
    -------
    area : float
        In [0, 1]; the share of anomalous points for constant scores. NaN if no point
        is anomalous, 1 if all are.

    Raises
    ------
    InputError
        If the lengths differ, a label is not 0 or 1, or a score is not finite.

    Examples
    --------
    >>> auc_pr([0, 1, 0, 1], [0.1, 0.9, 0.8, 0.2])  # (1/1 + 2/3) / 2
    0.8333333333333333
    """
    is_anomaly, scores = labels_and_scores(labels, anomaly_scores)
    if not is_anomaly.any():
        return float("nan")
    return float(average_precision_score(is_anomaly, scores))
