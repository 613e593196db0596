"""Slow and obvious twins of fast functions: one rating, one pair at a time."""

import math
from collections.abc import Sequence

from recs_anomaly.recommend.view_rbm import Encoder, RatingRBM


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


# The rating RBM, one row at a time: `rated` holds the row's (column, level) pairs.


def hidden_activity(
    rbm: RatingRBM | Encoder, rated: Sequence[tuple[int, int]]
) -> list[float]:
    scale = math.sqrt(60 / (len(rated) + 10))
    activity = []
    for unit, bias in enumerate(rbm.hidden_bias):
        total = 0.0
        for column, level in rated:
            total += rbm.level_in[level] * rbm.coupling[column][unit]
            total += rbm.presence[column][unit]
        activity.append(math.tanh(bias + scale * total))
    return activity


def row_mean(rbm: RatingRBM, rated: Sequence[tuple[int, int]]) -> float:
    n_levels, total = len(rbm.level_in), 0.0
    for column, level in rated:
        total += -1 + 2 * level / (n_levels - 1) - rbm.column_level[column]
    return total / (len(rated) + 5)


def row_habits(rbm: RatingRBM, rated: Sequence[tuple[int, int]]) -> list[float]:
    habits = []
    for k, log_frequency in enumerate(rbm.level_log_frequency):
        frequency = math.exp(log_frequency)
        n_given = sum(level == k for _, level in rated)
        smoothed = (n_given + 10 * frequency) / (len(rated) + 10)
        habits.append(math.log(smoothed / frequency))
    return habits


def level_logits(
    rbm: RatingRBM, rated: Sequence[tuple[int, int]], column: int
) -> list[float]:
    mean_weight, habit_weight = rbm.row_weights
    position = mean_weight * row_mean(rbm, rated)
    for unit, activity in enumerate(hidden_activity(rbm, rated)):
        position += activity * rbm.coupling[column][unit]
    return [
        bias + position * level_out + habit_weight * habit
        for bias, level_out, habit in zip(
            rbm.visible_bias[column],
            rbm.level_out,
            row_habits(rbm, rated),
            strict=True,
        )
    ]
