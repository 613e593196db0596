"""The world behind generated telemetry: a load, sensors that follow, and their faults.

All channels follow one load: days and weeks, and a slow wandering. A sensor has a
level, follows the load at once or sluggishly, drifts, and has noise of its own.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.signal import lfilter

from recs_anomaly.core.arrays import Floats

DAY = 288  # rows of five minutes
WEEKEND_LOAD = 0.55
WANDERING = 0.05
# Makes the readings of a fault's rows out of the right ones, the channel's standard
# deviation, and what it read half a day before.
Fault = Callable[[np.random.Generator, Floats, float, Floats], Floats]


class Sensor(NamedTuple):
    """One channel: its reading is level + gain * load, `lag` rows late, and noise."""

    name: str
    level: float
    gain: float
    lag: float
    noise: float
    drift: float = 0.0  # over the whole series


class Switch(NamedTuple):
    """A channel of zeros and ones: on while the load is above a threshold."""

    name: str
    threshold: float


WORLDS: dict[str, tuple[Sensor | Switch, ...]] = {
    "machine": (
        Sensor("motor_current_A", 12.0, 18.0, 0.0, 0.35),
        Sensor("bearing_temperature_C", 41.0, 22.0, 18.0, 0.25, drift=1.5),
        Sensor("vibration_mm_s", 1.1, 1.6, 0.0, 0.07),
        Sensor("outlet_pressure_bar", 6.4, -1.1, 3.0, 0.04),
        Switch("cooling_on", 0.62),
    ),
    "server": (
        Sensor("requests_per_s", 110.0, 640.0, 0.0, 14.0),
        Sensor("cpu_percent", 9.0, 58.0, 0.0, 1.6),
        Sensor("latency_ms", 21.0, 34.0, 1.0, 1.3),
        Sensor("memory_GB", 5.2, 1.4, 70.0, 0.03, drift=0.3),
    ),
}


def draw_load(rng: np.random.Generator, n_rows: int) -> Floats:
    """Load between about 0 and 1: quiet nights, quiet weekends, no two days alike."""
    rows = np.arange(n_rows)
    hour = rows % DAY / DAY
    day = (
        0.5 - 0.36 * np.cos(2 * np.pi * (hour - 0.1)) - 0.14 * np.cos(4 * np.pi * hour)
    )
    is_weekend = (rows // DAY) % 7 >= 5
    vigour = rng.normal(1.0, 0.04, n_rows // DAY + 2)[rows // DAY]
    load: Floats = day * vigour * np.where(is_weekend, WEEKEND_LOAD, 1.0)
    return load + WANDERING * sluggish(rng.normal(0.0, 6.0, n_rows), 40.0)


def draw_channel(
    rng: np.random.Generator, channel: Sensor | Switch, load: Floats
) -> Floats:
    """Draw the readings of one channel under a load (n_rows,)."""
    if isinstance(channel, Switch):
        return (load > channel.threshold).astype(np.float64)
    noise = rng.normal(0.0, 1.0, len(load))
    noise = 0.8 * noise + 1.2 * sluggish(noise[::-1].copy(), 3.0)
    drift = np.linspace(0.0, channel.drift, len(load))
    reading: Floats = (
        channel.level
        + channel.gain * sluggish(load, channel.lag)
        + channel.noise * noise
        + drift
    )
    return reading


def sluggish(values: Floats, lag: float) -> Floats:
    """Follow values with a time constant of `lag` rows."""
    if lag == 0:
        return values
    share = 1.0 / (1.0 + lag)
    start = [(1.0 - share) * values[0]]
    followed: Floats = lfilter([share], [1.0, share - 1.0], values, zi=start)[0]
    return followed


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
