"""Faults that are put into generated telemetry, and what each does to a channel."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Makes the readings of a fault's rows out of the right ones, the channel's standard
# deviation, and what it read half a day before.
Fault = Callable[[np.random.Generator, Floats, float, Floats], Floats]


def spike(
    rng: np.random.Generator, rows: Floats, spread: float, other: Floats
) -> Floats:
    """Add one short peak."""
    return rows + float(rng.choice((-4.0, 4.0))) * spread


def level_shift(
    rng: np.random.Generator, rows: Floats, spread: float, other: Floats
) -> Floats:
    """Lift or lower all rows."""
    return rows + float(rng.choice((-2.0, 2.0))) * spread


def frozen(
    rng: np.random.Generator, rows: Floats, spread: float, other: Floats
) -> Floats:
    """Repeat the first reading, as a sensor that hangs does."""
    return np.full_like(rows, rows[0])


def oscillation(
    rng: np.random.Generator, rows: Floats, spread: float, other: Floats
) -> Floats:
    """Add a wave of a rhythm that the channel does not know."""
    wave: Floats = np.sin(2 * np.pi * np.arange(len(rows)) / 9.0)
    return rows + 0.9 * spread * wave


def decoupled(
    rng: np.random.Generator, rows: Floats, spread: float, other: Floats
) -> Floats:
    """Read what belongs to another time of the day, while the others go on."""
    return other


FAULTS: dict[str, tuple[Fault, int]] = {
    "spike": (spike, 2),
    "level shift": (level_shift, 60),
    "frozen sensor": (frozen, 72),
    "oscillation": (oscillation, 54),
    "correlation break": (decoupled, 96),
}
