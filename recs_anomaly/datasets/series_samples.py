"""Series that we generate: any length on demand, and one that ships with us."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from recs_anomaly.base.checks import check_choice, check_integer
from recs_anomaly.core.arrays import Floats
from recs_anomaly.datasets._series_world import (
    DAY,
    FAULTS,
    WORLDS,
    Sensor,
    draw_channel,
    draw_load,
)
from recs_anomaly.datasets.paths import sample_path
from recs_anomaly.exceptions import InputError

FIRST = pd.Timestamp("2026-01-05")  # a Monday
STEP = pd.Timedelta("5min")
CALM = 0.5  # share of the rows, the first, without faults
APART = 40  # rows between faults, and from the ends
DIGITS = 3


class SampleSeries(NamedTuple):
    """A generated series, and where it is abnormal.

    Attributes
    ----------
    values : DataFrame of float64
        A row each five minutes, a column a channel; NaN where a sensor did not answer.
        Where the line was down for a while there are no rows.
    labels : Series of bool
        True for the rows of the faults.
    events : DataFrame with columns start, end, kind, channel
        The faults, in the order of time.
    """

    values: pd.DataFrame
    labels: pd.Series
    events: pd.DataFrame


def load_sample_series() -> SampleSeries:
    """Load the series that comes with the package.

    Twenty days of an invented machine with four sensors and a switch. The first ten
    days are without faults; its card is ``datasets/series/README.md``.

    Returns
    -------
    sample : SampleSeries

    Examples
    --------
    >>> sample = load_sample_series()
    >>> sample.values.shape[1], len(sample.events)
    (5, 8)
    """
    frame = pd.read_csv(
        sample_path("series/machine.csv.gz"), index_col="time", parse_dates=["time"]
    )
    labels = frame.pop("label") == 1
    events = pd.read_csv(sample_path("series/events.csv"), parse_dates=["start", "end"])
    return SampleSeries(frame.astype(np.float64), labels, events)


def make_series(
    kind: str = "machine",
    n_rows: int = 20 * DAY,
    n_faults: int = 8,
    *,
    random_state: int | np.random.Generator | None = None,
) -> SampleSeries:
    """Generate telemetry with daily and weekly rhythm, drift, gaps and labelled faults.

    The faults lie in the second half: spikes, level shifts, sensors that freeze or
    oscillate, and sensors that no longer go with the others.

    Parameters
    ----------
    kind : {"machine", "server"}, default="machine"
        What the channels are.
    n_rows : int, default=5760
        Rows of five minutes, those of the gaps included; at least two days.
    n_faults : int, default=8
    random_state : int or numpy Generator, optional
        The same int gives the same series. Without one, every call gives a new one.

    Returns
    -------
    made : SampleSeries

    Raises
    ------
    InputError
        If there is no such kind, the series is too short, or the faults do not fit in.

    Examples
    --------
    >>> made = make_series("server", 1000, 2, random_state=0)
    >>> made.events["kind"].tolist()
    ['spike', 'level shift']
    """
    check_choice("kind", kind, WORLDS)
    check_integer("n_rows", n_rows, 2 * DAY)
    check_integer("n_faults", n_faults, 0)
    rng = np.random.default_rng(random_state)
    load = draw_load(rng, n_rows)
    values = {
        channel.name: draw_channel(rng, channel, load) for channel in WORLDS[kind]
    }
    sensors = [channel.name for channel in WORLDS[kind] if isinstance(channel, Sensor)]
    events = []
    for number, start in enumerate(_places(rng, n_rows, n_faults)):
        fault = list(FAULTS)[number % len(FAULTS)]
        name = sensors[int(rng.integers(len(sensors)))]
        events.append(
            (start, start + _put(rng, values[name], start, fault) - 1, fault, name)
        )
    times = FIRST + STEP * np.arange(n_rows)
    frame = pd.DataFrame(values, index=pd.DatetimeIndex(times, name="time")).round(
        DIGITS
    )
    labels = pd.Series(False, index=frame.index, name="label")
    for start, end, _, _ in events:
        labels.iloc[start : end + 1] = True
    table = pd.DataFrame(
        [(times[start], times[end], fault, name) for start, end, fault, name in events],
        columns=["start", "end", "kind", "channel"],
    )
    is_there = _put_gaps(rng, frame, labels.to_numpy(), sensors)
    return SampleSeries(frame[is_there], labels[is_there], table)


def _places(rng: np.random.Generator, n_rows: int, n_faults: int) -> list[int]:
    """First rows of the faults, each somewhere in its own part of the second half."""
    if not n_faults:
        return []
    first = int(CALM * n_rows) + APART
    room = (n_rows - first) // n_faults
    longest = max(length for _, length in FAULTS.values())
    if room < longest + 2 * APART:
        raise InputError(
            f"n_faults must leave {longest + 2 * APART} rows of the second half to "
            f"each fault; got {n_faults} and {n_rows} rows."
        )
    spare = room - longest - APART
    return [
        first + number * room + int(rng.integers(spare)) for number in range(n_faults)
    ]


def _put(rng: np.random.Generator, channel: Floats, start: int, fault: str) -> int:
    """Put a fault into a channel; give its number of rows."""
    make, length = FAULTS[fault]
    rows = slice(start, start + length)
    half_a_day_ago = channel[start - DAY // 2 : start - DAY // 2 + length]
    channel[rows] = make(rng, channel[rows], float(channel.std()), half_a_day_ago)
    return length


def _put_gaps(
    rng: np.random.Generator,
    frame: pd.DataFrame,
    labels: np.ndarray,
    sensors: list[str],
) -> np.ndarray:
    """Make one sensor silent a few times, and take rows out where nothing is wrong."""
    n_rows = len(frame)
    is_there = np.ones(n_rows, dtype=np.bool_)
    for share in (0.17, 0.31, 0.66, 0.9):
        start = int(share * n_rows)
        length = int(rng.integers(3, 25))
        if not labels[start - APART : start + length + APART].any():
            silent = sensors[int(rng.integers(len(sensors)))]
            frame.loc[frame.index[start : start + length], silent] = np.nan
    for share in (0.42, 0.78):
        start = int(share * n_rows)
        if not labels[start - APART : start + 2 * APART].any():
            is_there[start : start + APART] = False
    return is_there
