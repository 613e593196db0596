"""Areas under the range curves of all buffers at once; `vus` states the definition.

A point's *level* is the number of thresholds above its score: the curve's point
``level`` is the first that flags it. So every count of flagged points is a running
sum over levels of a histogram of levels, and no flag is ever stored.
"""

from collections.abc import Iterator

import numpy as np

from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.metrics.anomaly._arguments import Ints, Runs, runs

N_LEVELS = 250


def mean_areas(is_anomaly: Bools, scores: Floats, window: int) -> tuple[float, float]:
    """Means over buffers of the area under precision-recall and under ROC."""
    levels = _levels(scores)
    n_flagged = _flagged_by_level(levels, levels)
    n_hits = _flagged_by_level(levels[is_anomaly], levels)
    events = runs(is_anomaly)
    shares_found = list(_shares_found(events, levels, window // 2))
    areas = [
        _areas(n_hits, soft_hits, shares_found[buffer // 2], n_flagged)
        for buffer, soft_hits in enumerate(_soft_hits(events, levels, window))
    ]
    under_precision, under_roc = np.mean(areas, axis=0)
    return float(under_precision), float(under_roc)


def _levels(scores: Floats) -> Ints:
    ranks = np.linspace(0, len(scores) - 1, N_LEVELS).astype(np.intp)
    thresholds = np.unique(-np.sort(-scores)[ranks])
    return len(thresholds) - np.searchsorted(thresholds, scores, side="right")


def _flagged_by_level(
    flagged: Ints, levels: Ints, weights: Floats | None = None
) -> Floats:
    """Weight of the points, given by their levels, that are flagged at each level."""
    n_levels = int(levels.max()) + 1
    return np.cumsum(np.bincount(flagged, weights, n_levels), dtype=np.float64)


def _soft_hits(events: Runs, levels: Ints, window: int) -> Iterator[Floats]:
    """Soft labels of the flagged points outside events: for each buffer, by level."""
    points, nearest, second = _near_points(events, len(levels), window // 2)
    near_levels = levels[points]
    for buffer in range(window + 1):
        reach = buffer // 2
        is_near = nearest <= reach
        fading = np.sqrt(1 - np.arange(reach + 1) / max(buffer, 1))
        # Two labels, of at least sqrt(1/2) each, add up to more than 1: the most.
        soft = np.where(second[is_near] <= reach, 1.0, fading[nearest[is_near]])
        yield _flagged_by_level(near_levels[is_near], levels, soft)


def _near_points(events: Runs, n_points: int, reach: int) -> tuple[Ints, Ints, Ints]:
    """Points outside events within reach; distances to the two nearest events."""
    points = np.arange(n_points)
    far = n_points + reach + 1
    ended = np.concatenate([[-far, -far], events.last])
    to_come = np.concatenate([events.first, [n_points + far, n_points + far]])
    n_ended = np.searchsorted(events.last, points)  # those before each point
    is_outside = points < to_come[n_ended]
    points, n_ended = points[is_outside], n_ended[is_outside]
    left, right = points - ended[n_ended + 1], to_come[n_ended] - points
    left_but_one, right_but_one = points - ended[n_ended], to_come[n_ended + 1] - points
    nearest = np.minimum(left, right)
    second = np.minimum(
        np.maximum(left, right), np.minimum(left_but_one, right_but_one)
    )
    is_near = nearest <= reach
    return points[is_near], nearest[is_near], second[is_near]


def _shares_found(events: Runs, levels: Ints, most_reach: int) -> Iterator[Floats]:
    """Share of the events with a flag in reach: for each reach, by level."""
    found_at = np.minimum.reduceat(  # every other piece lies between two events
        np.append(levels, levels.max()),
        np.stack([events.first, events.last + 1], axis=1).ravel(),
    )[::2]
    for reach in range(most_reach + 1):
        first = np.maximum(events.first - reach, 0)
        last = np.minimum(events.last + reach, len(levels) - 1)
        found_at = np.minimum(found_at, np.minimum(levels[first], levels[last]))
        is_apart = events.last[:-1] + reach < events.first[1:] - reach
        starts = np.flatnonzero(np.append(True, is_apart))
        # Events whose surroundings overlap are found with the first of them.
        merged = np.minimum.reduceat(found_at, starts)
        yield _flagged_by_level(merged, levels) / len(merged)


def _areas(
    n_hits: Floats, soft_hits: Floats, share_found: Floats, n_flagged: Floats
) -> tuple[float, float]:
    """Areas under precision over recall and under recall over false positive rate."""
    hits = n_hits + soft_hits
    n_to_find = n_hits[-1] + soft_hits / 2
    recall = np.minimum(hits / n_to_find, 1) * share_found
    under_precision = np.diff(recall, prepend=0) @ (hits / n_flagged)
    with np.errstate(invalid="ignore"):  # without a normal point no rate: NaN
        false_positive_rate = (n_flagged - hits) / (n_flagged[-1] - n_to_find)
    widths = np.diff(false_positive_rate, prepend=0, append=1)
    heights = np.append(0, recall) + np.append(recall, 1)
    return float(under_precision), float(widths @ heights / 2)
