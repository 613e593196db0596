"""How long and how fast an RBM is trained: epochs, rates, averaging, stopping."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from recs_anomaly.core.rbm import RBM
from recs_anomaly.core.rbm_training import Trainer
from recs_anomaly.core.rbm_units import Array

# Share of the steps, the last ones, over which a decaying schedule averages, and the
# largest number of parameter sets that it takes from them.
AVERAGED_SHARE = 0.3
MOST_AVERAGED = 100


class Schedule(NamedTuple):
    """Passes over the rows and the rate of each step.

    A decaying rate is constant over the first half of all steps, then falls linearly
    to 0, and the parameters are the mean over the last steps (Polyak & Juditsky,
    1992), which takes out the noise of the chains. Training stops earlier when the
    loss has not improved for `patience` epochs, and goes back to the best of them.
    """

    n_epochs: int
    batch_size: int
    learning_rate: float
    is_decaying: bool
    patience: int | None = None


class Trained(NamedTuple):
    """What training leaves: the parameters, and the loss of each epoch."""

    rbm: RBM
    losses: list[float]


class RunningMean:
    """Mean of an array over the steps at which it was added."""

    def __init__(self) -> None:
        self._n_added = 0
        self._mean: Array | None = None

    def add(self, array: Array) -> None:
        """Count the array as it is now."""
        self._n_added += 1
        if self._mean is None:
            self._mean = array.copy()
            return
        difference = array - self._mean
        difference *= 1.0 / self._n_added
        self._mean += difference

    def value(self, default: Array) -> Array:
        """Return the mean, or the default if nothing was added."""
        return default if self._mean is None else self._mean


def train(
    trainer: Trainer,
    schedule: Schedule,
    rng: np.random.Generator,
    loss: Callable[[RBM], float],
    report: Callable[[int, list[float], RBM], bool],
) -> Trained:
    """Take all steps; `loss` judges the parameters after each epoch.

    `report` hears of it, and says whether training should end.
    """
    n_batches = -(-trainer.n_rows // schedule.batch_size)
    n_steps = schedule.n_epochs * n_batches
    mean = RunningMean()
    best, losses = trainer.rbm(trainer.joint), []
    for epoch in range(schedule.n_epochs):
        order = rng.permutation(trainer.n_rows)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            for batch in range(n_batches):
                step = epoch * n_batches + batch
                rows = order[batch * schedule.batch_size :][: schedule.batch_size]
                trainer.step(rows, rate_at(schedule, step / n_steps))
                if _is_averaged(schedule, step, n_steps):
                    mean.add(trainer.joint)
        now = trainer.rbm(mean.value(default=trainer.joint))
        losses.append(_finite(loss(now), epoch))
        is_over = report(epoch + 1, losses, now)
        if schedule.patience is None or losses[-1] <= min(losses):
            best = now
        elif len(losses) - 1 - int(np.argmin(losses)) >= schedule.patience:
            is_over = True
        if is_over:
            break
    return Trained(best, losses)


def rate_at(schedule: Schedule, share: float) -> float:
    """Rate of a step when this share of all steps is done."""
    if not schedule.is_decaying:
        return schedule.learning_rate
    return schedule.learning_rate * min(1.0, 2.0 * (1.0 - share))


def _is_averaged(schedule: Schedule, step: int, n_steps: int) -> bool:
    n_last = int(AVERAGED_SHARE * n_steps)
    place = step - (n_steps - n_last)
    every = -(-n_last // MOST_AVERAGED)
    return schedule.is_decaying and place >= 0 and place % max(every, 1) == 0


def _finite(loss: float, epoch: int) -> float:
    if not np.isfinite(loss):
        raise FloatingPointError(
            f"training diverged in epoch {epoch + 1}: the loss is {loss}; "
            "a smaller learning_rate helps."
        )
    return loss
