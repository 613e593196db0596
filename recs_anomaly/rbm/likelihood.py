"""How probable an RBM finds data: pseudo-likelihood, exact and estimated likelihood."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from recs_anomaly.core.activations import sigmoid
from recs_anomaly.core.arrays import Array, Ints
from recs_anomaly.rbm.energy import RBMParameters, free_energy, hidden_input
from recs_anomaly.rbm.units import OneFeature

# Entries of the largest matrix that is worked on at a time.
BLOCK_ENTRIES = 2**20


class LogPartition(NamedTuple):
    """Logarithm of the sum of exp(-E) over all states, in nats, and its error."""

    value: float
    standard_error: float


def log_conditionals(
    rbm: RBMParameters, hidden_inputs: Array, values: Array, features: Ints
) -> Array:
    """Log probability of one feature of each row given all others, of shape (n,).

    `hidden_inputs` are those that all visible units of the row give, the feature's
    own among them.
    """
    return rbm.units.log_conditional(
        OneFeature(features, values, hidden_inputs, rbm.weights, rbm.visible_bias)
    )


def log_pseudo_likelihood(rbm: RBMParameters, visible: Array, is_known: Array) -> Array:
    """Sum over known features of their log probability given all others, (n,)."""
    total = np.zeros(len(visible))
    for block in _blocks(len(visible), rbm.n_hidden):
        rows = visible[block]
        inputs = hidden_input(rbm, rows)
        for feature in range(is_known.shape[1]):
            features = np.full(len(rows), feature)
            values = rbm.units.values(rows, features)
            each = log_conditionals(rbm, inputs, values, features)
            total[block] += each * is_known[block, feature]
    return total


def exact_log_partition(rbm: RBMParameters) -> LogPartition:
    """Sum over all 2^H hidden states; the visible units are summed in closed form."""
    total = -np.inf
    bits = np.arange(rbm.n_hidden)
    for block in _blocks(2**rbm.n_hidden, rbm.n_visible):
        states = (np.arange(block.start, block.stop)[:, None] >> bits & 1) * 1.0
        total = np.logaddexp(
            total, np.logaddexp.reduce(_log_weight_of_hidden(rbm, states))
        )
    return LogPartition(float(total), 0.0)


class Annealing(NamedTuple):
    """How long and from where annealed importance sampling goes.

    The start is an RBM without weights whose visible units have `visible_bias`: the
    closer they come to the data's frequencies, the shorter the way.
    """

    visible_bias: Array  # (V,)
    n_chains: int = 200
    n_temperatures: int = 1000


def estimated_log_partition(
    rbm: RBMParameters, annealing: Annealing, rng: np.random.Generator
) -> LogPartition:
    """Annealed importance sampling (Salakhutdinov & Murray, 2008).

    The partition function of the start is known. Chains are carried from it to the
    real RBM, by one Gibbs step at each temperature; each is a fair draw of the ratio
    of the two partition functions, so that their spread gives the error.
    """
    n_chains = annealing.n_chains
    hidden = (rng.random((n_chains, rbm.n_hidden)) < 0.5) * 1.0
    log_ratio = np.zeros(n_chains)
    shares = np.linspace(0.0, 1.0, annealing.n_temperatures + 1)
    for before, share in pairwise(shares):
        target = hidden @ rbm.weights.T + rbm.visible_bias
        log_ratio += (share - before) * (hidden @ rbm.hidden_bias)
        log_ratio -= rbm.units.log_partition(_mixed(annealing, target, before))
        inputs = _mixed(annealing, target, share)
        log_ratio += rbm.units.log_partition(inputs)
        rbm.units.draw(inputs, rng, target)
        chance = sigmoid(share * hidden_input(rbm, inputs))
        hidden = (rng.random(chance.shape) < chance) * 1.0
    start = rbm.n_hidden * np.log(2.0)
    start += rbm.units.log_partition(annealing.visible_bias[None])[0]
    ratio = np.exp(log_ratio - log_ratio.max())
    error = ratio.std(ddof=1) / ratio.mean() / np.sqrt(n_chains)
    value = start + log_ratio.max() + np.log(ratio.mean())
    return LogPartition(float(value), float(error))


def _mixed(annealing: Annealing, target: Array, share: float) -> Array:
    """Visible input on the way from the start to the real RBM."""
    return np.asarray((1.0 - share) * annealing.visible_bias + share * target)


def log_likelihood(
    rbm: RBMParameters, visible: Array, log_partition: LogPartition
) -> Array:
    """-F(v) - log Z of each row, of shape (n,)."""
    return np.asarray(-free_energy(rbm, visible) - log_partition.value)


def _log_weight_of_hidden(rbm: RBMParameters, hidden: Array) -> Array:
    """Log of the sum of exp(-E(v, h)) over all visible states, of shape (n,)."""
    inputs = hidden @ rbm.weights.T + rbm.visible_bias
    return np.asarray(hidden @ rbm.hidden_bias + rbm.units.log_partition(inputs))


def _blocks(n_rows: int, width: int) -> Iterator[slice]:
    size = max(BLOCK_ENTRIES // width, 1)
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))
