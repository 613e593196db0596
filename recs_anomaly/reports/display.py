"""Long series for a screen: fewer points, and never a peak less."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_BUCKETS = 8000
DIGITS = 5


class Extent(NamedTuple):
    """Lowest and highest value of each bucket of rows; NaN where none is known."""

    low: Floats
    high: Floats


def bucket_starts(n_rows: int) -> NDArray[np.int64]:
    """First row of each of at most `MOST_BUCKETS` buckets of rows on end."""
    n_buckets = min(n_rows, MOST_BUCKETS)
    return np.arange(n_buckets, dtype=np.int64) * n_rows // max(n_buckets, 1)


def extent(values: Floats, starts: NDArray[np.int64]) -> Extent:
    """Lowest and highest known value of each bucket."""
    is_known = ~np.isnan(values)
    low = np.minimum.reduceat(np.where(is_known, values, np.inf), starts)
    high = np.maximum.reduceat(np.where(is_known, values, -np.inf), starts)
    is_empty = low > high
    return Extent(np.where(is_empty, np.nan, low), np.where(is_empty, np.nan, high))


def numbers(values: Floats) -> list[float | None]:
    """Write values with a few significant digits; None for NaN."""
    return [
        None if value != value else float(f"{value:.{DIGITS}g}")
        for value in values.tolist()
    ]
