"""Training of the rating RBM on its leave-one-out conditionals, in NumPy.

Contrastive divergence learns to reconstruct ratings that the hidden units have seen.
Prediction asks something else: one rating given the *others* of its row. For a row of
an RBM that conditional is cheap, because the input of the hidden units is a sum: leave
a rating out and its own message is subtracted. So the model is trained on exactly the
question that it will be asked, the composite likelihood of mean-field conditionals
(Besag, 1975, with the mean field of Salakhutdinov, Mnih & Hinton, 2007). Time and
memory of a step grow with the number of ratings in the batch.

The model is small, and its gradient a page: Keras would take longer to start than the
training takes. The tests hold it against Keras' own.
"""

import math
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csc_array, csr_array

from recs_anomaly.core.arrays import Floats, Ints, Singles
from recs_anomaly.core.checkpoints import Checkpoint, Standing, key_of
from recs_anomaly.core.progress import Progress, Schedule, TrainingHistory
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
MAX_STEPS = 64
MIN_BATCH = 4096
# Of Adam, as Keras has them but for the second.
MOMENTUM, MEMORY, EPSILON = 0.9, 0.99, 1e-7
FIXED = ("column_level", "level_log_frequency")


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


class RowBatch(NamedTuple):
    """Rows of ratings, and what each rating's row tells without it."""

    ratings: RatingRows
    seen: Singles  # (n, 1) what the hidden units see of each: 0, or 1 and more
    scale: Singles  # (n, 1) of the input of the hidden units
    mean: Singles  # (n,)
    habits: Singles  # (n, K)


def loss_and_gradient(
    rbm: RatingRBM, batch: RowBatch, config: RatingRBMConfig, first_bias: Singles
) -> tuple[float, RatingRBM]:
    """Mean surprise at the ratings of a batch with the penalty, and its slopes.

    Of what is not learned the slope is 0. A pass over numbers of ratings times hidden
    units is what takes time: what is the same for a row or a column is found there, and
    factors of a rating are those of the products that sum over ratings.
    """
    ratings = batch.ratings
    columns, levels, rows = ratings.columns, ratings.levels, ratings.rows
    n, ones = len(columns), np.ones(len(columns), np.float32)
    ends = np.arange(n + 1, dtype=np.int32)
    of_rows = csr_array(
        (ones, ends[:-1], ratings.offsets.astype(np.int32)), (ratings.n_rows, n)
    )

    def of_columns(factors: Any, values: Any) -> Singles:
        """Sum values of ratings, times their factors, over each column."""
        place = csc_array((factors, columns, ends), (ratings.n_columns, n))
        return np.asarray(place @ values)

    heard = (batch.seen * batch.scale)[:, 0]
    spoken = rbm.level_in[levels] * heard
    coupling = rbm.coupling.take(columns, axis=0)
    message = coupling * spoken[:, None]
    present = rbm.presence.take(columns, axis=0)
    present *= heard[:, None]
    message += present
    hidden = (of_rows @ message + rbm.hidden_bias).take(rows, axis=0)
    hidden -= message
    np.tanh(hidden, out=hidden)
    mean_weight, habit_weight = rbm.row_weights
    drive = np.einsum("nh,nh->n", hidden, coupling) + mean_weight * batch.mean
    logits = drive[:, None] * rbm.level_out + habit_weight * batch.habits
    logits += rbm.visible_bias.take(columns, axis=0)
    surprise, excess = _surprise(logits, levels)

    share = np.bincount(columns, minlength=ratings.n_columns)[:, None] / n
    paid, slopes = _penalty(rbm, first_bias, share.astype(np.float32), config)

    push = excess @ rbm.level_out
    bent = hidden * hidden
    np.subtract(1.0, bent, out=bent)
    bent *= coupling
    bent *= push[:, None]
    pulled = of_rows @ bent
    told = pulled.take(rows, axis=0)
    told -= bent
    of_level = np.einsum("nh,nh->n", told, coupling) * heard
    gradient = RatingRBM(
        coupling=of_columns(push, hidden) + of_columns(spoken, told) + slopes[0],
        presence=of_columns(heard, told) + slopes[1],
        hidden_bias=pulled.sum(axis=0),
        level_in=np.bincount(levels, of_level, len(rbm.level_in)).astype(np.float32),
        visible_bias=of_columns(ones, excess) + slopes[2],
        level_out=drive @ excess,
        row_weights=np.array(
            [push @ batch.mean, np.vdot(excess, batch.habits)], np.float32
        ),
        column_level=np.zeros_like(rbm.column_level),
        level_log_frequency=np.zeros_like(rbm.level_log_frequency),
    )
    return surprise + paid, gradient


def _surprise(logits: Singles, levels: Ints) -> tuple[float, Singles]:
    """Mean surprise at levels, and its slopes in the logits."""
    n, each = len(levels), np.arange(len(levels))
    # A few levels are summed over much faster with the ratings side by side.
    masses = np.ascontiguousarray(logits.T)
    masses -= masses.max(axis=0)
    surprise = -masses[levels, each].sum()
    np.exp(masses, out=masses)
    total = masses.sum(axis=0)
    surprise += np.log(total).sum()
    masses /= total
    masses[levels, each] -= 1.0
    masses /= n
    return float(surprise) / n, np.ascontiguousarray(masses.T)


def _penalty(
    rbm: RatingRBM, first_bias: Singles, share: Singles, config: RatingRBMConfig
) -> tuple[float, list[Any]]:
    """Charge the mean rating; slopes of that in couplings, presences and biases.

    `share` of the ratings is each column's.
    """
    paid, slopes = 0.0, []
    drift = rbm.visible_bias - first_bias
    prices = config.decay, config.decay, config.bias_decay
    for price, value in zip(prices, (rbm.coupling, rbm.presence, drift), strict=True):
        slopes.append(np.asarray(2 * price * share * value))
        paid += float(np.vdot(slopes[-1], value)) / 2
    return paid, slopes


class Adam:
    """Steps down a gradient (Kingma & Ba, 2015); the rate falls linearly to zero."""

    def __init__(self, start: RatingRBM, learning_rate: float, n_steps: int) -> None:
        self._rate, self._n_steps, self._step = learning_rate, n_steps, 0
        self._means = [np.zeros_like(part) for part in start]
        self._squares = [np.zeros_like(part) for part in start]

    def step(self, rbm: RatingRBM, gradient: RatingRBM) -> None:
        """Change the parameters in place."""
        rate = self._rate * max(1.0 - self._step / self._n_steps, 0.0)
        self._step += 1
        rate *= math.sqrt(1.0 - MEMORY**self._step) / (1.0 - MOMENTUM**self._step)
        moments = zip(self._means, self._squares, strict=True)
        for value, slope, (mean, square) in zip(rbm, gradient, moments, strict=True):
            mean += (1.0 - MOMENTUM) * (slope - mean)
            square += (1.0 - MEMORY) * (slope**2 - square)
            value -= rate * mean / (np.sqrt(square) + EPSILON)

    def state(self) -> list[np.ndarray]:
        """All that the next steps depend on."""
        return [np.array(self._step), *self._means, *self._squares]

    def resume(self, state: list[np.ndarray]) -> None:
        """Take up a state."""
        self._step, n = int(state[0]), len(self._means)
        self._means, self._squares = list(state[1 : n + 1]), list(state[n + 1 :])


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
    """Train one view; `validate` gives the validation loss of a candidate.

    Where the checkpoint holds an earlier run of the same training, it goes on there.
    Ctrl-C keeps what the epochs that have ended have learned, with a warning; in the
    first epoch there is nothing to keep.
    """
    kept = None
    if checkpoint is not None:
        plan = (config, schedule, seed, "numpy")
        kept = Checkpoint(checkpoint, key_of(plan, (*ratings[:3], *start)))
    run = _Run(ratings, start, config, schedule, seed, validate)
    with progress:
        standing = kept.read() if kept else None
        if standing is not None:
            run.resume(standing)
            progress.resumed(len(standing.loss))
        try:
            while not run.is_over:
                run.epoch(progress)
                if kept is not None:
                    kept.write(run.standing())
        except KeyboardInterrupt:
            n_done = len(run.history.loss)
            if not n_done:
                raise
            warnings.warn(
                f"training was interrupted in epoch {n_done + 1} of {schedule.epochs}; "
                f"the best of the {n_done} before it was kept.",
                UserWarning,
                stacklevel=2,
            )
            return run.best(), run.history._replace(is_interrupted=True)
    return run.best(), run.history


class _Run:
    """One training of one view, an epoch at a time."""

    def __init__(
        self,
        ratings: RatingRows,
        start: RatingRBM,
        config: RatingRBMConfig,
        schedule: Schedule,
        seed: int,
        validate: Callable[[RatingRBM], float] | None,
    ) -> None:
        self.history = TrainingHistory([], [])
        self._ratings, self._config, self._schedule = ratings, config, schedule
        self._validate, self._seed = validate, seed
        self._rbm = _cast(start, np.float32)
        self._best = self._rbm
        self._first_bias: Any = self._rbm.visible_bias.copy()
        n_steps = schedule.epochs * n_batches(ratings)
        self._adam = Adam(self._rbm, schedule.learning_rate, max(n_steps, 1))

    @property
    def is_over(self) -> bool:
        """Whether all epochs are done, or nothing has improved for long enough."""
        return (
            len(self.history.loss) >= self._schedule.epochs
            or self._epochs_without_gain >= self._schedule.patience
        )

    @property
    def _epochs_without_gain(self) -> int:
        losses = self.history.validation_loss
        return len(losses) - 1 - int(np.argmin(losses)) if losses else 0

    def epoch(self, progress: Progress) -> None:
        """Pass over all ratings once."""
        n_done = len(self.history.loss)
        # Each epoch has a generator of its own, so that any can be the first of a run.
        rng = np.random.default_rng((self._seed, n_done))
        loss, groups = 0.0, _draw_rows(self._ratings, rng)
        for place, rows in enumerate(groups, start=1):
            batch = make_batch(
                self._ratings.take(rows), self._rbm, self._config.input_dropout, rng
            )
            one, gradient = loss_and_gradient(
                self._rbm, batch, self._config, self._first_bias
            )
            self._adam.step(self._rbm, gradient)
            loss += one / len(groups)
            progress.step(n_done + place / len(groups))
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"training diverged in epoch {n_done + 1}: the loss is {loss}; "
                "a smaller learning_rate helps."
            )
        if self._validate is not None:
            self.history.validation_loss.append(
                self._validate(_cast(self._rbm, np.float64))
            )
        self.history.loss.append(loss)
        if self._epochs_without_gain == 0:
            self._best = _cast(self._rbm, np.float32)
        progress.epoch(n_done + 1, self.history, self.best)

    def best(self) -> RatingRBM:
        """Parameters of the best epoch, or of the last where there is no telling."""
        return _cast(self._best, np.float64)

    def standing(self) -> Standing:
        """All that the rest of the training depends on."""
        return Standing(
            *self.history[:2], [*self._rbm], self._adam.state(), [*self._best]
        )

    def resume(self, standing: Standing) -> None:
        """Go on where an earlier run stood."""
        self.history = TrainingHistory(standing.loss, standing.validation_loss)
        self._rbm = _cast(standing.variables, np.float32)
        self._best = _cast(standing.best, np.float32)
        self._adam.resume(standing.optimizer)


def _cast(parts: Iterable[Any], kind: type[np.floating[Any]]) -> RatingRBM:
    arrays: list[Any] = [np.array(part, kind) for part in parts]
    return RatingRBM(*arrays)


def _batch_size(ratings: RatingRows) -> int:
    return max(MIN_BATCH, -(-int(ratings.offsets[-1]) // MAX_STEPS))


def n_batches(ratings: RatingRows) -> int:
    """Count the steps of an epoch."""
    return len(_draw_rows(ratings, np.random.default_rng(0)))


def _draw_rows(ratings: RatingRows, rng: np.random.Generator) -> list[Ints]:
    """Shuffle the rows and cut them into batches of about equal numbers of ratings."""
    rows = rng.permutation(np.flatnonzero(ratings.counts))
    batch_of = np.cumsum(ratings.counts[rows]) // _batch_size(ratings)
    return np.split(rows, np.flatnonzero(np.diff(batch_of)) + 1)


def make_batch(
    part: RatingRows, rbm: RatingRBM, dropout: float, rng: np.random.Generator
) -> RowBatch:
    """Gather what a step needs of some rows; the hidden units see a share of them."""
    context = contexts_without_self(rbm, part)
    others: Floats = np.repeat(part.counts, part.counts) - np.float64(1.0)
    scale = count_scale(others)
    seen = np.ones((len(part.columns), 1), np.float32)
    if dropout:
        seen *= (rng.random(seen.shape, np.float32) > dropout) / np.float32(1 - dropout)
    return RowBatch(
        part,
        seen,
        scale.astype(np.float32)[:, None],
        context.mean.astype(np.float32),
        context.habits.astype(np.float32),
    )
