"""SeriesWatcher: events of a series that goes on, reported as they happen."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from functools import cached_property
from itertools import chain
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from recs_anomaly.anomaly.branches import signs_of
from recs_anomaly.anomaly.branches.relation import RELATION, leading_partners
from recs_anomaly.anomaly.branches.standstill import STANDSTILL
from recs_anomaly.anomaly.causes import FROZEN, SPIKE_ROWS, side_of
from recs_anomaly.anomaly.events import LEADING
from recs_anomaly.anomaly.live.causal_stream import JudgedRows
from recs_anomaly.anomaly.live.course import (
    LEARNING,
    NAN,
    OPEN,
    PENDING,
    SHARE,
    AlarmLevel,
    Course,
    Episode,
    Levels,
    Onset,
    Rules,
)
from recs_anomaly.anomaly.live.stream import (
    StreamScorer,
    TakenRows,
    Time,
    rows_with_times,
)
from recs_anomaly.anomaly.rating import fitted_branches
from recs_anomaly.anomaly.tail import score_at, tail_probability
from recs_anomaly.base.checks import check_integer, check_number
from recs_anomaly.base.notebook import facts_html
from recs_anomaly.base.state import ArraySpec, ValueRule
from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError

RAREST = 1e9  # normal rows
HARDLY_ANY = 0.001  # of the training rows; what is rarer is suspicious
RARER = 10.0  # times as rare as last reported: worth an update
MARGIN = 1.2  # times the worst score of an accepted event
SHIFTED = 1.0  # training standard deviations: less is no other level
LEARNED_WINDOWS, MIN_LEARNED = 3, 300  # rows in which a new normal is learned
AT_LAST = (
    0.0,
    np.nan,
    *(0.0,) * 7,
)  # what the memory of version 0.1 lacks of an event
LEAST = {"min_duration": 1, "merge_gap": 1, "cool_down": 0, "settle_after": 0}


@dataclass(frozen=True)
class StreamEvent:
    """What is known of an event when something about it changes.

    Attributes
    ----------
    kind : {"open", "update", "close"}
        An event is opened once. An update tells that it has become ten times as rare,
        or that it goes on after it was closed; it is then closed again.
    number : int
        Of the event, counted from 1.
    row, start, peak : int
        Numbers of the row of this message, of the first and of the worst row, from 0.
        An event starts with the first row that was suspicious, which may be some time
        before the one that raised the alarm.
    time, start_time, peak_time : float
        Their times in seconds, NaN where rows have no times.
    score : float
        Of the worst row so far.
    severity : float
        A normal row is as abnormal as the worst row once in so many; at most 1e9.
    direction : {"high", "low", "mixed"}
        Against the forecasts so far.
    channel : str
        The channel that led in the worst row.
    branch : str
        The branch that led in the worst row.
    reason : str
        Why it was closed: "over", "new normal" or "accepted"; else empty.
    end : int
        Number of the last row so far that is abnormal by itself.
    end_time : float
        Its time.
    cause : str
        What the event looks like so far, in words.
    """

    kind: str
    number: int
    row: int
    start: int
    peak: int
    time: float
    start_time: float
    peak_time: float
    score: float
    severity: float
    direction: str
    channel: str
    branch: str
    reason: str
    end: int
    end_time: float
    cause: str

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as plain values; a time that is unknown is None."""
        fields = asdict(self)
        return {k: None if v != v else v for k, v in fields.items()}

    def _repr_html_(self) -> str:
        is_timed = self.time == self.time
        places = {
            "from": self.start_time if is_timed else self.start,
            "to": self.end_time if is_timed else self.end,
            "worst": self.peak_time if is_timed else self.peak,
        }
        facts = {
            name: pd.to_datetime(place, unit="s") if is_timed else f"row {place:,}"
            for name, place in places.items()
        }
        facts |= {
            "cause": self.cause,
            "as rare as": f"1 normal row in {self.severity:,.0f}",
            "led by": f"{self.branch}, {self.direction}",
            "closed, as it is": self.reason,
        }
        return facts_html(f"Event {self.number} in {self.channel}: {self.kind}", facts)


@dataclass(eq=False)
class _Seen:
    """One of the rows that a scorer has taken: its number, its time, and what it was.

    `standing` (2, n_targets) tells in which row, and when, channels came to a stand.
    """

    rated: TakenRows
    judged: JudgedRows
    place: int
    row: int
    seconds: float
    standing: Floats

    @property
    def filled(self) -> Floats:
        """The scaled row (n_channels,), with what was not measured filled."""
        filled: Floats = self.judged.filled[self.place]
        return filled

    @property
    def residual(self) -> Floats:
        """Scaled errors (n_targets,) of its forecast."""
        residual: Floats = self.judged.residual[self.place]
        return residual

    @cached_property
    def shares(self) -> Floats:
        """What made it abnormal (n_branches + 1, n_targets)."""
        return self.rated.sign_shares(self.place)

    def row_errors(self) -> Floats:
        """Compute its own errors (n_branches_of_rows, n_targets)."""
        return self.judged.row_errors(self.place)


class SeriesWatcher:
    """Tell of events in a series as they happen, one message for each change.

    An event opens when a row scores beyond the threshold, and closes when the rows have
    been quiet for a while; each time it comes back before, it must be quiet for twice
    as long. The threshold follows slow drift, up to three times that of training, and
    comes back; it learns neither from rows of an event nor from others that are as
    abnormal as hardly any in training.
    What lasts longer than `settle_after` rows is the new normal: the event is closed,
    the levels of the channels are learned anew, and the threshold within its bound.

    Parameters
    ----------
    scorer : StreamScorer
        It must score no rows but those that the watcher gives to it.
    alpha : float, default=0.00001
        Share of normal rows beyond the threshold, by the extreme-value tail of
        `StreamScorer.offset_`.
    min_duration : int, default=1
        Rows from the first beyond the threshold to the one that opens an event.
    merge_gap : int, default=30
        Quiet rows that close an event which has not come back yet.
    cool_down : int, default=100
        Rows after an event was closed in which alarms belong to it still, if the same
        channel leads in them.
    settle_after : int, default=1000
        Rows that an event may last before it is the new normal. 0 for never; then the
        threshold stays as it was learned, too.

    Attributes
    ----------
    level_factor_ : float
        How many times as high the threshold is as it was in training.
    n_events_ : int
        Events opened so far.

    References
    ----------
    .. [1] I. Gibbs, E. Candès. Adaptive conformal inference under distribution shift.
       NeurIPS 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from recs_anomaly import TimeSeriesAnomalyDetector
    >>> rng = np.random.default_rng(0)
    >>> X = np.sin(np.arange(2000) / 8)[:, None] + rng.normal(0, 0.1, (2000, 1))
    >>> X[1500:1520] += 3
    >>> detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(X[:1200])
    >>> for event in detector.watch().watch_many(X[1200:]):
    ...     if event.kind != "update":
    ...         print(event.kind, event.number, event.start, event.channel)
    open 1 300 x0
    close 1 300 x0
    """

    _array_schema: ClassVar[Mapping[str, ArraySpec]] = {
        "memory_": ArraySpec("float64", ("n_memory",), may_be_nan=True)
    }
    _scalar_schema: ClassVar[Mapping[str, ValueRule]] = {}
    _part_schema: ClassVar[Mapping[str, frozenset[str]]] = {
        "scorer": frozenset({"StreamScorer"})
    }

    def __init__(
        self,
        scorer: StreamScorer,
        *,
        alpha: float = 0.00001,
        min_duration: int = 1,
        merge_gap: int = 30,
        cool_down: int = 100,
        settle_after: int = 1000,
    ) -> None:
        self.scorer, self.alpha = scorer, alpha
        self.min_duration, self.merge_gap = min_duration, merge_gap
        self.cool_down, self.settle_after = cool_down, settle_after
        self._check_parameters()
        detector = scorer.detector
        window, self._channels = detector.window_, detector.model_.channels
        self._rules = Rules(
            min_duration,
            merge_gap,
            cool_down,
            settle_after,
            learning=max(LEARNED_WINDOWS * window, MIN_LEARNED),
        )
        self._tail = detector.causal_.tail
        self._threshold = score_at(self._tail, alpha)
        rare = score_at(self._tail, HARDLY_ANY)
        self._suspect = min(rare / self._threshold, 1.0)
        self._level = AlarmLevel(score_at(self._tail, SHARE), rare)
        branches = fitted_branches(detector.norms_)
        is_of_rows = [branch.of_rows is not None for branch in branches]
        self._of_rows = [branch for branch in branches if branch.of_rows]
        self._row_scale = detector.norms_.row_scale[is_of_rows]
        relation, names = detector.model_.relation, scorer.channel_names_
        partners = leading_partners(relation) if relation else []
        self._partners = [names[partner] for partner in partners]
        self._course, self._episode, self._onset = Course(), Episode(), Onset()
        n_channels, n_targets = len(self._channels.centre), len(self._channels.targets)
        self._levels = Levels(n_channels, n_targets, len(self._row_scale))
        self._signs = signs_of(branches)

    @property
    def level_factor_(self) -> float:
        """How many times as high the threshold is as it was in training."""
        return self._level.factor

    @property
    def n_events_(self) -> int:
        """Events opened so far."""
        return self._course.number

    @property
    def offset_(self) -> float:
        """Threshold in force: rows with a lower score are beyond it."""
        return -self._threshold * self._level.factor

    @property
    def memory_(self) -> Floats:
        """All that is remembered beside the scorer's memory, as one array."""
        level = (self._level.moved, self._level.settled)
        parts = (self._course, self._episode, self._onset)
        numbers = [*chain(*(astuple(part) for part in parts)), *level]
        arrays = [array.ravel() for array in self._levels.arrays()]
        return np.concatenate([np.array(numbers, dtype=np.float64), *arrays])

    @memory_.setter
    def memory_(self, memory: Floats) -> None:
        sizes = [len(astuple(part)) for part in (Course(), Episode(), Onset())]
        of_rows = (self._levels.standing.ravel(), self._levels.echo)
        n_new = len(AT_LAST) + sizes[2] + sum(len(part) for part in of_rows)
        if len(memory) == len(self.memory_) - n_new:  # of version 0.1
            place = sizes[0] + sizes[1] - len(AT_LAST)
            parts = (memory[:place], AT_LAST, astuple(Onset()), memory[place:])
            memory = np.concatenate([*parts, *of_rows])
        if memory.shape != self.memory_.shape:
            raise ValueError(
                f"memory_ must have {len(self.memory_)} numbers; got {memory.shape}."
            )
        course, episode, onset, rest = np.split(memory, np.cumsum(sizes))
        self._course = Course(*(int(number) for number in course))
        self._episode, self._onset = Episode(*episode.tolist()), Onset(*onset.tolist())
        self._level.moved, self._level.settled = rest[:2].tolist()
        place = 2
        for array in self._levels.arrays():
            array[...] = rest[place : place + array.size].reshape(array.shape)
            place += array.size

    def watch_one(self, x: ArrayLike, time: Time | None = None) -> list[StreamEvent]:
        """Take the next row, and tell what has changed.

        Parameters
        ----------
        x : float, array-like of shape (n_channels,), or dict
            As for `StreamScorer.score_one`.
        time : float, datetime or datetime64, optional
            As for `StreamScorer.score_one`.

        Returns
        -------
        events : list of StreamEvent
            Most often empty.

        Raises
        ------
        InputError
            As `StreamScorer.score_one` does.
        """
        times = None if time is None else [time]
        [events] = self._watch(self.scorer.readings(x), times)
        return events

    def watch_many(
        self, X: ArrayLike | pd.DataFrame, times: Iterable[Time | None] | None = None
    ) -> list[StreamEvent]:
        """Take the next rows, one after the other.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_channels)
            As for `StreamScorer.score_many`.
        times : iterable of n_rows times, optional
            As for `StreamScorer.score_many`.

        Returns
        -------
        events : list of StreamEvent
            In the order in which they were reported.
        """
        return [*chain.from_iterable(self.watch_each(X, times))]

    def watch_each(
        self, X: ArrayLike | pd.DataFrame, times: Iterable[Time | None] | None = None
    ) -> Iterator[list[StreamEvent]]:
        """Take the next rows, and tell row by row what has changed.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_channels)
            As for `StreamScorer.score_many`.
        times : iterable of n_rows times, optional
            As for `StreamScorer.score_many`.

        Yields
        ------
        events : list of StreamEvent
            Of one row after the other, as `watch_one` returns them. Rows are taken in
            blocks: those behind the one that is told of may have been taken already.

        Raises
        ------
        InputError
            As `StreamScorer.score_one` does, after the events of all rows before.
        """
        return self._watch(*rows_with_times(X, times, self.scorer.channel_names_))

    def accept(self, event: StreamEvent) -> list[StreamEvent]:
        """Take what an event was for normal from now on.

        Parameters
        ----------
        event : StreamEvent
            Any message of the event. If it is open it is closed, and levels and
            threshold are learned anew; else scores like its worst raise no alarm.

        Returns
        -------
        events : list of StreamEvent
            The message that closes it, if it was open.
        """
        self._check_number(event.number)
        if event.number == self._course.number and self._course.phase == OPEN:
            self._settle()
            self._course.settle(self._rules)
            last = self.scorer.n_rows_ - 1
            return [self._message("close", last, event.time, "accepted")]
        needed = np.log(MARGIN * -event.score / self._threshold)
        self._level.moved = max(self._level.moved, float(needed))
        self._level.settled = self._level.moved
        return []

    def reject(self, event: StreamEvent) -> None:
        """Never take what an event is for normal, however long it lasts.

        Parameters
        ----------
        event : StreamEvent
            Any message of the latest event. If it has been taken for the new normal
            already, that is undone.

        Raises
        ------
        InputError
            If there has been a later event.
        """
        self._check_number(event.number)
        if event.number != self._course.number:
            raise InputError(
                f"event must be the latest, number {self._course.number}, to be "
                f"rejected; got number {event.number}."
            )
        self._course.is_kept = 1
        if self._episode.settled == event.number:
            self._move_level(-self._levels.shift)
            self._level.moved = self._episode.moved_before
            self._episode.settled, self._course.learning = 0.0, 0

    def _watch(
        self, rows: Floats, times: Sequence[Time | None] | None
    ) -> Iterator[list[StreamEvent]]:
        first = 0
        while first < len(rows):
            # What is settled moves the levels by which the rows after it are judged.
            block = slice(first, first + self._course.rows_to_settling(self._rules))
            stamps = None if times is None else times[block]
            for rated in self.scorer.rate_rows(rows[block], stamps):
                stop = first + len(rated.ratios)
                yield from self._take(rated, times and times[first:stop])
                first = stop

    def _take(
        self, rated: TakenRows, times: Sequence[Time | None] | None
    ) -> list[list[StreamEvent]]:
        """Tell what each of some rows has changed."""
        if rated.judged is None or rated.standing is None:
            return [[] for _ in rated.ratios]
        first = self.scorer.n_rows_ - len(rated.seconds)
        numbers = range(first, self.scorer.n_rows_)
        seconds = [NAN] * len(numbers)
        if times is not None:
            both = zip(times, rated.ratios, strict=True)
            came = [time for time, ratio in both if ratio is not None]
            those_of = zip(came, rated.seconds, strict=True)
            seconds = [NAN if time is None else at for time, at in those_of]
        since = self._levels.stand(rated.standing, numbers, seconds)
        those = (
            _Seen(rated, rated.judged, place, first + place, time, since[place])
            for place, time in enumerate(seconds)
        )
        return [
            [] if share is None else self._step(share, next(those))
            for share in rated.ratios
        ]

    def _step(self, share: float, seen: "_Seen") -> list[StreamEvent]:
        """Take a row; tell what it has changed."""
        row, seconds, phase = seen.row, seen.seconds, self._course.phase
        ratio = self._ratio(share)
        if ratio > self._suspect:
            self._onset.see(row, seconds)
        change = self._course.step(ratio, self._rules)
        if change == "reopen" and self._leads_elsewhere(seen.shares):
            self._course.open_another(row, self._rules)
            change = "open"
        if share == share:
            if self._course.phase in (OPEN, PENDING):
                if phase not in (OPEN, PENDING):
                    self._begin(change, row, seconds)
                self._learn_event(share, seen)
            else:
                self._learn_normal(share, seen)
        return self._report(change, row, seconds)

    def _ratio(self, share: float) -> float:
        """How many times the threshold a share is, as the course of events sees it."""
        return share / (self._threshold * self._level.factor)

    def _leads_elsewhere(self, shares: Floats) -> bool:
        """Whether another channel leads in a row than in the latest event."""
        return bool(shares.max(axis=0).argmax() != int(self._episode.channel))

    def _learn_normal(self, share: float, seen: "_Seen") -> None:
        if self.settle_after:
            self._level.follow(share, LEARNING if self._course.learning else 1.0)
        self._levels.add_usual(seen.filled, seen.row)

    def _begin(self, change: str, row: int, seconds: float) -> None:
        """Forget the last event, unless it goes on."""
        if change != "reopen":
            self._episode.begin(row, seconds, self._onset)
        self._episode.n_rows = 0.0
        self._levels.strength[:] = self._levels.echo[:] = 0.0

    def _learn_event(self, share: float, seen: "_Seen") -> None:
        episode = self._episode
        if episode.n_rows == self.settle_after // 2:
            episode.n_rows = 0.0  # from here on, the level at which it has settled
        self._levels.add_event(seen.filled, seen.residual, episode.n_rows)
        episode.n_rows += 1.0
        episode.see(seen.row, seen.seconds, share, seen.shares)
        self._go_on(seen)

    def _go_on(self, seen: "_Seen") -> None:
        """Look whether the last row is abnormal by itself, and not through others."""
        shares, target = seen.shares, int(self._episode.channel)
        if shares[-1, target] > 0:
            since, at = seen.standing[:, target].tolist()
            self._episode.stand_still(seen.row, seen.seconds, since, at)
            return
        channel = self._channels.targets[target]
        leads = shares.max(axis=0) >= LEADING * shares.max()
        errors = (seen.row_errors() / self._row_scale)[:, leads].max(axis=1)
        own = self._levels.own_errors(errors)
        error, worst = float(own.max()), self._of_rows[int(own.argmax())]
        if worst is not RELATION:
            error = self._episode.unless_back(error, float(seen.residual[target]))
        moved = float(self._levels.event[channel] - self._levels.usual[channel])
        self._episode.go_on(seen.row, seen.seconds, error, moved)

    def _report(self, change: str, row: int, seconds: float) -> list[StreamEvent]:
        if change in ("settle", "close"):
            self._onset.forget()
        if change == "settle":
            self._settle()
            return [self._message("close", row, seconds, "new normal")]
        if change == "close":
            return [self._message("close", row, seconds, "over")]
        if change or self._is_worse():
            self._episode.reported = self._episode.share
            kind = "open" if change == "open" else "update"
            return [self._message(kind, row, seconds, "")]
        return []

    def _is_worse(self) -> bool:
        """Whether the event has become so much rarer that it is worth reporting."""
        episode = self._episode
        if self._course.phase != OPEN or episode.share <= episode.reported:
            return False
        return self._severity(episode.share) >= RARER * self._severity(episode.reported)

    def _severity(self, share: float) -> float:
        ratio = np.array([share / self._level.factor])
        return float(min(1.0 / tail_probability(self._tail, ratio)[0], RAREST))

    def _message(self, kind: str, row: int, time: float, reason: str) -> StreamEvent:
        episode, channel = self._episode, int(self._episode.channel)
        return StreamEvent(
            *(kind, self._course.number, row, int(episode.start), int(episode.peak)),
            *(time, episode.start_time, episode.peak_time),
            score=-episode.share,
            severity=self._severity(episode.share),
            direction=side_of(*self._levels.strength[:, channel].tolist()),
            channel=self.scorer.channel_names_[self._channels.targets[channel]],
            branch=self._signs[int(episode.branch)].name,
            reason=reason,
            end=int(episode.end),
            end_time=episode.end_time,
            cause=self._cause(),
        )

    def _cause(self) -> str:
        """Say what the event looks like so far."""
        episode, target = self._episode, int(self._episode.channel)
        sign = self._signs[int(episode.branch)]
        n_rows = episode.end - episode.start + 1
        if sign is STANDSTILL or episode.n_still >= FROZEN * n_rows:
            return "frozen: does not move"
        if sign is RELATION and self._partners:
            return f"relation: does not follow {self._partners[target]} as it did"
        if n_rows <= SPIKE_ROWS and episode.most > 1.0:
            return "spike: a few rows far from their forecast"
        if abs(episode.moved) >= SHIFTED:
            return f"level: {episode.moved:+.1f} sd from what is usual"
        return sign.cause

    def _settle(self) -> None:
        """Take the level of the event for that of the channels."""
        self._episode.settled = float(self._course.number)
        self._episode.moved_before = self._level.moved
        shift = self._levels.event - self._levels.usual
        self._levels.shift[:] = np.where(np.abs(shift) >= SHIFTED, shift, 0.0)
        self._move_level(self._levels.shift)

    def _move_level(self, shift: Floats) -> None:
        self.scorer.move_level(shift * self._channels.scale)

    def _check_number(self, number: int) -> None:
        if not 1 <= number <= self._course.number:
            raise InputError(
                f"event must be one of this watcher's {self._course.number}; "
                f"got number {number}."
            )

    def _check_parameters(self) -> None:
        check_number("alpha", self.alpha, 0.0, 0.5)
        for name, least in LEAST.items():
            check_integer(name, getattr(self, name), least)

    def __getstate__(self) -> dict[str, Any]:
        names = ("alpha", "min_duration", "merge_gap", "cool_down", "settle_after")
        parameters = {name: getattr(self, name) for name in ("scorer", *names)}
        return {"parameters": parameters, "memory_": self.memory_}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state["parameters"])  # type: ignore[misc]
        self.memory_ = state["memory_"]
