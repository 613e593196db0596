"""What training tells while it runs; free of Keras, which not all training needs."""

import builtins
import math
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple, Protocol, Self, TextIO
from uuid import uuid4

# Gives what training has learned so far, in the form of the model it trains.
Learned = Callable[[], Any]


class Schedule(NamedTuple):
    """How long and how fast to train.

    The learning rate falls linearly to 0 over all steps. Training stops earlier when
    the monitored loss has not improved for `patience` epochs; the weights of the best
    epoch are kept.
    """

    epochs: int
    learning_rate: float
    patience: int = 3


class TrainingHistory(NamedTuple):
    """Loss of each epoch on the training rows, and on the validation split if any."""

    loss: list[float]
    validation_loss: list[float]
    is_interrupted: bool = False


SECONDS_BETWEEN = 0.5
MINUTE, HOUR = 60, 3600


class NotebookLine:
    """A line below the cell of a notebook, in the manner of IPython's displays.

    Parameters
    ----------
    publish : callable
        Of the notebook's kernel.
    """

    def __init__(self, publish: Callable[..., None]) -> None:
        self._publish = publish
        self._name = f"recs-anomaly-{uuid4().hex}"
        self._is_there = False

    def write(self, text: str) -> None:
        """Put a text in the place of the last one."""
        if text or self._is_there:
            self._publish(
                data={"text/plain": text},
                metadata={},
                transient={"display_id": self._name},
                update=self._is_there,
            )
            self._is_there = True


def notebook_line() -> NotebookLine | None:
    """Return a line in the notebook that runs this; None where there is none."""
    shell: Any = getattr(builtins, "get_ipython", lambda: None)()
    # A kernel alone can put another text in the place of one that it has shown.
    is_kernel = getattr(shell, "kernel", None) is not None
    return NotebookLine(shell.display_pub.publish) if is_kernel else None


class TerminalLine:
    """A line that is written over again and again, and wiped at last.

    It is on a terminal, or in a notebook; in a file each text has a line of its own.
    """

    def __init__(self, verbose: int, stream: TextIO | None = None) -> None:
        self._notebook = notebook_line() if verbose and stream is None else None
        stream = stream or sys.stderr
        self._console: Any = None
        is_shown = verbose > 1 or (verbose == 1 and stream.isatty())
        if is_shown and self._notebook is None:
            from rich.console import Console

            self._console = Console(file=stream, highlight=False, markup=False)

    def write(self, text: str) -> None:
        """Put a text in the place of the last one."""
        if self._notebook is not None:
            self._notebook.write(text)
        if self._console is None:
            return
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            from rich.control import Control
            from rich.segment import ControlType

            wiped = (ControlType.ERASE_IN_LINE, 2)
            self._console.control(Control(ControlType.CARRIAGE_RETURN, wiped))
            self._console.print(text, end="", no_wrap=True, overflow="ellipsis")
        elif text:
            self._console.print(text, soft_wrap=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.write("")


class Follower(Protocol):
    """Who hears of a training beside the terminal: scikit-learn's callbacks."""

    def begin(self) -> None:
        """Hear that training begins."""

    def epoch(self, done: int, learned: Learned) -> bool:
        """Hear that an epoch has ended; say whether training should end."""

    def finished(self) -> None:
        """Hear that all is done, and what was learned is in its place."""


class Progress:
    """One line on a terminal that says where training stands and how long it takes."""

    def __init__(
        self,
        name: str,
        epochs: int,
        verbose: int,
        stream: TextIO | None = None,
        follower: Follower | None = None,
    ) -> None:
        self._name = name
        self._epochs = epochs
        self._line = TerminalLine(verbose, stream)
        self._follower = follower
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
        """Rewrite the line after an epoch; say whether training should end."""
        self._losses = f", loss {history.loss[-1]:.4f}"
        if history.validation_loss:
            self._losses += f", validation {history.validation_loss[-1]:.4f}"
        self._write(f"epoch {done}/{self._epochs}", done)
        return self._follower is not None and self._follower.epoch(done, learned)

    def finished(self) -> None:
        """Hear that all is done, and what was learned is in its place."""
        if self._follower is not None:
            self._follower.finished()

    def _write(self, place: str, done: float) -> None:
        self._written = perf_counter()
        timed = done - self._done_before
        left = ""
        if timed > 0:
            pace = (self._written - self._start) / timed
            left = f", about {duration(pace * (self._epochs - done))} left"
        self._line.write(f"{self._name}: {place}{self._losses}{left}")

    def __enter__(self) -> Self:
        if self._follower is not None:
            self._follower.begin()
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
