"""The course of events: what a row that is, or is not, beyond the threshold changes.

Nothing here knows of models: a row comes as a ratio, how many times the threshold it
reaches.
"""

from dataclasses import dataclass
from typing import NamedTuple

HOLD = 0.7  # an event goes on while rows reach so much of the threshold
LONGEST_QUIET = 960  # rows that an event which keeps coming back must be quiet for
QUIET, PENDING, OPEN, COOLING = range(4)


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

    def settle(self, rules: Rules) -> None:
        """Close the event for good: what it was is normal from now on."""
        self.phase, self.closed = COOLING, self.row - 1
        self.cooling = max(rules.cool_down, rules.settle_after)
        self.learning = rules.learning

    def _alarm(self, row: int, rules: Rules) -> str:
        self.last_alarm = row
        if self.phase == COOLING:
            self.phase, self.opened = OPEN, row
            self._wait_longer()
            return "reopen"
        if self.phase == QUIET:
            self.phase, self.first = PENDING, row
        if row - self.first + 1 < rules.min_duration:
            return ""
        self.phase, self.opened, self.is_kept = OPEN, row, 0
        self.number += 1
        self.quiet_needed = rules.merge_gap
        return "open"

    def _go_on(self, row: int, is_alarm: bool, rules: Rules) -> str:
        if is_alarm:
            if row - self.last_alarm > rules.merge_gap // 2:
                self._wait_longer()
            self.last_alarm = row
        has_stayed = is_alarm and row - self.opened >= rules.settle_after
        if has_stayed and not self.is_kept:
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

    def _wait_longer(self) -> None:
        self.quiet_needed = min(2 * self.quiet_needed, LONGEST_QUIET)
