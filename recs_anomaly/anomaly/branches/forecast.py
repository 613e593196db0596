"""The branch forecast: how far a row is from what its past foretells.

A linear forecast from a channel's own past is corrected by a network that sees the
last rows of the channels that matter, and by a recurrent one that sees all.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.autoregression import forecast
from recs_anomaly.anomaly.branches.branch import Branch
from recs_anomaly.anomaly.channels import is_observed
from recs_anomaly.anomaly.dependence import dependence
from recs_anomaly.anomaly.lagged import past_of, respond
from recs_anomaly.anomaly.lagged_fitting import FittedNetwork, Inputs, fit_lagged
from recs_anomaly.anomaly.model import INPUT_LIMIT, AnomalyModel
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.recurrent import run_in_blocks

RECENT = 4  # rows of which hidden units see more, and the only ones of other channels
MAX_PARTNERS = 4
HELPS = 0.9  # of the squared error, in rows not learned from: more is no help

FORECAST = Branch(
    "forecast",
    weight=1.0,
    cause="jumps: steps that its past does not foretell",
    meaning="the next value was not what its past foretold",
    of_rows=lambda rows: rows.residual**2,
    close_by="correction",
)


def fit_correction(
    model: AnomalyModel,
    filled: Floats,
    is_used: Bools,
    blocks: list[slice],
    n_hidden: int,
    seed: int,
) -> FittedNetwork | None:
    """Learn what the linear forecast leaves over; None if that follows from nothing.

    `filled` (n_rows, n_channels) is scaled and without gaps; `is_used` (n_rows,
    n_targets) says what to learn from.
    """
    targets = model.channels.targets
    left = filled[:, targets] - forecast(model.autoregression, filled)[:, targets]
    inputs = _inputs(filled, targets, model.autoregression.n_lags)
    fitted = fit_lagged(inputs, filled, left, is_used, blocks, n_hidden, seed)
    return None if fitted is None else fitted.that_explain(HELPS)


def _inputs(filled: Floats, targets: np.ndarray, n_lags: int) -> Inputs:
    """See the channel's own past, and the last rows of those that it depends on."""
    n_targets, n_channels = len(targets), filled.shape[1]
    recent, n_partners = min(RECENT, n_lags), min(n_channels - 1, MAX_PARTNERS)
    strength = dependence(filled, targets, np.arange(1, recent + 1)).max(axis=0)
    strength[np.arange(n_targets), targets] = -1.0
    partners = np.argsort(-strength, axis=1, kind="stable")[:, :n_partners]
    own = np.repeat(targets[:, None], n_lags, axis=1)
    channels = np.concatenate([own, np.tile(partners, recent)], axis=1)
    lags = [*range(n_lags, 0, -1), *np.repeat(range(1, recent + 1), n_partners)]
    groups = [slice(0, n_lags), slice(n_lags - recent, n_lags)]
    if n_partners:
        groups.append(slice(n_lags - recent, channels.shape[1]))
    shares = np.full(len(groups), 1.0 / len(groups))
    return Inputs(channels, np.tile(lags, (n_targets, 1)), groups, shares)


def forecast_targets(model: AnomalyModel, filled: Floats) -> Floats:
    """Forecast each row's targets (n_rows, n_targets) from the rows before it."""
    expected = forecast(model.autoregression, filled)[:, model.channels.targets]
    return add_corrections(model, filled[:1], filled, expected)


def add_corrections(
    model: AnomalyModel, before: Floats, filled: Floats, expected: Floats
) -> Floats:
    """Add what the networks say of each row from the rows before it.

    Those before the first are like `before` (1, n_channels).
    """
    if model.correction is not None:
        past = past_of(np.repeat(before, model.correction.reach, axis=0), filled)
        expected = expected + respond(model.correction, past)
    if model.recurrent is not None:
        inputs = np.clip(filled, -INPUT_LIMIT, INPUT_LIMIT)
        expected[1:] += run_in_blocks(model.cell, model.recurrent, inputs)[:-1]
    return expected


class LeftOver(NamedTuple):
    """Forecast errors (n_rows, n_targets) over their `spread` (n_targets,)."""

    scaled: Floats
    spread: Floats


def left_over(model: AnomalyModel, filled: Floats, is_used: Bools) -> LeftOver:
    """Compute the errors of the forecasts, scaled by what is used of them."""
    values = filled[:, model.channels.targets]
    left = values - forecast_targets(model, filled)
    total = np.sum(left**2, axis=0, where=is_used)
    spread = np.sqrt(total / np.maximum(is_used.sum(axis=0), 1))
    spread[spread == 0] = 1.0
    return LeftOver(left / spread, spread)


def has_past(is_known: Bools, n_lags: int) -> Bools:
    """Tell whether there are `n_lags` rows before a row, and enough was measured."""
    has = np.zeros_like(is_known)
    if len(is_known) > n_lags:
        has[n_lags:] = is_observed(is_known[:-1], n_lags)
    return has
