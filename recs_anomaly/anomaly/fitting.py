"""Fitting the models of a detector to a series that is normal, or nearly so."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.autoregression import fill_missing, fit_with_gaps
from recs_anomaly.anomaly.branches.forecast import fit_correction, left_over
from recs_anomaly.anomaly.branches.relation import fit_relation, within
from recs_anomaly.anomaly.branches.standstill import longest_standstills
from recs_anomaly.anomaly.channels import (
    Channels,
    describe_channels,
    in_long_gap,
    is_observed,
)
from recs_anomaly.anomaly.judging import Judgement, judge
from recs_anomaly.anomaly.lagged_fitting import FittedNetwork, hidden_units
from recs_anomaly.anomaly.levels import fit_scale, smoothed_errors
from recs_anomaly.anomaly.model import INPUT_LIMIT, AnomalyModel
from recs_anomaly.anomaly.prospects import recurrent_can_help
from recs_anomaly.anomaly.rating import Norms
from recs_anomaly.anomaly.settings import CorrectionSettings, Settings
from recs_anomaly.anomaly.training_rows import (
    MAX_LEFT_OUT,
    LearnedSeries,
    find_suspects,
    put_back,
)
from recs_anomaly.anomaly.window_codes import (
    WindowAutoencoder,
    describe_all,
    fit_components,
    fit_decoder,
)
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.windows import sliding_windows

# Of few blocks each is a large part of the training, without which models are worse.
MAX_BLOCKS, MIN_BLOCKS = 10, 4
BAND = (0.005, 0.995)  # quantiles of the training residuals
KEPT_VARIANCE = 0.9
MAX_FITTED = 2000  # windows that the autoencoder is fitted to
MAX_REMEMBERED = 1500
HIDDEN_OF_WINDOWS = 64  # units of the decoder
GOLDEN = 0.6180339887498949
ROUNDS = 3  # of leaving out what does not belong; the second sees with clearer eyes
# Share of the rows: fewer bend no model, and if they are rare events that recur, a
# model that never saw them would raise an alarm at each.
MIN_LEFT_OUT = 0.01
MARGIN = 8  # rows before and after those that do not belong: their edges are uncertain


class NormalRows(NamedTuple):
    """Rows (n_rows,) of a training series that belong there, and to be learned from."""

    normal: Bools
    learned: Bools

    @property
    def has_rare(self) -> bool:
        """Whether some rows are learned from that seem not to belong there."""
        return bool((self.learned & ~self.normal).any())


class Scaled(NamedTuple):
    """A model, its view of the rows that it learned from, and the scales of its errors.

    `scale` (n_time_scales, n_branches, n_targets) is that of smoothed errors,
    `row_scale` (n_branches, n_targets) that of a row's own.
    """

    model: AnomalyModel
    judged: Judgement
    scale: Floats
    row_scale: Floats


class Fitted(NamedTuple):
    """What was fitted to a training series: the whole, and its linear parts alone.

    `learned` is what they were fitted to: the rows to learn from, and those put back.
    `lagged` holds the networks over the last rows, those of parts of the series too.
    """

    whole: Scaled
    linear: Scaled
    rows: NormalRows
    learned: LearnedSeries
    lagged: "LaggedParts"


class LaggedParts(NamedTuple):
    """The networks over the last rows, as `fit_lagged` gives them."""

    correction: FittedNetwork | None
    relation: FittedNetwork | None

    def added(self, model: AnomalyModel, block: int | None = None) -> AnomalyModel:
        """Add them to a model, or those that were fitted without a block."""
        correction, relation = (
            None if fitted is None else fitted.network_without(block) for fitted in self
        )
        return model._replace(correction=correction, relation=relation)


class Prepared(NamedTuple):
    """A linear model, and what the training series is to it."""

    model: AnomalyModel
    filled: Floats
    is_used: Bools
    starts: np.ndarray


def find_normal_rows(
    series: Floats, settings: Settings, timed: Floats | None = None
) -> NormalRows:
    """Find which rows of a training series (n_rows, n_channels) belong there.

    The rows that do not are found by models fitted to all, and again by models fitted
    without those found so far. The windows of `settings` should be narrow: of wide ones
    too few are free of something that is brief. `timed` are the readings where these
    have times: what recurs at its time is not left in `series` then, and events are
    left out however few they are.
    """
    least = MIN_LEFT_OUT if timed is None else 0.0
    every: Bools = np.ones(len(series), dtype=np.bool_)
    rows = NormalRows(every, every)
    for _ in range(ROUNDS):
        model = _fit_to(series, rows.learned, settings).model
        known = without(series, rows.learned)
        found = find_suspects(model, series, known, timed)
        normal, before = found.ordinary, rows.learned
        are_few = (~normal).mean() < least
        rows = NormalRows(normal, every if are_few else _with_margins(normal))
        if (rows.learned == before).all():
            break
    return rows


def fit_anomaly_model(
    series: Floats, rows: NormalRows, settings: Settings, seed: int
) -> Fitted:
    """Fit to a training series (n_rows, n_channels), NaN where nothing is known.

    Rows that are not learned from are put back from where the like recurs, or left out
    as if nothing were known of them.
    """
    channels = describe_channels(without(series, rows.learned))
    learned = put_back(series, rows.learned, channels.targets)
    prepared = _fit_to(*learned, settings)
    lagged = _fit_lagged(prepared, learned.series, settings, seed)
    prepared = prepared._replace(model=lagged.added(prepared.model))
    linear = _scaled(prepared, learned.series, settings)
    if settings.network.epochs == 0:
        return Fitted(linear, linear, rows, learned, lagged)
    networked = _add_networks(prepared, settings.network, seed)
    whole = _scaled(networked, learned.series, settings)
    return Fitted(whole, linear, rows, learned, lagged)


def fit_norms(whole: Scaled, readings: Floats) -> Norms:
    """Find what the rows of a training series (n_rows, n_channels) reach."""
    targets = whole.model.channels.targets
    return Norms(
        whole.scale,
        whole.row_scale,
        _band(whole.judged.residual, whole.judged.is_known[0]),
        longest_standstills(readings[:, targets]),
    )


def fit_linear(
    series: Floats, channels: Channels, is_normal: Bools, settings: Settings
) -> Prepared:
    """Fit the linear parts to the normal rows; the model remembers nothing yet."""
    is_used = ~np.isnan(series) & is_normal[:, None]
    scaled = channels.scaled(series)
    autoregression = fit_with_gaps(scaled, is_used, settings.n_lags, INPUT_LIMIT)
    filled = fill_missing(autoregression, scaled, INPUT_LIMIT)
    of_targets = is_used[:, channels.targets]
    autoencoder, starts = fit_windows(
        filled[:, channels.targets], of_targets, is_normal, settings.width
    )
    cell = settings.network.cell
    nothing = np.zeros((0, 0, 0))
    model = AnomalyModel(
        channels, autoregression, cell, None, autoencoder, nothing, starts
    )
    return Prepared(model, filled, of_targets, starts)


def fit_windows(
    targets: Floats, is_used: Bools, is_normal: Bools, width: int
) -> tuple[WindowAutoencoder, np.ndarray]:
    """Fit components to normal windows of all targets; tell where such windows begin.

    `targets` (n_rows, n_targets) are scaled and without gaps; `is_used` of that shape
    tells what was measured, `is_normal` (n_rows,) where windows may lie.
    """
    starts = _normal_windows(is_used, is_normal, width)
    shapes = _shapes(targets, starts, width)
    return fit_components(shapes, KEPT_VARIANCE, max(width // 3, 1)), starts


def remember(prepared: Prepared, n_rows: int) -> AnomalyModel:
    """Return the model with a memory of windows of the rows that it learned from."""
    model = prepared.model
    chosen = scattered(prepared.starts, MAX_REMEMBERED)
    n_windows = n_rows - model.width + 1
    memory = [
        describe_all(
            model.autoencoder, channel, np.ones(n_windows, dtype=np.bool_)
        ).descriptions[chosen]
        for channel in prepared.filled[:, model.channels.targets].T
    ]
    return model._replace(memory=np.stack(memory), memory_starts=chosen)


def scattered(starts: np.ndarray, most: int) -> np.ndarray:
    """Choose at most so many, evenly but in step with no period of the series."""
    if len(starts) <= most:
        return starts
    number = np.arange(most)
    places = (number + number * GOLDEN % 1.0) * len(starts) / most
    chosen: np.ndarray = starts[places.astype(np.int64)]
    return chosen


def without(series: Floats, is_normal: Bools) -> Floats:
    """Return a copy of a series (n_rows, n_channels), NaN where rows are not normal."""
    return np.where(is_normal[:, None], series, np.nan)


def _with_margins(is_normal: Bools) -> Bools:
    """Leave out the rows next to those that are not normal too, if enough remain."""
    n_odd = np.cumsum(np.pad(~is_normal, (MARGIN + 1, MARGIN)))
    learned: Bools = n_odd[2 * MARGIN + 1 :] == n_odd[: -2 * MARGIN - 1]
    return learned if (~learned).mean() <= MAX_LEFT_OUT else is_normal


def _scaled(prepared: Prepared, learned: Floats, settings: Settings) -> Scaled:
    model = remember(prepared, len(learned))
    judged = judge(model, learned, settings.side)
    smoothed = smoothed_errors(judged, settings.time_constant)
    scale = np.stack([fit_scale(of_scale, judged) for of_scale in smoothed])
    return Scaled(model, judged, scale, fit_scale(judged.errors, judged))


def _fit_to(series: Floats, is_normal: Bools, settings: Settings) -> Prepared:
    normal = without(series, is_normal)
    return fit_linear(normal, describe_channels(normal), is_normal, settings)


def _fit_lagged(
    prepared: Prepared, series: Floats, settings: Settings, seed: int
) -> LaggedParts:
    """Fit the networks over the last rows; without epochs, no unit is hidden."""
    model, filled, is_used, _ = prepared
    targets = model.channels.targets
    blocks = blocks_of(len(series), settings.width) or blocks_of(len(series), 1)
    is_lost = within(in_long_gap(~np.isnan(series)), settings.width)
    is_used = is_used & ~is_lost.any(axis=1, keepdims=True)
    if settings.network.epochs == 0:
        relation = fit_relation(
            filled, is_used, targets, settings.width, blocks, 0, seed
        )
        return LaggedParts(None, relation)
    n_hidden = hidden_units(len(targets))
    return LaggedParts(
        fit_correction(model, filled, is_used, blocks, n_hidden, seed),
        fit_relation(filled, is_used, targets, settings.width, blocks, n_hidden, seed),
    )


def blocks_of(n_rows: int, width: int) -> list[slice]:
    """Cut rows into blocks to be judged by models of the others; [] if they are few."""
    n_blocks = min(n_rows // width, MAX_BLOCKS)
    if n_blocks < MIN_BLOCKS:
        return []
    edges = np.linspace(0, n_rows, n_blocks + 1).astype(int).tolist()
    return [slice(*ends) for ends in pairwise(edges)]


def _add_networks(
    prepared: Prepared, settings: CorrectionSettings, seed: int
) -> Prepared:
    model, filled, is_used, starts = prepared
    targets = model.channels.targets
    shapes = _shapes(filled[:, targets], starts, model.width)
    decoder = fit_decoder(model.autoencoder, shapes, HIDDEN_OF_WINDOWS, seed)
    left = left_over(model, filled, is_used)
    recurrent = None
    if recurrent_can_help(settings.cell, filled, left.scaled, is_used, seed).any():
        # Keras is needed here alone.
        from recs_anomaly.anomaly.networks import fit_recurrent

        recurrent = fit_recurrent(left, filled, is_used, settings, seed)
    model = model._replace(autoencoder=decoder, recurrent=recurrent)
    return prepared._replace(model=model)


def _normal_windows(is_used: Bools, is_normal: Bools, width: int) -> np.ndarray:
    """Find where windows begin that are normal and observed in every target.

    If there is none, those of all windows.
    """
    n_odd = np.concatenate([[0], np.cumsum(~is_normal)])
    is_good = is_observed(is_used, width).all(axis=1) & (
        n_odd[width:] == n_odd[:-width]
    )
    return np.flatnonzero(is_good) if is_good.any() else np.arange(len(is_good))


def _shapes(targets: Floats, starts: np.ndarray, width: int) -> Floats:
    """Return shapes (n_windows, width) of evenly chosen windows of all targets."""
    stride = max(1, len(starts) * targets.shape[1] // MAX_FITTED)
    windows = sliding_windows(targets, width)[starts[::stride]]
    shapes = np.moveaxis(windows, 1, 2).reshape(-1, width)
    centred: Floats = shapes - shapes.mean(axis=1, keepdims=True)
    return centred


def _band(residual: Floats, is_known: Bools) -> Floats:
    """Compute quantiles (n_targets, 2) of known residuals; 0 if there are none."""
    known = [column[used] for column, used in zip(residual.T, is_known.T, strict=True)]
    return np.array([np.quantile(k, BAND) if len(k) else (0.0, 0.0) for k in known])
