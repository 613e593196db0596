"""Stacks of dense layers in NumPy: what a trained network answers without Keras."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from recs_anomaly.core.rbm import sigmoid
from recs_anomaly.core.rbm_units import Array


def relu(inputs: Array) -> Array:
    """Positive part of x."""
    return np.maximum(inputs, 0)


def elu(inputs: Array) -> Array:
    """Positive part of x, and exp(x) - 1 below 0."""
    return np.where(inputs > 0, inputs, np.expm1(np.minimum(inputs, 0)))


def linear(inputs: Array) -> Array:
    """Return x itself."""
    return inputs


# By the names that Keras gives them.
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "elu": elu,
    "linear": linear,
    "relu": relu,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
}


class Layer(NamedTuple):
    """activation(rows @ kernel + bias); the activation is one of ACTIVATIONS."""

    kernel: Array  # (n_inputs, n_units)
    bias: Array  # (n_units,)
    activation: str


def forward(layers: Sequence[Layer], rows: Array) -> Array:
    """Send rows (n, n_inputs of the first layer) through the layers, one by one."""
    for layer in layers:
        rows = ACTIVATIONS[layer.activation](rows @ layer.kernel + layer.bias)
    return rows


def n_weights(sizes: Sequence[int]) -> int:
    """Count the weights of a stack of layers; sizes are the inputs' and the layers'."""
    return sum((n_inputs + 1) * n_units for n_inputs, n_units in pairwise(sizes))


def layers_of(
    weights: Array, sizes: Sequence[int], activations: Sequence[str]
) -> list[Layer]:
    """Cut a stack of layers out of its weights (n_weights,): kernel, bias, kernel..."""
    layers, start = [], 0
    for (n_inputs, n_units), name in zip(pairwise(sizes), activations, strict=True):
        bias = start + n_inputs * n_units
        kernel = weights[start:bias].reshape(n_inputs, n_units)
        start = bias + n_units
        layers.append(Layer(kernel, weights[bias:start], name))
    return layers
