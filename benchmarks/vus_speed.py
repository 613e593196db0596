"""Time of VUS-PR and VUS-ROC, ours beside the `vus` package of the metric's authors.

Both volumes of the same labels and scores, in one process, in turn; the least time of
each counts, because others on the machine only ever add time. The package runs in the
form that is its default and whose figures are published ("opt"), and in the one that
it keeps for its own speed where that computes the same ("opt_mem"); the faster counts.
Exits with 1 when ours is not SPEED_BUDGET times as fast at every length, or when the
figures differ by more than DIFFERENCE_BUDGET.

    python benchmarks/vus_speed.py [--window 100] [--rounds 1] [--lengths 10000,100000]

Needs the `bench` extra. At the defaults it takes about a minute.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import platform
import sys
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

import click
import numpy as np
from vus.utils.metrics import metricor

from recs_anomaly.metrics.anomaly import volumes_under_surface

SPEED_BUDGET = 20.0
DIFFERENCE_BUDGET = 1e-9
N_EVENTS = 20
EVENT_LENGTH = 50

Volumes = tuple[float, float]


class Comparison(NamedTuple):
    """One length of series: seconds of each, and how far the figures are apart."""

    n_points: int
    ours: float
    package: float
    package_in_memory: float
    difference: float

    @property
    def ratio(self) -> float:
        """How many times as long the faster form of the package takes."""
        return min(self.package, self.package_in_memory) / self.ours


def make_scored_series(n_points: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels with some events, and noise that is higher in them."""
    rng = np.random.default_rng(0)
    labels = np.zeros(n_points, dtype=int)
    for start in rng.integers(0, n_points, N_EVENTS):
        labels[start : start + EVENT_LENGTH] = 1
    return labels, rng.normal(size=n_points) + labels


def timed(compute: Callable[[], Volumes], n_rounds: int) -> tuple[float, Volumes]:
    """Least seconds of some rounds, and what came out."""
    times = []
    for _ in range(n_rounds):
        start = perf_counter()
        volumes = compute()
        times.append(perf_counter() - start)
    return min(times), volumes


def compare(n_points: int, window: int, n_rounds: int) -> Comparison:
    labels, scores = make_scored_series(n_points)
    grader = metricor()

    def ours() -> Volumes:
        pr, roc = volumes_under_surface(labels, scores, window=window)
        return pr, roc

    def package() -> Volumes:
        *_, roc, pr = grader.RangeAUC_volume_opt(labels, scores, window)
        return float(pr), float(roc)

    def package_in_memory() -> Volumes:
        *_, roc, pr = grader.RangeAUC_volume_opt_mem(labels, scores, window)
        return float(pr), float(roc)

    # Ours is so short that more rounds cost nothing and steady the ratio.
    seconds, volumes = timed(ours, max(n_rounds, 5))
    package_seconds, expected = timed(package, n_rounds)
    in_memory_seconds, _ = timed(package_in_memory, n_rounds)
    difference = float(np.abs(np.subtract(volumes, expected)).max())
    return Comparison(n_points, seconds, package_seconds, in_memory_seconds, difference)


@click.command()
@click.option("--window", default=100, show_default=True, help="Longest buffer.")
@click.option("--rounds", default=1, show_default=True, help="Runs of the package.")
@click.option(
    "--lengths",
    default="10000,100000",
    show_default=True,
    help="Points of the series, separated by commas.",
)
def main(window: int, rounds: int, lengths: str) -> None:
    """Compare the two, and fail when over a budget."""
    print(f"Python {platform.python_version()}, {platform.machine()}, window {window}")
    print(f"{'points':>8} {'ours':>9} {'opt':>9} {'opt_mem':>9} {'ratio':>7}  differ")
    is_kept = True
    for n_points in map(int, lengths.split(",")):
        row = compare(n_points, window, rounds)
        print(
            f"{row.n_points:8d} {row.ours:7.3f} s {row.package:7.2f} s "
            f"{row.package_in_memory:7.2f} s {row.ratio:6.0f}x  {row.difference:.0e}"
        )
        is_kept &= row.ratio >= SPEED_BUDGET and row.difference <= DIFFERENCE_BUDGET
    print(f"ratio at least {SPEED_BUDGET:g}, differ by at most {DIFFERENCE_BUDGET:g}")
    sys.exit(0 if is_kept else 1)


if __name__ == "__main__":
    main()
