"""Stacks of dense layers in Keras, to train and to hand out."""

from collections.abc import Sequence

import keras
import numpy as np

from recs_anomaly.autoencoder.dense import Layer


def build_stack(
    sizes: Sequence[int], activations: Sequence[str], seed: int, name: str
) -> keras.Sequential:
    """Dense layers with random kernels; sizes are the inputs' and the layers'."""
    seeds = np.random.default_rng(seed).integers(2**31, size=len(activations)).tolist()
    layers = [
        keras.layers.Dense(
            n_units,
            activation=activation,
            kernel_initializer=keras.initializers.GlorotUniform(layer_seed),
        )
        for n_units, activation, layer_seed in zip(
            sizes[1:], activations, seeds, strict=True
        )
    ]
    return keras.Sequential([keras.Input((sizes[0],)), *layers], name=name)


def keras_stack(layers: Sequence[Layer], name: str) -> keras.Sequential:
    """Build the Keras twin of a stack, which computes what `forward` does."""
    sizes = [len(layers[0].kernel), *(len(layer.bias) for layer in layers)]
    network = build_stack(sizes, [layer.activation for layer in layers], 0, name)
    network.set_weights([array for layer in layers for array in layer[:2]])
    return network


def keras_model(
    encoder: Sequence[Layer], decoder: Sequence[Layer], name: str
) -> keras.Sequential:
    """Join an encoder and a decoder to a model that rebuilds rows."""
    return keras.Sequential(
        [
            keras.Input((len(encoder[0].kernel),)),
            keras_stack(encoder, "encoder"),
            keras_stack(decoder, "decoder"),
        ],
        name=name,
    )
