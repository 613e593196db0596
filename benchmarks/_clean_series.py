"""Generated series without anomalies, on which alarms are false."""

from collections.abc import Callable

import numpy as np

Series = Callable[[int, np.random.Generator], np.ndarray]


def autoregressive(n_rows: int, rng: np.random.Generator, weight: float) -> np.ndarray:
    """First-order autoregression in its steady state."""
    noise = rng.standard_normal(n_rows + 500)
    for row in range(1, len(noise)):
        noise[row] += weight * noise[row - 1]
    return noise[500:]


def seasonal(n_rows: int, rng: np.random.Generator) -> np.ndarray:
    day = 2 * np.pi * np.arange(n_rows) / 144
    return np.sin(day) + 0.5 * np.sin(2 * day) + 0.1 * autoregressive(n_rows, rng, 0.7)


CLEAN: dict[str, Series] = {
    "sine and noise": lambda n, rng: np.sin(np.arange(n) / 8) + rng.normal(0, 0.1, n),
    "autoregression": lambda n, rng: autoregressive(n, rng, 0.9),
    "white noise": lambda n, rng: rng.standard_normal(n),
    "heavy tails": lambda n, rng: rng.standard_t(4, n),
    "seasons": seasonal,
}


def two_waves(n_rows: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    rows = np.arange(n_rows)
    product = np.sin(rows / 8) * np.sin(rows / 90)
    return (product + 0.05 * rng.standard_normal(n_rows))[:, None]
