"""What training tells while it runs; free of Keras, which not all training needs."""

import math
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple, Self, TextIO

# Gives what training has learned so far, in the form of the model it trains.
Learned = Callable[[], Any]


class TrainingHistory(NamedTuple):
    """Loss of each epoch on the training rows, and on the validation cut if any."""

    loss: list[float]
    validation_loss: list[float]
    is_interrupted: bool = False


SECONDS_BETWEEN = 0.5
MINUTE, HOUR = 60, 3600


class TerminalLine:
    """A line on a terminal that is written over again and again, and wiped at last."""

    def __init__(self, verbose: int, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._is_shown = verbose > 1 or (verbose == 1 and self._stream.isatty())

    def write(self, text: str) -> None:
        """Put a text in the place of the last one."""
        if self._is_shown:
            self._stream.write(f"\r\033[K{text}")
            self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.write("")


class Progress:
    """One line on a terminal that says where training stands and how long it takes."""

    def __init__(
        self, name: str, epochs: int, verbose: int, stream: TextIO | None = None
    ) -> None:
        self._name = name
        self._epochs = epochs
        self._line = TerminalLine(verbose, stream)
        self._start = self._written = perf_counter()
        self._done_before = 0.0
        self._is_compiled = False
        self._losses = ""

    def resumed(self, done: float) -> None:
        """Begin the clock now, with so many epochs done at another time."""
        self._start = perf_counter()
        self._done_before = done

    def step(self, done: float) -> None:
        """Rewrite the line within an epoch, if the last time is long enough ago.

        The first step compiles, and takes many times as long as the others: the clock
        begins after it.
        """
        if not self._is_compiled:
            self._is_compiled = True
            self._start, self._done_before = perf_counter(), done
        elif perf_counter() - self._written >= SECONDS_BETWEEN:
            epoch = min(int(done) + 1, self._epochs)
            share = min(done - (epoch - 1), 1.0)
            self._write(f"epoch {epoch}/{self._epochs} at {share:.0%}", done)

    def epoch(self, done: int, history: TrainingHistory, learned: Learned) -> bool:
        """Rewrite the line after an epoch; say whether training should end: never."""
        self._losses = f", loss {history.loss[-1]:.4f}"
        if history.validation_loss:
            self._losses += f", validation {history.validation_loss[-1]:.4f}"
        self._write(f"epoch {done}/{self._epochs}", done)
        return False

    def finished(self) -> None:
        """Hear that all is done, and what was learned is in its place."""

    def _write(self, place: str, done: float) -> None:
        self._written = perf_counter()
        timed = done - self._done_before
        left = ""
        if timed > 0:
            pace = (self._written - self._start) / timed
            left = f", about {duration(pace * (self._epochs - done))} left"
        self._line.write(f"{self._name}: {place}{self._losses}{left}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.write("")


def duration(seconds: float) -> str:
    """Seconds as people say them, minutes rounded up."""
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR:
        return f"{math.ceil(seconds / MINUTE)} min"
    return f"{seconds / HOUR:.1f} h"
