"""The one seeded training loop: shuffled batches, decaying rate, early stopping."""

import math
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple, Self, TextIO

import keras
import numpy as np

Batch = dict[str, np.ndarray]


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
    """Loss of each epoch on the training rows, and on the validation cut if any."""

    loss: list[float]
    validation_loss: list[float]


class ShuffledBatches(keras.utils.PyDataset):
    """Batches drawn in a new order each epoch, by a generator of their own."""

    def __init__(
        self, draw: Callable[[np.random.Generator], list[Any]], seed: int
    ) -> None:
        super().__init__()
        self._draw = draw
        self._rng = np.random.default_rng(seed)
        self._batches = draw(self._rng)

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> tuple[Batch]:
        return (self._batches[index](),)

    def on_epoch_end(self) -> None:
        """Draw the next epoch's batches."""
        self._batches = self._draw(self._rng)


class EpochMonitor(keras.callbacks.Callback):
    """Measures the loss to stop on, keeps the best weights, reports progress."""

    def __init__(
        self, validate: Callable[[], float] | None, patience: int, report: "Progress"
    ) -> None:
        super().__init__()
        self._validate = validate
        self._patience = patience
        self._report = report
        self.history = TrainingHistory([], [])
        self._best: list[np.ndarray] | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Measure, remember the best weights, stop when it no longer improves."""
        self.history.loss.append(_finite(float((logs or {})["loss"]), epoch))
        if self._validate is not None:
            self._keep_the_best(_finite(self._validate(), epoch))
        self._report.epoch(epoch + 1, self.history)

    def _keep_the_best(self, loss: float) -> None:
        losses = self.history.validation_loss
        losses.append(loss)
        best = int(np.argmin(losses))
        if best == len(losses) - 1:
            self._best = self.model.get_weights()
        elif len(losses) - 1 - best >= self._patience:
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Put the weights of the best epoch back."""
        if self._best is not None:
            self.model.set_weights(self._best)


def _finite(loss: float, epoch: int) -> float:
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"training diverged in epoch {epoch + 1}: the loss is {loss}; "
            "a smaller learning_rate helps."
        )
    return loss


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

    def epoch(self, done: int, history: TrainingHistory) -> None:
        """Rewrite the line after an epoch."""
        if not self._is_shown:
            return
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


def train(
    model: keras.Model,
    batches: ShuffledBatches,
    schedule: Schedule,
    progress: Progress,
    validate: Callable[[], float] | None = None,
) -> TrainingHistory:
    """Fit the model by Adam, the rate falling linearly to zero over all epochs."""
    monitor = EpochMonitor(validate, schedule.patience, progress)
    steps = max(schedule.epochs * len(batches), 1)
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.PolynomialDecay(
                schedule.learning_rate, steps, end_learning_rate=0.0
            ),
            beta_2=0.99,
        ),
        jit_compile=False,
    )
    # Without its variables TensorFlow would trace the first step twice.
    model.optimizer.build(model.trainable_variables)
    model.fit(
        batches, epochs=schedule.epochs, shuffle=False, verbose=0, callbacks=[monitor]
    )
    return monitor.history
