"""What normal rows reach that were not learned from.

A model is kinder to the rows it was fitted to than to new ones. So the training series
is cut into blocks, and each is judged by linear models of the others, with the
recurrent network of the whole (cross-conformal prediction: Vovk, 2015).
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from recs_anomaly.core.anomaly_fit import Prepared, fit_linear, remember
from recs_anomaly.core.anomaly_model import AnomalyModel, Judgement, judge
from recs_anomaly.core.anomaly_settings import Settings
from recs_anomaly.core.windows import Bools, Floats

N_BLOCKS = 4
LEAST_BLOCK = 2  # windows; of shorter blocks hardly a row would be judged


class Part(NamedTuple):
    """A block of rows, and the linear model of the others."""

    block: slice
    others: Prepared


def hold_out(
    model: AnomalyModel, series: Floats, is_learned: Bools, settings: Settings
) -> list[Part]:
    """Fit to all but one block each of the rows learned from; [] if these are few."""
    parts = []
    for block in _blocks(len(series), settings.width):
        is_other = is_learned.copy()
        is_other[block] = False
        others = fit_linear(series, model.channels, is_other, settings)
        with_network = others.model._replace(recurrent=model.recurrent)
        parts.append(Part(block, others._replace(model=with_network)))
    return parts


def judge_held_out(
    model: AnomalyModel, parts: list[Part], normal: Floats, settings: Settings
) -> Judgement:
    """Judge the normal rows (n_rows, n_channels), each block by a model of the others.

    Without blocks, the model of the whole judges them.
    """
    if not parts:
        return judge(model, normal, settings.side)
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
    edges = np.linspace(0, n_rows, N_BLOCKS + 1).astype(int).tolist()
    if edges[1] < LEAST_BLOCK * width:
        return []
    return [slice(*ends) for ends in pairwise(edges)]
