"""A series as a detector sees it: an even grid, without codes, less its calendar."""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.calendar import Calendar, first_level
from recs_anomaly.base.time_axis import GAP, on_grid, usual_step
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.exceptions import InputError

# What loggers write for "no reading".
CODES = [-99999, -9999, -9999.9, -999, -999.9, -127, 9999, 99999, 999999, 32767, 65535]
CODES += [-32768, 2147483647, -2147483648, 4294967295]
MAX_CODES, MIN_OTHERS = 0.2, 8  # share of the readings; and how many are not
INNER = (0.05, 0.95)  # quantiles of the readings: the inner range
APART = 1.0  # times the inner range lie between a code and all other readings
# Times the inner range off, a few readings are wild: they may not bend a scale.
WILD, MAX_WILD = 100.0, 0.002
MAX_RESAMPLED = 48  # rows for one
FEW = 50  # rows
UNEVEN, MOSTLY_EVEN = 0.25, 0.8  # of a step; and share of the steps


class SeenSeries(NamedTuple):
    """A series on an even grid, and what was taken off it.

    `values` and `readings` (n_grid, n_channels) are what is judged and what was
    measured; `is_given` (n_grid,) says which rows were given. Of these, `usual` and
    `unit` (n_rows, n_channels) are what the calendar has taken off, and divided by.
    """

    values: Floats
    readings: Floats
    is_given: Bools
    usual: Floats
    unit: Floats

    def in_units(self, judged: Floats, targets: np.ndarray) -> Floats:
        """Give values (n_rows, n_targets) of given rows in units of the readings."""
        units: Floats = judged * self.unit[:, targets] + self.usual[:, targets]
        return units


def see(
    readings: Floats,
    seconds: Floats | None,
    step: float,
    calendar: Calendar | None,
    most: int,
    level: Floats | None = None,
) -> SeenSeries:
    """Take the calendar off readings (n_rows, n_channels), and fill gaps with NaN rows.

    `level` (n_channels,) is where the levels begin, by default that of the first day.
    Rows at another interval than `step` are made to be `step` apart.
    """
    usual, unit = np.zeros_like(readings), np.ones_like(readings)
    if calendar is not None and seconds is not None:
        if level is None:
            level = first_level(calendar, readings, seconds)
        levels = calendar.levels(readings, seconds, level)
        usual, unit = calendar.at(levels, *calendar.due(seconds))
    values = (readings - usual) / unit
    judged = on_grid(values, seconds, step, most)
    measured = on_grid(readings, seconds, step, most).values
    own = usual_step(seconds)
    if step and own > GAP * step:
        judged = judged._replace(values=_drawn(judged.values, judged.is_given))
    return SeenSeries(judged.values, measured, judged.is_given, usual, unit)


def refuse_other_steps(seconds: Floats | None, step: float) -> None:
    """Tell of rows that come at another interval than those of the training series.

    Raises
    ------
    InputError
        If they come so much faster, or slower, that they cannot be judged.
    """
    own = usual_step(seconds)
    if seconds is None or not own or not step or len(seconds) < 4:
        return
    times = own / step
    if 1 / GAP <= times <= GAP:
        return
    if not 1.0 < times <= MAX_RESAMPLED:
        raise InputError(
            f"X must have rows about {step:g} seconds apart, as the training series "
            f"had; they are {own:g} apart. Resample them, or fit a detector to them."
        )
    warnings.warn(
        f"the rows of X are {own:g} seconds apart, those of the training series were "
        f"{step:g}: they are judged with straight lines drawn between them.",
        stacklevel=4,
    )


def tell_of_little(n_rows: int, seconds: Floats | None) -> None:
    """Tell of training rows with times that are few, or come at uneven intervals."""
    if seconds is not None and n_rows < FEW:
        warnings.warn(
            f"X has {n_rows} rows to learn from: what is normal is hardly known.",
            stacklevel=4,
        )
    step = usual_step(seconds)
    if seconds is None or not step:
        return
    steps = np.diff(seconds) / step
    is_even = (np.abs(steps - np.round(steps)) < UNEVEN) & (steps > UNEVEN)
    if is_even.mean() < MOSTLY_EVEN:
        warnings.warn(
            f"{1 - is_even.mean():.0%} of the rows of X do not come a whole number of "
            f"steps of {step:g} seconds after the one before; they are taken as if.",
            stacklevel=4,
        )


def _drawn(values: Floats, is_given: Bools) -> Floats:
    """Draw straight lines between given rows that are not too far apart."""
    given = np.flatnonzero(is_given)
    apart = np.diff(given)
    usual = np.median(apart)
    rows = np.arange(len(values))
    drawn = np.column_stack([np.interp(rows, given, each[given]) for each in values.T])
    after = np.searchsorted(given, rows, side="left").clip(1, len(given) - 1)
    is_gap = ~is_given & (apart[after - 1] > GAP * usual)
    drawn[is_gap] = np.nan
    return drawn


def without_codes(readings: Floats, codes: Floats) -> Floats:
    """Replace by NaN the codes (n_codes, 2), channel and value, of no readings."""
    if not len(codes):
        return readings
    left = readings.copy()
    for channel, code in codes:
        column = left[:, int(channel)]
        column[column == code] = np.nan
    return left


def find_codes(
    readings: Floats, names: list[str], named: Sequence[float] | None
) -> Floats:
    """Find codes (n_codes, 2), channel and value, of no readings, and tell of them.

    Those `named` are such wherever they occur; what loggers are known to write is if it
    lies far from all else.
    """
    found = []
    for number, column in enumerate(readings.T):
        known = column[~np.isnan(column)]
        for code in _likely_codes(known) if named is None else named:
            found.append((number, float(code)))
            n_readings = int((known == code).sum())
            if n_readings:
                warnings.warn(
                    f"{n_readings:,} readings of {code:g} in {names[number]!r} are "
                    "taken for no readings.",
                    stacklevel=5,
                )
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def without_wild(values: Floats) -> Floats:
    """Replace by NaN the few values that lie far beyond all others."""
    left = values.copy()
    for column in left.T:
        known = column[~np.isnan(column)]
        low, high = np.quantile(known, INNER) if len(known) else (0.0, 0.0)
        far = WILD * (high - low)
        is_wild = (column < low - far) | (column > high + far)
        if far and is_wild.sum() <= MAX_WILD * len(known):
            column[is_wild] = np.nan
    return left


def _likely_codes(known: Floats) -> list[float]:
    """Find values at the ends that are known as codes, and lie apart from all else."""
    values, counts = np.unique(known, return_counts=True)
    is_code = np.isin(values, CODES) & (counts <= MAX_CODES * len(known))
    others = np.repeat(values[~is_code], counts[~is_code])
    if not is_code.any() or len(others) < MIN_OTHERS:
        return []
    low, high = np.quantile(others, INNER)
    far = APART * max(high - low, abs(low), abs(high))
    is_far = (values < others[0] - far) | (values > others[-1] + far)
    return [float(value) for value in values[is_code & is_far]]
