"""A plant of four channels with a daily course, and faults of every kind in them.

Rows of five minutes: flow and the temperature that follows it half an hour later, the
vibration of a pump, and a pressure that a compressor moves to and fro every fifty
minutes. Three weeks to learn from and a clean week, then two days for each fault and
one without.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.signal import lfilter

PER_DAY = 288
TRAINING_DAYS, CLEAN_DAYS = 21, 7
APART = 100  # rows at least between two faults
LENGTH = 40  # rows of a fault, if not said otherwise
DELAY = 6  # rows that the temperature comes after the flow
CHANNELS = ["flow", "temperature", "vibration", "pressure"]


class PlantFault(NamedTuple):
    """A fault in a channel; it lasts for `n_rows`."""

    kind: str
    channel: str
    n_rows: int = LENGTH


FAULTS = [
    PlantFault("spike", "vibration", 2),
    PlantFault("spike", "flow", 1),
    PlantFault("level", "flow"),
    PlantFault("level", "pressure", 150),
    PlantFault("drift", "vibration", 150),
    PlantFault("drift", "temperature", 150),
    PlantFault("frozen", "temperature"),
    PlantFault("frozen", "pressure"),
    PlantFault("frequency", "pressure", 60),
    PlantFault("spread", "vibration"),
    PlantFault("relation", "temperature", 100),
    PlantFault("level", "vibration", 288),
]


class PlantWeeks(NamedTuple):
    """Readings, their faults with first row and row after the last, and the parts."""

    frame: pd.DataFrame
    faults: list[tuple[PlantFault, int, int]]
    n_training: int
    n_clean: int


def draw_plant(seed: int, *, has_times: bool = True) -> PlantWeeks:
    """Draw a plant and its faults, one in two days; without times rows are numbered."""
    rng = np.random.default_rng(seed)
    n_training = TRAINING_DAYS * PER_DAY
    n_clean = n_training + CLEAN_DAYS * PER_DAY
    n_rows = n_clean + (len(FAULTS) * 2 + 1) * PER_DAY
    rows = np.arange(n_rows + DELAY)
    daily = 0.5 - 0.5 * np.cos(2 * np.pi * (rows / PER_DAY - 0.1))
    weather = lfilter([0.7], [1.0, -0.97], rng.standard_normal(n_rows + DELAY))
    flow = 50 + 20 * daily + weather
    temperature = 20 + 0.4 * flow[:-DELAY] + rng.normal(0, 0.3, n_rows)
    readings = {
        "flow": flow[DELAY:] + rng.normal(0, 0.5, n_rows),
        "temperature": temperature,
        "vibration": 2 + rng.normal(0, 0.25, n_rows),
        "pressure": _pressure(rows[:n_rows] / 10.0, rng),
    }
    sizes = {"flow": 1.5, "temperature": 0.4, "vibration": 0.25, "pressure": 0.3}
    faults = []
    for number, fault in enumerate(FAULTS):
        late = int(rng.integers(2 * PER_DAY - fault.n_rows - APART))
        start = n_clean + 2 * number * PER_DAY + late
        stop = start + fault.n_rows
        _break(readings, fault, slice(start, stop), sizes[fault.channel], rng)
        faults.append((fault, start, stop))
    index = pd.date_range("2026-03-02", periods=n_rows, freq="5min")
    frame = pd.DataFrame(readings, index=index if has_times else None)
    return PlantWeeks(frame[CHANNELS], faults, n_training, n_clean)


def _pressure(turns: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return 6 + np.sin(2 * np.pi * turns) + rng.normal(0, 0.1, len(turns))


def _break(
    readings: dict[str, np.ndarray],
    fault: PlantFault,
    rows: slice,
    size: float,
    rng: np.random.Generator,
) -> None:
    values, n_rows = readings[fault.channel], fault.n_rows
    match fault.kind:
        case "spike":
            values[rows] += 12 * size
        case "level":
            values[rows] += 6 * size
        case "drift":
            values[rows] += 10 * size * np.arange(n_rows) / n_rows
        case "frozen":
            values[rows] = values[rows.start]
        case "frequency":
            values[rows] = _pressure((rows.start + 2 * np.arange(n_rows)) / 10.0, rng)
        case "spread":
            values[rows] = 2 + 3 * (values[rows] - 2)
        case "relation":
            values[rows] = values[rows.start - PER_DAY : rows.stop - PER_DAY]
