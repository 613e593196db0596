"""Slow and obvious twins of the metrics of anomalies: one point, one flag at a time."""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

import numpy as np

Run = tuple[int, int]


def runs(is_true: Sequence[bool]) -> list[Run]:
    """First and last index of each stretch of true points."""
    found: list[Run] = []
    for i, value in enumerate(is_true):
        if value and found and found[-1][1] == i - 1:
            found[-1] = (found[-1][0], i)
        elif value:
            found.append((i, i))
    return found


def soft_labels(labels: Sequence[bool], buffer: int) -> list[float]:
    soft = [float(label) for label in labels]
    for first, last in runs(labels):
        for i in range(len(labels)):
            distance = max(first - i, i - last)
            if 0 < distance <= buffer // 2:
                soft[i] += math.sqrt(1 - distance / buffer)
    return [min(value, 1.0) for value in soft]


def range_areas(
    labels: Sequence[bool], scores: Sequence[float], buffer: int
) -> tuple[float, float]:
    """Areas under precision-recall and ROC of one buffer, with all 250 thresholds."""
    n, n_anomalous = len(labels), sum(labels)
    soft = soft_labels(labels, buffer)
    is_near = [
        any(
            first - buffer // 2 <= i <= last + buffer // 2
            for first, last in runs(labels)
        )
        for i in range(n)
    ]
    # Surroundings that only touch stay two: a seam belongs to the point after it.
    seams = {
        right[0] - buffer // 2
        for left, right in pairwise(runs(labels))
        if left[1] + buffer // 2 < right[0] - buffer // 2
    }
    surroundings: list[list[int]] = []
    for i in range(n):
        if is_near[i] and (i == 0 or not is_near[i - 1] or i in seams):
            surroundings.append([])
        if is_near[i]:
            surroundings[-1].append(i)
    ranked = sorted(scores, reverse=True)
    curve = [(0.0, 0.0, 1.0)]
    for rank in np.linspace(0, n - 1, 250):  # whose rounding the packages share
        flags = [score >= ranked[int(rank)] for score in scores]
        hits = sum(value for value, flag in zip(soft, flags, strict=True) if flag)
        to_find = sum(
            label or (flag and value)
            for label, flag, value in zip(labels, flags, soft, strict=True)
        )
        to_find = (n_anomalous + to_find) / 2
        n_found = sum(any(flags[i] for i in members) for members in surroundings)
        recall = min(hits / to_find, 1) * n_found / len(surroundings)
        wrong = (sum(flags) - hits) / (n - to_find) if to_find < n else math.nan
        curve.append((recall, wrong, hits / sum(flags)))
    under_precision = sum(
        (after[0] - before[0]) * after[2] for before, after in pairwise(curve)
    )
    curve.append((1.0, 1.0, 0.0))
    under_roc = sum(
        (after[1] - before[1]) * (after[0] + before[0]) / 2
        for before, after in pairwise(curve)
    )
    return under_precision, under_roc


def volumes(
    labels: Sequence[bool], scores: Sequence[float], window: int
) -> tuple[float, float]:
    areas = [range_areas(labels, scores, buffer) for buffer in range(window + 1)]
    return (
        sum(area[0] for area in areas) / len(areas),
        sum(area[1] for area in areas) / len(areas),
    )


def autocorrelation_peak(values: Sequence[float]) -> int:
    n = min(len(values), 20_000)
    centred = [value - math.fsum(values[:n]) / n for value in values[:n]]
    product = [
        math.fsum(centred[i] * centred[i + lag] for i in range(n - lag))
        for lag in range(min(401, n))
    ]
    peaks = [
        lag
        for lag in range(4, len(product) - 1)
        if product[lag - 1] < product[lag] > product[lag + 1]
    ]
    best = max(peaks, key=product.__getitem__, default=0)
    return best if 6 <= best <= 303 else 125


def average_precision(labels: Sequence[bool], scores: Sequence[float]) -> float:
    area = recall = 0.0
    for threshold in sorted(set(scores), reverse=True):
        flagged = [
            label
            for label, score in zip(labels, scores, strict=True)
            if score >= threshold
        ]
        next_recall = sum(flagged) / sum(labels)
        area += (next_recall - recall) * sum(flagged) / len(flagged)
        recall = next_recall
    return area


def share_touched(ranges: list[Run], others: list[Run]) -> float:
    n_touched = sum(any(overlap(each, other) for other in others) for each in ranges)
    return n_touched / len(ranges) if ranges else math.nan


def range_score(ranges: list[Run], others: list[Run], alpha: float) -> float:
    """Score of Tatbul et al. with flat bias and 1/x cardinality, mean over ranges."""
    scores = []
    for first, last in ranges:
        overlaps = [overlap((first, last), other) for other in others]
        n_overlapping = sum(size > 0 for size in overlaps)
        reward = sum(overlaps) / (last - first + 1) / max(n_overlapping, 1)
        scores.append(alpha * (n_overlapping > 0) + (1 - alpha) * reward)
    return sum(scores) / len(scores) if scores else math.nan


def overlap(one: Run, other: Run) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]) + 1)


def delays(labels: Sequence[bool], is_flagged: Sequence[bool]) -> list[float]:
    return [
        next((i - first for i in range(first, last + 1) if is_flagged[i]), math.nan)
        for first, last in runs(labels)
    ]


# The floors, one row and one channel at a time.


def moving_average(scores: Sequence[float], width: int) -> list[float]:
    means = []
    for i in range(len(scores)):
        around = range(i - width // 2, i - width // 2 + width)
        inside = [scores[k] for k in around if 0 <= k < len(scores)]
        means.append(math.fsum(inside) / len(inside))
    return means


def squared_difference(channel: Sequence[float]) -> list[float]:
    steps = [abs(after - before) for before, after in pairwise(channel)]
    if not any(steps):
        return [0.0] * len(channel)
    typical = median(steps) or math.fsum(steps) / len(steps)
    return [0.0, *((step / typical) ** 2 for step in steps)]


def autoregression_errors(
    channel: Sequence[float], train_length: int, window: int
) -> list[float]:
    """Ridge as least squares with one more row a coefficient, sqrt(penalty) on it."""
    training = channel[:train_length]
    mean = math.fsum(training) / train_length
    variance = math.fsum((value - mean) ** 2 for value in training) / train_length
    readings = [(value - mean) / math.sqrt(variance) for value in channel]
    rows = [readings[i - window : i] for i in range(window, train_length)]
    rows += [[float(i == k) for i in range(window)] for k in range(window)]
    target = readings[window:train_length] + [0.0] * window
    coefficients = np.linalg.lstsq(np.array(rows), np.array(target), rcond=None)[0]
    errors = [0.0] * window
    for i in range(window, len(readings)):
        forecast = sum(
            weight * value
            for weight, value in zip(
                coefficients, readings[i - window : i], strict=True
            )
        )
        errors.append((readings[i] - forecast) ** 2)
    in_training = math.fsum(errors[:train_length]) / (train_length - window)
    return [error / max(in_training, 1e-8) for error in errors]


def worst_of(channels: Sequence[Sequence[float]]) -> list[float]:
    return [max(row) for row in zip(*channels, strict=True)]
