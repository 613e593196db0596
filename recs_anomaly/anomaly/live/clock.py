"""When the rows of a stream come: gaps, late rows, clocks that are wrong."""

import math
import warnings
from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly import settings
from recs_anomaly.anomaly.seen_series import MAX_RESAMPLED
from recs_anomaly.base.time_axis import GAP
from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError

FAR = 1000.0  # steps: so far ahead, the clock of one row may be wrong
N_LATE = 10  # rows on end, a step apart, that come late: the clock before was wrong
N_OTHER = 3  # steps on end of another length: that is the interval of the stream
NAN = float("nan")


class Place(NamedTuple):
    """Time of a row, the rows that are missing before it, and what they are.

    They are drawn straight from the row before where all rows come at so long an
    interval; a row whose clock `is_doubtful` is not judged.
    """

    seconds: float
    n_missing: int = 0
    is_drawn: bool = False
    is_doubtful: bool = False


class StreamClock:
    """Place the rows of a stream in time.

    Parameters
    ----------
    step : float
        Usual seconds between two rows, 0 if rows have no times.

    Attributes
    ----------
    state : ndarray of shape (5,)
        Time of a lone row far ahead and that of the last late row, NaN if there is
        none; late rows on end; steps on end of another length, and that length.
    """

    def __init__(self, step: float) -> None:
        self._step = step
        self.state: Floats = np.array([NAN, NAN, 0.0, 0.0, 0.0])

    def place(self, seconds: float, last: float) -> Place | None:
        """Place a row after one at `last` seconds, NaN if there is none; None: late."""
        if math.isnan(last) or not self._step:
            return None if seconds < last else Place(seconds)
        ahead, self.state[0] = float(self.state[0]), NAN
        if seconds < last:
            return Place(seconds) if self._was_wrong(seconds) else None
        self.state[1:3] = NAN, 0.0
        steps = (seconds - last) / self._step
        if steps > FAR and not seconds >= ahead:
            self.state[0] = seconds
            return Place(last + self._step, is_doubtful=True)
        if not math.isnan(ahead) and seconds < ahead:
            warnings.warn(
                f"a row is stamped {ahead - seconds:,.0f} seconds after the one that "
                "followed it: its clock was wrong, and it was not judged.",
                stacklevel=5,
            )
        is_drawn = self._is_other_interval(steps)
        if steps <= GAP:
            return Place(seconds)
        n_missing = min(round(steps) - 1, settings.MAX_WINDOW)
        return Place(seconds, n_missing, is_drawn)

    def _was_wrong(self, seconds: float) -> bool:
        """Say whether so many rows are late that the time before must be wrong."""
        steps = (seconds - float(self.state[1])) / self._step
        self.state[2] = self.state[2] + 1 if 0 < steps <= GAP else 1.0
        self.state[1] = seconds
        if self.state[2] < N_LATE:
            return False
        self.state[1:3] = NAN, 0.0
        warnings.warn(
            f"{N_LATE} rows on end came late: the clock was set back, or was wrong.",
            stacklevel=6,
        )
        return True

    def _is_other_interval(self, steps: float) -> bool:
        """Say whether rows come at a longer interval than in training, as a rule."""
        if steps == 0.0 or 1.0 / GAP <= steps <= GAP:
            self.state[3] = 0.0
            return False
        is_same = 1.0 / GAP <= steps / max(float(self.state[4]), 1e-9) <= GAP
        self.state[3] = self.state[3] + 1 if is_same else 1.0
        self.state[4] = steps
        if self.state[3] < N_OTHER:
            return False
        if not 1.0 < steps <= MAX_RESAMPLED:
            if steps < 1.0 and self.state[3] < N_LATE:
                return False
            raise InputError(
                f"rows must come about {self._step:g} seconds apart, as the training "
                f"series did; they come {steps * self._step:g} apart."
            )
        if self.state[3] == N_OTHER:
            warnings.warn(
                f"rows come {steps * self._step:g} seconds apart, those of the "
                f"training series {self._step:g}: straight lines are drawn between.",
                stacklevel=6,
            )
        return True
