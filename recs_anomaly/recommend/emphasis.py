"""What a choice says by how often and when it was made.

Who plays one song a thousand times does not like it a thousand times as much: what is
said grows with how often, towards a most (BM25's saturation; Robertson & Walker, 1994),
as confidence does in Hu, Koren & Volinsky (2008). What was chosen lately says more of
what comes next: a choice with k newer ones of the same person counts (1 + k)^-fading.
Either moves weight between the choices of a person; their sum stays what it was.
"""

import numpy as np

from recs_anomaly.core.arrays import Floats, Ints, Singles
from recs_anomaly.recommend.rows import RatingRows

# An item's trend is drawn to none by so many choices.
TREND_SHRINKAGE = 1.0


def emphasised(rows: RatingRows, emphasis: Floats | None) -> Floats | None:
    """Weights of choices, whose mean is 1 for each person; None where all are 1."""
    if emphasis is None:
        return None
    half_amount, fading, _ = emphasis
    says = None
    if rows.often is not None and half_amount:
        says = _saturated(rows, half_amount)
    if rows.when is not None and fading:
        fresh = (1.0 + newer_choices(rows)) ** -fading
        says = fresh if says is None else says * fresh
    return None if says is None else _balanced(says, rows)


def without_times(emphasis: Floats | None) -> Floats | None:
    """Emphasis on how often alone."""
    return None if emphasis is None else emphasis * [1.0, 0.0, 0.0]


def _saturated(rows: RatingRows, half_amount: float) -> Floats:
    assert rows.often is not None
    often = rows.often.astype(np.float64)
    return often / (often + half_amount)


def _balanced(says: Floats, rows: RatingRows) -> Floats:
    row = rows.rows
    mean = np.bincount(row, says, rows.n_rows) / np.maximum(rows.counts, 1)
    return np.asarray(says / mean[row])


def newer_choices(rows: RatingRows) -> Ints:
    """Count the choices of the same person that were made after each."""
    assert rows.when is not None
    row = rows.rows
    order = np.lexsort((-rows.when, row))
    in_order, when = row[order], rows.when[order]
    is_first = np.ones(len(order), bool)
    is_first[1:] = (in_order[1:] != in_order[:-1]) | (when[1:] != when[:-1])
    # What was chosen at the same moment has as many newer ones.
    first = np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))
    newer = np.empty(len(order), np.int64)
    newer[order] = first - rows.offsets[in_order]
    return newer


def trend_of(rows: RatingRows, emphasis: Floats | None) -> Singles | None:
    """How many times as often each item is chosen lately as over all of the time.

    None where times are not known, or without a half-life.
    """
    if emphasis is None or rows.when is None or not emphasis[2]:
        return None
    share = np.exp2((rows.when - rows.when.max()) / emphasis[2])
    typical = share.mean()
    lately = np.bincount(rows.columns, share, rows.n_columns)
    ever = np.bincount(rows.columns, minlength=rows.n_columns)
    found = (lately / typical + TREND_SHRINKAGE) / (ever + TREND_SHRINKAGE)
    return np.asarray(found.astype(np.float32))
