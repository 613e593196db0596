"""What training tells while it runs; free of Keras, which not all training needs."""

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


class Progress:
    """One line on a terminal that says where training stands and how long it takes."""

    def __init__(
        self, name: str, epochs: int, verbose: int, stream: TextIO | None = None
    ) -> None:
        self._name = name
        self._epochs = epochs
        self._stream = stream or sys.stderr
        self._is_shown = verbose > 1 or (verbose == 1 and self._stream.isatty())
        self._start = perf_counter()

    def epoch(self, done: int, history: TrainingHistory, learned: Learned) -> bool:
        """Rewrite the line after an epoch; say whether training should end: never."""
        if self._is_shown:
            self._show(done, history)
        return False

    def finished(self) -> None:
        """Hear that all is done, and what was learned is in its place."""

    def _show(self, done: int, history: TrainingHistory) -> None:
        left = (perf_counter() - self._start) / done * (self._epochs - done)
        text = f"{self._name}: epoch {done}/{self._epochs}, loss {history.loss[-1]:.4f}"
        if history.validation_loss:
            text += f", validation {history.validation_loss[-1]:.4f}"
        self._stream.write(f"\r\033[K{text}, at most {left:.0f} s left")
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_shown:
            self._stream.write("\r\033[K")
            self._stream.flush()
