"""What was measured of late: whether the past says enough, row by row."""

import numpy as np

from recs_anomaly.core.channels import LONGEST_FILLED
from recs_anomaly.core.windows import Bools, Floats


class KnownPast:
    """Tells row by row what `causal.is_told_so_far` tells of a whole series.

    Parameters
    ----------
    longest : int
        Most rows that are asked about.
    n_targets : int

    Attributes
    ----------
    is_known : ndarray of shape (longest, n_targets)
        1 where something was measured in the last rows, 0 where not. Out of date while
        all of the last rows are complete.
    gap : ndarray of shape (n_targets,)
        Unknown rows on end up to now.
    last_lost : ndarray of shape (n_targets,)
        Number of the last row that lies in a long gap.
    n_complete : int
        Rows on end up to now in which all targets were measured.
    n_rows : int
        Rows so far.
    """

    def __init__(self, longest: int, n_targets: int) -> None:
        self.is_known = np.zeros((longest, n_targets))
        self.gap = np.zeros(n_targets)
        self.last_lost = np.full(n_targets, -float(longest))
        self.n_complete, self.n_rows = 0, 0
        self._longest = longest
        self._all = np.ones(n_targets, dtype=np.bool_)

    @property
    def is_settled(self) -> bool:
        """Whether all rows that may be asked about are complete."""
        return self.n_complete >= self._longest

    def add_complete(self) -> None:
        """Take a row that is complete when all before are settled."""
        self.n_complete += 1
        self.n_rows += 1

    def add(self, is_measured: Bools) -> None:
        """Take the next row, of which these targets (n_targets,) were measured."""
        if self.is_settled:
            self.is_known[:] = 1.0
            self.gap[:] = 0.0
        self.is_known[:-1] = self.is_known[1:]
        self.is_known[-1] = is_measured
        self.gap[:] = np.where(is_measured, 0.0, self.gap + 1.0)
        self.last_lost[self.gap > LONGEST_FILLED] = self.n_rows
        self.n_complete = self.n_complete + 1 if is_measured.all() else 0
        self.n_rows += 1

    def is_told(self, width: int) -> Bools:
        """Whether the last `width` rows say enough of each target (n_targets,)."""
        if self.n_complete >= width:
            return self._all
        if self.n_rows < width:
            return ~self._all
        n_known: Floats = self.is_known[-width:].sum(axis=0)
        told: Bools = (n_known >= 0.5 * width) & (
            self.last_lost <= self.n_rows - 1 - width
        )
        return told
