"""The linear part of the forecast: ridge autoregression in closed form.

Each channel is forecast from its own last `n_lags` values (the skip path of LSTNet:
Lai, Chang, Yang & Liu, 2018). Where only the past is known, missing values are replaced
by their own forecast, one row after the other, so that a gap continues as the model
would have it.
"""

from typing import Annotated, NamedTuple

import numpy as np

from recs_anomaly.anomaly.channels import in_long_gap
from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.windows import sliding_windows

RIDGE = 1.0  # rows' worth


class Autoregression(NamedTuple):
    """Weights of each channel's own past, oldest first, and its intercept.

    `weights` has shape (n_channels, n_lags), `intercepts` (n_channels,).
    """

    weights: Annotated[Floats, ArraySpec("float64", ("n_features_in_", "n_lags"))]
    intercepts: Annotated[Floats, ArraySpec("float64", ("n_features_in_",))]

    @property
    def n_lags(self) -> int:
        """How many past values a forecast uses."""
        return self.weights.shape[1]


def fit_autoregression(
    series: Floats, is_used: Bools, n_lags: int, ridge: float
) -> Autoregression:
    """Fit by least squares with a penalty of `ridge` rows' worth on the weights.

    `series` has shape (n_rows, n_channels); `is_used` of that shape says which rows'
    values are forecast targets. Without any, the forecast is 0.
    """
    weights, intercepts = [], []
    for channel, used in zip(series.T, is_used.T, strict=True):
        rows = np.flatnonzero(used[n_lags:])
        if not len(rows):
            weights.append(np.zeros(n_lags))
            intercepts.append(0.0)
            continue
        past = sliding_windows(channel, n_lags)[:-1][rows]
        centre, target = past.mean(axis=0), channel[n_lags:][rows]
        gram = (past - centre).T @ (past - centre) + ridge * np.eye(n_lags)
        fitted = np.linalg.solve(gram, (past - centre).T @ (target - target.mean()))
        weights.append(fitted)
        intercepts.append(target.mean() - centre @ fitted)
    return Autoregression(np.array(weights), np.array(intercepts))


def fit_with_gaps(
    scaled: Floats, is_used: Bools, n_lags: int, limit: float
) -> Autoregression:
    """Fit to a series whose gaps are drawn straight, then as that fit fills them."""
    straight = np.column_stack([_without_gaps(column) for column in scaled.T])
    first = fit_autoregression(straight, is_used, n_lags, RIDGE)
    if not np.isnan(scaled).any():
        return first
    return fit_autoregression(
        fill_missing(first, scaled, limit), is_used, n_lags, RIDGE
    )


def _without_gaps(column: Floats, at_ends: float | None = None) -> Floats:
    """Draw gaps straight; those at the ends as the value next to them, or `at_ends`."""
    rows = np.arange(len(column))
    is_known = ~np.isnan(column)
    if not is_known.any():
        return np.full_like(column, 0.0 if at_ends is None else at_ends)
    return np.interp(rows, rows[is_known], column[is_known], at_ends, at_ends)


def forecast(model: Autoregression, series: Floats) -> Floats:
    """Forecast every row from the rows before it; shape of `series`.

    The rows before the first are taken to be like the first.
    """
    return forecast_after(model, np.repeat(series[:1], model.n_lags, axis=0), series)


def forecast_after(model: Autoregression, past: Floats, series: Floats) -> Floats:
    """Forecast every row from the rows before it, the first from `past`.

    `past` has shape (n_lags, n_channels).
    """
    padded = np.concatenate([past, series[:-1]])
    expected = np.empty_like(series)
    for channel, weights in enumerate(model.weights):
        expected[:, channel] = np.correlate(padded[:, channel], weights, "valid")
    return expected + model.intercepts


def fill_missing(model: Autoregression, series: Floats, limit: float) -> Floats:
    """Copy a series with each missing value (NaN) filled in.

    Gaps that are not long (`in_long_gap`) are drawn straight from one end to the other.
    In others each value is replaced by its own forecast; forecasts of forecasts may run
    away: they are held between -limit and limit.
    """
    past = np.tile(_first_known(series), (model.n_lags, 1))
    return fill_missing_after(model, past, _short_gaps_drawn(series), limit)


def _short_gaps_drawn(series: Floats) -> Floats:
    is_known = ~np.isnan(series)
    if is_known.all():
        return series
    drawn = np.column_stack([_without_gaps(column, np.nan) for column in series.T])
    return np.where(in_long_gap(is_known), series, drawn)


def fill_missing_after(
    model: Autoregression, past: Floats, series: Floats, limit: float
) -> Floats:
    """Fill as `fill_missing` does, the first rows from `past` (n_lags, n_channels)."""
    n_lags, weights = model.n_lags, np.ascontiguousarray(model.weights.T)
    padded, is_missing = np.concatenate([past, series]), np.isnan(series)
    for row in np.flatnonzero(is_missing.any(axis=1)).tolist():
        expected = np.einsum("lc,lc->c", padded[row : row + n_lags], weights)
        held = np.clip(expected + model.intercepts, -limit, limit)
        known = padded[row + n_lags]
        padded[row + n_lags] = np.where(is_missing[row], held, known)
    return padded[n_lags:]


def _first_known(series: Floats) -> Floats:
    """Find each channel's first known value, which those before are taken to be."""
    is_known = ~np.isnan(series)
    first = series[is_known.argmax(axis=0), np.arange(series.shape[1])]
    return np.where(is_known.any(axis=0), first, 0.0)
