"""An RBM's upward half as a Keras layer."""

import keras

from recs_anomaly.core.arrays import Array


def dense_layer(weights: Array, hidden_bias: Array, name: str | None) -> keras.Layer:
    """Dense layer with sigmoid activity that starts as P(h = 1 | v)."""
    layer = keras.layers.Dense(
        len(hidden_bias), activation="sigmoid", kernel_initializer="zeros", name=name
    )
    layer.build((None, len(weights)))
    layer.set_weights([weights, hidden_bias])
    return layer


def layer_as_model(layer: keras.layers.Dense) -> keras.Sequential:
    """Make a model of a layer that has its weights."""
    return keras.Sequential([keras.Input((layer.kernel.shape[0],)), layer], name="rbm")
