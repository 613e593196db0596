"""Whether what is said to be probable happens as often: bins of equal count."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest

from recs_anomaly.base.checks import check_integer
from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics._arrays import check_same_length, finite_vector

_COVERAGE = 0.95  # of the intervals


class ReliabilityBins(NamedTuple):
    """Predictions sorted into bins, the least probable first.

    Attributes
    ----------
    probability : float64 ndarray of shape (n_bins,)
        Mean of what was said.
    frequency : float64 ndarray of shape (n_bins,)
        Share of what happened.
    low, high : float64 ndarrays of shape (n_bins,)
        Wilson's interval, which holds the true frequency with 95 % probability.
    n_predictions : int64 ndarray of shape (n_bins,)
        Predictions in the bin, at least 1.
    """

    probability: Floats
    frequency: Floats
    low: Floats
    high: Floats
    n_predictions: NDArray[np.int64]


def reliability_bins(
    is_event: ArrayLike, probability: ArrayLike, n_bins: int = 10
) -> ReliabilityBins:
    """Sort predictions into bins of equal count, and compare them with what happened.

    Parameters
    ----------
    is_event : array-like of bool of shape (n_predictions,)
        Whether it happened.
    probability : array-like of shape (n_predictions,)
        How probable it was said to be, in [0, 1].
    n_bins : int, default=10
        Most bins. Equal probabilities share one, whatever the order of the rows, and
        bins that stay empty are left out.

    Returns
    -------
    bins : ReliabilityBins
        Of no bins for no predictions.

    Raises
    ------
    InputError
        If the lengths differ, `is_event` is not boolean, a probability is not in
        [0, 1] or `n_bins` is below 1.

    References
    ----------
    .. [1] E. B. Wilson. Probable inference, the law of succession, and statistical
       inference. Journal of the American Statistical Association 22(158), 1927.

    Examples
    --------
    >>> events, chances = [True, False, True, True], [0.5, 0.5, 0.75, 0.75]
    >>> bins = reliability_bins(events, chances, n_bins=2)
    >>> bins.probability.tolist(), bins.frequency.tolist(), bins.n_predictions.tolist()
    ([0.5, 0.75], [0.5, 1.0], [2, 2])
    """
    happened = finite_vector("is_event", is_event)
    chance = finite_vector("probability", probability)
    check_same_length(happened, chance, "is_event", "probability")
    if not np.isin(happened, (0, 1)).all():
        raise InputError("is_event must hold only True and False.")
    if np.any((chance < 0) | (chance > 1)):
        raise InputError(
            f"probability must be in [0, 1]; got {chance.min()} to {chance.max()}."
        )
    check_integer("n_bins", n_bins, 1)
    # The rank of a prediction is the number of smaller ones: ties rank equal.
    rank = np.searchsorted(np.sort(chance), chance, side="left")
    _, place = np.unique(rank * n_bins // max(len(chance), 1), return_inverse=True)
    count = np.bincount(place)
    n_events = np.bincount(place, happened)
    ends = [
        binomtest(int(n_happened), int(n_all)).proportion_ci(_COVERAGE, "wilson")
        for n_happened, n_all in zip(n_events, count, strict=True)
    ]
    low, high = np.array(ends, dtype=np.float64).reshape(-1, 2).T
    probability = np.bincount(place, chance) / count
    return ReliabilityBins(probability, n_events / count, low, high, count)
