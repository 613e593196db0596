"""How abnormal normal rows are to models that have not learned from them."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.fitting import (
    Fitted,
    Prepared,
    Scaled,
    fit_linear,
    remember,
    without,
)
from recs_anomaly.anomaly.judging import Judgement, judge
from recs_anomaly.anomaly.levels import combine, smoothed_errors
from recs_anomaly.anomaly.model import AnomalyModel
from recs_anomaly.anomaly.seen_series import SeenSeries
from recs_anomaly.anomaly.settings import Settings
from recs_anomaly.anomaly.tail import Tail, fit_tail, tail_with_rare
from recs_anomaly.core.arrays import Bools, Floats

# Of few blocks each is a large part of the training, without which models are worse.
MAX_BLOCKS, MIN_BLOCKS = 10, 4


class HeldOutBlock(NamedTuple):
    """A block of rows, and the linear model of the others."""

    block: slice
    others: Prepared


def hold_out(
    model: AnomalyModel, series: Floats, is_learned: Bools, settings: Settings
) -> list[HeldOutBlock]:
    """Fit to all but one block each of the rows learned from; [] if these are few.

    The channels of `model` are those of the series (n_rows, n_channels).
    """
    parts = []
    for block in _blocks(len(series), settings.width):
        is_other = is_learned.copy()
        is_other[block] = False
        known = without(series, is_other)
        others = fit_linear(known, model.channels, is_other, settings)
        parts.append(HeldOutBlock(block, others))
    return parts


def held_out_tail(
    fitted: Fitted,
    blocks: list[HeldOutBlock],
    grid: SeenSeries,
    settings: Settings,
    weights: Floats,
) -> Tail:
    """Find how often normal rows are how abnormal that models have not learned from."""

    def ratios(is_normal: Bools) -> Floats:
        normal = without(grid.values, is_normal)
        found = _held_out_ratios(fitted.linear, blocks, normal, settings, weights)
        return found[grid.is_given & ~np.isnan(found)]

    normal, apart = ratios(fitted.rows.normal), settings.time_constant
    tail = fit_tail(normal, apart)
    if fitted.rows.has_rare:
        tail, _ = tail_with_rare(normal, ratios(fitted.rows.learned), apart)
    return tail


def judge_held_out(
    linear: AnomalyModel, blocks: list[HeldOutBlock], normal: Floats, settings: Settings
) -> Judgement:
    """Judge the normal rows (n_rows, n_channels), each block by a model of the others.

    Without blocks, the linear model of the whole judges them.
    """
    if not blocks:
        return judge(linear, normal, settings.side)
    judged = [_judge_block(block, normal, settings) for block in blocks]
    return Judgement(
        np.concatenate([of_part.expected for of_part in judged]),
        np.concatenate([of_part.residual for of_part in judged]),
        np.concatenate([of_part.errors for of_part in judged], axis=1),
        np.concatenate([of_part.is_known for of_part in judged], axis=1),
    )


def _held_out_ratios(
    linear: Scaled,
    blocks: list[HeldOutBlock],
    normal: Floats,
    settings: Settings,
    weights: Floats,
) -> Floats:
    """Rate the normal rows (n_rows, n_channels) in units of what learned rows reach.

    The result (n_rows,) is NaN where nothing is known.
    """
    judged = judge_held_out(linear.model, blocks, normal, settings)
    smoothed = smoothed_errors(judged, settings.time_constant)
    ratios = combine(smoothed / linear.scale[:, :, None], weights)
    return np.where(judged.is_known.any(axis=(0, 2)), ratios, np.nan)


def _judge_block(
    held_out: HeldOutBlock, normal: Floats, settings: Settings
) -> Judgement:
    model = remember(held_out.others, len(normal))
    # No window in memory lies where one is judged: the blocks have no rows in common.
    model = model._replace(memory_starts=np.full_like(model.memory_starts, len(normal)))
    first = max(held_out.block.start - settings.width, 0)
    found = judge(model, normal[first : held_out.block.stop], settings.side)
    return found.part(slice(held_out.block.start - first, None))


def _blocks(n_rows: int, width: int) -> list[slice]:
    n_blocks = min(n_rows // width, MAX_BLOCKS)
    if n_blocks < MIN_BLOCKS:
        return []
    edges = np.linspace(0, n_rows, n_blocks + 1).astype(int).tolist()
    return [slice(*ends) for ends in pairwise(edges)]
