"""Training of dense autoencoders in Keras: what is minimised, and on which rows."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from recs_anomaly.autoencoder.dense import MAX_LOG_VARIANCE, MIN_LOG_VARIANCE
from recs_anomaly.core.arrays import Array, Bools, Ints
from recs_anomaly.core.progress import Progress, TrainingHistory
from recs_anomaly.core.training import (
    Batch,
    LossOfBatches,
    Schedule,
    ShuffledBatches,
    train,
)

HELD_OUT = 0.1  # share of the rows that says when to stop
MIN_VARIANCE = 1e-4  # of the noise, in units of the rows' own

# Loss of each row, of a decoder's outputs and the rows.
RowLoss = Callable[[keras.KerasTensor, keras.KerasTensor], keras.KerasTensor]


class AutoencoderSchedule(NamedTuple):
    """How long and how fast to train, from which seed."""

    epochs: int
    batch_size: int
    learning_rate: float
    patience: int | None
    seed: int


class Objective(LossOfBatches):
    """An encoder and a decoder, and the loss of each row that they give."""

    def __init__(self, encoder: keras.Model, decoder: keras.Model) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def batch(self, rows: Array, rng: np.random.Generator) -> Batch:
        """Rows and the noise of a step on them."""
        raise NotImplementedError

    def batch_loss(self, batch: Batch, output: keras.KerasTensor) -> keras.KerasTensor:
        """Mean loss of the rows of a batch."""
        return ops.mean(output)


class Denoising(Objective):
    """Mean squared error of rows that are rebuilt from themselves with noise.

    The noise is normal, of standard deviation `noise`, and drawn anew in each step
    (Vincent et al., 2010).
    """

    def __init__(
        self, encoder: keras.Model, decoder: keras.Model, noise: float
    ) -> None:
        super().__init__(encoder, decoder)
        self._noise = noise

    def batch(self, rows: Array, rng: np.random.Generator) -> Batch:
        """Rows, and what of them is shown."""
        if self._noise == 0:
            return {"rows": rows, "shown": rows}
        noise = rng.standard_normal(rows.shape, np.float32)
        return {"rows": rows, "shown": rows + np.float32(self._noise) * noise}

    def call(self, batch: Batch, training: bool = False) -> keras.KerasTensor:
        """Loss of each row."""
        rebuilt = self.decoder(self.encoder(batch["shown"]))
        return ops.mean((rebuilt - batch["rows"]) ** 2, axis=1)


class Variational(Objective):
    """Negative evidence lower bound, in nats.

    `reconstruction_loss` gives the negative log density of each row, given the
    decoder's outputs.
    """

    def __init__(
        self, encoder: keras.Model, decoder: keras.Model, reconstruction_loss: RowLoss
    ) -> None:
        super().__init__(encoder, decoder)
        self._reconstruction_loss = reconstruction_loss

    def batch(self, rows: Array, rng: np.random.Generator) -> Batch:
        """Rows, and a draw of the code's noise for each."""
        shape = (len(rows), self.decoder.input_shape[1])
        return {"rows": rows, "noise": rng.standard_normal(shape, np.float32)}

    def call(self, batch: Batch, training: bool = False) -> keras.KerasTensor:
        """Loss of each row."""
        outputs, divergence = self.drawn(batch)
        return divergence + self._reconstruction_loss(outputs, batch["rows"])

    def drawn(self, batch: Batch) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """Output of the decoder for drawn codes, and the codes' divergence."""
        mean, log_variance = ops.split(self.encoder(batch["rows"]), 2, axis=1)
        log_variance = ops.clip(log_variance, MIN_LOG_VARIANCE, MAX_LOG_VARIANCE)
        codes = mean + ops.exp(0.5 * log_variance) * batch["noise"]
        apart = ops.exp(log_variance) + mean**2 - 1.0 - log_variance
        return self.decoder(codes), 0.5 * ops.sum(apart, axis=1)

    def noise_variance(self, rows: Array, rng: np.random.Generator) -> float:
        """Mean squared error of rows rebuilt from drawn codes."""
        batch = self.batch(rows, rng)
        outputs, _ = self.drawn(batch)
        error = float(ops.mean((outputs - batch["rows"]) ** 2))
        return max(error, MIN_VARIANCE)


def gaussian_loss(
    outputs: keras.KerasTensor, rows: keras.KerasTensor
) -> keras.KerasTensor:
    """Return the negative log density of Gaussian rows, whose means are the outputs.

    The variance of the noise is the one that fits the batch best, the mean squared
    error (Rybkin, Daniilidis & Levine, 2021).
    """
    squares = (outputs - rows) ** 2
    best = ops.stop_gradient(ops.mean(squares))
    variance = ops.maximum(best, MIN_VARIANCE)
    log_density = squares / variance + ops.log(2.0 * np.pi * variance)
    return 0.5 * ops.sum(log_density, axis=1)


def binary_loss(mean: Array, scale: float) -> RowLoss:
    """Return the loss of rows of zeros and ones; outputs are the log odds of a 1.

    Rows come as the encoder sees them, measured from `mean` in units of `scale`.
    """
    mean = mean.astype(np.float32)

    def loss(outputs: keras.KerasTensor, rows: keras.KerasTensor) -> keras.KerasTensor:
        chances = mean + scale * rows
        return ops.sum(ops.softplus(outputs) - chances * outputs, axis=1)

    return loss


def fit_autoencoder(
    objective: Objective, rows: Array, schedule: AutoencoderSchedule, progress: Progress
) -> TrainingHistory:
    """Train the networks in place on standardised rows (n, V).

    With `patience`, a tenth of the rows is held out and judged with the same noise each
    epoch; the weights of the best epoch are kept.
    """
    rng = np.random.default_rng(schedule.seed)
    rows = rows.astype(np.float32, copy=False)
    validate, patience = None, 0
    if schedule.patience is not None and len(rows) > 1:
        order = rng.permutation(len(rows))
        n_held = max(round(HELD_OUT * len(order)), 1)
        held_out = objective.batch(rows[order[:n_held]], rng)
        rows, patience = rows[order[n_held:]], schedule.patience
        validate = partial(_mean_loss, objective, held_out)

    def batch(places: Ints, _: Bools, noise: np.random.Generator) -> Batch:
        return objective.batch(rows[places], noise)

    size = min(schedule.batch_size, len(rows))
    batches = ShuffledBatches(len(rows), size, batch, int(rng.integers(2**31)))
    pace = Schedule(schedule.epochs, schedule.learning_rate, patience)
    objective(objective.batch(rows[:1], np.random.default_rng(0)))  # makes its weights
    with progress:
        return train(objective, batches, pace, progress, validate)


def _mean_loss(objective: Objective, batch: Batch) -> float:
    return float(ops.mean(objective(batch)))
