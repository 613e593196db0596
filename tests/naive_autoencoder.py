"""Slow, obvious twins of the dense autoencoders: one row, one unit at a time."""

import math
from collections.abc import Sequence

import numpy as np

from recs_anomaly.autoencoder.dense import Layer

FUNCTIONS = {
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "linear": lambda x: x,
    "relu": lambda x: max(x, 0.0),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": math.tanh,
}


def forward(layers: Sequence[Layer], row: Sequence[float]) -> list[float]:
    """Output of the last layer for one row."""
    values = [float(value) for value in row]
    for kernel, bias, activation in layers:
        values = [
            FUNCTIONS[activation](
                sum(
                    value * weight for value, weight in zip(values, column, strict=True)
                )
                + start
            )
            for column, start in zip(kernel.T.tolist(), bias.tolist(), strict=True)
        ]
    return values


def evidence_bound(
    encoder: Sequence[Layer],
    decoder: Sequence[Layer],
    row: np.ndarray,
    noise: np.ndarray,
    noise_variance: float | None,
) -> float:
    """Mean over the noise of log p(row | code), less the divergence from the prior."""
    outputs = forward(encoder, row.tolist())
    means, log_variances = outputs[: len(outputs) // 2], outputs[len(outputs) // 2 :]
    bound = 0.0
    for draw in noise.tolist():
        code = [
            mean + math.exp(log_variance / 2) * each
            for mean, log_variance, each in zip(means, log_variances, draw, strict=True)
        ]
        for value, output in zip(row.tolist(), forward(decoder, code), strict=True):
            if noise_variance is None:
                chance = FUNCTIONS["sigmoid"](output)
                log_chance = value * math.log(chance)
                log_chance += (1 - value) * math.log(1 - chance)
                bound += log_chance / len(noise)
            else:
                square = (value - output) ** 2 / noise_variance
                log_density = -0.5 * (square + math.log(2 * math.pi * noise_variance))
                bound += log_density / len(noise)
    for mean, log_variance in zip(means, log_variances, strict=True):
        variance = math.exp(log_variance)
        bound -= 0.5 * (variance + mean**2 - 1 - math.log(variance))
    return bound
