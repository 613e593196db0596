"""Long series for a screen: fewer points, and never a peak less."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.core.arrays import Floats

MAX_BUCKETS = 8000
DIGITS = 5


class Extent(NamedTuple):
    """Lowest and highest value of each bucket of rows.

    Attributes
    ----------
    low, high : ndarray of shape (n_buckets,)
        NaN where no value is known.
    """

    low: Floats
    high: Floats


def bucket_starts(n_rows: int, most: int = MAX_BUCKETS) -> NDArray[np.int64]:
    """Cut rows into buckets of rows on end.

    Parameters
    ----------
    n_rows : int
    most : int, default=8000
        Most buckets.

    Returns
    -------
    starts : ndarray of shape (n_buckets,)
        First row of each.
    """
    n_buckets = min(n_rows, most)
    return np.arange(n_buckets, dtype=np.int64) * n_rows // max(n_buckets, 1)


def extent(values: Floats, starts: NDArray[np.int64]) -> Extent:
    """Find the lowest and highest known value of each bucket.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        NaN is not known.
    starts : ndarray of shape (n_buckets,)
        First row of each bucket, from 0.

    Returns
    -------
    extent : Extent
    """
    is_known = ~np.isnan(values)
    low = np.minimum.reduceat(np.where(is_known, values, np.inf), starts)
    high = np.maximum.reduceat(np.where(is_known, values, -np.inf), starts)
    is_empty = low > high
    return Extent(np.where(is_empty, np.nan, low), np.where(is_empty, np.nan, high))


def numbers(values: Floats) -> list[float | None]:
    """Write values with a few significant digits.

    Parameters
    ----------
    values : ndarray of shape (n,)

    Returns
    -------
    numbers : list of float or None
        None for NaN.
    """
    return [
        None if value != value else float(f"{value:.{DIGITS}g}")
        for value in values.tolist()
    ]
