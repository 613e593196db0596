"""All weights of a Keras network as one array, in the order in which it lists them."""

from itertools import pairwise

import keras
import numpy as np
from numpy.typing import NDArray


def flat_weights(network: keras.Model) -> NDArray[np.float32]:
    """Copy all weights into one array (n_weights,)."""
    return np.concatenate(
        [np.asarray(weight, np.float32).ravel() for weight in network.get_weights()]
    )


def set_flat_weights(network: keras.Model, weights: NDArray[np.float32]) -> None:
    """Give the network the weights that `flat_weights` copied (n_weights,)."""
    shapes = [tuple(weight.shape) for weight in network.weights]
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)]).tolist()
    network.set_weights(
        [
            weights[first:last].reshape(shape)
            for (first, last), shape in zip(pairwise(ends), shapes, strict=True)
        ]
    )
