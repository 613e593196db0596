"""Training of the rating RBM in Keras, on its leave-one-out conditionals.

Contrastive divergence learns to reconstruct ratings that the hidden units have seen.
Prediction asks something else: one rating given the *others* of its row. For a row of
an RBM that conditional is cheap, because the input of the hidden units is a sum: leave
a rating out and its own message is subtracted. So the model is trained on exactly the
question that it will be asked, the composite likelihood of mean-field conditionals
(Besag, 1975, with the mean field of Salakhutdinov, Mnih & Hinton, 2007). Time and
memory of a step grow with the number of ratings in the batch.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from recs_anomaly.core.arrays import Ints
from recs_anomaly.core.checkpoints import Checkpoint, key_of
from recs_anomaly.core.training import (
    Batch,
    LossOfBatches,
    Progress,
    Schedule,
    ShuffledBatches,
    TrainingHistory,
    train,
)
from recs_anomaly.recommend.rows import RatingRows, column_level_counts
from recs_anomaly.recommend.view_rbm import (
    LEVEL_SHRINKAGE,
    RatingRBM,
    contexts_without_self,
    count_scale,
    level_place,
)

COUPLING_SPREAD = 0.05
COLUMN_SHRINKAGE = 20.0
MAX_STEPS = 400
MIN_BATCH = 4096


class RatingRBMConfig(NamedTuple):
    """Size and regularisation of one view.

    Each rating pays `decay` for the squared length of the two vectors it uses, so that
    a column's total decay grows with its ratings; `input_dropout` hides that share of
    a row's ratings from the hidden units while training.
    """

    n_hidden: int
    decay: float
    input_dropout: float
    bias_decay: float = 0.05


class RatingRBMTrainer(LossOfBatches):
    """Keras model whose loss is the leave-one-out likelihood of a batch of rows."""

    def __init__(self, start: RatingRBM, config: RatingRBMConfig, seed: int) -> None:
        super().__init__()
        self.config = config
        self._dropout_seed = keras.random.SeedGenerator(seed)
        self._parameters = {
            name: self._weight(name, value) for name, value in start._asdict().items()
        }
        self._first_visible_bias = np.asarray(start.visible_bias, "float32")

    def _weight(self, name: str, value: np.ndarray) -> keras.Variable:
        return self.add_weight(
            shape=value.shape,
            initializer=lambda shape, dtype: ops.convert_to_tensor(value, dtype),
            trainable=name not in ("column_level", "level_log_frequency"),
            name=name,
        )

    def call(self, batch: Batch, training: bool = False) -> keras.KerasTensor:
        """Logits of the level of each rating given the other ratings of its row."""
        weight = self._parameters
        coupling = ops.take(weight["coupling"], batch["column"], axis=0)
        presence = ops.take(weight["presence"], batch["column"], axis=0)
        level_in = ops.take(weight["level_in"], batch["level"])[:, None]
        message = (level_in * coupling + presence) * self._seen(batch, training)
        total = ops.segment_sum(message, batch["row"], ops.shape(batch["row_count"])[0])
        others = ops.take(total, batch["row"], axis=0) - message
        hidden = ops.tanh(weight["hidden_bias"] + others * batch["scale"][:, None])
        mean_weight, habit_weight = ops.split(weight["row_weights"], 2)
        drive = ops.sum(hidden * coupling, axis=1) + mean_weight * batch["mean"]
        bias = ops.take(weight["visible_bias"], batch["column"], axis=0)
        self.add_loss(self._penalty(batch, coupling, presence, bias))
        return (
            bias + drive[:, None] * weight["level_out"] + habit_weight * batch["habits"]
        )

    def _seen(self, batch: Batch, training: bool) -> keras.KerasTensor:
        """One over the keep rate for ratings that the hidden units see, else zero."""
        present = batch["weight"][:, None]
        rate = self.config.input_dropout
        if not training or rate == 0:
            return present
        drawn = keras.random.uniform(ops.shape(present), seed=self._dropout_seed)
        return present * ops.cast(drawn > rate, present.dtype) / (1.0 - rate)

    def _penalty(
        self,
        batch: Batch,
        coupling: keras.KerasTensor,
        presence: keras.KerasTensor,
        bias: keras.KerasTensor,
    ) -> keras.KerasTensor:
        first_bias = ops.take(self._first_visible_bias, batch["column"], axis=0)
        length = ops.sum(coupling**2 + presence**2, axis=1)
        drift = ops.sum((bias - first_bias) ** 2, axis=1)
        paid = self.config.decay * length + self.config.bias_decay * drift
        return _weighted_mean(paid, batch["weight"])

    def batch_loss(self, batch: Batch, output: keras.KerasTensor) -> keras.KerasTensor:
        """Mean negative log-likelihood of the batch's ratings, and the penalty."""
        surprise = keras.losses.sparse_categorical_crossentropy(
            batch["level"], output, from_logits=True
        )
        return _weighted_mean(surprise, batch["weight"]) + sum(self.losses)

    def arrays(self) -> RatingRBM:
        """Copy the parameters out, for the NumPy forward pass."""
        return RatingRBM(
            *(
                np.asarray(ops.convert_to_numpy(self._parameters[name]), np.float64)
                for name in RatingRBM._fields
            )
        )


def _weighted_mean(
    values: keras.KerasTensor, weight: keras.KerasTensor
) -> keras.KerasTensor:
    return ops.sum(values * weight) / ops.sum(weight)


def starting_point(
    ratings: RatingRows, n_levels: int, n_hidden: int, rng: np.random.Generator
) -> RatingRBM:
    """Visible biases at the log smoothed frequencies, couplings small and random."""
    place = level_place(n_levels)
    by_column = column_level_counts(ratings, n_levels)
    counts = by_column.sum(axis=1, keepdims=True)
    frequency = (by_column.sum(axis=0) + 1.0) / (counts.sum() + n_levels)
    smoothed = (by_column + COLUMN_SHRINKAGE * frequency) / (counts + COLUMN_SHRINKAGE)
    mean = (by_column @ place + LEVEL_SHRINKAGE * frequency @ place) / (
        counts[:, 0] + LEVEL_SHRINKAGE
    )
    # A column that nobody has rated says nothing, now and after training.
    spread = np.where(counts > 0, COUPLING_SPREAD, 0.0)
    shape = (ratings.n_columns, n_hidden)
    return RatingRBM(
        coupling=spread * rng.standard_normal(shape),
        presence=spread * rng.standard_normal(shape),
        hidden_bias=np.zeros(n_hidden),
        visible_bias=np.log(smoothed),
        level_in=place,
        level_out=place,
        row_weights=np.array([2.0, 0.5]),
        column_level=mean,
        level_log_frequency=np.log(frequency),
    )


def fit_rating_rbm(
    ratings: RatingRows,
    start: RatingRBM,
    config: RatingRBMConfig,
    schedule: Schedule,
    seed: int,
    progress: Progress,
    validate: Callable[[RatingRBM], float] | None = None,
    checkpoint: Path | None = None,
) -> tuple[RatingRBM, TrainingHistory]:
    """Train one view; `validate` gives the validation loss of a candidate."""
    kept = None
    if checkpoint is not None:
        plan = (config, schedule, seed, keras.backend.backend())
        kept = Checkpoint(checkpoint, key_of(plan, (*ratings[:3], *start)))
    model = RatingRBMTrainer(start, config, seed)
    batches = ShuffledBatches(partial(_draw_batches, ratings, start), seed)
    with progress:
        history = train(
            model,
            batches,
            schedule,
            progress,
            None if validate is None else lambda: validate(model.arrays()),
            kept,
        )
    return model.arrays(), history


def _draw_batches(
    ratings: RatingRows, rbm: RatingRBM, rng: np.random.Generator
) -> list[Callable[[], Batch]]:
    """Shuffle the rows and cut them into batches of about equal numbers of ratings."""
    rows = rng.permutation(np.flatnonzero(ratings.counts))
    size = max(MIN_BATCH, -(-int(ratings.offsets[-1]) // MAX_STEPS))
    batch_of = np.cumsum(ratings.counts[rows]) // size
    cuts = np.flatnonzero(np.diff(batch_of)) + 1
    return [partial(_batch, ratings, rbm, part) for part in np.split(rows, cuts)]


def _batch(ratings: RatingRows, rbm: RatingRBM, rows: Ints) -> Batch:
    """Arrays of one batch, padded so that few different shapes are ever compiled."""
    part = ratings.take(rows)
    context = contexts_without_self(rbm, part)
    n_padded = _padded(len(part.columns))
    count = np.zeros(_padded(part.n_rows), "float32")
    count[: part.n_rows] = part.counts

    def pad(values: np.ndarray, dtype: str, fill: float = 0) -> np.ndarray:
        out = np.full((n_padded, *values.shape[1:]), fill, dtype)
        out[: len(values)] = values
        return out

    return {
        "column": pad(part.columns, "int32"),
        "level": pad(part.levels, "int32"),
        "row": pad(part.rows, "int32", fill=len(count) - 1),
        "row_count": count,
        "scale": pad(
            count_scale(part.counts[part.rows].astype(np.float64) - 1.0), "float32"
        ),
        "mean": pad(context.mean, "float32"),
        "habits": pad(context.habits, "float32"),
        "weight": pad(np.ones(len(part.columns)), "float32"),
    }


def _padded(size: int) -> int:
    """Next multiple of an eighth of the power of two above, at least 64."""
    step = max(64, 1 << max(int(size - 1).bit_length() - 3, 0))
    return -(-size // step) * step
