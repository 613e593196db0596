"""Distributions over rating levels with a given mean and learned habits.

The latent rating says where the mean is. How the probability spreads around it is
learned: how this user and this item use the levels, and how sure the model is. The
distribution is p(k) proportional to exp(habits(k) + tilt * k), where the tilt is the
one number that puts the mean where it has to be.
"""

from typing import Annotated, NamedTuple

import numpy as np

from recs_anomaly.base.checks import check_between
from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Bools, Floats, Ints

MARGIN = 0.02
LIKED_SHARE = 0.75
N_NEWTON = 100
TOLERANCE = 1e-6
TINY = 1e-15
N_SCORING = 20
# The curve of the validation splits of MovieLens 100K: latent ratings far from the
# middle promise a little too much.
USUAL_CURVE = np.array([0.01, 0.98, -0.11, -0.08])
CURVE_STRENGTH = 8000.0


class RatingEvidence(NamedTuple):
    """What is known of n ratings to come, over K levels."""

    mean: Floats  # (n,) expected rating, strictly inside the range of the levels
    shapes: Floats  # (n, K, n_shapes) functions of the level whose weights are learned
    base: Floats  # (K,) log frequency of the levels in all ratings


class Calibration(NamedTuple):
    """How sure predictions are, as the validation split of the training says."""

    shape_weights: Annotated[Floats, ArraySpec("float64", ("n_shapes",))]
    # Quantiles, evenly spaced, of how far ratings lie from the middle rank.
    interval_ranks: Annotated[Floats, ArraySpec("float64", ("n_interval_ranks",))]

    def half_width(self, coverage: float) -> float:
        """Distance from the middle rank within which this share of ratings lies."""
        check_between("coverage", coverage, 0.0, 1.0)
        shares = np.linspace(0.0, 1.0, len(self.interval_ranks))
        return float(np.interp(coverage, shares, self.interval_ranks))


def expectation(latent: Floats, centre: float, curve: Floats, levels: Floats) -> Floats:
    """Bend latent ratings into expected ones: a cubic, then the ends of the scale.

    The coefficients of the curve are those of the powers 0 to 3 of the distance from
    the centre, in half ranges of the levels.
    """
    half = (levels[-1] - levels[0]) / 2
    powers = _powers(latent, centre, levels)
    margin = MARGIN * 2 * half
    bent = centre + half * (powers @ curve)
    return np.asarray(np.clip(bent, levels[0] + margin, levels[-1] - margin))


def _powers(latent: Floats, centre: float, levels: Floats) -> Floats:
    distance = (latent - centre) / ((levels[-1] - levels[0]) / 2)
    return np.asarray(distance[:, None] ** np.arange(4))


def fit_curve(
    latent: Floats, observed: Floats, centre: float, levels: Floats
) -> Floats:
    """Fit the curve of `expectation` by least squares, drawn to the usual one."""
    powers = _powers(latent, centre, levels)
    wanted = (observed - centre) / ((levels[-1] - levels[0]) / 2)
    held = CURVE_STRENGTH * np.diag((powers**2).mean(axis=0) + TINY)
    gap = powers.T @ (wanted - powers @ USUAL_CURVE)
    return np.asarray(USUAL_CURVE + np.linalg.solve(powers.T @ powers + held, gap))


def distribution(evidence: RatingEvidence, weights: Floats, levels: Floats) -> Floats:
    """Probabilities of the levels, of shape (n, K), with the means of the evidence."""
    habits = evidence.base + evidence.shapes @ weights
    return _tilted(habits, evidence.mean, levels)


def _tilted(habits: Floats, mean: Floats, levels: Floats) -> Floats:
    """Newton's method on the log odds of the mean, in which the tilt is near linear.

    Where a step leaves the bracket, or is more than half as long as the last one, the
    bracket is halved instead, so that every tilt is found.
    """
    places = (levels - levels[0]) / (levels[-1] - levels[0])
    target = (mean - levels[0]) / (levels[-1] - levels[0])
    target_odds = np.log(target / (1.0 - target))
    powers = np.column_stack([np.ones(len(levels)), places, places**2])
    # Beyond these tilts one end of the scale outweighs all levels across the mean.
    to_end = np.minimum(target, 1.0 - target)
    high = (np.ptp(habits, axis=1) + np.log(2.0 * len(levels) / to_end)) / to_end
    tilt, low, last_move = np.zeros(len(mean)), -high, 2.0 * high
    logits = habits - habits.max(axis=1, keepdims=True)
    for _ in range(N_NEWTON):
        masses = np.exp(logits)
        total, first, second = (masses @ powers).T
        # No end of the scale takes all, so that odds are finite.
        reached = np.minimum(np.maximum(first / total, TINY), 1.0 - TINY)
        against = 1.0 - reached
        error = np.log(reached / against) - target_odds
        spread = np.maximum(second / total - reached * reached, TINY)
        move = -error * reached * against / spread
        is_open = np.abs(error) >= TOLERANCE
        if not is_open.any():
            break
        is_low = error < 0
        low, high = np.where(is_low, tilt, low), np.where(is_low, high, tilt)
        step = tilt + move
        is_good = (step > low) & (step < high) & (2.0 * np.abs(move) <= last_move)
        if not is_good.all():
            step = np.where(is_good, step, (low + high) / 2)
        # The last digits of a tilt that is found are noise, which would leave no step.
        step = np.where(is_open, step, tilt)
        tilt, last_move = step, np.abs(step - tilt)
        logits = habits + tilt[:, None] * places
        logits -= logits.max(axis=1, keepdims=True)
    # A last step so small needs no other look: its error is the square of this one.
    masses *= np.exp(np.where(np.abs(error) < TOLERANCE, move, 0.0)[:, None] * places)
    return np.asarray(masses / masses.sum(axis=1, keepdims=True))


def fit_shape_weights(
    evidence: RatingEvidence,
    observed: Ints,
    levels: Floats,
    start: Floats,
    strength: float,
) -> Floats:
    """Shape weights that maximise the likelihood of observed levels, by Fisher scoring.

    `strength` is the number of pseudo-ratings that hold the weights near `start`.
    """
    weights = start.copy()
    rows = np.arange(len(observed))
    for _ in range(N_SCORING):
        probabilities = distribution(evidence, weights, levels)
        score = _scores(evidence.shapes, probabilities, levels)
        gradient = score[rows, observed].sum(axis=0) - strength * (weights - start)
        information = np.einsum("nk,nki,nkj->ij", probabilities, score, score)
        step = np.linalg.solve(information + strength * np.eye(len(weights)), gradient)
        weights = weights + step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def _scores(shapes: Floats, probabilities: Floats, levels: Floats) -> Floats:
    """Differentiate log p(k) by each weight, the mean held where it is."""
    centred = shapes - np.einsum("nk,nks->ns", probabilities, shapes)[:, None]
    mean = probabilities @ levels
    away = levels - mean[:, None]
    spread = np.einsum("nk,nk->n", probabilities, away**2)
    slope = np.einsum("nk,nks,nk->ns", probabilities, centred, away) / spread[:, None]
    return np.asarray(centred - away[:, :, None] * slope[:, None])


def middle_ranks(probabilities: Floats) -> Floats:
    """Probability below each level plus half of its own, of shape (n, K)."""
    return np.asarray(np.cumsum(probabilities, axis=1) - probabilities / 2)


def interval(probabilities: Floats, levels: Floats, half_width: float) -> Floats:
    """Levels so far from the middle rank on either side, of shape (n, 2)."""
    ranks = middle_ranks(probabilities)
    ends = [at_rank(ranks, levels, 0.5 + side * half_width) for side in (-1.0, 1.0)]
    return np.column_stack(ends)


def at_rank(ranks: Floats, levels: Floats, rank: float) -> Floats:
    """Level at which the middle rank, linear between levels, reaches `rank`."""
    upper = np.clip((ranks < rank).sum(axis=1), 1, len(levels) - 1)
    rows = np.arange(len(ranks))
    low, high = ranks[rows, upper - 1], ranks[rows, upper]
    share = np.clip((rank - low) / np.maximum(high - low, 1e-12), 0.0, 1.0)
    return np.asarray(levels[upper - 1] + share * (levels[upper] - levels[upper - 1]))


def median(probabilities: Floats, levels: Floats) -> Floats:
    """Smallest level with at least half of the probability up to it."""
    below_half = np.cumsum(probabilities, axis=1) < 0.5 - 1e-12
    return np.asarray(levels[np.minimum(below_half.sum(axis=1), len(levels) - 1)])


def is_liked(levels: Floats) -> Bools:
    """Tell which levels count as liking: the upper quarter of the scale."""
    return np.asarray(levels >= levels[0] + LIKED_SHARE * (levels[-1] - levels[0]))
