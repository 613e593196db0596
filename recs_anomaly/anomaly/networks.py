"""The networks of a detector: they learn what the linear parts leave over.

Both start by saying 0, so that before training the linear parts stand alone. The last
part of the training samples is a validation split: it says when to stop, and a network
that has not helped there is dropped.
"""

from functools import partial
from typing import NamedTuple

import keras
import numpy as np
from keras import layers, ops

from recs_anomaly.anomaly.branches.forecast import LeftOver
from recs_anomaly.anomaly.model import INPUT_LIMIT
from recs_anomaly.anomaly.settings import CorrectionSettings
from recs_anomaly.anomaly.window_codes import WindowAutoencoder
from recs_anomaly.core.arrays import Bools, Floats, Ints
from recs_anomaly.core.recurrent import Recurrent
from recs_anomaly.core.recurrent_network import build_recurrent, recurrent_arrays
from recs_anomaly.core.training import (
    Batch,
    LossOfBatches,
    Progress,
    Schedule,
    ShuffledBatches,
    train,
)
from recs_anomaly.core.windows import sliding_windows

STEPS, WARM_UP, STRIDE = 64, 16, 8  # rows of a training sequence
MAX_SAMPLES = 2048
BATCH = 32
VALIDATION = 0.2
GAIN = 0.9  # a network stays if it brings the error on the split below this share
RATE = 0.01


def fit_recurrent(
    left: LeftOver,
    filled: Floats,
    is_used: Bools,
    settings: CorrectionSettings,
    seed: int,
) -> Recurrent | None:
    """Train on what other forecasts leave over; None where that helps no target.

    `filled` (n_rows, n_channels) is scaled and without gaps; `is_used` (n_rows,
    n_targets) says which values are known and normal.
    """
    n_targets = len(left.spread)
    training, validation = _split(
        _sequences(filled, left.scaled, is_used), STEPS // STRIDE
    )
    network = build_recurrent(
        settings.cell, filled.shape[1], settings.n_units, n_targets, seed
    )
    progress = Progress("forecast", settings.epochs, settings.verbose)
    schedule = Schedule(settings.epochs, RATE)
    fit_regression(network, training, validation, schedule, BATCH, seed, progress)
    kept = np.where(_helps(network, validation), left.spread, 0.0)
    arrays = recurrent_arrays(network)
    corrected = arrays._replace(
        head_kernel=arrays.head_kernel * kept, head_bias=arrays.head_bias * kept
    )
    return corrected if kept.any() else None


class WeightedSamples(NamedTuple):
    """What to train on: arrays whose first axis is the sample.

    `weights` has the shape of `targets`; an entry of weight 0 is not learned from.
    """

    inputs: Floats
    targets: Floats
    weights: Floats

    def take(self, rows: slice | np.ndarray) -> "WeightedSamples":
        """Choose samples."""
        return WeightedSamples(*(values[rows] for values in self))


def _sequences(filled: Floats, residual: Floats, is_used: Bools) -> WeightedSamples:
    """Cut sequences; the network's output at a row is the next row's residual."""
    inputs = np.clip(filled, -INPUT_LIMIT, INPUT_LIMIT)[:-1]
    wanted = np.clip(residual, -INPUT_LIMIT, INPUT_LIMIT)[1:]
    steps = min(STEPS, len(inputs))
    n_all = len(inputs) - steps + 1
    chosen = np.arange(0, n_all, max(STRIDE, n_all // MAX_SAMPLES))
    parts = (inputs, wanted, is_used[1:].astype(np.float64))
    samples = WeightedSamples(*(sliding_windows(part, steps)[chosen] for part in parts))
    samples.weights[:, : min(WARM_UP, steps // 2)] = 0.0
    return samples


def _split(
    samples: WeightedSamples, gap: int
) -> tuple[WeightedSamples, WeightedSamples]:
    """Split the last samples off, and leave `gap` between, which lie in both."""
    n_samples = len(samples.inputs)
    first = n_samples - max(1, round(VALIDATION * n_samples))
    return samples.take(slice(max(first - gap, 1))), samples.take(slice(first, None))


def _helps(network: keras.Model, validation: WeightedSamples) -> Bools:
    before = np.sum(validation.weights * validation.targets**2, axis=(0, 1))
    helps: Bools = _error(network, validation) < GAIN * before
    return helps


def _error(network: keras.Model, samples: WeightedSamples) -> Floats:
    """Sum of squared errors of each output."""
    residual = samples.targets - output_of(network, samples.inputs)
    squared = samples.weights * residual**2
    total: Floats = squared.sum(axis=tuple(range(squared.ndim - 1)))
    return total


def build_autoencoder(
    linear: WindowAutoencoder, seed: int, axes: tuple[int | None, ...] = ()
) -> keras.Model:
    """Build a Keras model that reconstructs windows, the linear part being fixed.

    Input and output are windows less the mean, (n_windows, *axes, d). The correction,
    where there are hidden units, has random weights and says nothing yet.
    """
    seeds = np.random.default_rng(seed).integers(2**31, size=2).tolist()
    n_hidden, n_code = linear.encoder_head.shape
    width = len(linear.mean)
    centred = keras.Input((*axes, width))
    fixed = {"use_bias": False, "trainable": False, "kernel_initializer": "zeros"}
    project = layers.Dense(n_code, name="project", **fixed)
    restore = layers.Dense(width, name="restore", **fixed)
    code = project(centred)
    if n_hidden:
        said = _correction(centred, n_hidden, n_code, seeds[0], "encoder")
        code = layers.add([code, said])
    output = restore(code)
    if n_hidden:
        said = _correction(code, n_hidden, width, seeds[1], "decoder")
        output = layers.add([output, said])
    network = keras.Model(centred, output, name="autoencoder")
    project.set_weights([linear.components.T])
    restore.set_weights([linear.components])
    return network


def _correction(
    values: keras.KerasTensor, n_hidden: int, n_outputs: int, seed: int, name: str
) -> keras.KerasTensor:
    draw = keras.initializers.GlorotUniform(seed)
    hidden = layers.Dense(
        n_hidden, activation="tanh", kernel_initializer=draw, name=f"{name}_hidden"
    )
    head = layers.Dense(
        n_outputs, use_bias=False, kernel_initializer="zeros", name=f"{name}_head"
    )
    return head(hidden(values))


def keras_autoencoder(
    model: WindowAutoencoder, axes: tuple[int | None, ...]
) -> keras.Model:
    """Build the Keras twin of a trained autoencoder, as `build_autoencoder` does."""
    network = build_autoencoder(model, 0, axes)
    if len(model.encoder_bias):
        for part in ("encoder", "decoder"):
            kernel, bias, head = (
                getattr(model, f"{part}_{name}") for name in ("kernel", "bias", "head")
            )
            network.get_layer(f"{part}_hidden").set_weights([kernel, bias])
            network.get_layer(f"{part}_head").set_weights([head])
    return network


class WeightedRegression(LossOfBatches):
    """A network whose loss is the weighted mean of squared errors."""

    def __init__(self, network: keras.Model) -> None:
        super().__init__()
        self.network = network

    def call(self, batch: Batch, training: bool = False) -> keras.KerasTensor:
        """Give the network's output."""
        return self.network(batch["inputs"], training=training)

    def batch_loss(self, batch: Batch, output: keras.KerasTensor) -> keras.KerasTensor:
        """Weighted mean squared error of the batch."""
        squared = batch["weights"] * (output - batch["targets"]) ** 2
        return ops.sum(squared) / ops.maximum(ops.sum(batch["weights"]), 1e-6)


def fit_regression(
    network: keras.Model,
    training: WeightedSamples,
    validation: WeightedSamples,
    schedule: Schedule,
    batch_size: int,
    seed: int,
    progress: Progress,
) -> float:
    """Train the network in place; give its loss on the validation split.

    The network ends with the weights of its best epoch on that split.
    """
    model = WeightedRegression(network)

    def batch(rows: Ints, _: Bools, __: np.random.Generator) -> Batch:
        taken = training.take(rows)._asdict()
        return {name: values.astype(np.float32) for name, values in taken.items()}

    batches = ShuffledBatches(len(training.inputs), batch_size, batch, seed)
    with progress:
        history = train(
            model, batches, schedule, progress, partial(_loss, network, validation)
        )
    return min(history.validation_loss)


def mean_squared_target(samples: WeightedSamples) -> float:
    """Compute the loss of a network that always says 0."""
    total = float(np.sum(samples.weights))
    return float(np.sum(samples.weights * samples.targets**2)) / max(total, 1e-6)


def output_of(network: keras.Model, inputs: Floats) -> Floats:
    """Run the compiled network: eager recurrent layers take 50 times longer."""
    output: Floats = network.predict_on_batch(inputs.astype(np.float32))
    return output


def _loss(network: keras.Model, samples: WeightedSamples) -> float:
    residual = samples.targets - output_of(network, samples.inputs)
    return mean_squared_target(samples._replace(targets=residual))
