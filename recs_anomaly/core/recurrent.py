"""SimpleRNN, GRU and LSTM as arrays: the NumPy twins of Keras' layers.

A fitted recurrent network serves as arrays. Over a long series its state is restarted
every `BLOCK` rows, `WARM_UP` rows before the block begins: blocks then run side by
side, as rows of one matrix product, and a stream that keeps two states at a time
computes exactly the same.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

import numpy as np

from recs_anomaly.core.arrays import Bools, Floats

BLOCK = 192
WARM_UP = 64


class Recurrent(NamedTuple):
    """A cell and a linear head.

    A cell is "gru", "lstm", "simple_rnn" or "relu_rnn", Elman's network with
    rectified linear units. With u units, c inputs and g gates (3 for GRU, 4 for LSTM,
    else 1), `kernel` has shape (c, g u), `recurrent_kernel` (u, g u), `bias` (1, g u),
    or (2, g u) for a GRU, whose second row belongs to the recurrent product;
    `head_kernel` (u, n_outputs), `head_bias` (n_outputs,).
    """

    kernel: Floats
    recurrent_kernel: Floats
    bias: Floats
    head_kernel: Floats
    head_bias: Floats


def _elman_step(
    activation: Callable[[Floats], Floats],
    model: Recurrent,
    state: tuple[Floats, ...],
    driven: Floats,
) -> tuple[Floats, ...]:
    """Elman's network: h = activation(x W + h U + b)."""
    (hidden,) = state
    drive = driven + hidden @ model.recurrent_kernel
    return (activation(drive + model.bias[0]),)


def _gru_step(
    model: Recurrent, state: tuple[Floats, ...], driven: Floats
) -> tuple[Floats, ...]:
    """Gated recurrent unit (Cho et al., 2014), reset after the product as in Keras."""
    (hidden,) = state
    n_units = hidden.shape[1]
    own = driven + model.bias[0]
    recalled = hidden @ model.recurrent_kernel + model.bias[1]
    gates = _sigmoid(own[:, : 2 * n_units] + recalled[:, : 2 * n_units])
    update, reset = gates[:, :n_units], gates[:, n_units:]
    candidate = np.tanh(own[:, 2 * n_units :] + reset * recalled[:, 2 * n_units :])
    return (update * hidden + (1.0 - update) * candidate,)


def _lstm_step(
    model: Recurrent, state: tuple[Floats, ...], driven: Floats
) -> tuple[Floats, ...]:
    """Long short-term memory (Hochreiter & Schmidhuber, 1997), with a forget gate."""
    hidden, carried = state
    drive = driven + hidden @ model.recurrent_kernel + model.bias[0]
    enter, forget, candidate, leave = np.split(drive, 4, axis=1)
    carried = _sigmoid(forget) * carried + _sigmoid(enter) * np.tanh(candidate)
    return _sigmoid(leave) * np.tanh(carried), carried


_STEPS: dict[
    str, Callable[[Recurrent, tuple[Floats, ...], Floats], tuple[Floats, ...]]
] = {
    "gru": _gru_step,
    "lstm": _lstm_step,
    "relu_rnn": partial(_elman_step, lambda drive: np.maximum(drive, 0.0)),
    "simple_rnn": partial(_elman_step, np.tanh),
}
GATES = {"gru": 3, "lstm": 4, "relu_rnn": 1, "simple_rnn": 1}


def run(cell: str, model: Recurrent, inputs: Floats) -> Floats:
    """Run sequences that start from a state of zero; give their outputs.

    `inputs` has shape (n_sequences, steps, n_inputs), the result
    (n_sequences, steps, n_outputs).
    """
    # Step by step: a stream, which does not know what is to come, gets the same bits.
    driven = (inputs[:, step] @ model.kernel for step in range(inputs.shape[1]))
    return _outputs(cell, model, driven, inputs.shape[:2])


def run_driven(cell: str, model: Recurrent, driven: Floats) -> Floats:
    """Run sequences whose inputs have met the kernel, (n_sequences, steps, g u)."""
    return _outputs(cell, model, np.moveaxis(driven, 1, 0), driven.shape[:2])


def last_outputs(cell: str, model: Recurrent, inputs: Floats, is_step: Bools) -> Floats:
    """Give the outputs (n_sequences, n_outputs) after the last step of each sequence.

    `is_step` (n_sequences, steps) says which steps are there; the others, which may
    hold anything finite, leave the state as it is.
    """
    state = first_state(cell, model, len(inputs))
    for step in range(inputs.shape[1]):
        following = advance(cell, model, state, inputs[:, step])
        there = is_step[:, step, None]
        state = tuple(
            np.where(there, new, old) for new, old in zip(following, state, strict=True)
        )
    return state[0] @ model.head_kernel + model.head_bias


def run_in_blocks(cell: str, model: Recurrent, series: Floats) -> Floats:
    """Run a long series (n_rows, n_inputs) block by block; give a row for each."""
    n_rows, n_inputs = series.shape
    n_blocks = -(-n_rows // BLOCK)
    padded = np.zeros((WARM_UP + n_blocks * BLOCK, n_inputs))
    padded[WARM_UP : WARM_UP + n_rows] = series
    starts = BLOCK * np.arange(n_blocks)[:, None]
    blocks = padded[starts + np.arange(WARM_UP + BLOCK)]
    # The first block starts at the series' first row: nothing warms it up.
    first = run(cell, model, series[None, :BLOCK])[0]
    rest = run(cell, model, blocks[1:])[:, WARM_UP:]
    return np.concatenate([first, rest.reshape(-1, first.shape[1])])[:n_rows]


def first_state(cell: str, model: Recurrent, n_sequences: int) -> tuple[Floats, ...]:
    """State of zeros: the hidden values, and an LSTM's carried ones."""
    shape = (n_sequences, len(model.recurrent_kernel))
    return tuple(np.zeros(shape) for _ in range(2 if cell == "lstm" else 1))


def advance(
    cell: str, model: Recurrent, state: tuple[Floats, ...], inputs: Floats
) -> tuple[Floats, ...]:
    """Next state of each sequence given its inputs (n_sequences, n_inputs)."""
    return advance_driven(cell, model, state, inputs @ model.kernel)


def advance_driven(
    cell: str, model: Recurrent, state: tuple[Floats, ...], driven: Floats
) -> tuple[Floats, ...]:
    """Next state given the inputs times the kernel (n_sequences, n_gates n_units).

    For a one-hot input the product is a row of the kernel.
    """
    return _STEPS[cell](model, state, driven)


def _outputs(
    cell: str, model: Recurrent, driven: Iterable[Floats], shape: tuple[int, ...]
) -> Floats:
    state = first_state(cell, model, shape[0])
    outputs = np.empty((*shape, model.head_kernel.shape[1]))
    for step, drive in enumerate(driven):
        state = advance_driven(cell, model, state, drive)
        outputs[:, step] = state[0] @ model.head_kernel + model.head_bias
    return outputs


def _sigmoid(values: Floats) -> Floats:
    return 0.5 * np.tanh(0.5 * values) + 0.5


def starting_weights(
    cell: str,
    n_inputs: int,
    n_units: int,
    n_outputs: int,
    rng: np.random.Generator,
    longest: int = 1,
) -> Recurrent:
    """Draw weights as Keras does: Glorot's range, orthogonal recurrent products.

    An LSTM's forget gates start open (Jozefowicz, Zaremba & Sutskever, 2015). Every
    other unit with gates starts with a memory of up to `longest` steps, after Tallec &
    Ollivier (2018): a gate that is half open forgets half at every step, and of what
    happened sixty steps ago no gradient is left to learn from. The head starts at zero:
    before training the network says 0.
    """
    n_gates = GATES[cell]
    widest = np.sqrt(6.0 / (n_inputs + n_gates * n_units))
    bias = np.zeros((2 if cell == "gru" else 1, n_gates * n_units))
    if cell == "lstm":
        bias[:, n_units : 2 * n_units] = 1.0
    kernel = rng.uniform(-widest, widest, (n_inputs, n_gates * n_units))
    recurrent_kernel = _orthogonal(n_units, n_gates * n_units, rng)
    # A gate at sigmoid(opening) forgets over 1 + e^opening steps.
    opening = rng.uniform(0.0, np.log(max(longest - 1, 1)), n_units)
    opening[::2] = 0.0
    if cell == "gru":
        bias[0, :n_units] = opening
    if cell == "lstm":
        bias[0, : 2 * n_units] += np.concatenate([-opening, opening])
    return Recurrent(
        kernel,
        recurrent_kernel,
        bias,
        np.zeros((n_units, n_outputs)),
        np.zeros(n_outputs),
    )


def folded(model: Recurrent, centre: Floats, scale: Floats) -> Recurrent:
    """Weights for inputs as they come, of weights for (inputs - centre) / scale."""
    kernel = model.kernel / scale[:, None]
    bias = model.bias.copy()
    bias[0] -= centre @ kernel
    return model._replace(kernel=kernel, bias=bias)


def _orthogonal(n_rows: int, n_columns: int, rng: np.random.Generator) -> Floats:
    """Rows of length 1 at right angles, any such set as likely as any other."""
    across, triangle = np.linalg.qr(rng.standard_normal((n_columns, n_rows)))
    rows: Floats = (across * np.sign(np.diag(triangle))).T
    return rows
