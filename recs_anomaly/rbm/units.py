"""Visible units of an RBM: what they make of their input from the hidden units.

A kind is a few facts about units with input t: the base term of their energy, the
logarithm of the sum (or integral) of exp(v t - base(v)) over their values, how to draw
a value, and how probable a value is when all other visible units are given. The mean is
the derivative of that logarithm.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from recs_anomaly.core.activations import softplus
from recs_anomaly.core.arrays import Array, Ints

# An array of one entry, because NumPy converts a Python number anew in each call.
ONE = np.ones(1, np.float32)
# A mixture of Gaussians is summed at values so far apart, in standard deviations, from
# and to where its density is e^-40 of that at its outermost peaks: what is left out,
# and what lies between the values, is below rounding.
SPACING = 0.75
DEPTH = 40.0
REACH = 9.0
N_HALVINGS = 12
MAX_VALUES = 20_000  # only weights that training has lost hold of need more
# An array or a sparse matrix, of which scipy publishes no types.
Visible: TypeAlias = Any


class OneFeature(NamedTuple):
    """One feature of each row, and what all other visible units tell of it."""

    features: Ints  # (n,)
    values: Array  # (n,), or (n, K) for levels
    hidden_input: Array  # (n, H), of all visible units
    weights: Array  # (V, H)
    visible_bias: Array  # (V,)


class VisibleUnits(Protocol):
    """What a kind of visible units can do; inputs have the shape (n, V)."""

    def n_features(self, n_visible: int) -> int:
        """Features that so many visible units stand for."""

    def values(self, visible: Array, features: Ints) -> Array:
        """Value of one feature of each row, of shape (n,), or (n, K) for levels."""

    def base_energy(self, visible: Array) -> Array:
        """Sum over the units of the term of their own, of shape (n,)."""

    def log_partition(self, inputs: Array) -> Array:
        """Sum over the units of log sum_v exp(v t - base(v)), of shape (n,)."""

    def mean(self, inputs: Array) -> Array:
        """Mean value of each unit."""

    def draw(self, inputs: Array, rng: np.random.Generator, noise: Array) -> None:
        """Overwrite the inputs by values drawn; `noise` is scratch of their shape."""

    def log_conditional(self, given: OneFeature) -> Array:
        """Log probability of each row's feature given all others, of shape (n,)."""


class BernoulliUnits(NamedTuple):
    """Values 0 and 1; in data, a value between them is a probability of 1."""

    def n_features(self, n_visible: int) -> int:
        """Features that so many visible units stand for."""
        return n_visible

    def values(self, visible: Array, features: Ints) -> Array:
        """Value of one feature of each row, of shape (n,)."""
        return np.asarray(visible[np.arange(len(visible)), features])

    def base_energy(self, visible: Array) -> Array:
        """0: a binary unit has no term of its own."""
        return np.zeros(len(visible), visible.dtype)

    def log_partition(self, inputs: Array) -> Array:
        """Sum of log(1 + exp(t))."""
        return np.asarray(softplus(inputs).sum(axis=1))

    def mean(self, inputs: Array) -> Array:
        """1 / (1 + exp(-t))."""
        return np.asarray(0.5 * np.tanh(0.5 * inputs) + 0.5)

    def draw(self, inputs: Array, rng: np.random.Generator, noise: Array) -> None:
        """1 where u (1 + exp(-t)) < 1, for u uniform on [0, 1)."""
        rng.random(out=noise, dtype=noise.dtype)
        # exp may be infinite, and 0 times that is no number: neither is below 1.
        with np.errstate(over="ignore", invalid="ignore"):
            np.negative(inputs, out=inputs)
            np.exp(inputs, out=inputs)
            np.add(inputs, ONE, out=inputs)
            np.multiply(inputs, noise, out=inputs)
            np.copyto(inputs, np.less(inputs, ONE))

    def log_conditional(self, given: OneFeature) -> Array:
        """Return v d - log(1 + exp(d)) for the log odds d of the feature being 1."""
        values, weights = given.values, given.weights[given.features]
        others = given.hidden_input - values[:, None] * weights
        gain = (softplus(others + weights) - softplus(others)).sum(axis=1)
        log_odds = given.visible_bias[given.features] + gain
        return np.asarray(values * log_odds - softplus(log_odds))


class GaussianUnits(NamedTuple):
    """Real values: base(v) = v^2 / (2 variance), so the mean is variance t."""

    variance: Array  # (V,)

    def n_features(self, n_visible: int) -> int:
        """Features that so many visible units stand for."""
        return n_visible

    def values(self, visible: Array, features: Ints) -> Array:
        """Value of one feature of each row, of shape (n,)."""
        return np.asarray(visible[np.arange(len(visible)), features])

    def base_energy(self, visible: Array) -> Array:
        """Sum of v^2 / (2 variance)."""
        return np.asarray((visible**2 / (2.0 * self.variance)).sum(axis=1))

    def log_partition(self, inputs: Array) -> Array:
        """Sum of log(2 pi variance) / 2 + variance t^2 / 2."""
        constant = np.log(2.0 * np.pi * self.variance.astype(np.float64)).sum()
        return np.asarray(0.5 * (self.variance * inputs**2).sum(axis=1) + constant / 2)

    def mean(self, inputs: Array) -> Array:
        """Variance times t."""
        return np.asarray(self.variance * inputs)

    def draw(self, inputs: Array, rng: np.random.Generator, noise: Array) -> None:
        """Variance times t, plus noise of that variance."""
        rng.standard_normal(out=noise, dtype=noise.dtype)
        np.multiply(noise, np.sqrt(self.variance), out=noise)
        np.multiply(inputs, self.variance, out=inputs)
        np.add(inputs, noise, out=inputs)

    def log_conditional(self, given: OneFeature) -> Array:
        """Log density: a mixture of Gaussians, one a hidden state, summed on a grid."""
        values = given.values.astype(np.float64)
        weights = given.weights[given.features].astype(np.float64)
        bias = given.visible_bias[given.features].astype(np.float64)
        variance = self.variance[given.features].astype(np.float64)
        others = given.hidden_input - values[:, None] * weights

        def log_density(value: Array) -> Array:
            on = softplus(others + value[:, None] * weights).sum(axis=1)
            return np.asarray(bias * value - value**2 / (2.0 * variance) + on)

        def mean_given(value: Array) -> Array:
            chance = 0.5 * np.tanh(0.5 * (others + value[:, None] * weights)) + 0.5
            return np.asarray(variance * (bias + (chance * weights).sum(axis=1)))

        spread = np.sqrt(variance)
        lowest = variance * (bias + np.minimum(weights, 0.0).sum(axis=1))
        highest = variance * (bias + np.maximum(weights, 0.0).sum(axis=1))
        low = _foot(log_density, mean_given, lowest, -REACH * spread)
        high = _foot(log_density, mean_given, highest, REACH * spread)
        n_steps = ((high - low) / (SPACING * spread)).max(initial=1.0)
        if not n_steps < MAX_VALUES:
            return np.full(len(values), np.nan)
        n_values = int(np.ceil(n_steps))
        step = (high - low) / n_values
        total = np.full(len(values), -np.inf)
        for place in range(n_values + 1):
            total = np.logaddexp(total, log_density(low + place * step))
        return np.asarray(log_density(values) - total - np.log(step))


class SoftmaxUnits(NamedTuple):
    """Features of `n_levels` levels: a group of units of which exactly one is 1."""

    n_levels: int

    def n_features(self, n_visible: int) -> int:
        """Features that so many visible units stand for."""
        return n_visible // self.n_levels

    def values(self, visible: Array, features: Ints) -> Array:
        """One 1 among the levels of one feature of each row, of shape (n, K)."""
        return np.asarray(self._grouped(visible)[np.arange(len(visible)), features])

    def base_energy(self, visible: Array) -> Array:
        """0: a level has no term of its own."""
        return np.zeros(len(visible), visible.dtype)

    def log_partition(self, inputs: Array) -> Array:
        """Sum over the features of log sum_k exp(t_k)."""
        return np.asarray(_log_sum_exp(self._grouped(inputs)).sum(axis=1))

    def mean(self, inputs: Array) -> Array:
        """Probability of each level within its feature."""
        groups = self._grouped(inputs)
        shares = np.exp(groups - _log_sum_exp(groups)[..., None])
        return np.asarray(shares.reshape(inputs.shape))

    def draw(self, inputs: Array, rng: np.random.Generator, noise: Array) -> None:
        """Level of the largest t_k - log(e_k), for exponential e_k."""
        rng.standard_exponential(out=noise, dtype=noise.dtype)
        np.maximum(noise, np.finfo(noise.dtype).tiny, out=noise)
        np.subtract(inputs, np.log(noise, out=noise), out=inputs)
        groups = self._grouped(inputs)
        chosen = groups.argmax(axis=-1)[..., None]
        inputs[...] = 0.0
        np.put_along_axis(groups, chosen, 1.0, axis=-1)

    def log_conditional(self, given: OneFeature) -> Array:
        """Log softmax over the levels of t_k plus what they add to the hidden units."""
        values = given.values
        shape = (-1, self.n_levels)
        weights = given.weights.reshape(*shape, given.weights.shape[1])[given.features]
        others = given.hidden_input - np.einsum("nk,nkh->nh", values, weights)
        on = softplus(others[:, None] + weights).sum(axis=2)
        logits = given.visible_bias.reshape(shape)[given.features] + on
        return np.asarray((values * logits).sum(axis=1) - _log_sum_exp(logits))

    def _grouped(self, units: Array) -> Array:
        return units.reshape(len(units), -1, self.n_levels)


def _foot(
    log_density: Callable[[Array], Array],
    mean_given: Callable[[Array], Array],
    outermost: Array,
    beyond: Array,
) -> Array:
    """Value of each row on one side of whose density nothing is left to sum.

    The mean grows with the value that the hidden units see. So means of means, from the
    outermost possible one on, go towards the outermost peak and never past it, and
    beyond them the density falls all the way.
    """
    peak = outermost
    for _ in range(N_HALVINGS):
        peak = mean_given(peak)
    foot, least = outermost + beyond, log_density(peak) - DEPTH
    inner = peak
    for _ in range(N_HALVINGS):
        middle = (foot + inner) / 2.0
        is_low = log_density(middle) < least
        foot = np.where(is_low, middle, foot)
        inner = np.where(is_low, inner, middle)
    return foot


def _log_sum_exp(logits: Array) -> Array:
    """Log of the sum of exponentials along the last axis."""
    highest = logits.max(axis=-1)
    return np.asarray(
        np.log(np.exp(logits - highest[..., None]).sum(axis=-1)) + highest
    )
