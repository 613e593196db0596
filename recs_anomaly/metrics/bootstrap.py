"""How sure a measured number is: bootstrap intervals."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recs_anomaly.base.checks import check_between, check_integer
from recs_anomaly.core.arrays import Floats
from recs_anomaly.metrics._arrays import finite_vector


def bootstrap_mean_interval(
    values: ArrayLike,
    coverage: float = 0.95,
    n_resamples: int = 2000,
    random_state: int | np.random.Generator = 0,
) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean of independent values.

    Parameters
    ----------
    values : array-like of shape (n_values,)
    coverage : float, default=0.95
        Chance that the interval should hold the true mean. With few values, say
        fewer than 20, it holds it less often than that.
    n_resamples : int, default=2000
    random_state : int or numpy Generator, default=0

    Returns
    -------
    low, high : float
        Both the value itself if there is only one; NaN if there is none.

    Raises
    ------
    InputError
        If a value is not finite or `coverage` is not between 0 and 1.

    Examples
    --------
    >>> bootstrap_mean_interval([3, 3, 3])
    (3.0, 3.0)
    """
    numbers = finite_vector("values", values)
    if not len(numbers):
        return float("nan"), float("nan")
    low, high = bootstrap_interval(
        lambda n_drawn: n_drawn @ numbers / len(numbers),
        len(numbers),
        coverage=coverage,
        n_resamples=n_resamples,
        random_state=random_state,
    )
    return float(low), float(high)


def bootstrap_interval(
    statistic: Callable[[NDArray[np.int64]], Floats | float],
    n_units: int,
    coverage: float = 0.95,
    n_resamples: int = 2000,
    random_state: int | np.random.Generator = 0,
) -> Floats:
    """Percentile bootstrap interval of any statistic of exchangeable units.

    A unit is what was drawn independently. For ratings that is a user, not a rating:
    the ratings of one user resemble each other, and an interval that forgets it is
    too narrow.

    Parameters
    ----------
    statistic : callable
        Takes how often each unit was drawn, an int array of shape (n_units,) that
        sums to `n_units`, and returns a number or an array of numbers.
    n_units : int
        At least 1.
    coverage : float, default=0.95
        Chance that the interval should hold the true value.
    n_resamples : int, default=2000
    random_state : int or numpy Generator, default=0

    Returns
    -------
    low, high : float64 ndarrays of the statistic's shape
        The rows of one array.

    Raises
    ------
    InputError
        If `coverage` is not between 0 and 1, or `n_units` or `n_resamples` is below 1.

    Examples
    --------
    >>> bootstrap_interval(lambda n_drawn: n_drawn.sum(), n_units=4)
    array([4., 4.])
    """
    check_between("coverage", coverage, 0, 1)
    check_integer("n_resamples", n_resamples, 1)
    check_integer("n_units", n_units, 1)
    rng = np.random.default_rng(random_state)
    drawn = [
        statistic(np.bincount(rng.integers(n_units, size=n_units), minlength=n_units))
        for _ in range(n_resamples)
    ]
    tail = (1 - coverage) / 2
    numbers = np.asarray(drawn, dtype=np.float64)
    return np.asarray(np.quantile(numbers, [tail, 1 - tail], axis=0))
