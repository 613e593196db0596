"""SimpleRNN, GRU and LSTM in Keras: a recurrent body under a linear head."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from recs_anomaly.core.arrays import Floats
from recs_anomaly.core.recurrent import Recurrent

CELLS = {
    "gru": layers.GRU,
    "lstm": layers.LSTM,
    "relu_rnn": partial(layers.SimpleRNN, activation="relu"),
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


def build_summary(
    cell: str, n_steps: int | None, n_inputs: int, n_units: int, n_outputs: int
) -> keras.Model:
    """Keras model from steps, and which of them are there, to what the last one says.

    Inputs have shapes (n, n_steps, n_inputs) and (n, n_steps), the output (n,
    n_outputs). All weights are zero until `set_recurrent` gives them.
    """
    steps = keras.Input((n_steps, n_inputs))
    is_step = keras.Input((n_steps,), dtype="bool")
    hidden = _body(cell, n_units)(steps, mask=is_step)
    return keras.Model([steps, is_step], _head(n_outputs)(hidden))


def build_speaker(
    cell: str, n_steps: int | None, n_symbols: int, n_units: int
) -> keras.Model:
    """Keras model from symbols (n, n_steps) to log odds of the ones that follow.

    The output has shape (n, n_steps, n_symbols). All weights are zero until
    `set_recurrent` gives them.
    """
    symbols = keras.Input((n_steps,), dtype="int32")
    hidden = _body(cell, n_units, return_sequences=True)(
        ops.one_hot(symbols, n_symbols)
    )
    return keras.Model(symbols, _head(n_symbols)(hidden))


def build_reader(cell: str, model: Recurrent) -> keras.Model:
    """Keras model from symbols (n, steps) to probabilities of the ones that follow."""
    n_units, n_symbols = model.head_kernel.shape
    symbols = keras.Input((None,), dtype="int32", name="symbols")
    speaker = build_speaker(cell, None, n_symbols, n_units)
    set_recurrent(speaker, model)
    return keras.Model(symbols, ops.softmax(speaker(symbols)), name="reader")


def build_from_readings(
    cell: str, model: Recurrent, centre: Floats, activation: str
) -> keras.Model:
    """Keras model from readings (n, steps, n_inputs) to the head's outputs.

    It takes readings as they come: a step of nothing but NaN is left out, and any
    other NaN stands for the `centre` (n_inputs,) of its channel.
    """
    readings = keras.Input((None, len(centre)))
    is_missing = ops.isnan(readings)
    filled = ops.where(is_missing, centre.astype(np.float32), readings)
    is_step = ops.logical_not(ops.all(is_missing, axis=-1))
    hidden = _body(cell, len(model.recurrent_kernel))(filled, mask=is_step)
    output = _head(len(model.head_bias), activation=activation)(hidden)
    network = keras.Model(readings, output)
    set_recurrent(network, model)
    return network


def set_recurrent(network: keras.Model, model: Recurrent) -> None:
    """Give a network its weights."""
    shapes = [weight.shape for weight in network.weights]
    network.set_weights(
        [array.reshape(shape) for array, shape in zip(model, shapes, strict=True)]
    )


def recurrent_arrays(network: keras.Model) -> Recurrent:
    """Copy the weights out, for the NumPy forward pass."""
    arrays = [np.asarray(weight, np.float64) for weight in network.get_weights()]
    arrays[2] = np.atleast_2d(arrays[2])
    return Recurrent(*arrays)


def _body(cell: str, n_units: int, **options: Any) -> keras.layers.Layer:
    blank = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
    return CELLS[cell](n_units, **blank, **options, seed=0)


def _head(n_outputs: int, **options: Any) -> keras.layers.Layer:
    return layers.Dense(n_outputs, kernel_initializer="zeros", **options)
