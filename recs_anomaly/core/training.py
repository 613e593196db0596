"""The one seeded training loop: shuffled batches, decaying rate, early stopping.

Ctrl-C ends a training with the best of the epochs that have ended; a checkpoint takes
it up again where it stood, to the bit.
"""

import math
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Any

import keras
import numpy as np

from recs_anomaly.core.arrays import Bools, Ints
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


class ShuffledBatches:
    """Batches of one size, of samples in a new order each epoch.

    `make` gets the places of the samples of a batch, which of them are real, and the
    generator of the order: the last batch is filled up with samples once more.
    """

    def __init__(
        self,
        n_samples: int,
        batch_size: int,
        make: Callable[[Ints, Bools, np.random.Generator], Batch],
        seed: int,
    ) -> None:
        self._n_samples, self._batch_size, self._make = n_samples, batch_size, make
        self._rng = np.random.default_rng(seed)

    def next_epoch(self) -> list[Callable[[], Batch]]:
        """Draw an epoch's batches; each is made when it is called for."""
        order = self._rng.permutation(self._n_samples)
        n_batches = -(-self._n_samples // self._batch_size)
        places = np.resize(order, (n_batches, self._batch_size))
        is_real = np.arange(places.size).reshape(places.shape) < self._n_samples
        return [
            partial(self._make, *batch, self._rng)
            for batch in zip(places, is_real, strict=True)
        ]


class EpochMonitor:
    """Measures the loss to stop on, keeps the best weights, reports progress."""

    def __init__(
        self,
        model: keras.Model,
        validate: Callable[[], float] | None,
        patience: int,
        report: Progress,
        learned: Learned,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self._model = model
        self._validate = validate
        self._patience = patience
        self._report = report
        self._learned = learned
        self._checkpoint = checkpoint
        self.history = TrainingHistory([], [])
        # Of the best epoch, or of the last one where there is no telling.
        self._kept: list[np.ndarray] = []

    def step(self, done: float) -> None:
        """Say how many epochs are done."""
        self._report.step(done)

    def epoch(self, loss: float) -> bool:
        """Measure and remember the best weights; say whether training should end."""
        epoch = len(self.history.loss)
        loss = _finite(loss, epoch)
        if self._validate is not None:
            self.history.validation_loss.append(_finite(self._validate(), epoch))
        self.history.loss.append(loss)
        if self._epochs_without_gain == 0:
            self._kept = self._model.get_weights()
        is_enough = self._report.epoch(epoch + 1, self.history, self._learned)
        if self._checkpoint is not None:
            self._checkpoint.write(self._standing())
        return is_enough or self.is_over

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
        self._model.set_weights(self._kept)

    def go_on_from(self, standing: Standing) -> None:
        """Take up a training of the model, whose optimizer must be built."""
        self.history.loss[:] = standing.loss
        self.history.validation_loss[:] = standing.validation_loss
        self._kept = standing.best
        for variables, values in (
            (self._model.variables, standing.variables),
            (self._model.optimizer.variables, standing.optimizer),
        ):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        self._report.resumed(len(standing.loss))

    def _standing(self) -> Standing:
        to_numpy = keras.ops.convert_to_numpy
        return Standing(
            self.history.loss,
            self.history.validation_loss,
            [to_numpy(variable) for variable in self._model.variables],
            [to_numpy(variable) for variable in self._model.optimizer.variables],
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
    rate: Callable[[float], float],
    monitor: EpochMonitor,
) -> TrainingHistory:
    """Fit a compiled model for the epochs that its monitor has not seen yet.

    `rate` gives the learning rate, of how many epochs are done. Ctrl-C keeps what the
    epochs that have ended have learned, with a warning; in the first epoch there is
    nothing to keep.
    """
    # Not by `model.fit`: the pipeline that it makes of the batches takes five times as
    # long as training a small network.
    n_done = len(monitor.history.loss)
    for _ in range(n_done):
        batches.next_epoch()
    try:
        for epoch in range(n_done, epochs):
            if monitor.epoch(_train_epoch(model, batches, epoch, rate, monitor)):
                break
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
    if monitor.history.validation_loss:
        monitor.keep()
    return monitor.history


def _train_epoch(
    model: keras.Model,
    batches: ShuffledBatches,
    epoch: int,
    rate: Callable[[float], float],
    monitor: EpochMonitor,
) -> float:
    """Train on each batch once; return the mean of their losses."""
    steps = batches.next_epoch()
    losses: list[float] = []
    for step, make in enumerate(steps):
        model.optimizer.learning_rate = rate(epoch + step / len(steps))
        losses.append(float(model.train_on_batch(make())))
        monitor.step(epoch + (step + 1) / len(steps))
    return float(np.mean(losses))


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
    model.compile(
        optimizer=keras.optimizers.Adam(beta_2=0.99), jit_compile=IS_ALWAYS_COMPILED
    )
    # Without its variables TensorFlow would trace the first step twice.
    model.optimizer.build(model.trainable_variables)
    monitor = EpochMonitor(
        model, validate, schedule.patience, progress, lambda: model, checkpoint
    )
    standing = checkpoint.read() if checkpoint else None
    if standing is not None:
        monitor.go_on_from(standing)
        if monitor.is_over or len(monitor.history.loss) >= schedule.epochs:
            monitor.keep()
            return monitor.history

    def falling(done: float) -> float:
        return schedule.learning_rate * (1.0 - done / schedule.epochs)

    return run(model, batches, schedule.epochs, falling, monitor)
