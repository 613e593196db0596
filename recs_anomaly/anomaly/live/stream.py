"""StreamScorer: one row of a series at a time, for as long as it goes on."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from recs_anomaly.anomaly.branches.standstill import StandingStill, StandstillCount
from recs_anomaly.anomaly.calendar import CalendarClock
from recs_anomaly.anomaly.live.causal import FARTHEST
from recs_anomaly.anomaly.live.causal_rating import CausalRating, causal_rating_of
from recs_anomaly.anomaly.live.causal_stream import JudgedRows
from recs_anomaly.anomaly.live.clock import Place, StreamClock
from recs_anomaly.anomaly.seen_series import without_codes
from recs_anomaly.anomaly.tail import score_at
from recs_anomaly.base.state import ArraySpec, ValueRule
from recs_anomaly.base.time_axis import channel_names, stamped_seconds
from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError

Time = float | datetime | np.datetime64


class TakenRows(NamedTuple):
    """Rows that a scorer has taken, and what made each as abnormal as it is.

    Attributes
    ----------
    ratios : list of float or None
        Minus the score of each row that came; NaN for one that cannot be judged, None
        for one that came too late. The others have as many rows as were not late.
    judged : JudgedRows, default=None
        None if all came late.
    seconds : sequence of float, default=()
        Times of the rows; those that came without one have that of the row before.
    standing : StandingStill, default=None
        For how long their channels have stood still.
    rating : CausalRating, default=None
    """

    ratios: list[float | None]
    judged: JudgedRows | None = None
    seconds: Sequence[float] = ()
    standing: StandingStill | None = None
    rating: CausalRating | None = None

    def sign_shares(self, place: int) -> Floats:
        """Say what made a row abnormal.

        Parameters
        ----------
        place : int
            Of the row, among those that were not late.

        Returns
        -------
        shares : ndarray of shape (n_branches + 1, n_targets)
            What each branch, and the standstill, adds for each judged channel.
        """
        assert self.judged is not None
        assert self.standing is not None
        assert self.rating is not None
        still = self.standing.stillness[place]
        return self.rating.sign_shares(self.judged.levels(place), still)


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
        self.live, self._rating = rating.stream(), rating
        self.standstill = StandstillCount(rating.longest_still)
        self._channels, self._tail = detector.model_.channels, rating.norms.tail
        self._typical, self._judged = rating.norms.typical, self._channels.judged
        self.level_ = np.zeros(len(self._channels.centre))
        calendar, self._codes = detector.model_.calendar, detector.model_.codes
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
        times = None if time is None else [time]
        [rated] = self.rate_rows(self.readings(x), times)
        return self._score(rated.ratios[0])

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
        rows, stamps = rows_with_times(X, times, self.channel_names_)
        rated = self.rate_rows(rows, stamps)
        return np.array([self._score(ratio) for each in rated for ratio in each.ratios])

    def rate_rows(
        self, rows: Floats, times: Sequence[Time | None] | None = None
    ) -> Iterator[TakenRows]:
        """Take the next rows, and say how abnormal they are, block by block.

        To the bit, that does not depend on how rows are cut into blocks.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_channels)
            Readings in the sensors' own units.
        times : sequence of n_rows times or None, optional
            As for `score_one`.

        Yields
        ------
        rated : TakenRows
            Of some rows on end, all of which have been taken.

        Raises
        ------
        InputError
            As `score_one` does. Rows before the one that is wrong have been taken.
        """
        readings = rows if self._codes is None else without_codes(rows, self._codes)
        n_good = len(readings)
        is_complete = np.count_nonzero(np.isfinite(readings)) == readings.size
        if not is_complete and np.count_nonzero(is_infinite := np.isinf(readings)):
            n_good = int(is_infinite.any(axis=1).argmax())
        for first in range(0, n_good, self.live.most_rows):
            stop = min(first + self.live.most_rows, n_good)
            for places in self._runs(times and times[first:stop], stop - first):
                stop = first + len(places)
                yield self._rate(readings[first:stop], places, is_complete)
                first = stop
        if n_good < len(readings):
            got = rows[n_good] if rows.shape[1] > 1 else float(rows[n_good, 0])
            raise InputError(
                f"x must be finite, or NaN where unknown; got {got!r:.80}."
            )

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

    def readings(self, x: ArrayLike | Mapping[str, float]) -> Floats:
        """Put the readings of a row into a table of one row.

        Parameters
        ----------
        x : float, array-like of shape (n_channels,), or dict
            As for `score_one`.

        Returns
        -------
        readings : ndarray of shape (1, n_channels)
        """
        if not isinstance(x, np.ndarray) and isinstance(x, Mapping):
            x = self._named(x)
        readings = np.asarray(x, dtype=np.float64)
        if readings.size != self._centre.size:
            raise InputError(
                f"x must have {self._centre.size} numbers, one for each channel; "
                f"got {readings.size}."
            )
        return readings.reshape(1, -1)

    def _score(self, ratio: float | None) -> float:
        if ratio is None:
            return math.nan
        return -self._typical if math.isnan(ratio) else -ratio

    def _runs(
        self, times: Sequence[Time | None] | None, n_rows: int
    ) -> Iterator[list[Place | None]]:
        """Place rows in time, and cut before those that some are missing before."""
        run: list[Place | None] = []
        last, is_begun = float(self.last_time_[0]), False
        if times is None and self._clock is None:
            yield [Place(last)] * n_rows
            return
        for time in times or [None] * n_rows:
            try:
                place = self._placed(time, last)
            except InputError:
                if run:
                    yield run
                raise
            if place is not None:
                last = place.seconds
                if place.n_missing and is_begun:
                    yield run
                    run = []
                is_begun = True
            run.append(place)
        yield run

    def _rate(
        self, readings: Floats, placed: list[Place | None], is_complete: bool
    ) -> TakenRows:
        """Take the next readings (n_rows, n_channels), all of them finite or NaN."""
        places = [place for place in placed if place is not None]
        is_late = len(places) < len(placed)
        if is_late:
            self.n_late_ += len(placed) - len(places)
            if not places:
                return TakenRows([None] * len(placed))
            readings = readings[[place is not None for place in placed]]
        seconds = [place.seconds for place in places]
        is_sure = [not place.is_doubtful for place in places]
        left = readings
        if self._clock is not None:
            left, self._level = self._clock.left(
                readings, np.array(seconds), self._level, is_sure
            )
        standing = self.standstill.advance(readings[:, self._judged], is_complete)
        rows = left - self._centre
        rows /= self._channels.scale
        np.maximum(rows, -FARTHEST, out=rows)
        np.minimum(rows, FARTHEST, out=rows)
        if not all(is_sure):
            rows[~np.array(is_sure)] = np.nan
            is_complete = False
        if places[0].n_missing:
            self._pass_over(places[0], rows[0])
        self.last_time_[0] = seconds[-1]
        self.n_rows_ += len(places)
        judged = self.live.advance(rows, is_complete)
        ratios: list[float | None] = [*judged.ratio]
        if not standing.is_moving:
            power = self._rating.weights.standstill
            still = standing.stillness.max(axis=1)
            both = zip(judged.ratio, still.tolist(), strict=True)
            ratios = [r if s == 1.0 else r * s**power for r, s in both]
        if is_late:
            those = iter(ratios)
            ratios = [None if place is None else next(those) for place in placed]
        return TakenRows(ratios, judged, seconds, standing, self._rating)

    def _named(self, readings: Mapping[str, float]) -> list[float]:
        """Put readings by channel into the order of the channels; NaN if not there."""
        names = self.channel_names_
        unknown = set(readings) - set(names)
        if unknown:
            raise InputError(f"x must name channels of {names}; got {sorted(unknown)}.")
        return [readings.get(name, np.nan) for name in names]

    def _placed(self, time: Time | None, last: float) -> Place | None:
        """Place a row in time; one without a time follows the last, or the training."""
        if time is not None:
            return self._times.place(seconds_of(time), last)
        if self._clock is None:
            return Place(last)
        if math.isnan(last):
            last = float(self.detector.model_.calendar.end[0])
        return Place(last + float(self.detector.step_))

    def _pass_over(self, place: Place, row: Floats) -> None:
        """Pass over the rows that are missing before one."""
        rows = np.full((place.n_missing, len(row)), np.nan)
        if place.is_drawn:
            shares = np.arange(1, place.n_missing + 1) / (place.n_missing + 1)
            before = self.live.last
            rows = before + shares[:, None] * (row - before)
        for first in range(0, place.n_missing, self.live.most_rows):
            some = rows[first : first + self.live.most_rows]
            self.live.advance(some, not np.isnan(some).any())


def rows_with_times(
    X: ArrayLike | pd.DataFrame, times: Iterable[Time | None] | None, names: list[str]
) -> tuple[Floats, list[Time | None] | None]:
    """Give the rows of X, and their times: those given, or those of a frame's index.

    Columns of a frame that has those names are put into their order.
    """
    columns = [str(name) for name in getattr(X, "columns", ())]
    places = [columns.index(name) for name in names if name in columns]
    given = np.asarray(X, dtype=np.float64)
    rows = given[:, places] if len(places) == len(names) else given
    if given.size and rows.size != len(rows) * len(names):
        raise InputError(
            f"x must have {len(names)} numbers, one for each channel; "
            f"got {rows.size // len(rows)}."
        )
    stamps = stamped_seconds(X) if times is None else times
    listed = None if stamps is None else list(stamps)
    if listed is not None and len(listed) != len(rows):
        raise InputError(
            f"times must be one for each row; got {len(listed)} for {len(rows)}."
        )
    return rows.reshape(-1, len(names)), listed


def seconds_of(time: Any) -> float:
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
