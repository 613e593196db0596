"""VUS-PR on folders of labelled series: ours, three floors, and public rivals.

Every detector learns from the first rows of a file that its name (TSB-AD's `_tr_N_`)
or the loader's rule sets apart, and scores the whole file. Nothing is tuned here: all
run at their defaults. The window of VUS-PR is the one that TSB-AD takes, the period of
the first channel. A rival that fails on a series is said to have failed, and gets the
score of chance there.

    python benchmarks/anomaly_accuracy.py DIR... [--seeds 3] [--rivals NAME,...]

Rivals need the `bench` extra. Exits with 1 when ours does not beat every floor's mean,
or a part of ours beats the whole by more than PART_BUDGET.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import click
import numpy as np

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.anomaly.settings import default_weights
from recs_anomaly.datasets import (
    BenchmarkSeries,
    benchmark_files,
    read_benchmark_series,
)
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.anomaly import buffer_length, vus_pr
from recs_anomaly.metrics.anomaly_floors import (
    random_score,
    ridge_autoregression,
    smoothed_squared_difference,
)
from recs_anomaly.metrics.bootstrap import bootstrap_mean_interval

PART_BUDGET = 0.02
FLOOR_WIDTH = 100  # rows over which the floors are averaged
RIVAL_WINDOW = 50
OURS = "ours"

Score = Callable[[np.ndarray, int, int], np.ndarray]


class Result(NamedTuple):
    """One detector on one series, averaged over seeds."""

    vus_pr: float
    seconds: float
    has_failed: bool


def ours(**settings: object) -> Score:
    """Our detector, by its own defaults but for the settings given."""

    def score(X: np.ndarray, n_training: int, seed: int) -> np.ndarray:
        detector = TimeSeriesAnomalyDetector(random_state=seed, **settings)
        return -detector.fit(X[:n_training]).score_samples(X)

    return score


def _all_but(sign: str) -> dict[str, float]:
    return {name: weight for name, weight in default_weights().items() if name != sign}


OUR_DETECTORS: dict[str, Score] = {
    OURS: ours(),
    "ours, smooth=0": ours(smooth=0),
    "ours, no networks": ours(epochs=0),
    "forecast alone": ours(weights={"forecast": 1}),
    "reconstruction alone": ours(weights={"reconstruction": 1}),
    "neighbour alone": ours(weights={"neighbour": 1}),
    **{f"without {sign}": ours(weights=_all_but(sign)) for sign in default_weights()},
}
PARTS = [name for name in OUR_DETECTORS if name != OURS]


def _random(X: np.ndarray, n_training: int, seed: int) -> np.ndarray:
    return random_score(len(X), seed)


def _difference(X: np.ndarray, n_training: int, seed: int) -> np.ndarray:
    return smoothed_squared_difference(X, FLOOR_WIDTH)


def _ridge(X: np.ndarray, n_training: int, seed: int) -> np.ndarray:
    return ridge_autoregression(X, n_training, min(32, n_training // 8), FLOOR_WIDTH)


FLOORS: dict[str, Score] = {
    "random": _random,
    "squared difference": _difference,
    "ridge AR": _ridge,
}


def _pyod_lstm(X: np.ndarray, n_training: int, seed: int) -> np.ndarray:
    import torch
    from pyod.models.ts_lstm import LSTMAD

    torch.manual_seed(seed)
    return LSTMAD().fit(X[:n_training]).decision_function(X)


def _pyod_windows(detector: str) -> Score:
    def score(X: np.ndarray, n_training: int, seed: int) -> np.ndarray:
        from pyod.models.ts_od import TimeSeriesOD

        model = TimeSeriesOD(detector=detector, window_size=RIVAL_WINDOW)
        return model.fit(X[:n_training]).decision_function(X)

    return score


def _matrix_profile(X: np.ndarray, n_training: int, seed: int) -> np.ndarray:
    """Distance of each window to the nearest of the training rows; worst channel."""
    import stumpy

    rows = np.zeros(len(X))
    for channel in X.T:
        if np.ptp(channel[:n_training]) == 0:
            continue
        profile = stumpy.stump(
            channel, RIVAL_WINDOW, channel[:n_training], ignore_trivial=False
        )
        distances = np.nan_to_num(profile[:, 0].astype(float), posinf=0.0)
        padded = np.pad(distances, RIVAL_WINDOW - 1)
        covering = np.lib.stride_tricks.sliding_window_view(padded, RIVAL_WINDOW)
        rows = np.maximum(rows, covering.max(axis=1))
    return rows


RIVALS: dict[str, Score] = {
    "pyod LSTMAD": _pyod_lstm,
    "pyod AutoEncoder windows": _pyod_windows("AutoEncoder"),
    "pyod PCA windows": _pyod_windows("PCA"),
    "pyod IForest windows": _pyod_windows("IForest"),
    "stumpy matrix profile": _matrix_profile,
}


def measure(score: Score, series: BenchmarkSeries, seeds: int) -> Result:
    """Mean VUS-PR and seconds of some seeds."""
    X = series.values
    window = buffer_length(X)
    found, seconds, has_failed = [], [], False
    for seed in range(seeds):
        start = perf_counter()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                scores = np.nan_to_num(score(X, series.n_training, seed))
        except Exception as error:  # noqa: BLE001 - a rival's own failure is a result
            print(f"  failed on {series.name}: {error!r:.100}", file=sys.stderr)
            scores, has_failed = random_score(len(X), seed), True
        seconds.append(perf_counter() - start)
        found.append(vus_pr(series.labels, scores, window=window))
    return Result(float(np.mean(found)), float(np.mean(seconds)), has_failed)


def chosen_detectors(rivals: str) -> dict[str, Score]:
    """All of ours and the floors, and the rivals asked for."""
    names = {"all": list(RIVALS), "none": []}.get(rivals, rivals.split(","))
    return {**OUR_DETECTORS, **FLOORS, **{name: RIVALS[name] for name in names}}


def all_series(folders: tuple[Path, ...], every: int) -> Iterator[BenchmarkSeries]:
    """Labelled series of all folders; those without an anomaly cannot be judged."""
    files = [file for folder in folders for file in benchmark_files(folder)]
    for file in files[::every]:
        try:
            series = read_benchmark_series(file)
        except InputError as error:
            print(f"left out: {error}", file=sys.stderr)
            continue
        if series.labels.any():
            yield series


def mean_ranks(figures: np.ndarray) -> np.ndarray:
    """Mean rank of each detector (columns) over the series (rows), 1 the best."""
    from scipy.stats import rankdata

    ranks: np.ndarray = rankdata(-figures, axis=1).mean(axis=0)
    return ranks


def print_table(results: dict[str, list[Result]]) -> None:
    """Print a row a detector, best mean first."""
    figures = np.array([[r.vus_pr for r in rows] for rows in results.values()]).T
    ranks = dict(zip(results, mean_ranks(figures), strict=True))
    ours_found = np.array([r.vus_pr for r in results[OURS]])
    print(
        f"{'':26} {'mean':>6} {'95 % interval':>15} {'median':>7} {'rank':>5} "
        f"{'ours wins':>9} {'seconds':>8} {'failed':>6}"
    )
    for name in sorted(results, key=lambda name: -mean(results[name])):
        found = np.array([r.vus_pr for r in results[name]])
        low, high = bootstrap_mean_interval(found)
        wins = "" if name == OURS else f"{np.mean(ours_found > found):.0%}"
        print(
            f"{name:26} {found.mean():6.3f} {low:7.3f} to {high:.3f} "
            f"{np.median(found):7.3f} {ranks[name]:5.1f} {wins:>9} "
            f"{np.median([r.seconds for r in results[name]]):8.2f} "
            f"{sum(r.has_failed for r in results[name]):6d}"
        )


def mean(results: list[Result]) -> float:
    return float(np.mean([result.vus_pr for result in results]))


def budgets_are_kept(results: dict[str, list[Result]]) -> bool:
    """Whether ours beats every floor, and no part of it the whole."""
    own = mean(results[OURS])
    is_above_floors = all(own > mean(results[name]) for name in FLOORS)
    return is_above_floors and all(
        own > mean(results[name]) - PART_BUDGET for name in PARTS
    )


@click.command()
@click.argument(
    "folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
@click.option("--seeds", default=3, show_default=True, help="Fits to average over.")
@click.option("--every", default=1, show_default=True, help="Take every n-th file.")
@click.option("--rivals", default="all", show_default=True, help="all, none or names.")
def main(folders: tuple[Path, ...], seeds: int, every: int, rivals: str) -> None:
    """Print one table of all folders together, and fail when over a budget."""
    results: dict[str, list[Result]] = defaultdict(list)
    for series in all_series(folders, every):
        for name, score in chosen_detectors(rivals).items():
            n_seeds = seeds if name in OUR_DETECTORS else 1
            results[name].append(measure(score, series, n_seeds))
        own = results[OURS][-1]
        print(f"{series.name:50.50} {own.vus_pr:.3f} {own.seconds:5.1f} s", flush=True)
    print(f"\n{len(results[OURS])} series, mean of {seeds} seeds")
    print_table(results)
    sys.exit(0 if budgets_are_kept(results) else 1)


if __name__ == "__main__":
    main()
