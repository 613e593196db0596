"""VUS-PR where a law is broken that no channel shows alone: ours beside five lines.

Worlds are drawn from seeds; the first half of each is to learn from. The rival is the
distance of each row, with the rows just before it where one channel is all there is, to
the nearest training rows, averaged over twenty rows. Choose on seeds from 0 on; judge
on others.

    python benchmarks/anomaly_worlds.py [--seeds 3] [--first-seed 0] [--epochs 20]

Exits with 1 when ours is below the rival on the mean.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import sys
from time import process_time

import click
import numpy as np
from _worlds import RELATIONS, WORLDS, Drawn, draw
from scipy.spatial import KDTree

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.metrics.anomaly import buffer_length, vus_pr
from recs_anomaly.metrics.anomaly_floors import random_score

N_AVERAGED = 20
N_LAGS = 3  # rows that the rival sees at once of a lone channel


def nearest_rows(drawn: Drawn) -> np.ndarray:
    """Average the distances of rows to the nearest row of training."""
    scale = drawn.values[: drawn.n_training].std(axis=0)
    rows = drawn.values / np.where(scale > 0, scale, 1.0)
    if rows.shape[1] == 1:
        rows = np.column_stack([np.roll(rows, lag, axis=0) for lag in range(N_LAGS)])
    distance, _ = KDTree(rows[: drawn.n_training]).query(rows)
    return np.convolve(distance, np.full(N_AVERAGED, 1 / N_AVERAGED), mode="same")


def ours(drawn: Drawn, epochs: int) -> np.ndarray:
    """Return how abnormal our detector says that rows are."""
    detector = TimeSeriesAnomalyDetector(random_state=0, epochs=epochs)
    detector.fit(drawn.values[: drawn.n_training])
    return -detector.score_samples(drawn.values)


def judged(drawn: Drawn, epochs: int) -> list[float]:
    """VUS-PR of ours, ours without networks, the rival and chance."""
    window = buffer_length(drawn.values)
    scores = [
        ours(drawn, epochs),
        ours(drawn, 0),
        nearest_rows(drawn),
        random_score(len(drawn.values), 0),
    ]
    return [vus_pr(drawn.labels, each, window=window) for each in scores]


@click.command()
@click.option("--seeds", default=3, show_default=True, help="Draws of each world.")
@click.option("--first-seed", default=0, show_default=True, help="Of the draws.")
@click.option("--epochs", default=20, show_default=True, help="Of our networks.")
def main(seeds: int, first_seed: int, epochs: int) -> None:
    """Print a row a world, and the means."""
    start = process_time()
    table = {
        name: np.mean(
            [judged(draw(world, first_seed + seed), epochs) for seed in range(seeds)],
            axis=0,
        )
        for name, world in WORLDS.items()
    }
    print(f"{'world':20}{'ours':>9}{'no nets':>9}{'nearest':>9}{'random':>9}")
    for name, figures in table.items():
        print(f"{name:20}" + "".join(f"{figure:9.3f}" for figure in figures))
    groups = {
        "relations": [table[name] for name in RELATIONS],
        "all": list(table.values()),
    }
    for name, rows in groups.items():
        print(f"{name:20}" + "".join(f"{each:9.3f}" for each in np.mean(rows, axis=0)))
    print(f"{process_time() - start:.0f} processor seconds")
    mean = np.mean(list(table.values()), axis=0)
    sys.exit(int(mean[0] < mean[2]))


if __name__ == "__main__":
    main()
