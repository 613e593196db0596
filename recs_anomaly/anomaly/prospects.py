"""Whether a recurrent network has anything to learn: a quick test, without Keras.

A network of the same kind with random weights, of which the last layer alone is fitted
in closed form (an echo state network: Jaeger, 2001), foresees something in rows that it
was not fitted to, or else training is not begun.
"""

import numpy as np

from recs_anomaly.anomaly.model import INPUT_LIMIT
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.blocked_ridge import BlockedRidge
from recs_anomaly.core.recurrent import GATES, Recurrent, run_in_blocks

N_RANDOM = 64  # units
N_BLOCKS = 4
RIDGE = 1e-3  # of the rows
PROMISING = 0.9  # of the variance left over: more is nothing to learn


def recurrent_can_help(
    cell: str, filled: Floats, left: Floats, is_used: Bools, seed: int
) -> Bools:
    """Tell for which targets (n_targets,) a recurrent network may foresee what is left.

    `filled` (n_rows, n_channels) is the series, `left` (n_rows, n_targets) what other
    forecasts leave over; `is_used` of that shape says where it counts.
    """
    states = run_in_blocks(
        cell,
        _random_recurrent(cell, filled.shape[1], seed),
        np.clip(filled, -INPUT_LIMIT, INPUT_LIMIT),
    )[:-1]
    left, is_used = np.clip(left[1:], -INPUT_LIMIT, INPUT_LIMIT), is_used[1:]
    return np.array(
        [
            _is_promising(states[used], of_target[used, None])
            for of_target, used in zip(left.T, is_used.T, strict=True)
        ]
    )


def _is_promising(hidden: Floats, left: Floats) -> bool:
    if len(left) < 2 * N_RANDOM:
        return False
    block = np.arange(len(left)) * N_BLOCKS // len(left)
    ridge = BlockedRidge(hidden, left, block, N_BLOCKS)
    penalty = np.full(hidden.shape[1], RIDGE)
    return ridge.unexplained(penalty, range(N_BLOCKS)) < PROMISING


def _random_recurrent(cell: str, n_inputs: int, seed: int) -> Recurrent:
    """Draw a network whose outputs are the states of its units."""
    rng = np.random.default_rng(seed)
    n_gate_units = GATES[cell] * N_RANDOM
    return Recurrent(
        rng.standard_normal((n_inputs, n_gate_units)) / np.sqrt(n_inputs),
        rng.standard_normal((N_RANDOM, n_gate_units)) / np.sqrt(N_RANDOM),
        rng.standard_normal((2 if cell == "gru" else 1, n_gate_units)),
        np.eye(N_RANDOM),
        np.zeros(N_RANDOM),
    )
