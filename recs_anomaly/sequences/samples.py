"""Sequences as training takes them: padded to one length, merged, in batches."""

from typing import Any, NamedTuple

import numpy as np

from recs_anomaly.core.arrays import Bools, Floats, Ints


class Readings(NamedTuple):
    """Sequences (n, steps, n_channels), scaled, 0 where unknown, and their steps.

    `is_step` (n, steps) says which steps are there: all others are padding.
    """

    values: Floats
    is_step: Bools


class SequenceSamples(NamedTuple):
    """What to train on: arrays whose first axis is the sample."""

    inputs: np.ndarray
    is_step: Bools
    targets: np.ndarray
    weights: Floats

    def take(self, rows: np.ndarray | slice) -> "SequenceSamples":
        """Choose samples."""
        return SequenceSamples(
            self.inputs[rows],
            self.is_step[rows],
            self.targets[rows],
            self.weights[rows],
        )


class Scale(NamedTuple):
    """Mean and standard deviation (n_channels,) of what is known of each channel."""

    centre: Floats
    spread: Floats

    def readings(self, sequences: Floats) -> Readings:
        """Scale sequences (n, steps, n_channels); a step of all NaN is padding."""
        is_missing = np.isnan(sequences)
        values = np.where(is_missing, 0.0, (sequences - self.centre) / self.spread)
        is_step: Bools = np.logical_not(np.all(is_missing, axis=2))
        return Readings(values, is_step)


def fit_scale(sequences: Floats, weights: Floats) -> Scale:
    """Scale of sequences (n, steps, n_channels) of so many copies each, `weights` (n,).

    A channel that does not vary has a spread of 1.
    """
    is_known = ~np.isnan(sequences)
    each = is_known * weights[:, None, None]
    total = np.maximum(each.sum(axis=(0, 1)), np.finfo(np.float64).tiny)
    centre = np.sum(each * np.nan_to_num(sequences), axis=(0, 1)) / total
    residuals = np.where(is_known, sequences - centre, 0.0)
    spread = np.sqrt(np.sum(each * residuals**2, axis=(0, 1)) / total)
    is_constant = spread <= 1e-7 * np.abs(centre)
    return Scale(centre, np.where(is_constant, 1.0, spread))


def merge_equal(
    sequences: Floats, labels: Ints, weights: Floats
) -> tuple[Floats, Ints, Floats]:
    """Merge equal sequences of one label, their weights added up; drop weight 0.

    What comes back is in an order of its own: training on it gives the same to the
    last bit for a sequence of weight 2 as for two of them, in whatever order they come.
    """
    used = weights > 0
    values = sequences[used] + 0.0  # one zero: -0.0 has other bytes
    values[np.isnan(values)] = np.nan  # and one NaN
    n_values = values.shape[1] * values.shape[2]
    keyed = np.column_stack([values.reshape(len(values), n_values), labels[used]])
    keys = np.ascontiguousarray(keyed).view(f"V{keyed.itemsize * keyed.shape[1]}")
    _, first, group = np.unique(keys.ravel(), return_index=True, return_inverse=True)
    total: Floats = np.zeros(len(first))
    np.add.at(total, group, weights[used])
    return values[first], labels[used][first], total


def batch_of(
    samples: SequenceSamples, rows: Ints, is_real: Bools, _: np.random.Generator
) -> dict[str, Any]:
    """Make a batch, in which samples that only fill it up weigh nothing."""
    taken = samples.take(rows)
    is_real = is_real.reshape(-1, *[1] * (taken.weights.ndim - 1))
    return taken._replace(weights=taken.weights * is_real)._asdict()


def log_probabilities(outputs: Floats) -> Floats:
    """Log probabilities (..., n_classes) of log odds (..., n_outputs)."""
    if outputs.shape[-1] == 1:
        outputs = np.concatenate([np.zeros_like(outputs), outputs], axis=-1)
    shifted: Floats = outputs - outputs.max(axis=-1, keepdims=True)
    total: Floats = np.exp(shifted).sum(axis=-1, keepdims=True)
    return shifted - np.log(total)


def mean_cross_entropy(outputs: Floats, labels: Ints, weights: Floats) -> float:
    """Weighted mean of -log p(label), in nats."""
    each = np.take_along_axis(log_probabilities(outputs), labels[..., None], axis=-1)
    return float(-np.sum(weights * each[..., 0]) / np.sum(weights))


def targets_of(labels: Ints, n_classes: int) -> Floats:
    """Turn labels into targets: a column for two classes, else one-hot."""
    if n_classes == 2:
        return labels[:, None].astype(np.float64)
    return np.eye(n_classes)[labels]


class Pace(NamedTuple):
    """How long and how fast to train.

    The learning rate falls linearly, epoch by epoch, from the first to the last one.
    With a validation split, training stops when the loss there has not improved for
    `patience` epochs, and the weights of the best epoch are kept.
    """

    epochs: int
    first_rate: float
    last_rate: float
    patience: int = 5


class RecurrentSettings(NamedTuple):
    """Kind and size of a network, and how to train it; 0 epochs: not at all."""

    cell: str
    n_units: int
    pace: Pace
    batch_size: int
    clip_norm: float | None
