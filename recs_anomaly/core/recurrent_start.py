"""Weights that training of a recurrent network starts from, the same on any backend."""

import numpy as np

from recs_anomaly.core.recurrent import Recurrent
from recs_anomaly.core.windows import Floats

GATES = {"gru": 3, "lstm": 4, "relu_rnn": 1, "simple_rnn": 1}


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
