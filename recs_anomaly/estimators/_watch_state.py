"""What a watcher remembers, and how it is put into a file."""

from collections.abc import Mapping
from dataclasses import astuple
from typing import Any, ClassVar

import numpy as np

from recs_anomaly.core.alarm_level import SHARE, AlarmLevel
from recs_anomaly.core.extreme_values import score_at
from recs_anomaly.core.windows import Floats
from recs_anomaly.estimators import _detector_settings as settings
from recs_anomaly.estimators._state import ArraySpec, ValueRule
from recs_anomaly.estimators._watch_course import Course, Rules
from recs_anomaly.estimators._watch_episode import Episode, Levels
from recs_anomaly.estimators.stream import StreamScorer
from recs_anomaly.exceptions import InputError

LEARNED_WINDOWS, LEAST_LEARNED = 3, 300  # rows in which a new normal is learned


class WatcherState:
    """State of SeriesWatcher."""

    _array_schema: ClassVar[Mapping[str, ArraySpec]] = {
        "memory_": ArraySpec("float64", ("n_memory",), may_be_nan=True)
    }
    _scalar_schema: ClassVar[Mapping[str, ValueRule]] = {}
    _part_schema: ClassVar[Mapping[str, frozenset[str]]] = {
        "scorer": frozenset({"StreamScorer"})
    }

    scorer: StreamScorer
    alpha: float
    min_duration: int
    merge_gap: int
    cool_down: int
    settle_after: int
    _course: Course
    _episode: Episode
    _levels: Levels
    _level: AlarmLevel

    @property
    def memory_(self) -> Floats:
        """All that is remembered beside the scorer's memory, as one array."""
        level = (self._level.moved, self._level.settled)
        numbers = [*astuple(self._course), *astuple(self._episode), *level]
        arrays = [array.ravel() for array in self._levels.arrays()]
        return np.concatenate([np.array(numbers, dtype=np.float64), *arrays])

    @memory_.setter
    def memory_(self, memory: Floats) -> None:
        if memory.shape != self.memory_.shape:
            raise ValueError(
                f"memory_ must have {len(self.memory_)} numbers; got {memory.shape}."
            )
        numbers = memory.tolist()
        n_course, n_episode = len(astuple(self._course)), len(astuple(self._episode))
        place = n_course + n_episode
        self._course = Course(*(int(number) for number in numbers[:n_course]))
        self._episode = Episode(*numbers[n_course:place])
        self._level.moved, self._level.settled = numbers[place : place + 2]
        place += 2
        for array in self._levels.arrays():
            array[...] = memory[place : place + array.size].reshape(array.shape)
            place += array.size

    def __getstate__(self) -> dict[str, Any]:
        names = ("alpha", "min_duration", "merge_gap", "cool_down", "settle_after")
        parameters = {name: getattr(self, name) for name in ("scorer", *names)}
        return {"parameters": parameters, "memory_": self.memory_}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state["parameters"])  # type: ignore[misc]
        self.memory_ = state["memory_"]

    def _start(self) -> None:
        """Begin without a past."""
        self._check_parameters()
        detector = self.scorer.detector
        self._rules = Rules(
            self.min_duration,
            # As long as a strange row lies in the window, rows after it say little.
            self.merge_gap + detector.window_,
            self.cool_down,
            self.settle_after,
            learning=max(LEARNED_WINDOWS * detector.window_, LEAST_LEARNED),
        )
        self._tail = detector._causal_tail()
        self._threshold = score_at(self._tail, self.alpha)
        self._level = AlarmLevel(score_at(self._tail, SHARE))
        self._course, self._episode = Course(), Episode()
        self._levels = Levels(len(detector.centre_), len(detector.targets_))

    def _check_number(self, number: int) -> None:
        if not 1 <= number <= self._course.number:
            raise InputError(
                f"event must be one of this watcher's {self._course.number}; "
                f"got number {number}."
            )

    def _check_parameters(self) -> None:
        settings.check_number("alpha", self.alpha, 0.0, 0.5)
        for name in ("min_duration", "merge_gap", "settle_after"):
            settings.check_integer(name, getattr(self, name), 1)
        settings.check_integer("cool_down", self.cool_down, 0)
