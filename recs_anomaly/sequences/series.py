"""Series as a forecaster takes and continues them."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_array

from recs_anomaly.base.checks import is_auto
from recs_anomaly.base.frames import as_series_frame
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
WEEK_S = 7 * 86_400
MIN_WEEKS, MAX_SLOTS = 2, 10_080  # to see by the week when nothing is ever measured
OPEN = 0.5  # of the weeks: what is measured as often belongs to the week's course
MAX_OUTSIDE = 0.02  # of the rows may lie elsewhere
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

    A `step` of 0 is found from the times. Where these follow a calendar, such as the
    ends of months, working days or opening hours, that says where rows are missing.
    """
    series = as_series_frame(series)
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
    names = np.array(channel_names(series, values.shape[1]), dtype=object)
    rows = row_index(series, len(values))
    axis = _calendar(rows, 0)
    if axis is not None and rows.isin(axis).all() and rows.is_unique:
        values = pd.DataFrame(values, rows).reindex(axis).to_numpy(dtype=np.float64)
    else:
        values = on_grid(values, seconds, step, MAX_WINDOW).values
    return CheckedSeries(values, names, rows, step)


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
    """Continue the index: by its calendar, the usual step, or the step of numbers."""
    index = given.rows
    axis = _calendar(index, n_steps)
    if axis is not None:
        coming: pd.Index = axis[-n_steps:].rename(index.name)
        return coming
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex) and given.step:
        unit = pd.Timedelta(seconds=given.step)
        stamps = index[-1] + unit * np.arange(1, n_steps + 1)
        return pd.Index(stamps, name=index.name)
    steps = np.diff(index) if pd.api.types.is_numeric_dtype(index) else np.zeros(0)
    if len(steps) and steps[0] > 0 and np.allclose(steps, steps[0]):
        numbers = index[-1] + steps[0] * np.arange(1, n_steps + 1)
        continued: pd.Index = pd.Index(numbers, name=index.name)
        return continued
    return pd.RangeIndex(len(index), len(index) + n_steps, name=index.name)


def _calendar(index: pd.Index, n_more: int) -> pd.Index | None:
    """List when rows are due, from the first to `n_more` after the last.

    None where they follow no calendar but an even step, or none at all.
    """
    if isinstance(index, pd.PeriodIndex):
        return pd.period_range(index[0], index[-1] + n_more, freq=index.freq)
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 3:
        return None
    offset = index.freq or _offset_of(index)
    if offset is None:
        return _opening_hours(index, n_more)
    is_of_days = isinstance(offset, pd.offsets.Day)
    if isinstance(offset, pd.offsets.Tick) and not is_of_days:
        return None
    past = pd.date_range(index[0], index[-1], freq=offset)
    return past.append(pd.date_range(index[-1], periods=n_more + 1, freq=offset)[1:])


def _offset_of(index: pd.DatetimeIndex) -> pd.offsets.BaseOffset | None:
    """Infer the frequency; where rows are missing, of months, from the last ones."""
    if not index.is_unique or not index.is_monotonic_increasing:
        return None
    is_long = usual_step(_seconds(index)) > 2 * WEEK_S
    for n_rows in (len(index), 12, 6, 4) if is_long else (len(index),):
        offset = pd.DatetimeIndex(index[-n_rows:], freq="infer").freq
        if offset is not None and all(map(offset.is_on_offset, index)):
            return offset
    return None


def _opening_hours(index: pd.DatetimeIndex, n_more: int) -> pd.DatetimeIndex | None:
    """List when rows are due that never come at some times of a week: closed days."""
    wall = index.tz_localize(None)
    seconds = _seconds(wall)
    step = usual_step(seconds)
    n_slots = round(WEEK_S / step) if step else 0
    n_weeks = (seconds[-1] - seconds[0]) / WEEK_S
    if not 1 < n_slots <= MAX_SLOTS or n_weeks < MIN_WEEKS or WEEK_S % step:
        return None
    slots = np.round((seconds - seconds[0]) / step).astype(np.int64)
    counts = np.bincount(slots % n_slots, minlength=n_slots)
    is_open = counts >= OPEN * n_weeks
    outside = counts[~is_open].sum() / len(index)
    if is_open.all() or not is_open.any() or outside > MAX_OUTSIDE:
        return None
    due = np.arange(slots[-1] + (n_more + 1) * n_slots + 1)
    due = due[is_open[due % n_slots]]
    n_past = int(np.searchsorted(due, slots[-1], side="right"))
    axis = wall[0] + pd.Timedelta(seconds=step) * due[: n_past + n_more]
    return pd.DatetimeIndex(axis).tz_localize(
        index.tz, ambiguous=np.zeros(len(axis), dtype=np.bool_), nonexistent="NaT"
    )


def _seconds(index: pd.DatetimeIndex) -> Floats:
    return np.asarray(index.as_unit("ns").asi8 / 1e9, dtype=np.float64)


def _auto_window(values: Floats) -> int:
    first = values[:, 0]
    known = first[~np.isnan(first)]
    period = buffer_length(known) if len(known) else MIN_WINDOW
    width = int(np.ceil(BEYOND_PERIOD * period))
    enough = len(values) // (ROWS_A_WEIGHT * values.shape[1])
    return max(1, min(max(width, MIN_WINDOW), MAX_WINDOW, enough))
