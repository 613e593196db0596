"""A threshold that follows slow drift: the level that one normal row in 33 reaches.

The level moves up a little whenever a row lies above it, and down by a 32nd of that
when one does not, so that in the long run no more than 3 % of the rows lie above it
whatever the series does (Gibbs & Candès, 2021). A row moves it by the same step however
high it is. It never falls below where training had it. The threshold keeps its distance
from the level, in logarithms.
"""

import numpy as np

SHARE = 0.03  # of normal rows above the level
STEP = 0.005  # in logarithms: twice the level takes at least 143 rows on end
LEARNING = 5.0  # times as fast while a new normal is learned
SLOWNESS = 5000.0  # rows over which the settled level forgets
SUDDEN = 2.5  # times the settled level: a rise that is no drift
LEAST = 1e-12


class AlarmLevel:
    """Follows the level of normal shares.

    Parameters
    ----------
    start : float
        What that share of the normal rows reached in training.

    Attributes
    ----------
    moved : float
        Logarithm of how many times higher the level is now than in training.
    settled : float
        What that was over the last thousands of rows.
    """

    def __init__(self, start: float) -> None:
        self._start = float(np.log(max(start, LEAST)))
        self.moved = self.settled = 0.0

    @property
    def factor(self) -> float:
        """What to multiply a threshold by that was right in training."""
        return float(np.exp(self.moved))

    @property
    def settled_level(self) -> float:
        """The level of the last thousands of rows, as a share."""
        return float(np.exp(self._start + self.settled))

    @property
    def is_sudden(self) -> bool:
        """Whether the level has risen faster than drift would have it."""
        return bool(self.moved - self.settled > np.log(SUDDEN))

    def follow(self, share: float, speed: float = 1.0) -> None:
        """Learn from the share of a row that is held to be normal."""
        is_above = np.log(max(share, LEAST)) > self._start + self.moved
        step = speed * STEP * (float(is_above) - SHARE)
        self.moved = max(self.moved + step, 0.0)
        self.settled += (self.moved - self.settled) / SLOWNESS
