"""What a stream compares with, and what normal rows reach in it.

What normal rows reach is measured on rows that were not learned from.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.autoregression import fill_missing
from recs_anomaly.anomaly.branches import BRANCHES
from recs_anomaly.anomaly.fitting import Fitted, fit_windows, scattered, without
from recs_anomaly.anomaly.held_out import HeldOutBlock
from recs_anomaly.anomaly.levels import combine
from recs_anomaly.anomaly.live.causal import (
    PRIOR,
    CausalErrors,
    CausalSettings,
    average_past,
    causal_settings,
    look_back,
)
from recs_anomaly.anomaly.live.causal_rating import CausalNorms
from recs_anomaly.anomaly.live.widths import (
    NARROW,
    NarrowWindows,
    shared_weights,
    viewing,
)
from recs_anomaly.anomaly.model import INPUT_LIMIT, AnomalyModel
from recs_anomaly.anomaly.settings import Settings
from recs_anomaly.anomaly.tail import fit_tail, tail_with_rare
from recs_anomaly.anomaly.window_codes import WindowAutoencoder, describe_each
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.windows import sliding_windows

MAX_COMPARED = 400  # windows in memory that a new one is compared with
HIGH = 0.99  # the quantile of averaged errors of normal rows that counts as one


class _Seen(NamedTuple):
    """What was seen of some rows, the first of which only come before the others."""

    errors: CausalErrors
    n_before: int


def fit_causal(
    fitted: Fitted,
    blocks: list[HeldOutBlock],
    series: Floats,
    settings: Settings,
    weights: Floats,
) -> CausalNorms:
    """Find what the normal rows of a training series (n_rows, n_channels) reach.

    `settings` are those of the fit, with the time constant of streams.
    """

    def measured(is_normal: Bools) -> tuple[CausalNorms, Floats]:
        normal = without(series, is_normal)
        return _measure(
            fitted.whole.model, blocks, normal, is_normal, settings, weights
        )

    norms, ratios = measured(fitted.rows.normal)
    if not fitted.rows.has_rare:
        return norms
    with_rare, ratios_with_rare = measured(fitted.rows.learned)
    apart = settings.time_constant
    tail, belong = tail_with_rare(ratios, ratios_with_rare, apart)
    return (with_rare if belong else norms)._replace(tail=tail)


def _measure(
    model: AnomalyModel,
    blocks: list[HeldOutBlock],
    normal: Floats,
    is_normal: Bools,
    settings: Settings,
    weights: Floats,
) -> tuple[CausalNorms, Floats]:
    """Find what the normal rows reach, and the ratios (n_judged,) of these rows.

    What is not normal is NaN: it has no say in the averages of the rows after it. Each
    of the `blocks` is judged by the model of the others.
    """
    own = _views(model, normal, is_normal, model.memory_starts, MAX_COMPARED)
    causal = causal_settings(own, settings.time_constant, settings.side)
    seen = [_held_out(block, own, normal, is_normal, causal) for block in blocks]
    seen = seen or [_Seen(look_back(own, normal, causal), 0)]
    shared = shared_weights(weights, BRANCHES, len(own))
    n_time_scales, n_targets = len(causal.time_constants), len(model.channels.targets)
    nothing = np.zeros((n_time_scales, len(shared), n_targets))
    usual = _quantile(_judged(seen, causal, nothing), 0.5, 0.0) * (1.0 + PRIOR)
    averages = _judged(seen, causal, usual)
    scale = _quantile(averages, HIGH, 1.0)
    ratios = combine(averages / scale[:, :, None], shared)
    tail = fit_tail(ratios, settings.time_constant)
    return CausalNorms(own[0].memory, usual, scale, tail, _narrow(own)), ratios


def _held_out(
    held_out: HeldOutBlock,
    own: list[AnomalyModel],
    normal: Floats,
    is_normal: Bools,
    causal: CausalSettings,
) -> _Seen:
    """Judge a block's rows by the model of the others with the whole's network."""
    block, others, model = held_out.block, held_out.others, own[0]
    # As close together as those of the whole model.
    n_others = len(normal) - (block.stop - block.start)
    n_compared = max(model.memory.shape[1] * n_others // len(normal), 1)
    other = others.model._replace(recurrent=model.recurrent)
    is_other = is_normal.copy()
    is_other[block] = False
    views = _views(other, normal, is_other, others.starts, n_compared)
    first = max(block.start - 2 * model.width, 0)
    errors = look_back(views, normal[first : block.stop], causal)
    return _Seen(errors, block.start - first)


def _views(
    model: AnomalyModel,
    series: Floats,
    is_normal: Bools,
    starts: np.ndarray,
    most: int,
) -> list[AnomalyModel]:
    """Let a model remember at most so many windows of a series, wide and narrow ones.

    Wide ones begin in some of the rows `starts`, narrow ones are fitted where it
    `is_normal` (n_rows,).
    """
    scaled, targets = model.channels.scaled(series), model.channels.targets
    filled = fill_missing(model.autoregression, scaled, INPUT_LIMIT)[:, targets]
    views = [_remembering(model, model.autoencoder, filled, starts, most)]
    if model.width > NARROW:
        is_used = ~np.isnan(scaled[:, targets]) & is_normal[:, None]
        autoencoder, starts = fit_windows(filled, is_used, is_normal, NARROW)
        views.append(_remembering(model, autoencoder, filled, starts, most))
    return views


def _remembering(
    model: AnomalyModel,
    autoencoder: WindowAutoencoder,
    filled: Floats,
    starts: np.ndarray,
    most: int,
) -> AnomalyModel:
    view, chosen = (
        viewing(model, autoencoder, np.zeros((0, 0, 0))),
        scattered(starts, most),
    )
    memory = [
        describe_each(
            view.autoencoder, sliding_windows(channel, view.width)[chosen]
        ).descriptions
        for channel in filled.T
    ]
    return viewing(model, autoencoder, np.stack(memory))


def _narrow(views: list[AnomalyModel]) -> NarrowWindows | None:
    if len(views) == 1:
        return None
    autoencoder = views[1].autoencoder
    return NarrowWindows(autoencoder.mean, autoencoder.components, views[1].memory)


def _judged(seen: list[_Seen], causal: CausalSettings, usual: Floats) -> Floats:
    """Average errors of the rows that were judged.

    The result has shape (n_time_scales, n_branches, n_judged, n_targets).
    """
    parts = []
    for errors, n_before in seen:
        counts = errors.is_judged()
        counts[:n_before] = False
        parts.append(average_past(errors, causal, usual)[:, :, counts])
    return np.concatenate(parts, axis=2)


def _quantile(averages: Floats, probability: float, least: float) -> Floats:
    """Compute the quantile over rows, the third axis; `least` if it is 0 or unknown."""
    if not averages.shape[2]:
        return np.full((*averages.shape[:2], averages.shape[3]), least)
    found: Floats = np.quantile(averages, probability, axis=2)
    return np.where(found > 0, found, least)
