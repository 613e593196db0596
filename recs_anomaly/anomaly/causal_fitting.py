"""What a stream compares with, and what normal rows reach in it.

Windows are described by their components alone: in a stream the autoencoder's network
would cost more than it brings. What normal rows reach is measured on rows that were not
learned from.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.autoregression import fill_missing
from recs_anomaly.anomaly.branches import BRANCHES, INPUT_LIMIT, AnomalyModel
from recs_anomaly.anomaly.causal import (
    PRIOR,
    CausalErrors,
    CausalSettings,
    average_past,
    causal_settings,
    describe,
    is_judged,
    look_back,
)
from recs_anomaly.anomaly.fitting import Part
from recs_anomaly.anomaly.levels import combine
from recs_anomaly.anomaly.settings import Settings
from recs_anomaly.anomaly.window_codes import uncorrected
from recs_anomaly.core.arrays import Floats
from recs_anomaly.core.windows import sliding_windows

MOST_COMPARED = 400  # windows in memory that a new one is compared with
NOWHERE = -(2**40)  # where windows in memory start that no window can be
GOLDEN = 0.6180339887498949
HIGH = 0.99  # the quantile of averaged errors of normal rows that counts as one


class CausalNormal(NamedTuple):
    """What a stream knows of normal rows.

    `memory` (n_targets, n_compared, n_code + 1) holds descriptions of windows; `usual`
    and `scale` (n_stretches, n_branches, n_targets) are median and a high quantile of
    averaged errors; `ratios` (n_judged,) are those of the rows they were found on.
    """

    memory: Floats
    usual: Floats
    scale: Floats
    ratios: Floats


class _Seen(NamedTuple):
    """What was seen of some rows, the first of which only come before the others."""

    errors: CausalErrors
    n_before: int


def causal_model(model: AnomalyModel, memory: Floats) -> AnomalyModel:
    """Leave a model what a stream uses, its memory coming from elsewhere."""
    linear = uncorrected(model.autoencoder.mean, model.autoencoder.components, 0)
    starts = np.full(memory.shape[1], NOWHERE)
    return model._replace(autoencoder=linear, memory=memory, memory_starts=starts)


def measure_normal(
    model: AnomalyModel,
    parts: list[Part],
    normal: Floats,
    settings: Settings,
    weights: Floats,
) -> CausalNormal:
    """Find what the normal rows (n_rows, n_channels) of a training series reach.

    What is not normal is NaN: it has no say in the averages of the rows after it. Each
    of the `parts` is judged by the model of the others.
    """
    own = _remembering(model, normal, model.memory_starts, MOST_COMPARED)
    causal = causal_settings(settings.width, settings.time_constant, settings.side)
    seen = [_held_out(part, own, normal, causal) for part in parts]
    seen = seen or [_Seen(look_back(own, normal, causal), 0)]
    n_stretches, n_targets = len(causal.time_constants), len(model.channels.targets)
    nothing = np.zeros((n_stretches, len(BRANCHES), n_targets))
    usual = _quantile(_judged(seen, causal, nothing), 0.5, 0.0) * (1.0 + PRIOR)
    averages = _judged(seen, causal, usual)
    scale = _quantile(averages, HIGH, 1.0)
    ratios = combine(averages / scale[:, :, None], weights)
    return CausalNormal(own.memory, usual, scale, ratios)


def _held_out(
    part: Part, model: AnomalyModel, normal: Floats, causal: CausalSettings
) -> _Seen:
    """Judge a block's rows by the model of the others with the whole's network."""
    block, others = part.block, part.others
    # As close together as those of the whole model.
    n_others = len(normal) - (block.stop - block.start)
    n_compared = max(model.memory.shape[1] * n_others // len(normal), 1)
    other = others.model._replace(recurrent=model.recurrent)
    other = _remembering(other, normal, others.starts, n_compared)
    first = max(block.start - 2 * model.width, 0)
    errors = look_back(
        causal_model(other, other.memory), normal[first : block.stop], causal
    )
    return _Seen(errors, block.start - first)


def _remembering(
    model: AnomalyModel, series: Floats, starts: np.ndarray, most: int
) -> AnomalyModel:
    """Let a model remember some of the windows of a series that start in some rows."""
    model = causal_model(model, np.zeros((0, 0, 0)))
    scaled = model.channels.scaled(series)
    filled = fill_missing(model.autoregression, scaled, INPUT_LIMIT)
    chosen = _scattered(starts, most)
    memory = [
        describe(model.autoencoder, sliding_windows(channel, model.width)[chosen])[0]
        for channel in filled[:, model.channels.targets].T
    ]
    return model._replace(memory=np.stack(memory), memory_starts=chosen)


def _scattered(starts: np.ndarray, most: int) -> np.ndarray:
    """Choose at most so many, evenly but in step with no period of the series."""
    if len(starts) <= most:
        return starts
    number = np.arange(most)
    places = (number + number * GOLDEN % 1.0) * len(starts) / most
    chosen: np.ndarray = starts[places.astype(np.int64)]
    return chosen


def _judged(seen: list[_Seen], causal: CausalSettings, usual: Floats) -> Floats:
    """Average errors of the rows that were judged.

    The result has shape (n_stretches, n_branches, n_judged, n_targets).
    """
    parts = []
    for errors, n_before in seen:
        counts = is_judged(errors, causal.stride)
        counts[:n_before] = False
        parts.append(average_past(errors, causal, usual)[:, :, counts])
    return np.concatenate(parts, axis=2)


def _quantile(averages: Floats, probability: float, least: float) -> Floats:
    """Quantile over rows, the third axis; `least` where it is 0 or unknown."""
    if not averages.shape[2]:
        return np.full((*averages.shape[:2], averages.shape[3]), least)
    found: Floats = np.quantile(averages, probability, axis=2)
    return np.where(found > 0, found, least)
