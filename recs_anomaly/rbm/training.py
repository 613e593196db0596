"""Training of an RBM: stochastic maximum likelihood in centred coordinates.

The gradient of the log-likelihood is the mean of v h' over the data minus its mean over
the model, and a few Markov chains stand for the model: chains that go on from step to
step (persistent contrastive divergence, Tieleman, 2008) or that start at the data and
take k steps (CD-k, Hinton, 2002).

Visible units are measured from an offset, their mean in the data, and hidden units from
1/2 (Montavon & Müller, 2012). That makes the gradient the same whether a 1 or a 0
stands for a black pixel, and allows a rate several times larger. Weights and biases are
one matrix, so that a step is three products: visible given hidden, hidden given
visible, and the gradient of everything at once,

    joint = [[W, a], [b, .]],    hidden input = [v, 1] joint,    visible input =
    [h, 1] joint'.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from recs_anomaly.core.arrays import Array, Ints
from recs_anomaly.rbm.energy import RBMParameters
from recs_anomaly.rbm.units import ONE, GaussianUnits, VisibleUnits

HALF = np.full(1, 0.5, np.float32)
# The log variance of Gaussian units changes at most by this in a step.
MAX_CHANGE = 0.05
MIN_VARIANCE = 1e-3
# Share of the steps, the last ones, over which a decaying schedule averages, and the
# largest number of parameter sets that it takes from them.
AVERAGED_SHARE = 0.3
MAX_AVERAGED = 100


class ChainSettings(NamedTuple):
    """How a step estimates the gradient, and what it makes of it."""

    batch_size: int
    n_chains: int
    n_gibbs_steps: int
    is_persistent: bool
    momentum: float
    weight_decay: float


class Trainer(ABC):
    """An RBM in training: its joint matrix, and chains that stand for the model."""

    def __init__(
        self,
        start: RBMParameters,
        n_rows: int,
        offset: Array,
        settings: ChainSettings,
        rng: np.random.Generator,
    ) -> None:
        self.n_rows = n_rows
        self._settings = settings
        self._units = start.units
        self._rng = rng
        self._offset = offset.astype(np.float32)
        self.joint = to_joint(start, self._offset)
        self._chains = np.ones((settings.n_chains, start.n_hidden + 1), np.float32)

    def set_chains(self, hidden: Array) -> None:
        """Let the chains go on from hidden states of shape (n_chains, H)."""
        np.subtract(hidden, HALF, out=self._chains[:, :-1], casting="same_kind")

    def chains(self) -> Array:
        """Hidden states of the chains, of shape (n_chains, H)."""
        return np.asarray(self._chains[:, :-1] + HALF)

    def rbm(self, joint: Array) -> RBMParameters:
        """Turn a joint matrix of this training into an RBM."""
        return from_joint(joint, self._offset, self._units)

    @abstractmethod
    def step(self, rows: Ints, rate: float) -> None:
        """Follow the gradient that these rows and the chains give."""


class DenseTrainer(Trainer):
    """An RBM in training on dense rows.

    NaN marks missing values. They are drawn from the model whenever their row comes
    up: a chain for each row, held at what is known of it. Gaussian units learn their
    variances too.
    """

    def __init__(
        self,
        start: RBMParameters,
        visible: Array,
        offset: Array,
        settings: ChainSettings,
        rng: np.random.Generator,
    ) -> None:
        super().__init__(start, len(visible), offset, settings, rng)
        self._rows, self._is_missing = _centred(visible, self._offset)
        self._velocity = np.zeros_like(self.joint)
        self._gradient = np.empty_like(self.joint)
        n_both, n_chains = settings.batch_size + settings.n_chains, settings.n_chains
        self._both = np.ones((n_both, start.n_visible + 1), np.float32)
        self._hidden = np.empty((n_both, start.n_hidden + 1), np.float32)
        self._scale = np.empty((n_both, 1), np.float32)
        self._visible_input = np.empty((n_chains, start.n_visible), np.float32)
        self._visible_noise = np.empty_like(self._visible_input)
        self._hidden_noise = np.empty((n_both, start.n_hidden), np.float32)

    def step(self, rows: Ints, rate: float) -> None:
        """Follow the gradient that these rows and the chains give."""
        n, k = len(rows), self._settings.n_gibbs_steps
        n_chains = self._settings.n_chains if self._settings.is_persistent else n
        first = self._settings.batch_size - n
        both = self._both[first : first + n + n_chains]
        hidden = self._hidden[first : first + n + n_chains]
        chains = self._chains[:n_chains]
        if self._is_missing is not None:
            self._refill(rows)
        np.take(self._rows, rows, axis=0, out=both[:n], mode="clip")
        if not self._settings.is_persistent:
            self._hidden_mean(both[:n], hidden[:n])
            self._draw_hidden(hidden[:n], chains)
        for _ in range(k - 1):
            self._draw_visible(chains, both[n:])
            self._hidden_mean(both[n:], hidden[n:])
            self._draw_hidden(hidden[n:], chains)
        self._draw_visible(chains, both[n:])
        self._hidden_mean(both, hidden)
        self._draw_hidden(hidden[n:], chains)
        scale = self._scale[: n + n_chains]
        scale[:n], scale[n:] = rate / n, -rate / n_chains
        weigh(hidden, scale)
        np.matmul(both.T, hidden, out=self._gradient)
        self._follow(both, scale, rate)

    def _follow(self, both: Array, scale: Array, rate: float) -> None:
        """Add the gradient, which contains the rate, to the parameters."""
        shrinkage = None
        if isinstance(self._units, GaussianUnits):
            shrinkage = self._learn_variance(self._units.variance, both, scale)
        step = self._gradient
        if self._settings.momentum:
            np.multiply(self._velocity, self._settings.momentum, out=self._velocity)
            step = np.add(self._velocity, step, out=self._velocity)
        np.add(self.joint, step, out=self.joint)
        if self._settings.weight_decay:
            self.joint[:-1, :-1] *= 1.0 - rate * self._settings.weight_decay
        if shrinkage is not None:
            self.joint[:-1] *= shrinkage

    def _learn_variance(self, variance: Array, both: Array, scale: Array) -> Array:
        """Follow the gradient of Gaussian units' variances, with their means held.

        The mean of a unit given the hidden units is its variance times its input, so
        its row of the joint matrix shrinks as the variance grows: what comes back is by
        how much, (V, 1).
        """
        squares = ((both[:, :-1] ** 2) * scale).sum(axis=0) / (2.0 * variance)
        along = np.einsum("vh,vh->v", self.joint[:-1], self._gradient[:-1])
        change = np.clip(squares - along, -MAX_CHANGE, MAX_CHANGE)
        lowest = np.log(MIN_VARIANCE / variance)
        change = np.clip(change, lowest, -np.log(variance)).astype(np.float32)
        self._units = GaussianUnits(variance * np.exp(change))
        return np.asarray(np.exp(-change)[:, None])

    def _hidden_mean(self, visible: Array, hidden: Array) -> None:
        np.matmul(visible, self.joint, out=hidden)
        squash(hidden)

    def _draw_hidden(self, mean: Array, hidden: Array) -> None:
        noise = self._hidden_noise[: len(mean)]
        self._rng.random(out=noise, dtype=np.float32)
        np.subtract(np.less(noise, mean[:, :-1]), HALF, out=hidden[:, :-1])

    def _draw_visible(self, hidden: Array, visible: Array) -> None:
        inputs = self._visible_input[: len(hidden)]
        np.matmul(hidden, self.joint[:-1].T, out=inputs)
        self._units.draw(inputs, self._rng, self._visible_noise[: len(hidden)])
        np.subtract(inputs, self._offset, out=visible[:, :-1])

    def _refill(self, rows: Ints) -> None:
        assert self._is_missing is not None
        is_missing = self._is_missing[rows]
        seen = self._rows[rows]
        mean = np.empty((len(rows), self._hidden.shape[1]), np.float32)
        self._hidden_mean(seen, mean)
        hidden = np.ones_like(mean)
        hidden[:, :-1] = self._rng.random(mean[:, :-1].shape) < mean[:, :-1]
        hidden[:, :-1] -= HALF
        drawn = hidden @ self.joint[:-1].T
        self._units.draw(drawn, self._rng, np.empty_like(drawn))
        seen[:, :-1][is_missing] = (drawn - self._offset)[is_missing]
        self._rows[rows] = seen


def standardised(rbm: RBMParameters, mean: Array, scale: Array) -> RBMParameters:
    """Turn an RBM on values v into one on (v - mean) / scale; Gaussian units only."""
    assert isinstance(rbm.units, GaussianUnits)
    variance = rbm.units.variance
    return RBMParameters(
        rbm.weights * scale[:, None],
        scale * (rbm.visible_bias - mean / variance),
        rbm.hidden_bias + mean @ rbm.weights,
        GaussianUnits((variance / scale**2).astype(np.float32)),
    )


def unstandardised(rbm: RBMParameters, mean: Array, scale: Array) -> RBMParameters:
    """Undo `standardised`."""
    assert isinstance(rbm.units, GaussianUnits)
    variance = rbm.units.variance.astype(np.float64) * scale**2
    weights = rbm.weights / scale[:, None]
    return RBMParameters(
        weights,
        rbm.visible_bias / scale + mean / variance,
        rbm.hidden_bias - mean @ weights,
        GaussianUnits(variance),
    )


def to_joint(rbm: RBMParameters, offset: Array) -> Array:
    """Weights and biases as one matrix, in coordinates measured from the offsets."""
    joint = np.zeros((rbm.n_visible + 1, rbm.n_hidden + 1), np.float32)
    joint[:-1, :-1] = rbm.weights
    joint[:-1, -1] = rbm.visible_bias + rbm.weights.sum(axis=1) * HALF
    joint[-1, :-1] = rbm.hidden_bias + offset @ rbm.weights
    return joint


def from_joint(joint: Array, offset: Array, units: VisibleUnits) -> RBMParameters:
    """Undo `to_joint`."""
    weights = joint[:-1, :-1].astype(np.float64)
    return RBMParameters(
        weights,
        joint[:-1, -1] - weights.sum(axis=1) / 2,
        joint[-1, :-1] - offset @ weights,
        units,
    )


def squash(inputs: Array) -> None:
    """Overwrite x by 1 / (1 + exp(-x)); an infinite exponential gives 0."""
    np.negative(inputs, out=inputs)
    np.exp(inputs, out=inputs)
    np.add(inputs, ONE, out=inputs)
    np.reciprocal(inputs, out=inputs)


def weigh(hidden: Array, scale: Array) -> None:
    """Measure hidden means from 1/2, times each row's scale; the last column is it."""
    np.subtract(hidden, HALF, out=hidden)
    np.multiply(hidden, scale, out=hidden)
    hidden[:, -1:] = scale


def _centred(visible: Array, offset: Array) -> tuple[Array, Array | None]:
    """Rows measured from the offset, a column of ones at the end; what is missing."""
    rows = np.ones((len(visible), visible.shape[1] + 1), np.float32)
    np.subtract(visible, offset, out=rows[:, :-1], casting="same_kind")
    if not np.isnan(rows.min(initial=np.inf)):  # a single pass, without a mask
        return rows, None
    is_missing = np.isnan(rows[:, :-1])
    np.copyto(rows[:, :-1], 0.0, where=is_missing)  # the mean of what is known
    return rows, is_missing


class RBMSchedule(NamedTuple):
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


class TrainedRBM(NamedTuple):
    """What training leaves: the parameters, and the loss of each epoch."""

    rbm: RBMParameters
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
    schedule: RBMSchedule,
    rng: np.random.Generator,
    loss: Callable[[RBMParameters], float],
    report: Callable[[int, list[float], RBMParameters], bool],
) -> TrainedRBM:
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
    return TrainedRBM(best, losses)


def rate_at(schedule: RBMSchedule, share: float) -> float:
    """Rate of a step when this share of all steps is done."""
    if not schedule.is_decaying:
        return schedule.learning_rate
    return schedule.learning_rate * min(1.0, 2.0 * (1.0 - share))


def _is_averaged(schedule: RBMSchedule, step: int, n_steps: int) -> bool:
    n_last = int(AVERAGED_SHARE * n_steps)
    place = step - (n_steps - n_last)
    every = -(-n_last // MAX_AVERAGED)
    return schedule.is_decaying and place >= 0 and place % max(every, 1) == 0


def _finite(loss: float, epoch: int) -> float:
    if not np.isfinite(loss):
        raise FloatingPointError(
            f"training diverged in epoch {epoch + 1}: the loss is {loss}; "
            "a smaller learning_rate helps."
        )
    return loss
