"""Log odds of classes, in NumPy: probabilities and cross-entropy.

Two classes have one column of log odds, those of the second class; more have one each.
"""

import numpy as np

from recs_anomaly.core.windows import Floats

Ints = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


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
