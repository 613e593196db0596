"""Training of recurrent networks by Keras, each shape built and compiled once."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from recs_anomaly.core.arrays import Singles
from recs_anomaly.core.progress import Progress, TrainingHistory
from recs_anomaly.core.recurrent import Recurrent
from recs_anomaly.core.recurrent_network import (
    build_speaker,
    build_summary,
    recurrent_arrays,
    set_recurrent,
)
from recs_anomaly.core.training import (
    IS_ALWAYS_COMPILED,
    Batch,
    EpochMonitor,
    LossOfBatches,
    ShuffledBatches,
    borrowed,
    run,
)
from recs_anomaly.sequences.samples import (
    Pace,
    RecurrentSettings,
    SequenceSamples,
    batch_of,
)

# Steps of a cell in a training, from which on compiling by XLA, which takes a second or
# two and then halves the time of a step, pays.
WORTH_COMPILING = 20_000


class NetworkPlan(NamedTuple):
    """Shape, loss and steps of a network: all that compiled code depends on.

    `loss` is "binary", "classes" or "squares" of the last step's outputs, or "symbols",
    of every step's.
    """

    cell: str
    n_units: int
    n_inputs: int
    n_outputs: int
    n_steps: int
    loss: str
    batch_size: int
    clip_norm: float | None
    is_compiled: bool


class TrainedRecurrent(NamedTuple):
    """Weights, the losses on the way, and where Adam's averages stand."""

    model: Recurrent
    history: TrainingHistory
    optimizer_state: Singles


class SequenceModel(LossOfBatches):
    """A recurrent network whose loss is weighted, sample by sample or step by step."""

    def __init__(self, plan: NetworkPlan) -> None:
        super().__init__()
        shape = (plan.cell, plan.n_steps, plan.n_inputs)
        self._reads_symbols = plan.loss == "symbols"
        self._loss_of = LOSSES[plan.loss]
        self.network = (
            build_speaker(*shape, plan.n_units)
            if self._reads_symbols
            else build_summary(*shape, plan.n_units, plan.n_outputs)
        )
        self.compile(
            optimizer=keras.optimizers.Adam(global_clipnorm=plan.clip_norm),
            jit_compile=plan.is_compiled or IS_ALWAYS_COMPILED,
        )
        self.optimizer.build(self.trainable_variables)

    def call(self, batch: Batch, training: bool = False) -> keras.KerasTensor:
        """Give the network's output."""
        if self._reads_symbols:
            return self.network(batch["inputs"], training=training)
        return self.network([batch["inputs"], batch["is_step"]], training=training)

    def batch_loss(self, batch: Batch, output: keras.KerasTensor) -> keras.KerasTensor:
        """Weighted loss of the batch, over its size: fillers weigh nothing."""
        return ops.mean(batch["weights"] * self._loss_of(batch["targets"], output))


LOSSES: dict[str, Callable[..., keras.KerasTensor]] = {
    "binary": lambda y, z: ops.mean(
        ops.binary_crossentropy(y, z, from_logits=True), axis=-1
    ),
    "classes": lambda y, z: ops.categorical_crossentropy(y, z, from_logits=True),
    "squares": lambda y, z: ops.mean(ops.square(y - z), axis=-1),
    "symbols": lambda y, z: ops.sparse_categorical_crossentropy(y, z, from_logits=True),
}


def train_recurrent(
    plan: NetworkPlan,
    start: Recurrent,
    samples: SequenceSamples,
    pace: Pace,
    seed: int,
    progress: Progress,
    validate: Callable[[Recurrent], float] | None = None,
    optimizer_state: Singles | None = None,
) -> TrainedRecurrent:
    """Train weights from a start; samples come in an order drawn anew each epoch.

    `validate` gives the loss on a validation split. Adam goes on from `optimizer_state`
    where there is one.
    """
    with borrowed(plan, partial(SequenceModel, plan)) as model, progress:
        set_recurrent(model.network, start)
        _set_state(model.optimizer, optimizer_state)
        monitor = EpochMonitor(
            model,
            None if validate is None else lambda: validate(_weights_of(model)),
            pace.patience,
            progress,
            lambda: _weights_of(model),
        )
        batches = ShuffledBatches(
            len(samples.weights), plan.batch_size, partial(batch_of, samples), seed
        )
        rates = np.linspace(
            pace.first_rate, pace.last_rate, pace.epochs, endpoint=False
        ).tolist()
        history = run(
            model, batches, pace.epochs, lambda done: rates[int(done)], monitor
        )
        return TrainedRecurrent(_weights_of(model), history, _state_of(model.optimizer))


def plan_for(
    settings: RecurrentSettings, start: Recurrent, samples: SequenceSamples, loss: str
) -> NetworkPlan:
    """Plan the training of weights on samples."""
    n_samples, n_steps = samples.is_step.shape
    batch_size = fitting_batch(n_samples, settings.batch_size)
    n_batches = -(-n_samples // batch_size)
    return NetworkPlan(
        settings.cell,
        len(start.recurrent_kernel),
        len(start.kernel),
        len(start.head_bias),
        n_steps,
        loss,
        batch_size,
        settings.clip_norm,
        # Is so much training done sooner when it is compiled first?
        n_batches * n_steps * settings.pace.epochs >= WORTH_COMPILING,
    )


def fitting_batch(n_samples: int, batch_size: int) -> int:
    """Batch size for so many samples; one power of two serves many small numbers."""
    return int(min(batch_size, 1 << max(n_samples - 1, 0).bit_length()))


def _weights_of(model: SequenceModel) -> Recurrent:
    return recurrent_arrays(model.network)


def _state_of(optimizer: keras.Optimizer) -> Singles:
    return np.concatenate(
        [np.ravel(ops.convert_to_numpy(v)) for v in optimizer.variables]
    ).astype(np.float32)


def _set_state(optimizer: keras.Optimizer, state: Singles | None) -> None:
    sizes = [int(np.prod(variable.shape)) for variable in optimizer.variables]
    values = np.zeros(sum(sizes), np.float32) if state is None else state
    pieces = np.split(values, np.cumsum(sizes)[:-1])
    for variable, piece in zip(optimizer.variables, pieces, strict=True):
        variable.assign(piece.reshape(variable.shape).astype(variable.dtype))
