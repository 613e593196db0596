"""The one seeded training loop: shuffled batches, decaying rate, early stopping.

Ctrl-C ends a training with the best of the epochs that have ended; a checkpoint takes
it up again where it stood, to the bit.
"""

import math
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import keras
import numpy as np

from recs_anomaly.core.checkpoints import Checkpoint, Standing
from recs_anomaly.core.progress import Learned
from recs_anomaly.core.progress import Progress as Progress
from recs_anomaly.core.progress import Schedule as Schedule
from recs_anomaly.core.progress import TrainingHistory as TrainingHistory

Batch = dict[str, np.ndarray]
# JAX without its compiler runs operation by operation, a hundred times slower.
IS_ALWAYS_COMPILED = keras.backend.backend() == "jax"
MAX_WAITING = 8


class LossOfBatches(keras.Model):
    """A network whose loss follows from a batch, a dict of arrays, and its output."""

    def batch_loss(self, batch: Batch, output: keras.KerasTensor) -> keras.KerasTensor:
        """Return the loss of a batch."""
        raise NotImplementedError

    def compute_loss(
        self,
        x: Batch | None = None,
        y: object = None,
        y_pred: keras.KerasTensor | None = None,
        sample_weight: object = None,
        training: bool = True,
    ) -> keras.KerasTensor:
        """Return the loss of a batch, as Keras asks for it."""
        assert x is not None
        return self.batch_loss(x, y_pred)


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

    def skip(self, n_epochs: int) -> None:
        """Draw as often as so many epochs have done."""
        for _ in range(n_epochs):
            self.on_epoch_end()


class EpochMonitor(keras.callbacks.Callback):
    """Measures the loss to stop on, keeps the best weights, reports progress."""

    def __init__(
        self,
        validate: Callable[[], float] | None,
        patience: int,
        report: Progress,
        learned: Learned,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        super().__init__()
        self._validate = validate
        self._patience = patience
        self._report = report
        self._learned = learned
        self._checkpoint = checkpoint
        self.history = TrainingHistory([], [])
        # Of the best epoch, or of the last one where there is no telling.
        self._kept: list[np.ndarray] = []

    def on_train_batch_end(
        self, batch: int, logs: dict[str, float] | None = None
    ) -> None:
        """Say how much of the epoch is done."""
        self._report.step(len(self.history.loss) + (batch + 1) / self.params["steps"])

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Measure, remember the best weights, stop when it no longer improves."""
        loss = _finite(float((logs or {})["loss"]), epoch)
        if self._validate is not None:
            self.history.validation_loss.append(_finite(self._validate(), epoch))
        self.history.loss.append(loss)
        if self._epochs_without_gain == 0:
            self._kept = self.model.get_weights()
        is_enough = self._report.epoch(epoch + 1, self.history, self._learned)
        self.model.stop_training = is_enough or self.is_over
        if self._checkpoint is not None:
            self._checkpoint.write(self._standing())

    @property
    def is_over(self) -> bool:
        """Whether the loss to stop on has not improved for as long as is waited for."""
        is_measured = bool(self.history.validation_loss)
        return is_measured and self._epochs_without_gain >= self._patience

    @property
    def _epochs_without_gain(self) -> int:
        losses = self.history.validation_loss
        return len(losses) - 1 - int(np.argmin(losses)) if losses else 0

    def keep(self) -> None:
        """Put the weights of the best epoch back."""
        self.model.set_weights(self._kept)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Put the weights of the best epoch back, if there was one."""
        if self.history.validation_loss:
            self.keep()

    def go_on_from(self, standing: Standing) -> None:
        """Take up a training; its model must be set, and its optimizer built."""
        self.history.loss[:] = standing.loss
        self.history.validation_loss[:] = standing.validation_loss
        self._kept = standing.best
        for variables, values in (
            (self.model.variables, standing.variables),
            (self.model.optimizer.variables, standing.optimizer),
        ):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        self._report.resumed(len(standing.loss))

    def _standing(self) -> Standing:
        to_numpy = keras.ops.convert_to_numpy
        return Standing(
            self.history.loss,
            self.history.validation_loss,
            [to_numpy(variable) for variable in self.model.variables],
            [to_numpy(variable) for variable in self.model.optimizer.variables],
            self._kept,
        )


_waiting: OrderedDict[Hashable, list[Any]] = OrderedDict()
_lock = Lock()


@contextmanager
def borrowed(plan: Hashable, build: Callable[[], Any]) -> Iterator[Any]:
    """Lend a compiled network that is built by this plan, to one borrower at a time.

    Building and tracing a network takes seconds, more than training a small one. Who
    is done leaves it for the next fit of the same plan: a grid search or a
    cross-validation compiles once. Weights and the optimizer's averages are what the
    last training left; the borrower sets them anew.
    """
    with _lock:
        models = _waiting.get(plan)
        model = models.pop() if models else None
    model = model or build()
    yield model
    # After an error nobody knows what state it is in: it does not come back.
    with _lock:
        _waiting.setdefault(plan, []).append(model)
        _waiting.move_to_end(plan)
        while len(_waiting) > MAX_WAITING:
            _waiting.popitem(last=False)


def run(
    model: keras.Model,
    batches: ShuffledBatches,
    epochs: int,
    monitor: EpochMonitor,
    *others: keras.callbacks.Callback,
) -> TrainingHistory:
    """Fit a compiled model for the epochs that its monitor has not seen yet.

    Ctrl-C keeps what the epochs that have ended have learned, with a warning; in the
    first epoch there is nothing to keep.
    """
    n_done = len(monitor.history.loss)
    batches.skip(n_done)
    try:
        model.fit(
            batches,
            epochs=epochs,
            initial_epoch=n_done,
            shuffle=False,
            verbose=0,
            callbacks=[*others, monitor],
        )
    except KeyboardInterrupt:
        n_done = len(monitor.history.loss)
        if n_done == 0:
            raise
        monitor.keep()
        warnings.warn(
            f"training was interrupted in epoch {n_done + 1} of {epochs}; the best of "
            f"the {n_done} before it was kept.",
            UserWarning,
            stacklevel=2,
        )
        return monitor.history._replace(is_interrupted=True)
    return monitor.history


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
    checkpoint: Checkpoint | None = None,
) -> TrainingHistory:
    """Fit the model by Adam, the rate falling linearly to zero over all epochs.

    Where the checkpoint holds an earlier run of the same training, it goes on there.
    """
    monitor = EpochMonitor(
        validate, schedule.patience, progress, lambda: model, checkpoint
    )
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
    standing = checkpoint.read() if checkpoint else None
    if standing is not None:
        monitor.set_model(model)
        monitor.go_on_from(standing)
        if monitor.is_over or len(monitor.history.loss) >= schedule.epochs:
            monitor.keep()
            return monitor.history
    return run(model, batches, schedule.epochs, monitor)
