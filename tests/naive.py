"""Slow and obvious twins of fast functions: one rating, one pair at a time."""

import math
from collections.abc import Sequence


def rmse(observed: Sequence[float], predicted: Sequence[float]) -> float:
    total = 0.0
    for rating, prediction in zip(observed, predicted, strict=True):
        total += (rating - prediction) ** 2
    return math.sqrt(total / len(observed))


def mae(observed: Sequence[float], predicted: Sequence[float]) -> float:
    total = 0.0
    for rating, prediction in zip(observed, predicted, strict=True):
        total += abs(rating - prediction)
    return total / len(observed)


def negative_log_likelihood(
    observed: Sequence[float],
    probabilities: Sequence[Sequence[float]],
    levels: Sequence[float],
) -> float:
    total = 0.0
    for rating, row in zip(observed, probabilities, strict=True):
        total -= math.log(row[list(levels).index(rating)])
    return total / len(observed)


def calibration_error(
    is_event: Sequence[bool], probability: Sequence[float], n_bins: int
) -> float:
    bins: dict[int, list[tuple[bool, float]]] = {}
    for happened, chance in zip(is_event, probability, strict=True):
        n_smaller = sum(other < chance for other in probability)
        bins.setdefault(n_smaller * n_bins // len(probability), []).append(
            (happened, chance)
        )
    error = 0.0
    for members in bins.values():
        frequency = sum(happened for happened, _ in members) / len(members)
        mean_chance = sum(chance for _, chance in members) / len(members)
        error += len(members) / len(probability) * abs(frequency - mean_chance)
    return error


def interval_coverage(
    observed: Sequence[float], intervals: Sequence[tuple[float, float]]
) -> float:
    n_inside = 0
    for rating, (low, high) in zip(observed, intervals, strict=True):
        n_inside += low <= rating <= high
    return n_inside / len(observed)
