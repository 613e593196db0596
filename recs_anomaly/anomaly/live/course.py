"""The course of events: what a row that is, or is not, beyond the threshold changes.

Nothing here knows of models: a row comes as a ratio, how many times the threshold it
reaches.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.branches.standstill import StandingStill
from recs_anomaly.anomaly.causes import ONE_SIDED
from recs_anomaly.anomaly.events import ADDS_UP, ANOTHER, ECHO, ENOUGH, MOST, USUAL
from recs_anomaly.core.arrays import Floats

HOLD = 0.9  # an event goes on while rows reach so much of the threshold
MAX_LONGER = 4  # times as long must an event be quiet that keeps coming back
QUIET, PENDING, OPEN, COOLING = range(4)
NEVER = 2**62  # rows
NAN = float("nan")
SHARE = 0.1  # of normal rows above the level
STEP = 0.002  # in logarithms: twice the level takes at least 385 rows on end
RETURN = 5000.0  # rows in which it comes back
MAX_MOVED = 1.1  # three times the level of training: what is more is no drift
LEARNING = 5.0  # times as fast while a new normal is learned
MIN_SHARE = 1e-12
FORGOTTEN = 0.95  # of what an error makes others err by, in a row
PAUSE = 10  # rows on end without suspicion, after which it begins anew


class Rules(NamedTuple):
    """Rows: of the parameters of `SeriesWatcher` with these names."""

    min_duration: int
    merge_gap: int
    cool_down: int
    settle_after: int
    learning: int


@dataclass
class Course:
    """Where events stand. Rows are those that were judged, numbered from 0.

    Attributes
    ----------
    row : int, default=0
        Rows so far.
    phase : int, default=0
        QUIET; PENDING, beyond the threshold but not for long enough; OPEN; or COOLING,
        the last event being closed but not yet forgotten.
    number : int, default=0
        Events so far.
    first, last_alarm : int, default=0
        First and last row beyond the threshold of the latest event.
    opened, closed : int, default=0
        Rows in which that was last opened and closed.
    quiet_needed : int, default=0
        Quiet rows that close it.
    cooling : int, default=0
        Rows after closing in which alarms still belong to it.
    learning : int, default=0
        Rows in which a new normal is still being learned.
    is_kept : int, default=0
        1 if it must not be taken for a new normal.
    """

    row: int = 0
    phase: int = QUIET
    number: int = 0
    first: int = 0
    last_alarm: int = 0
    opened: int = 0
    closed: int = 0
    quiet_needed: int = 0
    cooling: int = 0
    learning: int = 0
    is_kept: int = 0

    def step(self, ratio: float, rules: Rules) -> str:
        """Take a row's ratio, NaN if it was not judged; say what has happened.

        That is "open", "reopen", "close", "settle" or "".
        """
        if ratio != ratio:
            return ""
        row, self.row = self.row, self.row + 1
        if self.learning:
            self.learning -= 1
            return ""
        if self.phase == OPEN:
            return self._go_on(row, ratio > HOLD, rules)
        if ratio > 1.0:
            return self._alarm(row, rules)
        self._rest(row, rules)
        return ""

    def rows_to_settling(self, rules: Rules) -> int:
        """Count the rows of which at most the last can be taken for a new normal."""
        if not rules.settle_after:
            return NEVER
        is_lasting = self.phase == OPEN and not self.is_kept
        opened = self.opened if is_lasting else self.row
        return max(opened + rules.settle_after - self.row, 0) + 1

    def settle(self, rules: Rules) -> None:
        """Close the event for good: what it was is normal from now on."""
        self.phase, self.closed = COOLING, self.row - 1
        self.cooling, self.learning = rules.cool_down, rules.learning

    def open_another(self, row: int, rules: Rules) -> None:
        """Make of an event that goes on again another one, which begins in this row."""
        self.first = row
        self._open(row, rules)

    def _alarm(self, row: int, rules: Rules) -> str:
        self.last_alarm = row
        if self.phase == COOLING:
            self.phase, self.opened = OPEN, row
            self._wait_longer(rules)
            return "reopen"
        if self.phase == QUIET:
            self.phase, self.first = PENDING, row
        if row - self.first + 1 < rules.min_duration:
            return ""
        self._open(row, rules)
        return "open"

    def _open(self, row: int, rules: Rules) -> None:
        self.phase, self.opened, self.is_kept = OPEN, row, 0
        self.number += 1
        self.quiet_needed = rules.merge_gap

    def _go_on(self, row: int, is_alarm: bool, rules: Rules) -> str:
        if is_alarm:
            if row - self.last_alarm > rules.merge_gap // 2:
                self._wait_longer(rules)
            self.last_alarm = row
        has_stayed = is_alarm and row - self.opened >= rules.settle_after
        if has_stayed and rules.settle_after and not self.is_kept:
            self.settle(rules)
            return "settle"
        if row - self.last_alarm >= self.quiet_needed:
            self.phase, self.closed, self.cooling = COOLING, row, rules.cool_down
            return "close"
        return ""

    def _rest(self, row: int, rules: Rules) -> None:
        if self.phase == PENDING and row - self.last_alarm >= rules.merge_gap:
            self.phase = QUIET
        if self.phase == COOLING and row - self.closed >= self.cooling:
            self.phase = QUIET

    def _wait_longer(self, rules: Rules) -> None:
        longest = MAX_LONGER * rules.merge_gap
        self.quiet_needed = min(2 * self.quiet_needed, longest)


@dataclass
class Onset:
    """Since when rows have been suspicious, which an alarm makes the start of an event.

    Attributes
    ----------
    since, last : float, default=nan
        Numbers of the first and of the last row, NaN if there was none.
    since_time : float, default=nan
        Seconds of the first, NaN if unknown.
    """

    since: float = NAN
    last: float = NAN
    since_time: float = NAN

    def see(self, row: int, time: float) -> None:
        """Take a suspicious row."""
        if not row - self.last <= PAUSE:
            self.since, self.since_time = float(row), time
        self.last = float(row)

    def forget(self) -> None:
        """Begin anew: an event has ended."""
        self.last = NAN


@dataclass
class Episode:
    """The latest event, in numbers. Shares are in units of the adapted threshold's.

    Attributes
    ----------
    start, peak : float, default=0.0
        Numbers of its first and its worst row.
    start_time, peak_time : float, default=nan
        Seconds, NaN if unknown.
    share, reported : float, default=0.0
        Largest share of the worst row, and of the worst row when last reported.
    channel, branch : float, default=0.0
        Positions of those that led in the worst row.
    n_rows : float, default=0.0
        Rows that its mean level is the mean of.
    settled : float, default=0.0
        Number of the event that was last taken for a new normal, 0 if none was.
    moved_before : float, default=0.0
        Where the threshold's level was before that.
    end : float, default=0.0
        Number of its last row so far that errs by itself.
    end_time : float, default=nan
        Seconds, NaN if unknown.
    most : float, default=0.0
        What a row of it erred by at most, in units of what one normal row in a thousand
        reaches.
    moved : float, default=0.0
        Mean level of the leading channel up to its last row, less the usual one.
    n_still : float, default=0.0
        Rows so far in which the leading channel stands unusually still.
    net, total : float, default=0.0
        Sums of what its rows erred by, of forecasts with their signs, and of all.
    adds, top : float, default=0.0
        What errors of late add up to, and what they must reach to be of the event.
    """

    start: float = 0.0
    peak: float = 0.0
    start_time: float = NAN
    peak_time: float = NAN
    share: float = 0.0
    reported: float = 0.0
    channel: float = 0.0
    branch: float = 0.0
    n_rows: float = 0.0
    settled: float = 0.0
    moved_before: float = 0.0
    end: float = 0.0
    end_time: float = NAN
    most: float = 0.0
    moved: float = 0.0
    n_still: float = 0.0
    net: float = 0.0
    total: float = 0.0
    adds: float = 0.0
    top: float = 0.0

    def begin(self, row: int, time: float, onset: Onset) -> None:
        """Forget the event before; the new one is older than the row that tells it."""
        self.start, self.start_time = onset.since, onset.since_time
        self.end, self.end_time = float(row), time
        self.share = self.reported = self.n_rows = 0.0
        self.most = self.moved = self.n_still = self.net = self.total = 0.0
        self.adds = self.top = 0.0

    def go_on(self, row: int, time: float, error: float, moved: float) -> None:
        """Take what a row errs by; if that adds up, it is the last of the event."""
        self.most = max(self.most, error)
        more = min(error, MOST) - USUAL
        self.adds = min(max(self.adds + more, 0.0), ENOUGH)
        if self.adds == 0.0:
            self.top = ANOTHER if self.total else 0.0
        if more > 0.0 and self.adds >= max(self.top, ADDS_UP):
            self.top, self.moved = self.adds, moved
            self.end, self.end_time = float(row), time
            self.total += error

    def unless_back(self, error: float, residual: float) -> float:
        """Return the error of a forecast, 0 where it is but an echo of the event.

        When a level comes back, forecasts err to the other side for a while.
        """
        is_back = abs(self.net) > ONE_SIDED * self.total and residual * self.net < 0
        self.net += 0.0 if is_back else float(np.copysign(error, residual))
        return 0.0 if is_back else error

    def stand_still(self, row: int, time: float, since: float, at: float) -> None:
        """Take a row in which the leading channel stands unusually still.

        `since` is the row, and `at` its time, in which it came to stand.
        """
        self.end, self.end_time, self.n_still = float(row), time, self.n_still + 1.0
        if since < self.start:
            self.start, self.start_time = since, at

    def see(self, row: int, time: float, share: float, shares: Floats) -> None:
        """Take a row, with what each branch says of each target."""
        if not share > self.share:
            return
        self.share, self.peak, self.peak_time = share, float(row), time
        branch, channel = np.unravel_index(int(shares.argmax()), shares.shape)
        self.branch, self.channel = float(branch), float(channel)


class Levels:
    """Mean levels of scaled channels: of late, and in the event that is open.

    Attributes
    ----------
    usual, event, shift : ndarray of shape (n_channels,)
        The last is what the last new normal moved the levels by.
    strength : ndarray of shape (2, n_targets)
        Sums of the squared forecast errors above and below the forecast.
    standing : ndarray of shape (2, n_targets)
        Row and time in which a channel took the value that it has.
    echo : ndarray of shape (n_branches_of_rows,)
        The largest errors of late in the event that is open: they spoil what follows.
    """

    STEP = 0.002

    def __init__(self, n_channels: int, n_targets: int, n_branches: int) -> None:
        self.usual, self.event = np.zeros(n_channels), np.zeros(n_channels)
        self.shift, self.strength = np.zeros(n_channels), np.zeros((2, n_targets))
        self.standing = np.full((2, n_targets), np.nan)
        self.echo = np.zeros(n_branches)

    def arrays(self) -> list[Floats]:
        """All that is remembered."""
        known = (self.usual, self.event, self.shift, self.strength)
        return [*known, self.standing, self.echo]

    def stand(
        self, standing: StandingStill, numbers: Sequence[int], seconds: Sequence[float]
    ) -> Sequence[Floats]:
        """Take rows in which some channels stand; give `standing` after each of them.

        Where all channels move in all rows nobody asks for that, and it is left out.
        """
        if standing.is_moving:
            self.standing[0], self.standing[1] = numbers[-1], seconds[-1]
            return [self.standing] * len(numbers)
        known = np.array([numbers, seconds], dtype=np.float64).T[:, :, None]
        moves = np.where(standing.rows == 1.0, np.arange(len(known))[:, None], -1)
        latest = np.maximum.accumulate(moves, axis=0)[:, None]
        known = known.repeat(self.standing.shape[1], axis=2)
        since = np.take_along_axis(known, np.maximum(latest, 0), axis=0)
        since = np.where(latest >= 0, since, self.standing)
        self.standing[:] = since[-1]
        return [*since]

    def add_usual(self, row: Floats, number: int) -> None:
        """Take a row that is not in an event; the first ones are simply averaged."""
        self.usual += max(self.STEP, 1.0 / (number + 1)) * (row - self.usual)

    def own_errors(self, errors: Floats) -> Floats:
        """Take a row's errors; those are 0 that larger ones of late may have made."""
        own = np.where(errors >= ECHO * self.echo, errors, 0.0)
        self.echo[:] = np.maximum(errors, FORGOTTEN * self.echo)
        return own

    def add_event(self, row: Floats, residual: Floats, n_before: float) -> None:
        """Take a row of the event, the mean being that of so many rows before."""
        self.event += (row - self.event) / (n_before + 1.0)
        squared = np.minimum(np.abs(residual), 1e150) ** 2
        self.strength[0] += np.where(residual > 0, squared, 0.0)
        self.strength[1] += np.where(residual < 0, squared, 0.0)


class AlarmLevel:
    """Follows the level of normal shares.

    Parameters
    ----------
    start, most : float
        What that share of the normal rows reached in training, and what hardly any did.

    Attributes
    ----------
    moved : float
        Logarithm of how many times higher the level is now than in training.
    settled : float
        What that comes back to: 0, or what somebody has accepted.
    """

    def __init__(self, start: float, most: float) -> None:
        self._start = math.log(max(start, MIN_SHARE))
        self._most = math.log(max(most, MIN_SHARE))
        self.moved = self.settled = 0.0

    @property
    def factor(self) -> float:
        """What to multiply a threshold by that was right in training."""
        return math.exp(self.moved)

    def follow(self, share: float, speed: float = 1.0) -> None:
        """Learn from the share of a row that is held to be normal.

        Unless what is normal is new (`speed` above 1), a row has no say that is as
        abnormal as hardly any in training. Without rows that say otherwise the level
        comes back to that of training.
        """
        size = math.log(max(share, MIN_SHARE)) - self.moved
        if speed == 1.0 and size > self._most:
            return
        step = speed * STEP * (float(size > self._start) - SHARE)
        step -= (self.moved - self.settled) / RETURN
        moved = max(self.moved + step, self.settled)
        self.moved = min(moved, self.settled + MAX_MOVED)
