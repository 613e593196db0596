"""The one seeded training loop: shuffled batches, decaying rate, early stopping."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

from recs_anomaly.core.progress import Learned
from recs_anomaly.core.progress import Progress as Progress
from recs_anomaly.core.progress import TrainingHistory as TrainingHistory

Batch = dict[str, np.ndarray]
# JAX without its compiler runs operation by operation, a hundred times slower.
IS_ALWAYS_COMPILED = keras.backend.backend() == "jax"


class Schedule(NamedTuple):
    """How long and how fast to train.

    The learning rate falls linearly to 0 over all steps. Training stops earlier when
    the monitored loss has not improved for `patience` epochs; the weights of the best
    epoch are kept.
    """

    epochs: int
    learning_rate: float
    patience: int = 3


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
        self,
        validate: Callable[[], float] | None,
        patience: int,
        report: Progress,
        learned: Learned,
    ) -> None:
        super().__init__()
        self._validate = validate
        self._patience = patience
        self._report = report
        self._learned = learned
        self.history = TrainingHistory([], [])
        self._best: list[np.ndarray] | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Measure, remember the best weights, stop when it no longer improves."""
        self.history.loss.append(_finite(float((logs or {})["loss"]), epoch))
        if self._validate is not None:
            self._keep_the_best(_finite(self._validate(), epoch))
        if self._report.epoch(epoch + 1, self.history, self._learned):
            self.model.stop_training = True

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


def train(
    model: keras.Model,
    batches: ShuffledBatches,
    schedule: Schedule,
    progress: Progress,
    validate: Callable[[], float] | None = None,
) -> TrainingHistory:
    """Fit the model by Adam, the rate falling linearly to zero over all epochs."""
    monitor = EpochMonitor(validate, schedule.patience, progress, lambda: model)
    steps = max(schedule.epochs * len(batches), 1)
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.PolynomialDecay(
                schedule.learning_rate, steps, end_learning_rate=0.0
            ),
            beta_2=0.99,
        ),
        jit_compile=IS_ALWAYS_COMPILED,
    )
    # Without its variables TensorFlow would trace the first step twice.
    model.optimizer.build(model.trainable_variables)
    model.fit(
        batches, epochs=schedule.epochs, shuffle=False, verbose=0, callbacks=[monitor]
    )
    return monitor.history
