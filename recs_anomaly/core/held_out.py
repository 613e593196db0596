"""What normal rows reach that were not learned from.

A model is kinder to the rows it was fitted to than to new ones. So the training series
is cut into blocks, and each is judged by linear models of the others (cross-conformal
prediction: Vovk, 2015). How much higher than their own rows they find it tells how much
higher new rows will be for any model of its kind, with networks or without.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from recs_anomaly.core.anomaly_fit import (
    Prepared,
    Scaled,
    fit_linear,
    remember,
    without,
)
from recs_anomaly.core.anomaly_model import AnomalyModel, Judgement, judge
from recs_anomaly.core.anomaly_scale import combine, smoothed_errors
from recs_anomaly.core.anomaly_settings import Settings
from recs_anomaly.core.windows import Bools, Floats

# Of few blocks each is a large part of the training, without which models are worse.
MOST_BLOCKS, LEAST_BLOCKS = 10, 4


class Part(NamedTuple):
    """A block of rows, and the linear model of the others."""

    block: slice
    others: Prepared


def hold_out(
    model: AnomalyModel, series: Floats, is_learned: Bools, settings: Settings
) -> list[Part]:
    """Fit to all but one block each of the rows learned from; [] if these are few.

    The channels of `model` are those of the series (n_rows, n_channels).
    """
    parts = []
    for block in _blocks(len(series), settings.width):
        is_other = is_learned.copy()
        is_other[block] = False
        known = without(series, is_other)
        others = fit_linear(known, model.channels, is_other, settings)
        parts.append(Part(block, others))
    return parts


def held_out_ratios(
    linear: Scaled,
    parts: list[Part],
    normal: Floats,
    settings: Settings,
    weights: Floats,
) -> Floats:
    """Rate the normal rows (n_rows, n_channels) in units of what learned rows reach.

    The result (n_rows,) is NaN where nothing is known.
    """
    judged = judge_held_out(linear.model, parts, normal, settings)
    smoothed = smoothed_errors(judged, settings.time_constant)
    ratios = combine(smoothed / linear.scale[:, :, None], weights)
    return np.where(judged.is_known.any(axis=(0, 2)), ratios, np.nan)


def judge_held_out(
    linear: AnomalyModel, parts: list[Part], normal: Floats, settings: Settings
) -> Judgement:
    """Judge the normal rows (n_rows, n_channels), each block by a model of the others.

    Without blocks, the linear model of the whole judges them.
    """
    if not parts:
        return judge(linear, normal, settings.side)
    judged = [_judge_part(part, normal, settings) for part in parts]
    return Judgement(
        np.concatenate([of_part.expected for of_part in judged]),
        np.concatenate([of_part.residual for of_part in judged]),
        np.concatenate([of_part.errors for of_part in judged], axis=1),
        np.concatenate([of_part.is_known for of_part in judged], axis=1),
    )


def _judge_part(part: Part, normal: Floats, settings: Settings) -> Judgement:
    model = remember(part.others, len(normal))
    # No window in memory lies where one is judged: the blocks have no rows in common.
    model = model._replace(memory_starts=np.full_like(model.memory_starts, len(normal)))
    first = max(part.block.start - settings.width, 0)
    found = judge(model, normal[first : part.block.stop], settings.side)
    own = slice(part.block.start - first, None)
    return Judgement(
        found.expected[own],
        found.residual[own],
        found.errors[:, own],
        found.is_known[:, own],
    )


def _blocks(n_rows: int, width: int) -> list[slice]:
    n_blocks = min(n_rows // width, MOST_BLOCKS)
    if n_blocks < LEAST_BLOCKS:
        return []
    edges = np.linspace(0, n_rows, n_blocks + 1).astype(int).tolist()
    return [slice(*ends) for ends in pairwise(edges)]
