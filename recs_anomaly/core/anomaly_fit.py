"""Fitting the models of a detector to a series that is normal, or nearly so."""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.anomaly_model import INPUT_LIMIT, AnomalyModel, Judgement, judge
from recs_anomaly.core.anomaly_scale import fit_scale, smoothed_errors
from recs_anomaly.core.anomaly_settings import NetworkSettings, Settings
from recs_anomaly.core.autoencoder import fit_components
from recs_anomaly.core.autoregression import (
    Autoregression,
    fill_missing,
    fit_autoregression,
)
from recs_anomaly.core.channels import Channels, describe_channels, is_told
from recs_anomaly.core.trimming import find_suspects
from recs_anomaly.core.window_memory import describe_windows
from recs_anomaly.core.windows import Bools, Floats, sliding_windows

RIDGE = 1.0  # rows' worth
KEPT_VARIANCE = 0.9
MOST_FITTED = 2000  # windows that the autoencoder is fitted to
MOST_REMEMBERED = 1500
ROUNDS = 3  # of leaving out what does not belong; the second sees with clearer eyes


class Fitted(NamedTuple):
    """A model, the scales of its errors, and what it saw.

    `scale` (n_stretches, n_branches, n_targets) is that of smoothed errors, `row_scale`
    (n_branches, n_targets) that of a row's own. `is_normal` (n_rows,) says which rows
    of the training series were learned from, `judged` is the model's view of these.
    """

    model: AnomalyModel
    scale: Floats
    row_scale: Floats
    judged: Judgement
    is_normal: Bools


class Prepared(NamedTuple):
    """A linear model, and what the training series is to it."""

    model: AnomalyModel
    filled: Floats
    is_used: Bools
    starts: np.ndarray


def fit_anomaly_model(series: Floats, settings: Settings, seed: int) -> Fitted:
    """Fit to a training series (n_rows, n_channels), NaN where nothing is known.

    Rows that do not belong to the rest of the series are left out, as if nothing were
    known of them, and the models fitted again without them.
    """
    is_normal: Bools = np.ones(len(series), dtype=np.bool_)
    prepared = _fit_to(series, is_normal, settings)
    for _ in range(ROUNDS):
        found = find_suspects(prepared.model, series, without(series, is_normal))
        if (found.ordinary == is_normal).all():
            break
        is_normal = found.ordinary
        prepared = _fit_to(series, is_normal, settings)
    with_networks = _add_networks(prepared, settings.network, seed)
    return _finish(with_networks, without(series, is_normal), is_normal, settings)


def without(series: Floats, is_normal: Bools) -> Floats:
    """Copy a series (n_rows, n_channels) with NaN in the rows that are not normal."""
    return np.where(is_normal[:, None], series, np.nan)


def _fit_to(series: Floats, is_normal: Bools, settings: Settings) -> Prepared:
    normal = without(series, is_normal)
    return fit_linear(normal, describe(normal, is_normal), is_normal, settings)


def describe(series: Floats, is_normal: Bools) -> Channels:
    """Describe channels by the normal rows of a series (n_rows, n_channels)."""
    return describe_channels(series, ~np.isnan(series) & is_normal[:, None])


def fit_linear(
    series: Floats, channels: Channels, is_normal: Bools, settings: Settings
) -> Prepared:
    """Fit the linear parts to the normal rows; the model remembers nothing yet."""
    is_used = ~np.isnan(series) & is_normal[:, None]
    scaled = channels.scaled(series)
    autoregression = _fit_autoregression(scaled, is_used, settings.n_lags)
    filled = fill_missing(autoregression, scaled, INPUT_LIMIT)
    of_targets = is_used[:, channels.targets]
    starts = _normal_windows(of_targets, is_normal, settings.width)
    shapes = _shapes(filled[:, channels.targets], starts, settings.width)
    autoencoder = fit_components(shapes, KEPT_VARIANCE, max(settings.width // 3, 1))
    cell = settings.network.cell
    nothing = np.zeros((0, 0, 0))
    model = AnomalyModel(
        channels, autoregression, cell, None, autoencoder, nothing, starts
    )
    return Prepared(model, filled, of_targets, starts)


def _add_networks(prepared: Prepared, settings: NetworkSettings, seed: int) -> Prepared:
    if settings.epochs == 0:
        return prepared
    # Keras is needed here alone.
    from recs_anomaly.core.anomaly_networks import fit_autoencoder, fit_recurrent

    model, filled, is_used, starts = prepared
    shapes = _shapes(filled[:, model.channels.targets], starts, model.width)
    model = model._replace(
        autoencoder=fit_autoencoder(model.autoencoder, shapes, settings, seed),
        recurrent=fit_recurrent(model, filled, is_used, settings, seed),
    )
    return prepared._replace(model=model)


def _finish(
    prepared: Prepared, normal: Floats, is_normal: Bools, settings: Settings
) -> Fitted:
    """Remember normal windows, and find the scale of errors on normal rows."""
    model = prepared.model
    chosen = prepared.starts[:: -(-len(prepared.starts) // MOST_REMEMBERED)]
    n_windows = len(normal) - model.width + 1
    memory = [
        describe_windows(
            model.autoencoder, channel, np.ones(n_windows, dtype=np.bool_)
        ).descriptions[chosen]
        for channel in prepared.filled[:, model.channels.targets].T
    ]
    model = model._replace(memory=np.stack(memory), memory_starts=chosen)
    judged = judge(model, normal, settings.side)
    smoothed = smoothed_errors(judged, settings.time_constant)
    return Fitted(
        model,
        np.stack([fit_scale(of_stretch, judged) for of_stretch in smoothed]),
        fit_scale(judged.errors, judged),
        judged,
        is_normal,
    )


def _fit_autoregression(scaled: Floats, is_used: Bools, n_lags: int) -> Autoregression:
    """Fit to a series whose gaps are drawn straight, then as that fit fills them."""
    straight = np.column_stack([_without_gaps(column) for column in scaled.T])
    first = fit_autoregression(straight, is_used, n_lags, RIDGE)
    if not np.isnan(scaled).any():
        return first
    filled = fill_missing(first, scaled, INPUT_LIMIT)
    return fit_autoregression(filled, is_used, n_lags, RIDGE)


def _without_gaps(column: Floats) -> Floats:
    rows = np.arange(len(column))
    is_known = ~np.isnan(column)
    if not is_known.any():
        return np.zeros_like(column)
    return np.interp(rows, rows[is_known], column[is_known])


def _normal_windows(is_used: Bools, is_normal: Bools, width: int) -> np.ndarray:
    """First rows of the windows that are normal and told in every target.

    If there is none, those of all windows.
    """
    n_odd = np.concatenate([[0], np.cumsum(~is_normal)])
    is_good = is_told(is_used, width).all(axis=1) & (n_odd[width:] == n_odd[:-width])
    return np.flatnonzero(is_good) if is_good.any() else np.arange(len(is_good))


def _shapes(targets: Floats, starts: np.ndarray, width: int) -> Floats:
    """Shapes (n_windows, width) of evenly chosen windows of all targets, by time."""
    stride = max(1, len(starts) * targets.shape[1] // MOST_FITTED)
    windows = sliding_windows(targets, width)[starts[::stride]]
    shapes = np.moveaxis(windows, 1, 2).reshape(-1, width)
    centred: Floats = shapes - shapes.mean(axis=1, keepdims=True)
    return centred
