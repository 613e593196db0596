"""A fleet of alike series: a model for each beside one model of all.

    python benchmarks/anomaly_fleet.py [--machines 12] [--channel motor_current_A]

Machines are generated, each with rhythms, noise and faults of its own. The model of all
learns from the training rows of all machines, one after the other with a gap between,
each in units of its own training rows. Both judge every machine; linear models alone.
VUS-PR, by how many days of training rows a machine has. Nothing here can fail: the
table says which is better, and when.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import click
import numpy as np
import pandas as pd

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.datasets import make_series
from recs_anomaly.metrics.anomaly import buffer_length, vus_pr
from recs_anomaly.metrics.bootstrap import bootstrap_mean_interval

DAY = 288  # rows
DAYS = (1, 2, 4, 8)
GAP = 250  # rows between machines: longer than any window


def in_own_units(values: pd.DataFrame, n_training: int) -> np.ndarray:
    first = values.iloc[:n_training]
    return ((values - first.mean()) / first.std()).to_numpy()


def fitted(X: np.ndarray) -> TimeSeriesAnomalyDetector:
    return TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(X)


@click.command()
@click.option("--machines", default=12, show_default=True)
@click.option("--channel", default="motor_current_A", show_default=True)
def main(machines: int, channel: str) -> None:
    """Print a row for each number of days."""
    fleet = [make_series(n_rows=20 * DAY, random_state=n) for n in range(machines)]
    fleet = [sample for sample in fleet if channel in set(sample.events["channel"])]
    print(f"{len(fleet)} machines with faults in {channel}")
    print(f"{'days':>4} {'each its own':>13} {'one of all':>11} {'difference':>22}")
    for days in DAYS:
        n_training = days * DAY
        scaled = [in_own_units(s.values[[channel]], n_training) for s in fleet]
        gap = np.full((GAP, 1), np.nan)
        rows = [part for X in scaled for part in (X[:n_training], gap)]
        of_all = fitted(np.concatenate(rows))
        found = []
        for X, sample in zip(scaled, fleet, strict=True):
            events = sample.events[sample.events["channel"] == channel]
            labels = np.zeros(len(X), dtype=bool)
            for event in events.itertuples():
                labels |= sample.values.index.to_series().between(
                    event.start, event.end
                )
            window = buffer_length(np.nan_to_num(X))
            found.append(
                [
                    vus_pr(labels, -d.score_samples(X), window=window)
                    for d in (fitted(X[:n_training]), of_all)
                ]
            )
        own, one = np.mean(found, axis=0)
        low, high = bootstrap_mean_interval(np.subtract(*np.array(found).T))
        interval = f"({low:.3f} to {high:.3f})"
        print(f"{days:4} {own:13.3f} {one:11.3f} {own - one:7.3f} {interval}")


if __name__ == "__main__":
    main()
