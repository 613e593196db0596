"""Rows of each kind of visible units, and digits in black and white."""

from collections.abc import Callable

import numpy as np
from sklearn.datasets import load_digits

KINDS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "bernoulli": lambda rng: rng.integers(0, 2, (60, 5)) * 1.0,
    "gaussian": lambda rng: rng.normal(3.0, 2.0, (60, 5)),
    "softmax": lambda rng: rng.choice([1.0, 2.0, 5.0], (60, 5)),
}


def kind_rows(kind: str) -> np.ndarray:
    return KINDS[kind](np.random.default_rng(0))


def black_and_white_digits() -> np.ndarray:
    return (load_digits().data[:400] >= 8).astype(float)
