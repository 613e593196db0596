"""Generated series in which a law holds, and is broken for a while in the second half.

Each channel looks normal by itself all the time: what is abnormal is how channels go
together (relations), or how a value follows from those before it (dynamics).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from _clean_series import autoregressive

N_ROWS = 8000
N_FAULTS = 4
MIN_FAULT, MAX_FAULT = 50, 150
NOISE = 0.05
WARM_UP = 500
SETTLED = 200  # rows after a fault of dynamics, before the next may begin

Flags = np.ndarray
World = Callable[[Flags, np.random.Generator], np.ndarray]


class Drawn(NamedTuple):
    """Readings (n_rows, n_channels), labels (n_rows,), how many rows to learn from."""

    values: np.ndarray
    labels: np.ndarray
    n_training: int


def draw(world: World, seed: int) -> Drawn:
    """Draw a world: where its law is broken, and what is read there."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(N_ROWS, dtype=np.bool_)
    half = N_ROWS // 2
    room = (N_ROWS - half) // N_FAULTS
    for fault in range(N_FAULTS):
        length = rng.integers(MIN_FAULT, MAX_FAULT + 1)
        start = half + fault * room + rng.integers(0, room - length - SETTLED)
        labels[start : start + length] = True
    values = world(labels, rng)
    return Drawn(values.reshape(N_ROWS, -1), labels, half)


def _smooth(rng: np.random.Generator) -> np.ndarray:
    """Return a wandering signal of mean 0 and deviation 1."""
    signal = autoregressive(N_ROWS, rng, 0.95)
    return signal / signal.std()


def _noise(rng: np.random.Generator) -> np.ndarray:
    return NOISE * rng.standard_normal(N_ROWS)


def linear(is_broken: Flags, rng: np.random.Generator) -> np.ndarray:
    """C = .7 a + .7 b; while broken, c follows two others."""
    a, b = _smooth(rng), _smooth(rng)
    other = 0.7 * _smooth(rng) + 0.7 * _smooth(rng)
    c = np.where(is_broken, other, 0.7 * a + 0.7 * b) + _noise(rng)
    return np.stack([a, b, c], axis=1)


def square(is_broken: Flags, rng: np.random.Generator) -> np.ndarray:
    """B = a²; while broken, b is the square of another."""
    a, other = _smooth(rng), _smooth(rng)
    b = np.where(is_broken, other, a) ** 2 + _noise(rng)
    return np.stack([a, b], axis=1)


def product(is_broken: Flags, rng: np.random.Generator) -> np.ndarray:
    """C = a b; while broken, of another b."""
    a, b, other = _smooth(rng), _smooth(rng), _smooth(rng)
    c = a * np.where(is_broken, other, b) + _noise(rng)
    return np.stack([a, b, c], axis=1)


def sign(is_broken: Flags, rng: np.random.Generator) -> np.ndarray:
    """C = sign(a) b; while broken, the sign is the other one."""
    a, b = _smooth(rng), _smooth(rng)
    c = np.sign(a) * b * np.where(is_broken, -1.0, 1.0) + _noise(rng)
    return np.stack([a, b, c], axis=1)


def delay(is_broken: Flags, rng: np.random.Generator) -> np.ndarray:
    """B is a ten rows ago; while broken, a thirty rows ago."""
    a = _smooth(rng)
    b = np.where(is_broken, np.roll(a, 30), np.roll(a, 10)) + _noise(rng)
    return np.stack([a, b], axis=1)


def switch(is_broken: Flags, rng: np.random.Generator) -> np.ndarray:
    """Return a pump: flow follows the speed while on, else 0; broken: on, no flow."""
    speed = 2.0 + _smooth(rng) / 2
    is_on = np.repeat(rng.random(N_ROWS // 50) < 0.6, 50)
    flow = np.where(is_on & ~is_broken, speed, 0.0) + _noise(rng)
    return np.stack([is_on.astype(np.float64), speed, flow], axis=1)


def phase(is_broken: Flags, rng: np.random.Generator) -> np.ndarray:
    """Two waves a quarter apart; while broken, an eighth."""
    turn = 2 * np.pi * np.cumsum(1 + 0.1 * rng.standard_normal(N_ROWS)) / 60
    shift = np.where(is_broken, np.pi / 4, np.pi / 2)
    waves = np.stack([np.sin(turn), np.sin(turn + shift)], axis=1)
    return waves + NOISE * rng.standard_normal(waves.shape)


def factor(is_broken: Flags, rng: np.random.Generator) -> np.ndarray:
    """Twenty channels of one factor; while broken, one of them follows another."""
    common, other = _smooth(rng), _smooth(rng)
    loads = rng.uniform(0.5, 1.5, 20)
    values = common[:, None] * loads + 0.2 * rng.standard_normal((N_ROWS, 20))
    leaver = rng.integers(20)
    values[is_broken, leaver] += (loads[leaver] * (other - common))[is_broken]
    return values


def logistic(is_broken: Flags, rng: np.random.Generator) -> np.ndarray:
    """X ← r x (1 − x), r = 3.9; while broken, 3.75."""
    values, x = np.empty(N_ROWS), rng.uniform(0.2, 0.8)
    for row, broken in enumerate(is_broken):
        x = (3.75 if broken else 3.9) * x * (1.0 - x)
        values[row] = x
    return values + 0.005 * rng.standard_normal(N_ROWS)


def henon(is_broken: Flags, rng: np.random.Generator) -> np.ndarray:
    """X ← 1 − a x² + y, y ← .3 x, a = 1.4; while broken, 1.25."""
    values, x, y = np.empty(N_ROWS), rng.uniform(-0.1, 0.1), 0.0
    for row, broken in enumerate(is_broken):
        x, y = 1.0 - (1.25 if broken else 1.4) * x * x + y, 0.3 * x
        if abs(x) > 2.0:  # where one law has led, the other may lead away for good
            x, y = 0.0, 0.0
        values[row] = x
    return values + 0.005 * rng.standard_normal(N_ROWS)


def mackey_glass(is_broken: Flags, rng: np.random.Generator) -> np.ndarray:
    """X' = .2 x(t−τ) / (1 + x(t−τ)¹⁰) − .1 x, τ = 18; while broken, 22."""
    values = np.full(WARM_UP + N_ROWS, 1.2)
    values[:WARM_UP] += 0.1 * rng.standard_normal(WARM_UP)
    broken = np.concatenate([np.zeros(WARM_UP, np.bool_), is_broken])
    for row in range(30, len(values)):
        late = values[row - (22 if broken[row] else 18)]
        values[row] = 0.9 * values[row - 1] + 0.2 * late / (1.0 + late**10)
    return values[WARM_UP:] + 0.005 * rng.standard_normal(N_ROWS)


RELATIONS: dict[str, World] = {
    "linear": linear,
    "square": square,
    "product": product,
    "sign": sign,
    "delay": delay,
    "switch": switch,
    "phase": phase,
    "factor of twenty": factor,
}
DYNAMICS: dict[str, World] = {
    "logistic map": logistic,
    "Hénon map": henon,
    "Mackey–Glass": mackey_glass,
}
WORLDS = RELATIONS | DYNAMICS
