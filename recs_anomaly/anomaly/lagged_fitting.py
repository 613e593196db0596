"""Fitting networks over chosen readings of the last rows, in closed form.

What is learned is judged on blocks of rows that it was not learned from: a part of the
network that brings nothing there is left out.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.lagged import (
    FAN_IN,
    INPUT_LIMIT,
    LaggedNetwork,
    dense_kernel,
    gathered,
    hidden_of,
    past_of,
)
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.blocked_ridge import BlockedRidge

MAX_ROWS = 6000  # that a network is fitted to
MIN_ROWS = 64
MIN_SPREAD = 1e-3  # standard deviations; channels that are copies differ by rounding
HIDDEN, MIN_HIDDEN, HIDDEN_IN_ALL = 256, 32, 4096
BIAS = 2.0
LINEAR_RIDGE = 1e-3  # of the rows
SOME_BLOCKS = 3  # to choose the penalty by
HIDDEN_RIDGES = (1e-4, 1e-3, 1e-2, 1e-1)
GAIN = 0.9  # hidden units stay if they bring the error on other rows below this share


class Inputs(NamedTuple):
    """What the outputs see: channels and lags, both (n_targets, n_inputs).

    Inputs come in groups (n_groups,), first and last place of each; a hidden unit sees
    inputs of one group. `shares` (n_groups,) say how many of the units look at each.
    """

    channels: np.ndarray
    lags: np.ndarray
    groups: list[slice]
    shares: Floats


class FittedNetwork(NamedTuple):
    """A network, those fitted without one block each, and how well they do there.

    `unexplained` (n_targets,) is the share of the variance that the blocks' networks
    leave over in their blocks.
    """

    network: LaggedNetwork
    of_others: list[LaggedNetwork]
    unexplained: Floats

    def network_without(self, block: int | None) -> LaggedNetwork:
        """Take the network, or the one that was fitted without a block."""
        return self.network if block is None else self.of_others[block]

    def that_explain(self, most: float) -> "FittedNetwork | None":
        """Silence outputs that leave over more than a share; None if all are silent."""
        is_silent = ~(self.unexplained <= most)
        if is_silent.all():
            return None
        return self._replace(
            network=self.network.without(is_silent),
            of_others=[each.without(is_silent) for each in self.of_others],
        )


class _Output(NamedTuple):
    """Weights of one output, fitted without each block, and last to all rows.

    They are those of the inputs, of the hidden units, and the intercept.
    """

    weights: Sequence[Floats]
    unexplained: float
    spread: float


def hidden_units(n_targets: int) -> int:
    """Choose how many hidden units an output has: fewer where there are many."""
    return int(np.clip(HIDDEN_IN_ALL // n_targets, MIN_HIDDEN, HIDDEN))


def fit_lagged(
    inputs: Inputs,
    filled: Floats,
    wanted: Floats,
    is_used: Bools,
    blocks: list[slice],
    n_hidden: int,
    seed: int,
) -> FittedNetwork | None:
    """Fit to what is wanted (n_rows, n_targets) in the rows that are used.

    `filled` (n_rows, n_channels) is scaled and without gaps, `is_used` (n_rows,
    n_targets). `blocks` are rows to judge by. None if there are too few rows.
    """
    drawn = _drawn(inputs, n_hidden, seed, filled[is_used.any(axis=1)])
    past = past_of(np.repeat(filled[:1], drawn.reach, axis=0), filled)
    rows = np.arange(drawn.reach, len(filled))
    rows = rows[:: -(-len(rows) // MAX_ROWS) or 1]
    number = np.full(len(filled), -1)
    for place, block in enumerate(blocks):
        number[block] = place
    fits = []
    for target in range(len(inputs.lags)):
        used = rows[is_used[rows, target]]
        if len(used) < MIN_ROWS:
            return None
        fits.append(
            _fit_output(
                drawn,
                target,
                past[used],
                wanted[used, target],
                number[used],
                len(blocks),
            )
        )
    drawn = drawn._replace(spread=np.array([fit.spread for fit in fits]))
    *of_others, network = (
        _assembled(drawn, of) for of in zip(*(fit.weights for fit in fits), strict=True)
    )
    return FittedNetwork(
        network, of_others, np.array([fit.unexplained for fit in fits])
    )


def _drawn(inputs: Inputs, n_hidden: int, seed: int, rows: Floats) -> LaggedNetwork:
    """Draw the hidden units; nothing is learned yet."""
    rng = np.random.default_rng(seed)
    n_targets, n_inputs = inputs.lags.shape
    shape = (n_targets, n_hidden)
    group = rng.choice(len(inputs.groups), size=shape, p=inputs.shares)
    first = np.array([part.start for part in inputs.groups])[group]
    size = np.array([part.stop - part.start for part in inputs.groups])[group]
    # Up to three different inputs of the group.
    n_seen = np.minimum(rng.integers(1, FAN_IN + 1, size=shape), size)
    places = np.arange(max(int(size.max(initial=0)), FAN_IN))
    lots = rng.random((*shape, len(places)))
    lots[places >= size[..., None]] = np.inf
    chosen = np.argsort(lots, axis=-1)[..., :FAN_IN]
    order = np.minimum(chosen, size[..., None] - 1)
    kernel = rng.standard_normal((*shape, FAN_IN))
    kernel[np.arange(FAN_IN) >= n_seen[..., None]] = 0.0
    return LaggedNetwork(
        inputs.channels,
        inputs.lags,
        np.zeros((n_targets, n_inputs)),
        np.zeros(n_targets),
        first[..., None] + order,
        kernel,
        rng.uniform(-BIAS, BIAS, shape),
        np.zeros(shape),
        rows.min(axis=0, initial=INPUT_LIMIT),
        rows.max(axis=0, initial=-INPUT_LIMIT),
        np.ones(n_targets),
    )


def _fit_output(
    drawn: LaggedNetwork,
    target: int,
    past: Floats,
    wanted: Floats,
    block: np.ndarray,
    n_blocks: int,
) -> _Output:
    inputs = gathered(drawn, target, past)
    wanted = np.clip(wanted, -INPUT_LIMIT, INPUT_LIMIT)
    n_inputs = inputs.shape[1]
    hidden = hidden_of(drawn, target, inputs, dense_kernel(drawn, target))
    ridge = BlockedRidge(
        np.concatenate([inputs, hidden], axis=1),
        wanted[:, None],
        block,
        n_blocks,
    )
    penalty = np.full(n_inputs, LINEAR_RIDGE)
    some = range(0, n_blocks, max(n_blocks // SOME_BLOCKS, 1))
    if hidden.shape[1]:
        tried = [
            np.concatenate([penalty, np.full(hidden.shape[1], of_hidden)])
            for of_hidden in HIDDEN_RIDGES
        ]
        errors = [ridge.unexplained(each, some) for each in tried]
        if min(errors) < GAIN * ridge.unexplained(penalty, some):
            penalty = tried[int(np.argmin(errors))]
    fits = [ridge.weights(penalty, without) for without in (*range(n_blocks), None)]
    weights = [np.append(fit, ridge.intercepts(fit)) for fit in fits]
    unexplained = ridge.unexplained(penalty, range(n_blocks))
    spread = max(np.sqrt(unexplained) * wanted.std(), MIN_SPREAD)
    return _Output(weights, unexplained, spread)


def _assembled(drawn: LaggedNetwork, weights: Sequence[Floats]) -> LaggedNetwork:
    stacked, n_inputs = np.stack(weights), drawn.lags.shape[1]
    return drawn._replace(
        linear=stacked[:, :n_inputs],
        head=stacked[:, n_inputs:-1],
        intercepts=stacked[:, -1],
    )
