"""What a stream compares with, and what normal rows reach in it.

Windows are described by their components alone: in a stream the autoencoder's network
would cost more than it brings. What normal rows reach is measured on rows that were not
learned from: the training series is cut into blocks, and each is judged by linear
models of the others with the recurrent network of the whole (cross-conformal
prediction: Vovk, 2015).
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from recs_anomaly.core.anomaly_fit import fit_linear
from recs_anomaly.core.anomaly_model import INPUT_LIMIT, AnomalyModel
from recs_anomaly.core.anomaly_scale import shares
from recs_anomaly.core.anomaly_settings import Settings
from recs_anomaly.core.autoencoder import uncorrected
from recs_anomaly.core.autoregression import fill_missing
from recs_anomaly.core.causal import (
    average_past,
    causal_settings,
    describe,
    is_judged,
    look_back,
)
from recs_anomaly.core.windows import Bools, Floats, sliding_windows

MOST_COMPARED = 400  # windows in memory that a new one is compared with
NOWHERE = -(2**40)  # where windows in memory start that no window can be
GOLDEN = 0.6180339887498949
N_BLOCKS = 4
LEAST_BLOCK = 2  # windows; of shorter blocks hardly a row would be judged
HIGH = 0.99  # the quantile of averaged errors of normal rows that counts as one


class CausalNormal(NamedTuple):
    """What a stream knows of normal rows.

    `memory` (n_targets, n_compared, n_code + 1) holds descriptions of windows, `scale`
    (n_branches, n_targets) a high quantile of averaged errors; `shares` (n_judged,)
    are the largest shares of the rows that it was found on.
    """

    memory: Floats
    scale: Floats
    shares: Floats


def causal_model(model: AnomalyModel, memory: Floats) -> AnomalyModel:
    """Leave a model what a stream uses, its memory coming from elsewhere."""
    linear = uncorrected(model.autoencoder.mean, model.autoencoder.components, 0)
    starts = np.full(memory.shape[1], NOWHERE)
    return model._replace(autoencoder=linear, memory=memory, memory_starts=starts)


def measure_normal(
    model: AnomalyModel,
    series: Floats,
    is_normal: Bools,
    settings: Settings,
    weights: Floats,
) -> CausalNormal:
    """Find what normal rows of the training series (n_rows, n_channels) reach."""
    # What is not normal has no say in the averages of the rows after it.
    normal = np.where(is_normal[:, None], series, np.nan)
    own = _remembering(model, normal, model.memory_starts, MOST_COMPARED)
    blocks = _blocks(len(series), settings.width)
    seen = [_held_out(block, own, normal, settings) for block in blocks]
    if not blocks:
        seen = [_averages(own, normal, settings, 0)]
    averages = np.concatenate(seen, axis=1)
    scale = _high(averages)
    largest = shares(averages, scale, weights).max(axis=(0, 2))
    return CausalNormal(own.memory, scale, largest)


def _blocks(n_rows: int, width: int) -> list[slice]:
    """Cut the rows into blocks; none where these would be too short."""
    edges = np.linspace(0, n_rows, N_BLOCKS + 1).astype(int).tolist()
    if edges[1] < LEAST_BLOCK * width:
        return []
    return [slice(*ends) for ends in pairwise(edges)]


def _held_out(
    block: slice, model: AnomalyModel, normal: Floats, settings: Settings
) -> Floats:
    """Average the errors of a block's rows, judged by linear models of the others."""
    is_other = np.ones(len(normal), dtype=np.bool_)
    is_other[block] = False
    part = fit_linear(normal, model.channels, is_other, settings)
    other = part.model._replace(recurrent=model.recurrent)
    # As close together as those of the whole model.
    n_compared = model.memory.shape[1] * len(is_other[is_other]) // len(is_other)
    other = _remembering(other, normal, part.starts, max(n_compared, 1))
    context = block.start - max(block.start - 2 * settings.width, 0)
    rows = slice(block.start - context, block.stop)
    return _averages(causal_model(other, other.memory), normal[rows], settings, context)


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


def _averages(
    model: AnomalyModel, series: Floats, settings: Settings, context: int
) -> Floats:
    """Average errors (n_branches, n_judged, n_targets) of the rows after some others.

    Rows that cannot be judged are left out.
    """
    causal = causal_settings(settings.width, settings.time_constant, settings.side)
    errors = look_back(model, series, causal)
    counts = is_judged(errors, causal.stride)
    counts[:context] = False
    return average_past(errors, causal)[:, counts]


def _high(averages: Floats) -> Floats:
    """Find a high quantile of averages (n_branches, n_judged, n_targets)."""
    if not averages.shape[1]:
        return np.ones((len(averages), averages.shape[2]))
    high: Floats = np.quantile(averages, HIGH, axis=1)
    return np.where(high > 0, high, 1.0)
