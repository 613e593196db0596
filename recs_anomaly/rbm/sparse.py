"""Training of an RBM on sparse binary rows: only columns in use are touched.

A step works on the columns that are 1 in some row of the batch or in some chain, as a
small dense matrix. The visible units of the chains are drawn without computing the
input of each: a column's input is at most its bias plus half the sum of its weights'
sizes, because hidden units are measured from 1/2. Events fall on the columns at the
rate of that bound, a computed input says which of them are kept, and columns whose
bound says little are computed for all chains. What is drawn has exactly the
distribution of the dense step, so nothing is approximated; centring is left out for
the visible units, whose mean is near 0 anyway.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.activations import sigmoid, softplus
from recs_anomaly.core.arrays import Array, Bools, Ints
from recs_anomaly.rbm.energy import RBMParameters
from recs_anomaly.rbm.training import HALF, ChainSettings, Trainer, squash, weigh

# Units with a larger input in some chain are drawn chain by chain.
OFTEN_ON = -2.0
# Columns whose bound has a larger rate are computed for all chains: beyond, looking up
# the weights of each event takes longer.
LOOSE = 0.05


class SparseRows(NamedTuple):
    """Rows of which only what is not 0 is stored; row r owns offsets[r : r + 2]."""

    offsets: Ints
    columns: Ints
    values: Array

    def take(self, rows: Ints) -> "Entries":
        """Entries of the given rows, numbered in that order."""
        counts = np.diff(self.offsets)[rows]
        row_of = np.repeat(np.arange(len(rows)), counts)
        before = np.cumsum(counts) - counts
        places = np.arange(len(row_of)) + np.repeat(self.offsets[rows] - before, counts)
        return Entries(row_of, self.columns[places], self.values[places])


class Entries(NamedTuple):
    """What is not 0 in a few rows."""

    rows: Ints
    columns: Ints
    values: Array


class SparseTrainer(Trainer):
    """An RBM with Bernoulli units in training on sparse rows."""

    def __init__(
        self,
        start: RBMParameters,
        visible: SparseRows,
        settings: ChainSettings,
        rng: np.random.Generator,
    ) -> None:
        nowhere = np.zeros(start.n_visible)
        super().__init__(start, len(visible.offsets) - 1, nowhere, settings, rng)
        self._rows = visible
        self._place = np.zeros(start.n_visible, np.int64)
        self._rates = bounding_rates(self.joint[:-1])

    def step(self, rows: Ints, rate: float) -> None:
        """Follow the gradient that these rows and the chains give."""
        n = len(rows)
        seen = self._rows.take(rows)
        if not self._settings.is_persistent:
            self._draw_hidden(self._hidden_mean(seen, n).hidden)
        chains = self._chains if self._settings.is_persistent else self._chains[:n]
        for _ in range(self._settings.n_gibbs_steps - 1):
            dreamt = self._draw_visible(chains)
            self._draw_hidden(self._hidden_mean(dreamt, len(chains)).hidden)
        dreamt = self._draw_visible(chains)
        both = Entries(
            np.concatenate([seen.rows, dreamt.rows + n]),
            np.concatenate([seen.columns, dreamt.columns]),
            np.concatenate([seen.values, dreamt.values]),
        )
        active, visible, joint, hidden = self._hidden_mean(both, n + len(chains))
        self._draw_hidden(hidden[n:])
        # Momentum would move columns that are not in use; it is a larger rate instead.
        rate = rate / (1.0 - self._settings.momentum)
        scale = np.full((len(hidden), 1), -rate / len(chains), np.float32)
        scale[:n] = rate / n
        weigh(hidden, scale)
        joint += visible.T @ hidden
        joint[:-1, :-1] *= np.float32(1.0 - rate * self._settings.weight_decay)
        self.joint[active] = joint
        self._rates[active[:-1]] = bounding_rates(joint[:-1])

    def _hidden_mean(self, entries: Entries, n_rows: int) -> "Compact":
        in_use = np.zeros(len(self.joint), np.bool_)
        in_use[entries.columns] = True
        in_use[-1] = True  # the biases of the hidden units
        active = np.flatnonzero(in_use)
        self._place[active[:-1]] = np.arange(len(active) - 1)
        visible = np.zeros((n_rows, len(active)), np.float32)
        visible[entries.rows, self._place[entries.columns]] = entries.values
        visible[:, -1] = 1.0
        joint = self.joint[active]
        hidden = visible @ joint
        squash(hidden)
        return Compact(active, visible, joint, hidden)

    def _draw_hidden(self, mean: Array) -> None:
        chance = mean[:, :-1]
        drawn = self._rng.random(chance.shape, np.float32) < chance
        np.subtract(drawn, HALF, out=self._chains[: len(mean), :-1])

    def _draw_visible(self, hidden: Array) -> "Entries":
        is_loose = self._rates > LOOSE
        loose = np.flatnonzero(is_loose)
        rows, places = draw_sparse(hidden @ self.joint[loose].T, self._rng)
        rates = np.where(is_loose, 0.0, self._rates)
        seldom_rows, seldom = propose(rates, len(hidden), self._rng)
        inputs = np.einsum("eh,eh->e", hidden[seldom_rows], self.joint[seldom])
        is_kept = accept(inputs, rates[seldom], self._rng)
        rows = np.concatenate([rows, seldom_rows[is_kept]])
        columns = np.concatenate([loose[places], seldom[is_kept]])
        return Entries(rows, columns, np.ones(len(rows), np.float32))


class Compact(NamedTuple):
    """A few rows as a dense matrix of the columns in use, the last for the biases."""

    active: Ints  # (U,)
    visible: Array  # (n, U)
    joint: Array  # (U, H + 1)
    hidden: Array  # (n, H + 1)


def bounding_rates(joint: Array) -> Array:
    """Rate at which each column would be 1 if all hidden units were for it."""
    bound = joint[:, -1] + np.abs(joint[:, :-1]).sum(axis=1) * HALF
    return softplus(bound.astype(np.float64))


def draw_sparse(inputs: Array, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Rows and columns of the units that are 1, each with chance 1 / (1 + exp(-t)).

    Columns that are seldom 1 in any row take a random number an event, not a unit. A
    unit may come twice.
    """
    highest = inputs.max(axis=0).astype(np.float64)
    often = np.flatnonzero(highest > OFTEN_ON)
    chance = sigmoid(inputs[:, often])
    rows, places = np.nonzero(rng.random(chance.shape, np.float32) < chance)
    rates = np.where(highest > OFTEN_ON, 0.0, softplus(highest))
    event_rows, event_columns = propose(rates, len(inputs), rng)
    is_kept = accept(inputs[event_rows, event_columns], rates[event_columns], rng)
    return (
        np.concatenate([rows, event_rows[is_kept]]),
        np.concatenate([often[places], event_columns[is_kept]]),
    )


def propose(rates: Array, n_rows: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Rows and columns of events, which fall on each row of a column at its rate."""
    columns = np.repeat(np.arange(len(rates)), rng.poisson(n_rows * rates))
    return rng.integers(0, n_rows, len(columns)), columns


def accept(inputs: Array, rates: Array, rng: np.random.Generator) -> Bools:
    """Thin out events that fell at these rates.

    What is left falls at the rate log(1 + exp(t)), so that a unit with input t has at
    least one event with chance 1 / (1 + exp(-t)).
    """
    kept_rates = softplus(inputs.astype(np.float64))
    return np.asarray(rng.random(len(inputs)) * rates < kept_rates)
