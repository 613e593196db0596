"""The restricted Boltzmann machine: energy, free energy, conditionals, likelihood.

One form covers all kinds of visible units (an exponential family harmonium, Welling,
Rosen-Zvi & Hinton, 2004): the hidden units are Bernoulli, the visible units add a term
of their own to an energy that is otherwise linear in both layers,

    E(v, h) = base(v) - v . visible_bias - h . hidden_bias - v . weights . h.

So the hidden units see ``v . weights + hidden_bias`` whatever the visible units are,
and the visible units see ``weights . h + visible_bias`` and make of it what their kind
says (`recs_anomaly.rbm.units`).

All of this is NumPy. A training step of an RBM is three products of small matrices,
two rounds of random numbers and no automatic derivative; called from Keras, the price
of entering TensorFlow is many times that of the step (`benchmarks/rbm.py` prints the
time of an epoch beside scikit-learn's).
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.activations import sigmoid, softplus
from recs_anomaly.core.arrays import Array
from recs_anomaly.rbm.units import VisibleUnits


class RBMParameters(NamedTuple):
    """Weights, biases and the kind of the visible units."""

    weights: Array  # (V, H)
    visible_bias: Array  # (V,)
    hidden_bias: Array  # (H,)
    units: VisibleUnits

    @property
    def n_visible(self) -> int:
        """Number of visible units."""
        return len(self.visible_bias)

    @property
    def n_hidden(self) -> int:
        """Number of hidden units."""
        return len(self.hidden_bias)


def energy(rbm: RBMParameters, visible: Array, hidden: Array) -> Array:
    """E(v, h) = base(v) - v . a - h . b - v . W . h of aligned rows."""
    linear = visible @ rbm.visible_bias + hidden @ rbm.hidden_bias
    coupled = np.einsum("nh,nh->n", visible @ rbm.weights, hidden)
    return np.asarray(rbm.units.base_energy(visible) - linear - coupled)


def hidden_input(rbm: RBMParameters, visible: Array) -> Array:
    """Input v . W + b of the hidden units, of shape (n, H)."""
    return np.asarray(visible @ rbm.weights + rbm.hidden_bias)


def visible_input(rbm: RBMParameters, hidden: Array) -> Array:
    """Input W . h + a of the visible units, of shape (n, V)."""
    return np.asarray(hidden @ rbm.weights.T + rbm.visible_bias)


def free_energy(rbm: RBMParameters, visible: Array) -> Array:
    """F(v) = -log sum_h exp(-E(v, h)) = base(v) - v . a - sum_j softplus(input_j)."""
    on = softplus(hidden_input(rbm, visible)).sum(axis=1)
    return np.asarray(rbm.units.base_energy(visible) - visible @ rbm.visible_bias - on)


def gibbs_step(rbm: RBMParameters, visible: Array, rng: np.random.Generator) -> Array:
    """Draw the hidden units given the visible, then the visible given the hidden."""
    chance = sigmoid(hidden_input(rbm, visible))
    hidden = (rng.random(chance.shape) < chance).astype(rbm.weights.dtype)
    return draw_visible(rbm, hidden, rng)


def draw_visible(rbm: RBMParameters, hidden: Array, rng: np.random.Generator) -> Array:
    """Draw the visible units given the hidden, of shape (n, V)."""
    inputs = visible_input(rbm, hidden)
    rbm.units.draw(inputs, rng, np.empty_like(inputs))
    return inputs


def reconstruct(rbm: RBMParameters, hidden: Array) -> Array:
    """Mean of the visible units given the hidden, of shape (n, V)."""
    return rbm.units.mean(visible_input(rbm, hidden))


def fill_missing(rbm: RBMParameters, visible: Array, n_steps: int = 20) -> Array:
    """Put the mean field of the missing units (NaN) given the others in their place.

    Rows without missing units come back as they are. The mean of a missing unit given
    the hidden means, and these given it, are computed in turn.
    """
    filled = visible.copy()
    rows = np.flatnonzero(np.isnan(visible).any(axis=1))
    if not len(rows):
        return filled
    known, is_missing = visible[rows], np.isnan(visible[rows])
    guess = np.broadcast_to(rbm.units.mean(rbm.visible_bias[None]), known.shape)
    for _ in range(n_steps):
        completed = np.where(is_missing, guess, known)
        guess = reconstruct(rbm, sigmoid(hidden_input(rbm, completed)))
    filled[rows] = np.where(is_missing, guess, known)
    return filled
