"""The networks of a detector: they learn what the linear parts leave over.

Both start by saying 0, so that before training the linear parts stand alone. The last
part of the training samples is a validation cut: it says when to stop, and a network
that has not helped there is dropped.
"""

import keras
import numpy as np

from recs_anomaly.core.anomaly_model import INPUT_LIMIT, AnomalyModel
from recs_anomaly.core.anomaly_settings import NetworkSettings
from recs_anomaly.core.autoencoder import WindowAutoencoder, uncorrected
from recs_anomaly.core.autoencoder_network import autoencoder_arrays, build_autoencoder
from recs_anomaly.core.autoregression import forecast
from recs_anomaly.core.recurrent import Recurrent
from recs_anomaly.core.recurrent_network import build_recurrent, recurrent_arrays
from recs_anomaly.core.regression_training import Samples, fit_regression, output_of
from recs_anomaly.core.training import Progress, Schedule
from recs_anomaly.core.windows import Bools, Floats, sliding_windows

STEPS, WARM_UP, STRIDE = 64, 16, 8  # rows of a training sequence
MOST_SAMPLES = 1024
BATCH = 128
VALIDATION = 0.2
GAIN = 0.98  # a network stays if it brings the error on the cut below this share
RECURRENT_RATE, AUTOENCODER_RATE = 0.01, 0.005
HIDDEN = 32  # units of the autoencoder's correction


def fit_recurrent(
    model: AnomalyModel,
    filled: Floats,
    is_used: Bools,
    settings: NetworkSettings,
    seed: int,
) -> Recurrent | None:
    """Train the correction of the forecast; None where it helps no target.

    `filled` (n_rows, n_channels) is scaled and without gaps; `is_used` (n_rows,
    n_targets) says which values are known and normal.
    """
    targets = model.channels.targets
    residual = filled[:, targets] - forecast(model.autoregression, filled)[:, targets]
    total = np.sum(residual**2, axis=0, where=is_used)
    spread = np.sqrt(total / np.maximum(is_used.sum(axis=0), 1))
    spread[spread == 0] = 1.0
    training, validation = _cut(
        _sequences(filled, residual / spread, is_used), STEPS // STRIDE
    )
    network = build_recurrent(
        settings.cell, filled.shape[1], settings.n_units, len(targets), seed
    )
    _train(network, training, validation, RECURRENT_RATE, settings, seed, "forecast")
    kept = np.where(_helps(network, validation), spread, 0.0)
    arrays = recurrent_arrays(network)
    corrected = arrays._replace(
        head_kernel=arrays.head_kernel * kept, head_bias=arrays.head_bias * kept
    )
    return corrected if kept.any() else None


def fit_autoencoder(
    linear: WindowAutoencoder, shapes: Floats, settings: NetworkSettings, seed: int
) -> WindowAutoencoder:
    """Train the correction of the components on shapes (n_windows, width) of windows.

    The shapes stand in the order of time.
    """
    centred = shapes - linear.mean
    samples = Samples(centred, centred, np.ones_like(centred))
    training, validation = _cut(samples, 0)
    start = uncorrected(linear.mean, linear.components, HIDDEN)
    network = build_autoencoder(start, seed)
    before = _error(network, validation).sum()
    _train(network, training, validation, AUTOENCODER_RATE, settings, seed, "windows")
    if _error(network, validation).sum() >= GAIN * before:
        return linear
    return autoencoder_arrays(network, start)


def _sequences(filled: Floats, residual: Floats, is_used: Bools) -> Samples:
    """Cut sequences; the network's output at a row is the next row's residual."""
    inputs = np.clip(filled, -INPUT_LIMIT, INPUT_LIMIT)[:-1]
    wanted = np.clip(residual, -INPUT_LIMIT, INPUT_LIMIT)[1:]
    steps = min(STEPS, len(inputs))
    n_all = len(inputs) - steps + 1
    chosen = np.arange(0, n_all, max(STRIDE, n_all // MOST_SAMPLES))
    parts = (inputs, wanted, is_used[1:].astype(np.float64))
    samples = Samples(*(sliding_windows(part, steps)[chosen] for part in parts))
    samples.weights[:, : min(WARM_UP, steps // 2)] = 0.0
    return samples


def _cut(samples: Samples, gap: int) -> tuple[Samples, Samples]:
    """Cut the last samples off, and leave `gap` between, which lie in both."""
    n_samples = len(samples.inputs)
    cut = n_samples - max(1, round(VALIDATION * n_samples))
    return samples.take(slice(max(cut - gap, 1))), samples.take(slice(cut, None))


def _train(
    network: keras.Model,
    training: Samples,
    validation: Samples,
    rate: float,
    settings: NetworkSettings,
    seed: int,
    name: str,
) -> None:
    progress = Progress(name, settings.epochs, settings.verbose)
    schedule = Schedule(settings.epochs, rate)
    fit_regression(network, training, validation, schedule, BATCH, seed, progress)


def _helps(network: keras.Model, validation: Samples) -> Bools:
    before = np.sum(validation.weights * validation.targets**2, axis=(0, 1))
    helps: Bools = _error(network, validation) < GAIN * before
    return helps


def _error(network: keras.Model, samples: Samples) -> Floats:
    """Sum of squared errors of each output."""
    rest = samples.targets - output_of(network, samples.inputs)
    squared = samples.weights * rest**2
    total: Floats = squared.sum(axis=tuple(range(squared.ndim - 1)))
    return total
