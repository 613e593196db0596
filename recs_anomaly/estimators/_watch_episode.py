"""What is remembered of the latest event."""

from dataclasses import dataclass

import numpy as np

from recs_anomaly.core.windows import Floats

NAN = float("nan")


@dataclass
class Episode:
    """The latest event, in numbers. Shares are in units of the adapted threshold's.

    Attributes
    ----------
    start, peak : float, default=0.0
        Numbers of its first and its worst row.
    start_time, peak_time : float, default=nan
        Seconds, NaN if unknown.
    share, told : float, default=0.0
        Largest share of the worst row, and of the worst row when it was last told.
    channel, branch : float, default=0.0
        Positions of those that led in the worst row.
    n_rows : float, default=0.0
        Rows that its mean level is the mean of.
    settled : float, default=0.0
        Number of the event that was last taken for a new normal, 0 if none was.
    moved_before : float, default=0.0
        Where the threshold's level was before that.
    """

    start: float = 0.0
    peak: float = 0.0
    start_time: float = NAN
    peak_time: float = NAN
    share: float = 0.0
    told: float = 0.0
    channel: float = 0.0
    branch: float = 0.0
    n_rows: float = 0.0
    settled: float = 0.0
    moved_before: float = 0.0

    def begin(self, row: int, time: float) -> None:
        """Forget the event before."""
        self.start, self.start_time = float(row), time
        self.share = self.told = self.n_rows = 0.0

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
    """

    STEP = 0.002

    def __init__(self, n_channels: int, n_targets: int) -> None:
        self.usual, self.event = np.zeros(n_channels), np.zeros(n_channels)
        self.shift, self.strength = np.zeros(n_channels), np.zeros((2, n_targets))

    def arrays(self) -> list[Floats]:
        """All that is remembered."""
        return [self.usual, self.event, self.shift, self.strength]

    def add_usual(self, row: Floats, number: int) -> None:
        """Take a row that is not in an event; the first ones are simply averaged."""
        self.usual += max(self.STEP, 1.0 / (number + 1)) * (row - self.usual)

    def add_event(self, row: Floats, residual: Floats, n_before: float) -> None:
        """Take a row of the event, the mean being that of so many rows before."""
        self.event += (row - self.event) / (n_before + 1.0)
        squared = np.minimum(np.abs(residual), 1e150) ** 2
        self.strength[0] += np.where(residual > 0, squared, 0.0)
        self.strength[1] += np.where(residual < 0, squared, 0.0)
