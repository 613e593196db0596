"""How long the detector takes, beside windowed Keras predictions of the same networks.

    python benchmarks/anomaly_speed.py

Fit and score on 10,000 rows of one channel, the import of Keras not counted; then score
20,000 rows with the fitted model: ours, and what most libraries do, which is to cut a
window for each row and let Keras predict it. Times are medians of several turns taken
one after the other. Exits with 1 when a budget is broken.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import sys
from collections.abc import Callable
from time import perf_counter

import keras
import numpy as np

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.anomaly.networks import HIDDEN, build_autoencoder
from recs_anomaly.anomaly.window_codes import uncorrected
from recs_anomaly.core.recurrent_network import build_recurrent
from recs_anomaly.core.windows import sliding_windows

FIT_BUDGET_S = 10.0
SPEED_UP_BUDGET = 20.0
STEPS = 64  # rows of the windows that Keras predicts from
TURNS = 5


def wave(n_rows: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    rows = np.arange(n_rows)
    values = np.sin(rows / 15) + 0.4 * np.sin(rows / 120)
    return (values + 0.1 * rng.standard_normal(n_rows))[:, None]


def seconds(task: Callable[[], object], turns: int) -> float:
    """Median time of a task."""
    times = []
    for _ in range(turns):
        start = perf_counter()
        task()
        times.append(perf_counter() - start)
    return float(np.median(times))


def windowed_predictions(detector: TimeSeriesAnomalyDetector, X: np.ndarray) -> None:
    """Forecast each row from its own window, and rebuild each window, by Keras."""
    model = detector.model_
    recurrent = build_recurrent(detector.cell, X.shape[1], detector.n_units, 1, seed=0)
    last = keras.Model(recurrent.input, recurrent.output[:, -1])
    linear = model.autoencoder
    autoencoder = build_autoencoder(
        uncorrected(linear.mean, linear.components, HIDDEN), seed=0
    )
    inputs = model.channels.scaled(X).astype(np.float32)
    last.predict(sliding_windows(inputs, STEPS), verbose=0)
    shapes = sliding_windows(inputs[:, 0], model.width)
    autoencoder.predict(shapes - shapes.mean(axis=1, keepdims=True), verbose=0)


def main() -> None:
    """Print both comparisons, and fail when over a budget."""
    X = wave(10_000)
    TimeSeriesAnomalyDetector(epochs=1, random_state=0).fit(X[:1000])  # warms Keras up
    fitting = seconds(
        lambda: TimeSeriesAnomalyDetector(random_state=0).fit(X).score_samples(X), 3
    )
    print(f"fit and score 10,000 rows, one channel: {fitting:.1f} s")
    detector = TimeSeriesAnomalyDetector(random_state=0).fit(X)
    X = wave(20_000)
    ours = seconds(lambda: detector.score_samples(X), TURNS)
    theirs = seconds(lambda: windowed_predictions(detector, X), TURNS)
    has_network = hasattr(detector, "recurrent_head_")
    print(
        f"score 20,000 rows, window {detector.window_}, recurrent part {has_network}:"
    )
    print(f"  ours, all three branches        {1000 * ours:7.0f} ms")
    print(f"  windowed Keras, two networks    {1000 * theirs:7.0f} ms")
    print(f"  ratio                           {theirs / ours:7.1f}")
    kept = fitting <= FIT_BUDGET_S and theirs / ours >= SPEED_UP_BUDGET
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
