"""Generated series of the kinds that people have at work, with faults that are known.

Two weeks to learn from, a week without a fault, and a week with some: rows of five
minutes or of an hour, with a time index. What recurs (nightly jobs, weekends, ends of
months) is no fault, however rare its rows are.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

TRAINING_DAYS, CLEAN_DAYS, FAULT_DAYS = 14, 7, 7
START = pd.Timestamp("2026-03-02")  # a Monday
CODE = -9999.0

Draw = Callable[[pd.DatetimeIndex, np.random.Generator], np.ndarray]


class Fault(NamedTuple):
    """Rows of a fault: the first, the one after the last, and what it is."""

    start: int
    stop: int
    kind: str


class Week(NamedTuple):
    """A series of one channel, its faults, and where its parts begin."""

    series: pd.Series
    faults: list[Fault]
    n_training: int
    n_clean: int  # rows before the week with faults

    @property
    def per_week(self) -> float:
        """Weeks of the part without faults that is judged."""
        span = self.series.index[self.n_clean] - self.series.index[self.n_training]
        return span / pd.Timedelta(weeks=1)


class Kind(NamedTuple):
    """How a series runs, which faults it may have, and its step."""

    draw: Draw
    faults: tuple[str, ...]
    step: str = "5min"
    n_times_longer: int = 1
    has_codes: bool = False
    is_dirty: bool = False


def _hour(index: pd.DatetimeIndex) -> np.ndarray:
    return (index.hour + index.minute / 60.0).to_numpy()


def _days(index: pd.DatetimeIndex) -> np.ndarray:
    return ((index - index[0]) / pd.Timedelta(days=1)).to_numpy()


def _daily(index: pd.DatetimeIndex) -> np.ndarray:
    """Return a day's course from 0 at night to 1 in the afternoon."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * (_hour(index) - 3.0) / 24.0)


def nightly_job(index: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    """Return the load of a host that backs up every night at two."""
    load = 20.0 + 10.0 * _daily(index) + rng.normal(0, 1.5, len(index))
    hour = _hour(index)
    return load + 55.0 * ((hour >= 2.0) & (hour < 2.0 + 40 / 60))


def office_hours(index: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    """Return people in a building: working days from eight to six."""
    hour, is_workday = _hour(index), index.dayofweek < 5
    rise = 1 / (1 + np.exp(-4 * (hour - 8.5))) - 1 / (1 + np.exp(-4 * (hour - 17.5)))
    return np.maximum(300 * rise * is_workday + rng.normal(5, 2, len(index)), 0).round()


def requests(index: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    """Return requests to a shop in five minutes, fewer at weekends."""
    rate = (40 + 400 * _daily(index)) * np.where(index.dayofweek < 5, 1.0, 0.7)
    return rng.poisson(rate).astype(np.float64)


def month_ends(index: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    """Return hourly bookings, four times as many on the last day of a month."""
    rate = (10 + 50 * _daily(index)) * np.where(index.is_month_end, 4.0, 1.0)
    return rng.poisson(rate).astype(np.float64)


def many_zeros(index: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    """Return errors in five minutes: mostly none."""
    return rng.poisson(0.15 + 0.3 * _daily(index)).astype(np.float64)


def intermittent(index: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    """Return pieces asked for in an hour: one hour in ten, a few each."""
    is_asked = rng.random(len(index)) < 0.1
    return is_asked * rng.integers(1, 8, len(index)).astype(np.float64)


def slow_drift(index: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    """Return a temperature that follows the season by a tenth of a degree a day."""
    weather = np.cumsum(rng.normal(0, 0.02, len(index)))
    weather -= np.linspace(0, weather[-1], len(index))
    course = 4.0 * _daily(index) + 0.1 * _days(index)
    return 8.0 + course + weather + rng.normal(0, 0.2, len(index))


def trend(index: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    """Return users of a service that grows by two in a hundred a day."""
    rate = (100 + 300 * _daily(index)) * 1.02 ** _days(index)
    return rng.poisson(rate).astype(np.float64)


def summer_time(index: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    """Return power by the clocks on the wall, stamped in UTC; they change in March."""
    local = index.tz_localize("UTC").tz_convert("Europe/Berlin")
    return 200 + 150 * _daily(local) + rng.normal(0, 6, len(index))


def idle(index: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    """Return the current of a machine: three runs a working day."""
    hour, is_workday = _hour(index), index.dayofweek < 5
    is_running = is_workday & (hour >= 9) & (hour < 15) & (hour % 2 < 1.2)
    return 0.4 + 12.0 * is_running + rng.normal(0, 0.1, len(index))


def rhythm(index: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    """Return the pressure of a compressor that switches every fifty minutes."""
    phase = np.arange(len(index)) % 10
    return 6.0 + 0.15 * phase + rng.normal(0, 0.03, len(index))


KINDS: dict[str, Kind] = {
    "nightly job": Kind(nightly_job, ("level", "frozen", "spike")),
    "office hours": Kind(office_hours, ("outage", "level", "spike")),
    "requests": Kind(requests, ("outage", "level", "spike")),
    "month ends": Kind(month_ends, ("outage", "level"), step="1h", n_times_longer=4),
    "many zeros": Kind(many_zeros, ("level", "spike")),
    "intermittent demand": Kind(
        intermittent, ("level", "spike"), step="1h", n_times_longer=4
    ),
    "slow drift": Kind(slow_drift, ("spike", "frozen", "level")),
    "trend": Kind(trend, ("outage", "spike")),
    "summer time": Kind(summer_time, ("level", "frozen", "spike")),
    "idle": Kind(idle, ("level", "spike")),
    "rhythm": Kind(rhythm, ("frequency", "frozen", "spike")),
    "codes": Kind(slow_drift, ("spike", "level"), has_codes=True),
    "dirty training": Kind(requests, ("outage", "level", "spike"), is_dirty=True),
}


def draw(kind: Kind, seed: int) -> Week:
    """Draw four weeks of a kind, or four times as many: the last has faults."""
    rng = np.random.default_rng(seed)
    training, clean, faulty = (
        days * kind.n_times_longer for days in (TRAINING_DAYS, CLEAN_DAYS, FAULT_DAYS)
    )
    per_day = int(pd.Timedelta(days=1) / pd.Timedelta(kind.step))
    n_rows = (training + clean + faulty) * per_day
    index = pd.date_range(START, periods=n_rows, freq=kind.step)
    values = kind.draw(index, rng)
    spread = _spread(values, per_day)
    n_training, n_clean = training * per_day, (training + clean) * per_day
    faults = _placed(kind.faults * 2, n_clean, n_rows, per_day, rng)
    if kind.is_dirty:
        for fault in _placed(kind.faults, 0, n_training, per_day, rng):
            _break(values, fault, spread, rng)
    for fault in faults:
        _break(values, fault, spread, rng)
    if kind.has_codes:
        values[rng.choice(n_rows, 5, replace=False)] = CODE
    return Week(pd.Series(values, index), faults, n_training, n_clean)


def _spread(values: np.ndarray, per_day: int) -> float:
    """Deviation of the values from those a day before, over the square root of two."""
    steps = values[per_day:] - values[:-per_day]
    return max(float(np.std(steps)) / np.sqrt(2.0), 1e-3)


def _placed(
    kinds: tuple[str, ...],
    first: int,
    stop: int,
    per_day: int,
    rng: np.random.Generator,
) -> list[Fault]:
    """Place faults apart from each other, by day, when there is something to miss."""
    room = (stop - first) // len(kinds)
    faults = []
    for number, kind in enumerate(kinds):
        length = {"spike": 2, "outage": per_day // 48}.get(kind, per_day // 8)
        length = max(length, 2)
        days = max(room // per_day, 1)
        day = first + number * room + int(rng.integers(days)) * per_day
        start = day + per_day // 2 + int(rng.integers(-per_day // 12, per_day // 12))
        start = min(start, stop - length)
        faults.append(Fault(start, start + length, kind))
    return faults


def _break(
    values: np.ndarray, fault: Fault, spread: float, rng: np.random.Generator
) -> None:
    rows = slice(fault.start, fault.stop)
    match fault.kind:
        case "spike":
            values[rows] += 10.0 * spread
        case "level":
            values[rows] += 6.0 * spread
        case "outage":
            values[rows] = 0.0
        case "frozen":
            values[rows] = values[fault.start]
        case "frequency":
            n_rows = fault.stop - fault.start
            doubled = np.arange(n_rows) * 2 % 10
            values[rows] = 6.0 + 0.15 * doubled + rng.normal(0, 0.03, n_rows)
