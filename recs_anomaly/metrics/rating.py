"""How good predicted ratings are: points, distributions, probabilities, intervals.

The mean of nothing is NaN: every function here returns NaN for no ratings at all.
"""

import numpy as np
from numpy.typing import ArrayLike

from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics._arrays import check_same_length, finite_vector, mean
from recs_anomaly.metrics.calibration import reliability_bins


def rmse(observed: ArrayLike, predicted: ArrayLike) -> float:
    """Root of the mean squared difference, in the ratings' own unit.

    Parameters
    ----------
    observed : array-like of shape (n_ratings,)
    predicted : array-like of shape (n_ratings,)

    Returns
    -------
    error : float
        0 is perfect. Best served by predicting the mean of what may happen.

    Raises
    ------
    InputError
        If the lengths differ or a number is not finite.

    Examples
    --------
    >>> rmse([1, 5], [4, 1])  # the root of (9 + 16) / 2
    3.5355339059327378
    """
    return float(np.sqrt(mean(_differences(observed, predicted) ** 2)))


def mae(observed: ArrayLike, predicted: ArrayLike) -> float:
    """Mean absolute difference, in the ratings' own unit.

    Parameters
    ----------
    observed : array-like of shape (n_ratings,)
    predicted : array-like of shape (n_ratings,)

    Returns
    -------
    error : float
        0 is perfect. Best served by predicting the median of what may happen.

    Raises
    ------
    InputError
        If the lengths differ or a number is not finite.

    Examples
    --------
    >>> mae([1, 5], [4, 1])
    3.5
    """
    return mean(np.abs(_differences(observed, predicted)))


def negative_log_likelihood(
    observed: ArrayLike, probabilities: ArrayLike, levels: ArrayLike
) -> float:
    """Mean surprise, in nats, at the ratings that came.

    Parameters
    ----------
    observed : array-like of shape (n_ratings,)
        Each one of the `levels`.
    probabilities : array-like of shape (n_ratings, n_levels)
        A distribution a row.
    levels : array-like of shape (n_levels,)
        The rating that each column stands for, ascending.

    Returns
    -------
    surprise : float
        ``-mean(log p(observed))``: 0 for certainty that proves right, ``log(n_levels)``
        for knowing nothing, infinite if a rating came that had probability 0.

    Raises
    ------
    InputError
        If the shapes do not fit, a rating is not one of the levels, or a row is not
        a distribution.

    Examples
    --------
    >>> negative_log_likelihood([5, 1], [[0.5, 0.5], [0.25, 0.75]], levels=[1, 5])
    1.0397207708399179
    """
    return mean(log_losses(observed, probabilities, levels))


def log_losses(
    observed: ArrayLike, probabilities: ArrayLike, levels: ArrayLike
) -> Floats:
    """Surprise, in nats, at each rating that came.

    Parameters
    ----------
    observed : array-like of shape (n_ratings,)
        Each one of the `levels`.
    probabilities : array-like of shape (n_ratings, n_levels)
        A distribution a row.
    levels : array-like of shape (n_levels,)
        The rating that each column stands for, ascending.

    Returns
    -------
    surprises : ndarray of shape (n_ratings,)

    Raises
    ------
    InputError
        As `negative_log_likelihood`.
    """
    ratings, level_values = (
        finite_vector("observed", observed),
        finite_vector("levels", levels),
    )
    rows = np.asarray(probabilities, dtype=np.float64)
    if rows.shape != (len(ratings), len(level_values)):
        raise InputError(
            f"probabilities must have a row a rating and a column a level, "
            f"({len(ratings)}, {len(level_values)}); got {rows.shape}."
        )
    if np.any(rows < 0) or not np.allclose(rows.sum(axis=1), 1, atol=1e-6):
        raise InputError(
            "probabilities must be distributions, rows of at least 0 that sum to 1."
        )
    if np.any(np.diff(level_values) <= 0):
        raise InputError(f"levels must ascend; got {level_values.tolist()}.")
    columns = np.searchsorted(level_values, ratings)
    is_level = level_values[np.minimum(columns, len(level_values) - 1)] == ratings
    if not is_level.all():
        raise InputError(
            f"observed must be among the levels {level_values.tolist()}; "
            f"got {ratings[~is_level][0]}."
        )
    with np.errstate(divide="ignore"):  # a surprise may be infinite
        return -np.log(rows[np.arange(len(rows)), columns])


def calibration_error(
    is_event: ArrayLike, probability: ArrayLike, n_bins: int = 10
) -> float:
    """How far, on average, predicted chances are from observed frequencies.

    The predictions are sorted into `n_bins` bins of equal count; equal probabilities
    share a bin, whatever the order of the rows. The error is the mean over bins,
    weighted by count, of ``|frequency of the event - mean probability|`` in the bin.

    For "rates it 4 or higher", `is_event` is ``ratings >= 4`` and `probability` the
    sum of the predicted probabilities of those levels.

    Parameters
    ----------
    is_event : array-like of bool of shape (n_ratings,)
        Whether it happened.
    probability : array-like of shape (n_ratings,)
        How probable it was said to be, in [0, 1].
    n_bins : int, default=10
        With fewer predictions than bins, each one is a bin.

    Returns
    -------
    error : float
        In [0, 1]. Chance alone makes it positive for perfect predictions, up to about
        ``0.4 * sqrt(n_bins / n_ratings)``.

    Raises
    ------
    InputError
        If the lengths differ, `is_event` is not boolean, a probability is not in
        [0, 1] or `n_bins` is below 1.

    Examples
    --------
    >>> events, chances = [True, False, True, True], [0.5, 0.5, 0.75, 0.75]
    >>> calibration_error(events, chances, n_bins=2)  # 0 in one bin, 0.25 in the other
    0.125
    """
    bins = reliability_bins(is_event, probability, n_bins)
    if not len(bins.n_predictions):
        return float("nan")
    gaps = np.abs(bins.frequency - bins.probability)
    return float(np.average(gaps, weights=bins.n_predictions))


def interval_coverage(observed: ArrayLike, intervals: ArrayLike) -> float:
    """Share of the ratings that fell into their interval, ends included.

    Parameters
    ----------
    observed : array-like of shape (n_ratings,)
    intervals : array-like of shape (n_ratings, 2)
        Low and high end of each interval.

    Returns
    -------
    coverage : float
        In [0, 1]; to be compared with the coverage that the intervals promised.

    Raises
    ------
    InputError
        If the shapes do not fit or a low end is above its high end.

    Examples
    --------
    >>> interval_coverage([3, 5], [[3, 4], [2, 4]])
    0.5
    """
    ratings = finite_vector("observed", observed)
    ends = np.asarray(intervals, dtype=np.float64)
    if ends.shape != (len(ratings), 2):
        raise InputError(
            f"intervals must have the shape ({len(ratings)}, 2); got {ends.shape}."
        )
    low, high = ends.T
    if not np.all(low <= high):
        raise InputError("intervals must run from a low end to a high end.")
    is_inside = (low <= ratings) & (ratings <= high)
    return mean(is_inside.astype(np.float64))


def _differences(observed: ArrayLike, predicted: ArrayLike) -> Floats:
    ratings, predictions = (
        finite_vector("observed", observed),
        finite_vector("predicted", predicted),
    )
    check_same_length(ratings, predictions, "observed", "predicted")
    return predictions - ratings
