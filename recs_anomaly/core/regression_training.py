"""Training of a network on weighted squared errors, with a validation cut."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from recs_anomaly.core.training import Batch, Progress, Schedule, ShuffledBatches, train
from recs_anomaly.core.windows import Floats


class Samples(NamedTuple):
    """What to train on: arrays whose first axis is the sample.

    `weights` has the shape of `targets`; an entry of weight 0 is not learned from.
    """

    inputs: Floats
    targets: Floats
    weights: Floats

    def take(self, rows: slice | np.ndarray) -> "Samples":
        """Choose samples."""
        return Samples(*(values[rows] for values in self))


class WeightedRegression(keras.Model):
    """A network whose loss is the weighted mean of squared errors."""

    def __init__(self, network: keras.Model) -> None:
        super().__init__()
        self.network = network

    def call(self, batch: Batch, training: bool = False) -> keras.KerasTensor:
        """Give the network's output."""
        return self.network(batch["inputs"], training=training)

    def compute_loss(
        self,
        x: Batch | None = None,
        y: object = None,
        y_pred: keras.KerasTensor | None = None,
        sample_weight: object = None,
        training: bool = True,
    ) -> keras.KerasTensor:
        """Weighted mean squared error of the batch."""
        assert x is not None
        squared = x["weights"] * (y_pred - x["targets"]) ** 2
        return ops.sum(squared) / ops.maximum(ops.sum(x["weights"]), 1e-6)


def fit_regression(
    network: keras.Model,
    training: Samples,
    validation: Samples,
    schedule: Schedule,
    batch_size: int,
    seed: int,
    progress: Progress,
) -> float:
    """Train the network in place; give its loss on the validation cut.

    The network ends with the weights of its best epoch on that cut.
    """
    model = WeightedRegression(network)
    batches = ShuffledBatches(partial(_draw, training, batch_size), seed)
    with progress:
        history = train(
            model, batches, schedule, progress, partial(_loss, network, validation)
        )
    return min(history.validation_loss)


def mean_squared_target(samples: Samples) -> float:
    """Loss of a network that always says 0."""
    total = float(np.sum(samples.weights))
    return float(np.sum(samples.weights * samples.targets**2)) / max(total, 1e-6)


def output_of(network: keras.Model, inputs: Floats) -> Floats:
    """Run the compiled network: eager recurrent layers take 50 times longer."""
    output: Floats = network.predict_on_batch(inputs.astype(np.float32))
    return output


def _loss(network: keras.Model, samples: Samples) -> float:
    rest = samples.targets - output_of(network, samples.inputs)
    return mean_squared_target(samples._replace(targets=rest))


def _draw(
    samples: Samples, batch_size: int, rng: np.random.Generator
) -> list[Callable[[], dict[str, Any]]]:
    """Cut the shuffled samples into batches of one size, the last one filled up."""
    order = rng.permutation(len(samples.inputs))
    order = np.resize(order, -(-len(order) // batch_size) * batch_size)
    return [partial(_batch, samples, rows) for rows in order.reshape(-1, batch_size)]


def _batch(samples: Samples, rows: np.ndarray) -> dict[str, Any]:
    taken = samples.take(rows)._asdict()
    return {name: values.astype(np.float32) for name, values in taken.items()}
