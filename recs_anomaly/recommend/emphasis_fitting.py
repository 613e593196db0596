"""Which emphasis finds most of what was held out: of choices, and of the future.

How often a choice was made is judged on choices drawn at random, each relevant by how
often it was made; when it was made, on the newest tenth of all. Where nothing finds
more, by more than the chance of who was asked, choices stay as they are.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from recs_anomaly.base.parallel import one_blas_thread
from recs_anomaly.core.arrays import Floats, Singles
from recs_anomaly.recommend.choices import (
    InteractionRBM,
    expectations,
    fit_interactions,
    hidden_of_rows,
    messages,
)
from recs_anomaly.recommend.emphasis import trend_of
from recs_anomaly.recommend.rows import RatingRows, blocks

# Parts of the middle amount; the more, the nearer to amounts as they are.
HALF_AMOUNTS = (0.25, 1.0, 4.0)
FADINGS = (0.0, 0.25, 0.5, 0.75, 1.0)
# Parts of all of the time that has passed.
HALF_LIVES = (1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32)
# Of all choices, in order: what is past when a tenth of them is held out.
CUTS, N_PARTS = (0.8, 0.9), 10
LISTED_OFTEN, LISTED_NEWEST = 100, 10
MIN_PEOPLE, MAX_PEOPLE = 20, 2_000
MAX_SCORES = 1 << 24
PEOPLE_AT_ONCE = 64
ERRORS_ABOVE = 2.0


class Asked(NamedTuple):
    """People whose choices are known in part, and the gains of those held out."""

    told: RatingRows
    held_out: RatingRows
    gains: Floats  # of the choices in `held_out`


def learn_emphasis(
    rows: RatingRows, kept: RatingRows, hidden: RatingRows
) -> Floats | None:
    """Find the emphasis for rows, from those kept and hidden of them at random.

    None where it is not known how often and when they were made, or tells nothing.
    """
    half_amount = _half_amount(kept, hidden)
    emphasis = np.array([half_amount, *_times(rows, half_amount)])
    return emphasis if emphasis.any() else None


def _half_amount(kept: RatingRows, hidden: RatingRows) -> float:
    """Find how often a choice must be made to say half of the most; 0 for no matter."""
    if kept.often is None or hidden.often is None:
        return 0.0
    middle = float(np.median(kept.often))
    asked = _asked(kept, hidden, hidden.often / (hidden.often + middle))

    def found(half_amount: float) -> Floats:
        rbm = fit_interactions(kept, np.array([half_amount, 0.0, 0.0]))
        gains: Floats = _gain(rbm, asked, [None], LISTED_OFTEN)[0]
        return gains

    return _best_of([0.0, *(part * middle for part in HALF_AMOUNTS)], found, asked)


def _times(rows: RatingRows, half_amount: float) -> tuple[float, float]:
    """Find how choices fade with newer ones, and the half-life of trends; 0 for none.

    Twice a tenth of all choices is held out, the newest and the one before, of people
    who are known before it.
    """
    if rows.when is None or not len(rows.columns) or not np.ptp(rows.when):
        return 0.0, 0.0
    span = float(np.ptp(rows.when))
    half_lives = [0.0, *(part * span for part in HALF_LIVES)]
    gains = np.concatenate(
        [_gains_of_future(rows, share, half_amount, half_lives) for share in CUTS],
        axis=1,
    )
    if gains.shape[1] < MIN_PEOPLE:
        return 0.0, 0.0
    candidates = [(fading, each) for fading in FADINGS for each in half_lives]
    return candidates[_clear_best(gains)]


def _gains_of_future(
    rows: RatingRows, share: float, half_amount: float, half_lives: list[float]
) -> Floats:
    """Gains of the tenth behind a share of all choices, a row a candidate."""
    assert rows.when is not None
    start, end = np.quantile(rows.when, [share, share + 1.0 / N_PARTS])
    past = rows.where(rows.when < start)
    asked = _asked(past, rows.where((rows.when >= start) & (rows.when <= end)))
    if not asked.told.n_rows:
        return np.zeros((len(FADINGS) * len(half_lives), 0))
    rbm = fit_interactions(past, np.array([half_amount, 0.0, 0.0]))
    trends = [trend_of(past, np.array([0.0, 0.0, each])) for each in half_lives]
    faded = (
        rbm._replace(emphasis=np.array([half_amount, fading, 0.0]))
        for fading in FADINGS
    )
    return np.concatenate([_gain(rbm, asked, trends, LISTED_NEWEST) for rbm in faded])


def _best_of(
    candidates: list[float], found: Callable[[float], Floats], asked: Asked
) -> float:
    if asked.told.n_rows < MIN_PEOPLE:
        return candidates[0]
    return candidates[_clear_best(np.array([found(each) for each in candidates]))]


def _clear_best(gains: Floats) -> int:
    """Row of the greatest mean, if it is above the first by more than chance is.

    The greatest of many is often above by one standard error.
    """
    best = int(gains.mean(axis=1).argmax())
    more = gains[best] - gains[0]
    error = more.std() / np.sqrt(len(more))
    return best if more.mean() > ERRORS_ABOVE * error else 0


def _asked(
    told: RatingRows, held_out: RatingRows, gains: Floats | None = None
) -> Asked:
    """Pick some of the people with choices on both sides."""
    people = np.flatnonzero((told.counts > 0) & (held_out.counts > 0))
    most = min(max(MAX_SCORES // told.n_columns, 10 * MIN_PEOPLE), MAX_PEOPLE)
    people = people[:: max(-(-len(people) // most), 1)]
    wanted = held_out.take(people)
    if gains is None:
        return Asked(told.take(people), wanted, np.ones(len(wanted.columns)))
    is_asked = np.isin(held_out.rows, people)
    return Asked(told.take(people), wanted, gains[is_asked])


def _gain(
    rbm: InteractionRBM, asked: Asked, trends: Iterable[Singles | None], n: int
) -> Floats:
    """Discounted gain of each person's n best items, of the most there can be.

    A row a trend.
    """
    trends = list(trends)
    found = np.empty((len(trends), asked.told.n_rows))
    told = messages(rbm, np.arange(asked.told.n_columns))
    outward = expectations(rbm)[:, :-1]
    with one_blas_thread():
        for block in blocks(asked.told.n_rows, PEOPLE_AT_ONCE):
            people = np.arange(block.start, block.stop)
            own = asked.told.take(people)
            hidden = hidden_of_rows(rbm, told, own).astype(np.float32)
            presence = hidden @ outward
            gains = np.zeros(presence.shape)
            ends = asked.held_out.offsets[[block.start, block.stop]]
            held_out = asked.held_out.take(people)
            gains[held_out.rows, held_out.columns] = asked.gains[slice(*ends)]
            for row, trend in enumerate(trends):
                score = presence if trend is None else presence * trend[:-1]
                score[own.rows, own.columns] = -np.inf
                found[row, block] = _discounted(gains, score, n)
    return found


def _discounted(gains: Floats, score: Singles, n: int) -> Floats:
    n = min(n, score.shape[1])
    discount = 1.0 / np.log2(np.arange(n) + 2.0)
    best = np.argpartition(-score, n - 1, axis=1)[:, :n]
    order = np.argsort(-np.take_along_axis(score, best, axis=1), axis=1, kind="stable")
    listed = np.take_along_axis(gains, np.take_along_axis(best, order, axis=1), axis=1)
    most = -np.sort(-gains, axis=1)[:, :n] @ discount
    return np.asarray((listed @ discount) / most)
