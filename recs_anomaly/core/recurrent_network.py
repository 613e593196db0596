"""SimpleRNN, GRU and LSTM in Keras: a recurrent body under a linear head."""

import keras
import numpy as np
from keras import layers

from recs_anomaly.core.recurrent import Recurrent

CELLS = {
    "gru": layers.GRU,
    "lstm": layers.LSTM,
    "simple_rnn": layers.SimpleRNN,
}


def build_recurrent(
    cell: str, n_inputs: int, n_units: int, n_outputs: int, seed: int
) -> keras.Model:
    """Keras model from (n, steps, n_inputs) to (n, steps, n_outputs).

    The head starts at zero: before training the network says 0.
    """
    first, second, unused = np.random.default_rng(seed).integers(2**31, size=3).tolist()
    steps = keras.Input((None, n_inputs))
    hidden = CELLS[cell](
        n_units,
        return_sequences=True,
        kernel_initializer=keras.initializers.GlorotUniform(first),
        recurrent_initializer=keras.initializers.Orthogonal(seed=second),
        seed=unused,  # of the dropout that is none; without it Keras draws one
    )(steps)
    head = layers.Dense(n_outputs, kernel_initializer="zeros")
    return keras.Model(steps, head(hidden))


def recurrent_arrays(network: keras.Model) -> Recurrent:
    """Copy the weights out, for the NumPy forward pass."""
    arrays = [np.asarray(weight, np.float64) for weight in network.get_weights()]
    arrays[2] = np.atleast_2d(arrays[2])
    return Recurrent(*arrays)
