"""StreamScorer: one row of a series at a time, for as long as it goes on."""

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from recs_anomaly.anomaly.branches.standstill import StandstillCount
from recs_anomaly.anomaly.calendar import CalendarClock
from recs_anomaly.anomaly.levels import sign_shares
from recs_anomaly.anomaly.live.causal import FARTHEST
from recs_anomaly.anomaly.live.causal_rating import causal_rating_of
from recs_anomaly.anomaly.live.clock import Place, StreamClock
from recs_anomaly.anomaly.seen_series import without_codes
from recs_anomaly.anomaly.tail import score_at
from recs_anomaly.base.state import ArraySpec, ValueRule
from recs_anomaly.base.time_axis import channel_names, stamped_seconds
from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError

Time = float | datetime | np.datetime64


class StreamScorer:
    """Score the rows of a series as they come, in constant memory and time.

    The scores are those of `TimeSeriesAnomalyDetector.score_samples_causal`. A scorer
    can be pickled and saved at any row; what is loaded goes on to the same bits.

    Times are needed only where rows may be missing. A row that comes more than one
    and a half usual steps after the one before ends a gap, as in the training series.
    A row with the time of the one before follows it. A row that is older than one
    that was scored comes too late: it is left out, its score is NaN, and `n_late_`
    counts it. A lone row far ahead of those around it has a wrong clock, and is not
    judged; where ten rows on end come late, the clock before was wrong.

    Parameters
    ----------
    detector : TimeSeriesAnomalyDetector
        Fitted. It is not changed, and must not be fitted again.

    Attributes
    ----------
    n_rows_ : int
        Rows scored so far.
    n_late_ : int
        Rows left out because they came too late.
    last_time_ : ndarray of shape (1,)
        Seconds of the last row scored that had a time, NaN before the first.
    level_ : ndarray of shape (n_channels,)
        What is taken off the readings: how far the channels' normal levels have moved.
    clock_ : ndarray of shape (5,)
        What is known of wrong clocks, of late rows, and of the interval of rows.
    live : CausalStream
        Judges the rows.
    offset_ : float
        Threshold by the detector's `alpha`: rows with a lower score are anomalies.

    Examples
    --------
    >>> import numpy as np
    >>> from recs_anomaly import TimeSeriesAnomalyDetector
    >>> rng = np.random.default_rng(0)
    >>> X = np.sin(np.arange(1200) / 8)[:, None] + rng.normal(0, 0.1, (1200, 1))
    >>> X[1000:1010] += 3
    >>> detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(X[:800])
    >>> scorer = detector.stream()
    >>> scores = scorer.score_many(X[800:])
    >>> int(np.argmax(scores < scorer.offset_)) in range(200, 205)
    True
    """

    _array_schema: ClassVar[Mapping[str, ArraySpec]] = {
        "memory_": ArraySpec("float64", ("n_memory",)),
        "level_": ArraySpec("float64", ("n_channels",)),
        "last_time_": ArraySpec("float64", (1,), may_be_nan=True),
        "clock_": ArraySpec("float64", (5,), is_optional=True, may_be_nan=True),
    }
    _scalar_schema: ClassVar[Mapping[str, ValueRule]] = {"n_rows_": int, "n_late_": int}
    _part_schema: ClassVar[Mapping[str, frozenset[str]]] = {
        "detector": frozenset({"TimeSeriesAnomalyDetector"})
    }

    def __init__(self, detector: Any) -> None:
        check_is_fitted(detector)
        self.detector = detector
        self.n_rows_, self.n_late_ = 0, 0
        self.last_time_ = np.full(1, np.nan)
        rating = causal_rating_of(detector)
        self.live, self._weights = rating.stream(), rating.weights
        self.standstill = StandstillCount(rating.longest_still)
        self._channels, self._tail = detector.model_.channels, rating.norms.tail
        self._typical, self._judged = rating.norms.typical, self._channels.judged
        self.level_ = np.zeros(len(self._channels.centre))
        calendar = detector.model_.calendar
        self._clock = None if calendar is None else CalendarClock(calendar)
        self._times = StreamClock(detector.step_)
        if calendar is not None:
            self.level_ = calendar.level.copy()

    @property
    def offset_(self) -> float:
        """Threshold by the detector's `alpha`."""
        return -score_at(self._tail, self.detector.alpha)

    @property
    def memory_(self) -> Floats:
        """All that the scorer remembers of the rows so far, as one array."""
        count = self.standstill
        return np.concatenate([count.last, count.rows, self.live.packed()])

    @memory_.setter
    def memory_(self, memory: Floats) -> None:
        n_targets = len(self.standstill.last)
        self.live.unpack(memory[2 * n_targets :])
        self.standstill.last, self.standstill.rows = (
            memory[: 2 * n_targets].reshape(2, -1).copy()
        )

    @property
    def clock_(self) -> Floats:
        """What is known of wrong clocks, of late rows, and of the interval of rows."""
        return self._times.state

    @clock_.setter
    def clock_(self, state: Floats) -> None:
        self._times.state = np.array(state)

    @property
    def level_(self) -> Floats:
        """How far the channels' normal levels have moved."""
        return self._level

    @level_.setter
    def level_(self, level: Floats) -> None:
        self._level = level
        is_plain = self.detector.model_.calendar is None
        self._centre = self._channels.centre + (level if is_plain else 0.0)

    def move_level(self, shift: ArrayLike) -> None:
        """Hold another level of the channels for normal, from the next row on.

        Parameters
        ----------
        shift : array-like of shape (n_channels,)
            What is normal moves by so much, in the sensors' own units.
        """
        moved = np.asarray(shift, dtype=np.float64)
        if self._clock is None:
            self.level_ = self.level_ + moved
        else:
            self.level_ = self._clock.shifted(self.level_, moved)
            moved = self._clock.scaled(moved)
        self.live.shift(moved / self._channels.scale)

    def score_one(self, x: ArrayLike, time: Time | None = None) -> float:
        """Score the next row.

        Parameters
        ----------
        x : float, array-like of shape (n_channels,), or dict
            Readings in the sensors' own units; NaN where nothing was measured. A dict
            has them by the names of channels.
        time : float, datetime or datetime64, optional
            When: seconds, or a time. Without one, the row follows the one before.

        Returns
        -------
        score : float
            At most 0; lower is more abnormal. NaN for a row that comes too late.

        Raises
        ------
        InputError
            If `x` has other than `n_channels` numbers or is infinite, or `time` is no
            time. The row is then as if it had not come.
        """
        ratio = self.rate_one(x, time)
        if ratio is None:
            return float(np.nan)
        return -self._typical if math.isnan(ratio) else -ratio

    def score_many(
        self, X: ArrayLike | pd.DataFrame, times: Iterable[Time] | None = None
    ) -> Floats:
        """Score the next rows, one after the other.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_channels)
            Where the index of a frame holds times, these are the rows' times.
        times : iterable of n_rows times, optional
            As for `score_one`.

        Returns
        -------
        scores : ndarray of shape (n_rows,)
            As `score_one` gives them.

        Raises
        ------
        InputError
            As `score_one` does. Rows before the one that is wrong have been scored.
        """
        pairs = rows_with_times(X, times, self.channel_names_)
        return np.array([self.score_one(row, time) for row, time in pairs])

    def rate_one(self, x: ArrayLike, time: Time | None = None) -> float | None:
        """Take the next row, and say how abnormal it is.

        Parameters
        ----------
        x : float, array-like of shape (n_channels,), or dict
            As for `score_one`.
        time : float, datetime or datetime64, optional
            As for `score_one`.

        Returns
        -------
        ratio : float or None
            Minus the score; NaN if the row cannot be judged, None if it comes too late.
        """
        readings = self._readings(x)
        place = self._placed(time)
        if place is None:
            self.n_late_ += 1
            return None
        left = readings
        if self._clock is not None:
            left = self._clock.left(readings, place.seconds, self._level)
        row = (left - self._centre) / self._channels.scale
        is_complete = bool((np.abs(row) <= FARTHEST).all())
        if not is_complete:
            if np.isinf(row).any():
                raise InputError(
                    f"x must be finite, or NaN where unknown; got {x!r:.80}."
                )
            row = np.clip(row, -FARTHEST, FARTHEST)
            is_complete = not np.isnan(row).any()
        self.last_time_[0] = place.seconds
        if place.is_doubtful:
            row, is_complete = np.full_like(row, np.nan), False
        elif place.n_missing:
            self._pass_over(place, row)
        if self._clock is not None and not place.is_doubtful:
            self._level = self._level + self._clock.step(readings)
        self.n_rows_ += 1
        still = self.standstill.advance(readings[self._judged])
        ratio = self.live.advance(row, is_complete)
        return ratio if still == 1.0 else ratio * still**self._weights.standstill

    def sign_shares(self) -> Floats:
        """Say what made the last row abnormal.

        Returns
        -------
        shares : ndarray of shape (n_branches + 1, n_targets)
            What each branch, and the standstill, adds for each judged channel.
        """
        levels, still = self.live.levels(), self.standstill.stillness()
        return sign_shares(levels, still, self._weights)

    @property
    def channel_names_(self) -> list[str]:
        """Names of the channels, as scikit-learn calls them where they have none."""
        names = getattr(self.detector, "feature_names_in_", None)
        return channel_names(None, len(self._centre)) if names is None else [*names]

    def __getstate__(self) -> dict[str, Any]:
        names = ("detector", "n_rows_", "n_late_", "last_time_", "level_", "memory_")
        return {name: getattr(self, name) for name in (*names, "clock_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["detector"])  # type: ignore[misc]
        for name, value in state.items():
            setattr(self, name, value)

    def _readings(self, x: ArrayLike) -> Floats:
        if isinstance(x, Mapping):
            x = self._named(x)
        readings = np.asarray(x, dtype=np.float64)
        if readings.shape != self._centre.shape:
            if readings.size != self._centre.size:
                raise InputError(
                    f"x must have {self._centre.size} numbers, one for each channel; "
                    f"got {readings.size}."
                )
            readings = readings.reshape(-1)
        codes = self.detector.model_.codes
        return readings if codes is None else without_codes(readings[None], codes)[0]

    def _named(self, readings: Mapping[str, float]) -> list[float]:
        """Put readings by channel into the order of the channels; NaN if not there."""
        names = self.channel_names_
        unknown = set(readings) - set(names)
        if unknown:
            raise InputError(f"x must name channels of {names}; got {sorted(unknown)}.")
        return [readings.get(name, np.nan) for name in names]

    def _placed(self, time: Time | None) -> Place | None:
        """Place a row in time; one without a time follows the last, or the training."""
        last, calendar = float(self.last_time_[0]), self.detector.model_.calendar
        if time is not None:
            return self._times.place(seconds_of(time), last)
        if calendar is None:
            return Place(last)
        last = float(calendar.end[0]) if math.isnan(last) else last
        return Place(last + float(self.detector.step_))

    def _pass_over(self, place: Place, row: Floats) -> None:
        """Pass over the rows that are missing before one."""
        before = self.live.last.copy()
        nothing = np.full_like(row, np.nan)
        for number in range(1, place.n_missing + 1):
            share = number / (place.n_missing + 1)
            missing = before + share * (row - before) if place.is_drawn else nothing
            self.live.advance(missing, not np.isnan(missing).any())


def rows_with_times(
    X: ArrayLike | pd.DataFrame, times: Iterable[Time] | None, names: list[str]
) -> Iterator[tuple[Floats, Time | None]]:
    """Give each row of X with its time: the one given, or that of a frame's index.

    Columns of a frame that has those names are put into their order.
    """
    columns = [str(name) for name in getattr(X, "columns", ())]
    places = [columns.index(name) for name in names if name in columns]
    given = np.asarray(X, dtype=np.float64)
    rows = given[:, places] if len(places) == len(names) else given
    stamps = stamped_seconds(X) if times is None else times
    listed = [None] * len(rows) if stamps is None else list(stamps)
    if len(listed) != len(rows):
        raise InputError(
            f"times must be one for each row; got {len(listed)} for {len(rows)}."
        )
    return zip(rows, listed, strict=True)


def seconds_of(time: Time) -> float:
    """Return the seconds since 1970 of a time; a number is returned as it is."""
    if isinstance(time, float | int):
        seconds = float(time)
    else:
        try:
            seconds = _nanoseconds(time) / 1e9
        except (TypeError, ValueError) as error:
            raise InputError(f"time must be a time; got {time!r:.80}.") from error
    if not np.isfinite(seconds):
        raise InputError(f"time must be a time; got {time!r:.80}.")
    return seconds


def _nanoseconds(time: Any) -> int:
    kind = pd.Timedelta if isinstance(time, pd.Timedelta) else pd.Timestamp
    stamp = kind(time)
    if pd.isna(stamp):
        raise ValueError("not a time")
    return int(stamp.as_unit("ns").value)
