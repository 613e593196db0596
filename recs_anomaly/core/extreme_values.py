"""How often normal rows reach a score: ranks, and an extreme-value tail beyond them.

Excesses over a high threshold follow a generalised Pareto distribution, whatever the
scores' own (Pickands, 1975). It is fitted by probability-weighted moments (Hosking &
Wallis, 1987). Its shape is held at 0 or above, so that no score is impossible.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.windows import Floats

LEAST_EXCESSES = 10
TAIL_SHARE = 0.05
N_RANKS = 200
LARGEST_SHAPE = 0.5  # beyond it the excesses would have no variance


class Tail(NamedTuple):
    """Distribution of normal scores, higher being rarer.

    `ranks` (n_ranks,) are evenly spaced quantiles up to the threshold, which is the
    last of them; `share` of the normal rows lie above it.
    """

    ranks: Floats
    share: float
    scale: float
    shape: float

    @property
    def threshold(self) -> float:
        """Where the tail begins."""
        return float(self.ranks[-1])


def fit_tail(scores: Floats) -> Tail:
    """Fit to scores (n_rows,) of normal rows; a fifth of few rows makes the tail."""
    n_rows = len(scores)
    share = min(max(TAIL_SHARE, LEAST_EXCESSES / n_rows), 0.2)
    ranks = np.quantile(scores, np.linspace(0.0, 1.0 - share, N_RANKS))
    excesses = np.sort(scores[scores > ranks[-1]] - ranks[-1])
    if len(excesses) < 2:
        return Tail(ranks, 1.0 / (n_rows + 1), 0.0, 0.0)
    scale, shape = _pareto(excesses)
    return Tail(ranks, len(excesses) / n_rows, scale, shape)


def tail_probability(tail: Tail, scores: Floats) -> Floats:
    """Share of normal rows whose score is at least as high, for scores (n_rows,)."""
    grid = np.linspace(1.0, tail.share, len(tail.ranks))
    by_rank = np.interp(scores, tail.ranks, grid)
    excess = np.maximum(scores - tail.threshold, 0.0)
    if tail.scale == 0:
        beyond = np.where(excess > 0, 0.0, 1.0)
    elif tail.shape == 0:
        beyond = np.exp(-excess / tail.scale)
    else:
        beyond = (1.0 + tail.shape * excess / tail.scale) ** (-1.0 / tail.shape)
    smallest = np.finfo(np.float64).tiny
    return np.where(excess > 0, np.maximum(tail.share * beyond, smallest), by_rank)


def score_at(tail: Tail, probability: float) -> float:
    """Score that the given share of normal rows reaches: undoes `tail_probability`."""
    if probability >= tail.share:
        grid = np.linspace(1.0, tail.share, len(tail.ranks))
        return float(np.interp(probability, grid[::-1], tail.ranks[::-1]))
    ratio = tail.share / probability
    if tail.shape == 0:
        return tail.threshold + tail.scale * float(np.log(ratio))
    return tail.threshold + tail.scale * float(ratio**tail.shape - 1.0) / tail.shape


def _pareto(excesses: Floats) -> tuple[float, float]:
    """Scale and shape from the first two probability-weighted moments."""
    n = len(excesses)
    mean = float(excesses.mean())
    weighted = float(np.mean((1.0 - (np.arange(1, n + 1) - 0.35) / n) * excesses))
    shape = 2.0 - mean / (mean - 2.0 * weighted) if mean > 2 * weighted else 0.0
    shape = min(max(shape, 0.0), LARGEST_SHAPE)
    return mean * (1.0 - shape), shape
