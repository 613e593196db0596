"""Slow and obvious twin of the RBM: every state of a tiny one, listed and summed."""

import math
from collections.abc import Sequence
from itertools import product

import numpy as np

from recs_anomaly.rbm.energy import RBMParameters

State = tuple[tuple[float, ...], tuple[float, ...]]


def energy(
    rbm: RBMParameters, visible: Sequence[float], hidden: Sequence[float]
) -> float:
    total = 0.0
    for i, value in enumerate(visible):
        total -= value * rbm.visible_bias[i]
        for j, on in enumerate(hidden):
            total -= value * rbm.weights[i, j] * on
    for j, on in enumerate(hidden):
        total -= on * rbm.hidden_bias[j]
    variance = getattr(rbm.units, "variance", None)
    if variance is not None:
        total += sum(v**2 / (2 * s) for v, s in zip(visible, variance, strict=True))
    return float(total)


def hidden_states(rbm: RBMParameters) -> list[tuple[float, ...]]:
    return list(product((0.0, 1.0), repeat=rbm.n_hidden))


def visible_states(rbm: RBMParameters) -> list[tuple[float, ...]]:
    """Every state of binary or softmax visible units."""
    n_levels = getattr(rbm.units, "n_levels", None)
    if n_levels is None:
        return list(product((0.0, 1.0), repeat=rbm.n_visible))
    levels = [tuple(row) for row in np.eye(n_levels).tolist()]
    groups = product(levels, repeat=rbm.n_visible // n_levels)
    return [sum(group, ()) for group in groups]


def free_energy(rbm: RBMParameters, visible: Sequence[float]) -> float:
    return -math.log(
        sum(math.exp(-energy(rbm, visible, hidden)) for hidden in hidden_states(rbm))
    )


def probabilities(rbm: RBMParameters) -> dict[State, float]:
    """Probability of each joint state."""
    weight = {
        (visible, hidden): math.exp(-energy(rbm, visible, hidden))
        for visible in visible_states(rbm)
        for hidden in hidden_states(rbm)
    }
    total = sum(weight.values())
    return {state: each / total for state, each in weight.items()}


def log_partition(rbm: RBMParameters) -> float:
    return math.log(
        sum(math.exp(-free_energy(rbm, visible)) for visible in visible_states(rbm))
    )


def coupling(rbm: RBMParameters, visible: Sequence[float] | None = None) -> np.ndarray:
    """Mean of v h', over the whole model or given the visible units."""
    total, weight = np.zeros((rbm.n_visible, rbm.n_hidden)), 0.0
    for seen in visible_states(rbm) if visible is None else [tuple(visible)]:
        for hidden in hidden_states(rbm):
            share = math.exp(-energy(rbm, seen, hidden))
            total += share * np.outer(seen, hidden)
            weight += share
    return total / weight
