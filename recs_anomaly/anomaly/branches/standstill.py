"""How long channels have stood still, beside the longest that they did in training.

A sensor that hangs repeats its last reading, and that is easy to forecast and to
rebuild. What gives it away is how long: a standstill is unusual once it lasts more than
twice as long as any in training. Readings that are missing end no standstill.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.branches.branch import Branch
from recs_anomaly.core.arrays import Floats

BEYOND = 2.0  # times the longest in training: from here on a standstill counts
MIN_LONGEST = 5.0  # rows; readings that agree by chance are no standstill
# In training, those few are faults that last so many times as long as all others, but
# no larger share of the rows: what is more frequent is not abnormal.
LONE, MAX_FROZEN, MAX_FAULTS = 4.0, 0.1, 4
MAX_STILL = 0.5  # of the steps of a channel that moves are no steps at all
MIN_VALUES = 3  # that a channel must have taken in training to be one that moves


STANDSTILL = Branch(
    "standstill",
    weight=1.0,  # the power to which stillness is taken
    cause="still: a channel does not move for unusually long",
    meaning="a channel did not move for far longer than in training",
)


class _Standstills(NamedTuple):
    """Rows where something was measured; where among them a value begins, how long."""

    measured: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray


def share_still(series: Floats) -> Floats:
    """Compute the share of each channel's steps (n_channels,) that are exactly zero."""
    steps = np.diff(series, axis=0)
    n_steps = np.maximum((~np.isnan(steps)).sum(axis=0), 1)
    share: Floats = (steps == 0).sum(axis=0) / n_steps
    return share


def longest_standstills(series: Floats) -> Floats:
    """Count the rows of each channel's longest usual standstill, at least 5.

    Few in training, by far longer than all others, are faults and not usual. NaN for
    channels with fewer than three values: how long these stay says nothing.
    """
    return np.array([_longest(channel) for channel in series.T])


def stillness(series: Floats, longest: Floats) -> Floats:
    """Compute how many times as long as usual each row's standstill lasts, at least 1.

    `series` and the result are (n_rows, n_channels); 1 where nothing was measured.
    """
    rows = np.stack([_rows_still(channel) for channel in series.T], axis=1)
    return _unusual(rows, longest)


def stillness_so_far(series: Floats, longest: Floats) -> Floats:
    """Compute the `stillness` of a standstill's rows up to each row."""
    rows = np.stack([_rows_so_far(channel) for channel in series.T], axis=1)
    return _unusual(rows, longest)


class StandingStill(NamedTuple):
    """How long channels have stood still in some rows (n_rows, n_channels).

    `rows` counts the rows for which a channel has had its last reading, `stillness` is
    1 where it `is_moving`, which is said of all channels in all rows.
    """

    rows: Floats
    stillness: Floats
    is_moving: bool


class StandstillCount:
    """Tells of rows as they come what `stillness_so_far` tells of a whole series.

    Parameters
    ----------
    longest : ndarray of shape (n_channels,)
        As `longest_standstills` gives it.

    Attributes
    ----------
    last, rows : ndarray of shape (n_channels,)
        The last reading of each channel, and for how many rows it has been that.
    """

    def __init__(self, longest: Floats) -> None:
        self._longest = longest
        self.last, self.rows = np.zeros_like(longest), np.zeros_like(longest)
        self._moving = np.ones_like(longest)

    def advance(self, readings: Floats, is_complete: bool) -> StandingStill:
        """Take the next readings (n_rows, n_channels); NaN nowhere if complete."""
        if is_complete and not _is_any_same(self.last, readings):  # most often
            self.last, self.rows = readings[-1].copy(), self._moving
            rows = self._moving[None]
            if len(readings) > 1:
                rows = rows.repeat(len(readings), axis=0)
            return StandingStill(rows, rows, is_moving=True)
        is_measured = readings == readings
        held = np.concatenate([self.last[None], readings])
        if not is_complete:
            numbers = np.arange(1, len(held))[:, None]
            places = np.maximum.accumulate(np.where(is_measured, numbers, 0), axis=0)
            held[1:] = np.take_along_axis(held, places, axis=0)
        is_same = held[1:] == held[:-1]
        self.last = held[-1].copy()
        count = np.cumsum(is_measured, axis=0)
        start = np.where(is_same | ~is_measured, -self.rows, count - 1.0)
        rows = count - np.maximum.accumulate(start, axis=0)
        self.rows = rows[-1].copy()
        stillness = _unusual(np.where(is_measured, rows, 0.0), self._longest)
        return StandingStill(rows, stillness, is_moving=False)


def _is_any_same(last: Floats, readings: Floats) -> bool:
    """Tell whether any reading (n_rows, n_channels) is that of the row before."""
    if np.count_nonzero(readings[0] == last):
        return True
    return len(readings) > 1 and bool(np.count_nonzero(readings[1:] == readings[:-1]))


def _longest(channel: Floats) -> float:
    found = _standstills(channel)
    if len(np.unique(channel[found.measured])) < MIN_VALUES:
        return np.nan
    lengths = np.sort(found.lengths)[::-1]
    n_rows = np.cumsum(lengths)
    for n_faults in range(min(MAX_FAULTS, len(lengths) - 1), 0, -1):
        usual = max(float(lengths[n_faults]), MIN_LONGEST)
        is_few = n_rows[n_faults - 1] <= MAX_FROZEN * len(found.measured)
        if is_few and lengths[n_faults - 1] > LONE * usual:
            return usual
    return max(float(lengths[0]), MIN_LONGEST)


def _unusual(rows: Floats, longest: Floats) -> Floats:
    beyond: Floats = np.fmax(rows / (BEYOND * longest), 1.0)
    return beyond


def _rows_still(channel: Floats) -> Floats:
    """Rows (n_rows,) of the standstill that each row is part of; 0 if missing."""
    rows, found = np.zeros(len(channel)), _standstills(channel)
    rows[found.measured] = np.repeat(found.lengths, found.lengths)
    return rows


def _rows_so_far(channel: Floats) -> Floats:
    rows, found = np.zeros(len(channel)), _standstills(channel)
    number = np.arange(len(found.measured)) + 1
    rows[found.measured] = number - np.repeat(found.starts, found.lengths)
    return rows


def _standstills(channel: Floats) -> _Standstills:
    measured = np.flatnonzero(~np.isnan(channel))
    readings = channel[measured]
    is_new = np.ones(len(readings), dtype=np.bool_)
    is_new[1:] = readings[1:] != readings[:-1]
    starts = np.flatnonzero(is_new)
    return _Standstills(measured, starts, np.diff(np.append(starts, len(measured))))
