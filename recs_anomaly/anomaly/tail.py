"""How often normal rows reach a score: ranks, and an extreme-value tail beyond them.

Excesses over a high threshold follow a generalised Pareto distribution, whatever the
scores' own (Pickands, 1975). It is fitted by probability-weighted moments (Hosking &
Wallis, 1987). Rows on end that are high together are hardly more than one observation,
and that is its peak; their rows alone would make too light a tail, the peaks alone too
heavy a one, for few of the rows are as high as that. Each have half of the
weight.

A tail fitted to m peaks is itself a guess. For exponential excesses the predictive
distribution of the next one is a generalised Pareto of shape 1 / m (Smith, 1999): the
shape is raised by so much, and by 5 / m^2 more: how uncertain the shape is matters
where peaks are few. It is held at 0 or above, so that no score is impossible.
"""

from typing import Annotated, NamedTuple

import numpy as np

from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError

MIN_EXCESSES = 10
TAIL_SHARE = 0.05
N_RANKS = 200
MAX_SHAPE = 0.5  # as of squared noise by Student's t with four degrees of freedom
HEAVY = 0.35  # shape of a tail that reaches rare rows if they belong there
FEW = 5.0  # peaks, which tell as little of the shape as of the scale
RARE = 0.1  # rows of as many as there were: what is rarer still does not belong


class Tail(NamedTuple):
    """Distribution of normal scores, higher being rarer.

    `ranks` (n_ranks,) are evenly spaced quantiles up to the threshold, which is the
    last of them; `share` of the normal rows lie above it.
    """

    ranks: Annotated[Floats, ArraySpec("float64", ("n_ranks",))]
    share: float
    scale: float
    shape: float

    @property
    def threshold(self) -> float:
        """Where the tail begins."""
        return float(self.ranks[-1])


def fit_tail(scores: Floats, apart: float) -> Tail:
    """Fit to scores (n_rows,) of normal rows; a fifth of few rows makes the tail.

    High rows with fewer than `apart` rows between them belong together.
    """
    n_rows = len(scores)
    if n_rows == 0:
        raise InputError(
            "X must hold stretches of rows side by side; so much of it is missing, or "
            "lies between its times, that no row can be judged."
        )
    share = min(max(TAIL_SHARE, MIN_EXCESSES / n_rows), 0.2)
    ranks = np.quantile(scores, np.linspace(0.0, 1.0 - share, N_RANKS))
    threshold = float(ranks[-1])
    high = scores[scores > threshold]
    if not len(high):
        return Tail(ranks, 1.0 / (n_rows + 1), 0.0, 0.0)
    peaks = excursion_peaks(scores, threshold, apart)
    both = np.concatenate([high, np.resize(peaks, len(high))])
    scale, shape = _pareto(np.sort(both - threshold))
    shape = min(shape + (1.0 + FEW / len(peaks)) / len(peaks), MAX_SHAPE)
    return Tail(ranks, len(high) / n_rows, scale, shape)


def tail_with_rare(
    scores: Floats, with_rare: Floats, apart: float
) -> tuple[Tail, bool]:
    """Fit to scores of normal rows, or to those of rare ones too if these belong there.

    They do if a heavy tail of the normal scores reaches them. The second result says
    whether they do.
    """
    tail = fit_tail(scores, apart)
    highest = score_at(tail._replace(shape=HEAVY), RARE / len(scores))
    belong = bool(with_rare.max() <= highest)
    return (fit_tail(with_rare, apart) if belong else tail), belong


def tail_probability(tail: Tail, scores: Floats) -> Floats:
    """Compute the share of normal rows that score at least as high as each score."""
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
    """Return the score that a share of normal rows reaches; undo `tail_probability`."""
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
    shape = min(max(shape, 0.0), MAX_SHAPE)
    return mean * (1.0 - shape), shape


def excursion_peaks(scores: Floats, threshold: float, apart: float) -> Floats:
    """Find the peak of each excursion of scores (n_rows,) beyond a threshold.

    Rows with fewer than `apart` rows between them belong together.
    """
    beyond = np.flatnonzero(scores > threshold)
    if not len(beyond):
        return np.zeros(0)
    firsts = np.concatenate([[0], np.flatnonzero(np.diff(beyond) > apart) + 1])
    peaks: Floats = np.maximum.reduceat(scores[beyond], firsts)
    return peaks
