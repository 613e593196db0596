"""What dirty training data and missing values cost: VUS-PR on labelled series.

Every series is scored three times with the default settings: as it is; after a tenth of
the training rows were overwritten by stretches of noise, of another level, with a
spike, and turned upside down; and with a tenth of all values missing at random, in
training and after it.

    python benchmarks/anomaly_robustness.py DIR... [--seeds 3] [--every 3]

Exits with 1 when dirt costs more than DIRT_BUDGET, or gaps more than GAP_BUDGET.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import sys
from collections import defaultdict
from pathlib import Path

import click
import numpy as np
from anomaly_accuracy import all_series

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.datasets import BenchmarkSeries
from recs_anomaly.metrics.anomaly import buffer_length, vus_pr
from recs_anomaly.metrics.bootstrap import bootstrap_mean_interval

DIRT_BUDGET, GAP_BUDGET = 0.04, 0.03
SHARE = 0.1
STRETCH = 50  # rows of dirt on end
FEWEST = 20  # stretches that a training series could hold

Figures = dict[str, list[float]]


def contaminated(X: np.ndarray, seed: int) -> np.ndarray:
    """Overwrite a tenth of the rows (n_rows, n_channels) in stretches of four kinds."""
    rng = np.random.default_rng(seed)
    dirty, is_dirty = X.copy(), np.zeros(len(X), dtype=np.bool_)
    n_rows = max(min(STRETCH, len(X) // FEWEST), 1)
    kinds = (_noise, _level, _spike, _turned)
    number = 0
    while is_dirty.sum() < SHARE * len(X):
        first = int(rng.integers(0, len(X) - n_rows))
        rows = slice(first, first + n_rows)
        if is_dirty[rows].any():
            continue
        spread = rng.uniform(0.6, 1.6) * X.std(axis=0)
        dirty[rows] = kinds[number % len(kinds)](X[rows], spread, rng)
        is_dirty[rows] = True
        number += 1
    return dirty


def _noise(
    rows: np.ndarray, spread: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    return rows + 3.0 * spread * rng.standard_normal(rows.shape)


def _level(
    rows: np.ndarray, spread: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    return rows + 4.0 * spread * rng.choice([-1, 1])


def _spike(
    rows: np.ndarray, spread: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    middle = len(rows) // 2
    rows = rows.copy()
    rows[middle : middle + 2] += 8.0 * spread * rng.choice([-1, 1])
    return rows


def _turned(
    rows: np.ndarray, spread: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    wave = np.sin(np.arange(len(rows)) * rng.uniform(0.3, 0.7))[:, None]
    return 2 * rows.mean(axis=0) - rows[::-1] + 1.5 * spread * wave


def with_gaps(X: np.ndarray, seed: int) -> np.ndarray:
    """Take out a tenth of the values."""
    gappy = X.copy()
    gappy[np.random.default_rng(seed).random(X.shape) < SHARE] = np.nan
    return gappy


def measure(
    series: BenchmarkSeries, seed: int, settings: dict[str, object]
) -> dict[str, float]:
    """VUS-PR of the three versions of a series."""
    X, n_training = series.values, series.n_training
    dirty = np.concatenate([contaminated(X[:n_training], seed), X[n_training:]])
    gappy = with_gaps(X, seed)
    window = buffer_length(X)
    found = {}
    for name, training, scored in (
        ("as they are", X, X),
        ("dirty training", dirty, X),
        ("values missing", gappy, gappy),
    ):
        detector = TimeSeriesAnomalyDetector(random_state=seed, **settings)
        scores = -detector.fit(training[:n_training]).score_samples(scored)
        found[name] = vus_pr(series.labels, scores, window=window)
    return found


def print_table(results: Figures) -> dict[str, float]:
    """Print a row a version; give what each costs."""
    clean = np.array(results["as they are"])
    costs = {}
    print(f"{'':16} {'VUS-PR':>7} {'costs':>6} {'95 % interval':>17} {'largest':>8}")
    for name, figures in results.items():
        lost = clean - np.array(figures)
        low, high = bootstrap_mean_interval(lost)
        costs[name] = float(lost.mean())
        print(
            f"{name:16} {np.mean(figures):7.3f} {lost.mean():6.3f} "
            f"{low:7.3f} to {high:6.3f} {lost.max():8.3f}"
        )
    return costs


@click.command()
@click.argument(
    "folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
@click.option("--seeds", default=3, show_default=True, help="Draws to average over.")
@click.option("--every", default=1, show_default=True, help="Take every n-th file.")
@click.option("--networks/--no-networks", default=True, help="With or without them.")
def main(folders: tuple[Path, ...], seeds: int, every: int, networks: bool) -> None:
    """Print one table of all folders together, and fail when over a budget."""
    settings: dict[str, object] = {} if networks else {"epochs": 0}
    results: Figures = defaultdict(list)
    for series in all_series(folders, every):
        drawn = [measure(series, seed, settings) for seed in range(seeds)]
        means = {name: float(np.mean([d[name] for d in drawn])) for name in drawn[0]}
        for name, figure in means.items():
            results[name].append(figure)
        print(f"{series.name:50.50}", *(f"{m:.3f}" for m in means.values()), flush=True)
    print(f"\n{len(results['as they are'])} series, mean of {seeds} draws")
    costs = print_table(results)
    is_kept = (
        costs["dirty training"] <= DIRT_BUDGET and costs["values missing"] <= GAP_BUDGET
    )
    sys.exit(0 if is_kept else 1)


if __name__ == "__main__":
    main()
