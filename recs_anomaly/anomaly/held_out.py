"""How abnormal normal rows are to models that have not learned from them."""

from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.branches import BRANCHES
from recs_anomaly.anomaly.fitting import (
    Fitted,
    Prepared,
    Scaled,
    blocks_of,
    fit_linear,
    remember,
    without,
)
from recs_anomaly.anomaly.judging import Judgement, judge
from recs_anomaly.anomaly.levels import combine, fit_scale, smoothed_errors
from recs_anomaly.anomaly.model import AnomalyModel
from recs_anomaly.anomaly.seen_series import SeenSeries
from recs_anomaly.anomaly.settings import Settings
from recs_anomaly.anomaly.tail import Tail, fit_tail, tail_with_rare
from recs_anomaly.core.arrays import Floats


class HeldOutBlock(NamedTuple):
    """A block of rows, and the linear model of the others."""

    block: slice
    others: Prepared


def hold_out(fitted: Fitted, settings: Settings) -> list[HeldOutBlock]:
    """Fit to all but one block each of the rows learned from; [] if these are few."""
    series, is_learned = fitted.learned
    channels, parts = fitted.linear.model.channels, []
    for number, block in enumerate(blocks_of(len(series), settings.width)):
        is_other = is_learned.copy()
        is_other[block] = False
        known = without(series, is_other)
        others = fit_linear(known, channels, is_other, settings)
        others = others._replace(model=fitted.lagged.added(others.model, number))
        parts.append(HeldOutBlock(block, others))
    return parts


def at_held_out_scale(fitted: Fitted, judged: Judgement, settings: Settings) -> Fitted:
    """Measure errors of branches that are close to their rows in `judged` ones.

    These are rows that the models had not learned from.
    """
    model = fitted.linear.model
    is_close = [
        branch.close_by is not None and getattr(model, branch.close_by) is not None
        for branch in BRANCHES
    ]
    if not any(is_close):
        return fitted
    smoothed = smoothed_errors(judged, settings.time_constant)
    scale = np.stack([fit_scale(of_scale, judged) for of_scale in smoothed])
    by_itself = np.array([branch.by_itself for branch in BRANCHES])[:, None]
    row_scale = by_itself * fit_scale(judged.errors, judged)

    def measured(scaled: Scaled) -> Scaled:
        chosen = np.array(is_close)[:, None]
        return scaled._replace(
            scale=np.where(chosen, np.maximum(scale, scaled.scale), scaled.scale),
            row_scale=np.where(
                chosen, np.maximum(row_scale, scaled.row_scale), scaled.row_scale
            ),
        )

    return fitted._replace(whole=measured(fitted.whole), linear=measured(fitted.linear))


def held_out_tail(
    fitted: Fitted,
    blocks: list[HeldOutBlock],
    judged: Judgement,
    grid: SeenSeries,
    settings: Settings,
    weights: Floats,
) -> Tail:
    """Find how often normal rows are how abnormal that models have not learned from.

    `judged` are those of `fitted.rows.normal`.
    """

    def ratios(judged: Judgement) -> Floats:
        found = _ratios(fitted.linear, judged, settings, weights)
        return found[grid.is_given & ~np.isnan(found)]

    normal, apart = ratios(judged), settings.time_constant
    tail = fit_tail(normal, apart)
    if fitted.rows.has_rare:
        learned = without(grid.values, fitted.rows.learned)
        with_rare = judge_held_out(fitted.linear.model, blocks, learned, settings)
        tail, _ = tail_with_rare(normal, ratios(with_rare), apart)
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
        np.concatenate([of_part.deviation for of_part in judged]),
    )


def _ratios(
    linear: Scaled, judged: Judgement, settings: Settings, weights: Floats
) -> Floats:
    """Rate rows in units of what learned rows reach.

    The result (n_rows,) is NaN where nothing is known.
    """
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
