"""An RBM's upward half as a Keras layer."""

import keras

from recs_anomaly.core.rbm_units import Array


def dense_layer(weights: Array, hidden_bias: Array, name: str | None) -> keras.Layer:
    """Dense layer with sigmoid activity that starts as P(h = 1 | v)."""
    layer = keras.layers.Dense(len(hidden_bias), activation="sigmoid", name=name)
    layer.build((None, len(weights)))
    layer.set_weights([weights, hidden_bias])
    return layer
