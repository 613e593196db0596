"""Stacks of dense layers in NumPy: what a trained network answers without Keras."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Annotated, NamedTuple

import numpy as np

from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.activations import sigmoid, softplus
from recs_anomaly.core.arrays import Array, Floats, Singles


def elu(inputs: Array) -> Array:
    """Positive part of x, and exp(x) - 1 below 0."""
    return np.where(inputs > 0, inputs, np.expm1(np.minimum(inputs, 0)))


def linear(inputs: Array) -> Array:
    """Return x itself."""
    return inputs


def relu(inputs: Array) -> Array:
    """Positive part of x."""
    return np.maximum(inputs, 0)


# By the names that Keras gives them.
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "elu": elu,
    "linear": linear,
    "relu": relu,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
}
# Log variances of codes are held to this range, here and in training.
MIN_LOG_VARIANCE, MAX_LOG_VARIANCE = -15.0, 5.0
BLOCK_ENTRIES = 2**22


def is_list_of_sizes(value: object) -> bool:
    """Whether a value is a list of numbers of units."""
    return isinstance(value, list) and all(
        type(size) is int and size >= 1 for size in value
    )


class AutoencoderModel(NamedTuple):
    """What an autoencoder has learned.

    `weights` are those of the layers in turn, kernel and bias, the encoder's first;
    `layer_sizes` the units of the input and of the layers down to the code. Rows are
    measured from `mean`, in one `scale`.
    """

    weights: Annotated[Singles, ArraySpec("float32", ("n_weights",))]
    mean: Annotated[Floats, ArraySpec("float64", ("n_features_in_",))]
    scale: float
    layer_sizes: Annotated[list[int], is_list_of_sizes]


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


class DenseAutoencoder(NamedTuple):
    """Two stacks of dense layers, and from where they measure rows."""

    mean: Array  # (V,)
    scale: float
    encoder: list[Layer]  # from V to the code, or to twice its size
    decoder: list[Layer]  # from the code to V


class Posterior(NamedTuple):
    """Normal distribution of the code that each row may have."""

    mean: Array  # (n, C)
    log_variance: Array  # (n, C)


def mean_and_scale(rows: Array) -> tuple[Floats, float]:
    """Return each feature's mean, and the root of the mean variance of all."""
    mean = np.asarray(rows.mean(axis=0, dtype=np.float64), np.float64)
    scale = float(np.sqrt(np.mean((rows - mean) ** 2)))
    # What is left of constant features after rounding is no scale.
    smallest = np.finfo(rows.dtype).eps * float(np.abs(mean).max())
    return mean, scale if scale > 10.0 * smallest else 1.0


def standardised(rows: Array, mean: Array, scale: float) -> Array:
    """Return rows as the networks see them, in their own precision."""
    return ((rows - mean) / scale).astype(rows.dtype, copy=False)


def encode(model: DenseAutoencoder, rows: Array) -> Array:
    """Output of the encoder for rows (n, V)."""
    return forward(model.encoder, standardised(rows, model.mean, model.scale))


def decode(model: DenseAutoencoder, codes: Array) -> Array:
    """Rows (n, V) that codes (n, C) stand for, in the rows' own units."""
    rows = model.mean + model.scale * forward(model.decoder, codes)
    return rows.astype(codes.dtype, copy=False)


def decode_chances(model: DenseAutoencoder, codes: Array) -> Array:
    """Chances (n, V) of a 1 that codes (n, C) stand for."""
    return sigmoid(forward(model.decoder, codes))


def posterior(model: DenseAutoencoder, rows: Array) -> Posterior:
    """Distribution of the codes of rows (n, V)."""
    mean, log_variance = np.split(encode(model, rows), 2, axis=1)
    return Posterior(mean, np.clip(log_variance, MIN_LOG_VARIANCE, MAX_LOG_VARIANCE))


def divergence(codes: Posterior) -> Array:
    """Kullback-Leibler divergence of each row's code from the prior, in nats, (n,)."""
    mean, log_variance = codes
    apart = np.exp(log_variance) + mean**2 - 1.0 - log_variance
    return np.asarray(0.5 * apart.sum(axis=1))


def evidence_bound(
    model: DenseAutoencoder, rows: Array, noise: Array, noise_variance: float | None
) -> Floats:
    """Lower bound of the log-likelihood of rows (n, V), in nats, (n,).

    The expectation over the code is the mean over `noise` (K, C), standard normal draws
    that all rows share, so that the bound of a row does not depend on the others. Rows
    are binary where `noise_variance` is None, else Gaussian with that variance.
    """
    bound = np.empty(len(rows), np.float64)
    size = max(BLOCK_ENTRIES // max(rows.shape[1], 1), 1)
    for start in range(0, len(rows), size):
        block = rows[start : start + size].astype(np.float64, copy=False)
        codes = posterior(model, block)
        spread = np.exp(0.5 * codes.log_variance)
        total = np.zeros(len(block))
        for draw in noise:
            values = forward(model.decoder, codes.mean + spread * draw)
            if noise_variance is None:
                total += (block * values - softplus(values)).sum(axis=1)
            else:
                error = block - (model.mean + model.scale * values)
                total += _log_normal(error, noise_variance)
        bound[start : start + size] = total / len(noise) - divergence(codes)
    return bound


def seeing_raw_rows(model: DenseAutoencoder) -> list[Layer]:
    """Make the encoder take rows as they are: its first layer measures them."""
    kernel, bias, activation = model.encoder[0]
    kernel = kernel.astype(np.float64) / model.scale
    first = Layer(kernel, bias - model.mean @ kernel, activation)
    return [first, *model.encoder[1:]]


def giving_raw_rows(model: DenseAutoencoder) -> list[Layer]:
    """Make the decoder give rows in their own units, if its last layer is linear."""
    kernel, bias, activation = model.decoder[-1]
    last = Layer(kernel * model.scale, model.mean + bias * model.scale, activation)
    return [*model.decoder[:-1], last]


def giving_chances(model: DenseAutoencoder) -> list[Layer]:
    """Make the decoder give the chances of a 1."""
    return [*model.decoder[:-1], model.decoder[-1]._replace(activation="sigmoid")]


def only_means(encoder: list[Layer]) -> list[Layer]:
    """Leave out the outputs of an encoder that are log variances."""
    kernel, bias, activation = encoder[-1]
    n_code = len(bias) // 2
    return [*encoder[:-1], Layer(kernel[:, :n_code], bias[:n_code], activation)]


def _log_normal(error: Array, variance: float) -> Array:
    """Log density of errors (n, V) that are independent and normal, (n,)."""
    constant = 0.5 * error.shape[1] * np.log(2.0 * np.pi * variance)
    return np.asarray(-0.5 * (error**2).sum(axis=1) / variance - constant)
