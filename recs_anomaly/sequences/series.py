"""Series as a forecaster takes and continues them."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_array

from recs_anomaly.base.checks import is_auto
from recs_anomaly.base.time_axis import (
    channel_names,
    on_grid,
    row_index,
    time_seconds,
    usual_step,
)
from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.anomaly import buffer_length
from recs_anomaly.sequences.forecast import pasts_and_futures

MIN_WINDOW, MAX_WINDOW = 16, 336
BEYOND_PERIOD = 1.125  # so that last period's value has some neighbours
MIN_WINDOWS = 2
ROWS_A_WEIGHT = 10  # with fewer, the linear part follows the noise: errors double


class CheckedSeries(NamedTuple):
    """A series on an even grid (n_rows, n_channels), and what its axes are called."""

    values: Floats
    names: NDArray[np.object_]
    rows: pd.Index
    step: float  # seconds; 0 where there is no time axis


def read(
    series: ArrayLike | pd.DataFrame | pd.Series, step: float = 0.0
) -> CheckedSeries:
    """Check a series; gaps between times become rows of NaN.

    A `step` of 0 is found from the times.
    """
    if isinstance(series, pd.Series):
        name = "x0" if series.name is None else str(series.name)
        series = series.to_frame(name)
    values = check_array(
        np.asarray(series)[:, None] if np.ndim(series) == 1 else series,
        dtype=np.float64,
        ensure_all_finite="allow-nan",
        input_name="series",
    )
    seconds = time_seconds(series)
    step = step or usual_step(seconds)
    grid = on_grid(values, seconds, step, MAX_WINDOW)
    names = np.array(channel_names(series, values.shape[1]), dtype=object)
    return CheckedSeries(grid.values, names, row_index(series, len(values)), step)


def cut(given: CheckedSeries, window: int | str, horizon: int) -> tuple[Floats, Floats]:
    """Cut pasts (n, window, n_channels) and futures (n, horizon, n_channels)."""
    width = _auto_window(given.values) if is_auto(window) else int(window)
    n_windows = len(given.values) - width - horizon + 1
    if n_windows < MIN_WINDOWS:
        raise InputError(
            f"series must have at least {width + horizon + MIN_WINDOWS - 1} rows for "
            f"window={width} and horizon={horizon}; it has {len(given.values)}."
        )
    pasts, futures = pasts_and_futures(given.values, width, horizon)
    if len(pasts) < MIN_WINDOWS:
        raise InputError(
            f"series must hold {horizon} rows on end without NaN after a window, "
            f"at least {MIN_WINDOWS} times; it does so {len(pasts)} times."
        )
    return pasts, futures


def last_window(given: CheckedSeries, width: int) -> Floats:
    """Window (1, width, n_channels) that ends with the series."""
    if len(given.values) < width:
        raise InputError(
            f"series must have at least window_={width} rows; it has "
            f"{len(given.values)}."
        )
    return given.values[None, -width:]


def next_index(given: CheckedSeries, n_steps: int) -> pd.Index:
    """Continue the index: times by the usual step, numbers by one."""
    index = given.rows
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex) and given.step:
        unit = pd.Timedelta(seconds=given.step)
        coming = index[-1] + unit * np.arange(1, n_steps + 1)
        return pd.Index(coming, name=index.name)
    first = index[-1] + 1 if isinstance(index, pd.RangeIndex) else len(index)
    return pd.RangeIndex(first, first + n_steps, name=index.name)


def _auto_window(values: Floats) -> int:
    first = values[:, 0]
    known = first[~np.isnan(first)]
    period = buffer_length(known) if len(known) else MIN_WINDOW
    width = int(np.ceil(BEYOND_PERIOD * period))
    enough = len(values) // (ROWS_A_WEIGHT * values.shape[1])
    return max(1, min(max(width, MIN_WINDOW), MAX_WINDOW, enough))
