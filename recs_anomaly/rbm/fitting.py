"""What fit of an RBM does: start, train, judge each epoch."""

from contextlib import nullcontext
from typing import NamedTuple

import numpy as np
import scipy.sparse

from recs_anomaly.base.parallel import one_blas_thread
from recs_anomaly.core.arrays import Array, Floats
from recs_anomaly.core.progress import Progress, TrainingHistory
from recs_anomaly.rbm.energy import RBMParameters, fill_missing, hidden_input
from recs_anomaly.rbm.likelihood import log_conditionals
from recs_anomaly.rbm.sparse import SparseRows, SparseTrainer
from recs_anomaly.rbm.training import (
    ChainSettings,
    DenseTrainer,
    RBMSchedule,
    TrainedRBM,
    Trainer,
    standardised,
    train,
    unstandardised,
)
from recs_anomaly.rbm.units import BernoulliUnits, GaussianUnits, Visible, VisibleUnits

# Values by which an epoch is judged: more where training stops by them.
N_SHOWN, N_DECIDING = 256, 1024
VALIDATION_SHARE = 0.1
# Gaussian units have no largest value, and need smaller steps; beyond so many hidden
# units the more so, as each takes a part of the same step.
GAUSSIAN_RATE = 0.3
GAUSSIAN_HIDDEN = 64
# Products of a step up to this size are done before a second thread has woken up, and a
# hundred times later where it finds its core taken.
ONE_THREAD = 2**27


class Frame(NamedTuple):
    """Mean and scale of the visible units, from which training measures them."""

    mean: Floats  # (V,)
    scale: Floats  # (V,)


class RBMPlan(NamedTuple):
    """All that training is told beside the data."""

    schedule: RBMSchedule
    chains: ChainSettings
    holds_out: bool
    progress: Progress


def frame_of(visible: Visible, units: VisibleUnits) -> Frame:
    """Mean of what is known of each unit, and of Gaussian units its deviation."""
    mean = _mean_of_known(visible)
    if not isinstance(units, GaussianUnits):
        return Frame(mean, np.ones_like(mean))
    deviation = np.sqrt(_mean_of_known((visible - mean) ** 2))
    is_constant = deviation <= 1e-7 * np.abs(mean)
    return Frame(mean, np.where(is_constant, 1.0, deviation))


def _mean_of_known(visible: Visible) -> Floats:
    if scipy.sparse.issparse(visible):
        return np.asarray(visible.mean(axis=0), np.float64).ravel()
    if not np.isnan(visible.min()):  # no copy of many rows
        return np.asarray(visible.mean(axis=0, dtype=np.float64))
    is_known = ~np.isnan(visible)
    total = np.where(is_known, visible, 0.0).sum(axis=0, dtype=np.float64)
    return np.asarray(total / np.maximum(is_known.sum(axis=0), 1))


def first_parameters(
    units: VisibleUnits, frame: Frame, n_rows: int, weights: Floats
) -> RBMParameters:
    """Join initial weights to biases that give each visible unit its own mean.

    A hidden unit is as often 1 as 0 for the mean row.
    """
    hidden_bias = -frame.mean @ weights
    if isinstance(units, GaussianUnits):
        variance = frame.scale**2
        return RBMParameters(
            weights / frame.scale[:, None],
            frame.mean / variance,
            -(frame.mean / frame.scale) @ weights,
            GaussianUnits(variance),
        )
    # Half a row of either value keeps units that never change away from infinity.
    count = np.clip(frame.mean, 0.0, 1.0) * n_rows + 0.5
    is_binary = isinstance(units, BernoulliUnits)
    bias = np.log(count / (n_rows + 1.0 - count)) if is_binary else np.log(count)
    return RBMParameters(weights, bias - weights.sum(axis=1) / 2, hidden_bias, units)


class Judge:
    """Loss of parameters: the same few features of the same rows, each time.

    It is the negative log pseudo-likelihood of a row in nats, estimated from
    `n_values` values chosen once, each given all others of its row.
    """

    def __init__(
        self,
        visible: Visible,
        units: VisibleUnits,
        n_values: int,
        rng: np.random.Generator,
    ) -> None:
        self._n_features = units.n_features(visible.shape[1])
        rows = rng.integers(0, visible.shape[0], n_values)
        self._features = rng.integers(0, self._n_features, n_values)
        self._visible = visible[rows]
        if scipy.sparse.issparse(visible):
            entries = self._visible[np.arange(n_values), self._features]
            self._values = np.asarray(entries).ravel()
        else:
            self._values = units.values(self._visible, self._features)
        self._is_known = ~np.isnan(self._values.reshape(n_values, -1)[:, 0])
        self._values = np.nan_to_num(self._values)
        self._has_missing = not scipy.sparse.issparse(visible) and bool(
            np.isnan(self._visible).any()
        )

    def __call__(self, rbm: RBMParameters) -> float:
        """Return the loss of an RBM."""
        visible = self._visible
        if self._has_missing:
            visible = fill_missing(rbm, visible)
        inputs = hidden_input(rbm, visible)
        each = log_conditionals(rbm, inputs, self._values, self._features)
        n_known = max(int(self._is_known.sum()), 1)
        return float(-each[self._is_known].sum() / n_known * self._n_features)


def learn(
    start: RBMParameters,
    visible: Visible,
    frame: Frame,
    plan: RBMPlan,
    chains: Array,
    rng: np.random.Generator,
) -> tuple[TrainedRBM, Array]:
    """Train from a start; return the parameters and the last state of the chains."""
    rows, judged = visible, visible
    if plan.holds_out:
        order = rng.permutation(visible.shape[0])
        n_held = max(round(VALIDATION_SHARE * len(order)), 1)
        rows, judged = visible[order[n_held:]], visible[order[:n_held]]
    is_gaussian, schedule = isinstance(start.units, GaussianUnits), plan.schedule
    if is_gaussian:
        share = min(1.0, GAUSSIAN_HIDDEN / start.n_hidden)
        rate = GAUSSIAN_RATE * share * schedule.learning_rate
        schedule = schedule._replace(learning_rate=rate)
        start = standardised(start, *frame)
        rows, judged = ((part - frame.mean) / frame.scale for part in (rows, judged))
    trainer = _trainer(start, rows, frame, plan.chains, rng)
    n_chains = plan.chains.n_chains
    if len(chains) != n_chains:
        chains = rng.integers(0, 2, (n_chains, start.n_hidden)).astype(np.float32)
    trainer.set_chains(chains)
    n_values = N_DECIDING if plan.holds_out else N_SHOWN

    def in_units(rbm: RBMParameters) -> RBMParameters:
        return unstandardised(rbm, *frame) if is_gaussian else rbm

    n_products = plan.chains.batch_size * start.weights.size
    limit = one_blas_thread() if n_products <= ONE_THREAD else nullcontext()
    with plan.progress as progress, limit:
        trained = train(
            trainer,
            schedule,
            rng,
            Judge(judged, start.units, n_values, rng),
            lambda done, losses, rbm: progress.epoch(
                done, TrainingHistory(losses, []), lambda: in_units(rbm)
            ),
        )
    return trained._replace(rbm=in_units(trained.rbm)), trainer.chains()


def _trainer(
    start: RBMParameters,
    rows: Visible,
    frame: Frame,
    chains: ChainSettings,
    rng: np.random.Generator,
) -> Trainer:
    if scipy.sparse.issparse(rows):
        parts = SparseRows(
            rows.indptr.astype(np.int64),
            rows.indices.astype(np.int64),
            rows.data.astype(np.float32),
        )
        return SparseTrainer(start, parts, chains, rng)
    is_gaussian = isinstance(start.units, GaussianUnits)
    offset = np.zeros(rows.shape[1]) if is_gaussian else frame.mean
    return DenseTrainer(start, rows, offset, chains, rng)
