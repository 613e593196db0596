"""Series as detectors take them: rows in the order of time, gaps filled with NaN rows.

A time axis is read from the index where that holds times. Stamps that repeat are
successive rows. Where more time passes than usual, rows of NaN stand for what was not
measured, as many as fit but no more than it takes to forget what was before.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.exceptions import InputError

GAP = 1.5  # usual steps: more is a gap


class SeriesGrid(NamedTuple):
    """Values (n_grid, n_channels) on an even grid, and which rows were given."""

    values: Floats
    is_given: Bools


def time_seconds(X: object) -> Floats | None:
    """Seconds of each row where X is a frame indexed by time, in order; else None.

    Raises
    ------
    InputError
        If the times are missing or not in order.
    """
    seconds = stamped_seconds(X)
    if seconds is None:
        return None
    index: pd.Index = X.index  # type: ignore[attr-defined]
    backwards = np.flatnonzero(np.diff(seconds) < 0)
    if len(backwards):
        row = int(backwards[0]) + 1
        raise InputError(
            f"X must be in the order of time; row {row} ({index[row]}) comes after "
            f"{index[row - 1]}. X.sort_index() puts it in order."
        )
    return seconds


def stamped_seconds(X: object) -> Floats | None:
    """Seconds of each row where X is a frame indexed by time, in any order; else None.

    Raises
    ------
    InputError
        If a time is missing, or out of bounds.
    """
    index = getattr(X, "index", None)
    if not isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        return None
    if index.hasnans:
        row = int(np.flatnonzero(index.isna())[0])
        raise InputError(f"X must have a time for each row; row {row} has none.")
    try:
        return np.asarray(index.as_unit("ns").asi8 / 1e9, dtype=np.float64)
    except pd.errors.OutOfBoundsDatetime as error:
        raise InputError(
            f"X must have times from 1678 to 2262; got {index.min()} to {index.max()}."
        ) from error


def time_zone(X: object) -> str:
    """Name the zone of the times of a frame, "" where they name none."""
    zone = getattr(getattr(X, "index", None), "tz", None)
    return "" if zone is None else str(zone)


def usual_step(seconds: Floats | None) -> float:
    """Median of the steps between different times; 0 where there is no time axis."""
    if seconds is None:
        return 0.0
    steps = np.diff(seconds)
    return float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0


def on_grid(
    values: Floats, seconds: Floats | None, step: float, most: int
) -> SeriesGrid:
    """Insert rows of NaN, at most `most` for each gap."""
    if seconds is None or step == 0:
        return SeriesGrid(values, np.ones(len(values), dtype=np.bool_))
    steps = np.diff(seconds) / step
    missing = np.where(steps > GAP, np.round(steps) - 1, 0)
    inserted = np.clip(missing, 0, most).astype(np.int64)
    rows = np.arange(len(values)) + np.concatenate([[0], np.cumsum(inserted)])
    grid = np.full((int(rows[-1]) + 1, values.shape[1]), np.nan)
    grid[rows] = values
    is_given = np.zeros(len(grid), dtype=np.bool_)
    is_given[rows] = True
    return SeriesGrid(grid, is_given)


def channel_names(X: object, n_channels: int) -> list[str]:
    """Names of the columns, or x0, x1, ... as scikit-learn calls them."""
    columns = getattr(X, "columns", None)
    if columns is None:
        return [f"x{number}" for number in range(n_channels)]
    return [str(name) for name in columns]


def row_index(X: ArrayLike | pd.DataFrame, n_rows: int) -> pd.Index:
    """Index that results about the rows of X have: its own, or their numbers."""
    index = getattr(X, "index", None)
    return index if isinstance(index, pd.Index) else pd.RangeIndex(n_rows)
