"""Events: whether they are one a fault, of the right kind, from its first row on.

A plant of four channels with twelve faults of seven kinds, with a time index and
without one. For each kind: the share of faults that an event tells of, of those the
share named rightly and led by the right channel, the share of fault rows inside an
event of the right kind, and how far begin and end are off. Then the share of clean rows
inside an event, and of rows on which `predict` and `events` agree, and on which a watch
agrees with them. Choose on seeds from 0 on; judge on others.

    python benchmarks/anomaly_events.py [--seeds 4] [--first-seed 0]

Exits with 1 when fewer than FLOOR of the fault rows lie in an event of the right kind.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import sys
from collections import defaultdict

import click
import numpy as np
import pandas as pd
from _plant import PlantFault, PlantWeeks, draw_plant

from recs_anomaly import TimeSeriesAnomalyDetector

FLOOR = 0.85
NEAR = 5  # rows that an event may lie beside a fault and count as telling of it


def judge(weeks: PlantWeeks, by_kind: dict[str, list[list[float]]]) -> list[float]:
    """Judge events of one draw; return the figures of its clean and of all rows."""
    frame, n_training = weeks.frame, weeks.n_training
    detector = TimeSeriesAnomalyDetector(random_state=0).fit(frame.iloc[:n_training])
    rest = frame.iloc[n_training:]
    told = events_of(detector, rest)
    is_in, is_fault = np.zeros((2, len(rest)), dtype=np.bool_)
    for first, stop, _, _ in told:
        is_in[first:stop] = True
    for fault, first, stop in weeks.faults:
        first, stop = first - n_training, stop - n_training
        is_fault[first:stop] = True
        by_kind[fault.kind].append(figures(fault, first, stop, told))
    far = ~_widened(is_fault, 24)
    is_flagged = detector.predict(rest) == -1
    return [
        is_in[far].mean(),
        (is_flagged == is_in).mean(),
        (_watched(detector, frame, n_training) == is_in).mean(),
        sum(
            not is_fault[max(first - NEAR, 0) : stop + NEAR].any()
            for first, stop, *_ in told
        ),
    ]


def events_of(
    detector: TimeSeriesAnomalyDetector, rest: pd.DataFrame
) -> list[tuple[int, int, str, str]]:
    """List events as first row, row after the last, kind and channel."""
    events = detector.events(rest)
    starts = rest.index.get_indexer(events["start"])
    stops = rest.index.get_indexer(events["end"]) + 1
    kinds = [cause.split(":")[0] for cause in events["cause"]]
    return list(
        zip(starts.tolist(), stops.tolist(), kinds, events["channel"], strict=True)
    )


def figures(
    fault: PlantFault, first: int, stop: int, told: list[tuple[int, int, str, str]]
) -> list[float]:
    """Found, right kind, right channel, rows in a right event, begin and end off."""
    near = [each for each in told if each[0] < stop + NEAR and each[1] > first - NEAR]
    if not near:
        return [0.0, 0.0, 0.0, 0.0, np.nan, np.nan]
    covers = np.zeros(stop - first, dtype=np.bool_)
    for begin, end, kind, _ in near:
        if kind == fault.kind:
            covers[max(begin - first, 0) : max(end - first, 0)] = True
    lead = max(near, key=lambda each: min(each[1], stop) - max(each[0], first))
    return [
        1.0,
        float(lead[2] == fault.kind),
        float(lead[3] == fault.channel),
        covers.mean(),
        abs(near[0][0] - first),
        abs(near[-1][1] - stop),
    ]


def _watched(
    detector: TimeSeriesAnomalyDetector, frame: pd.DataFrame, n_training: int
) -> np.ndarray:
    """Rows that lie in an event of a watch over the rows after training."""
    watcher = detector.watch()
    rest = frame.iloc[n_training:]
    is_in = np.zeros(len(rest), dtype=np.bool_)
    for message in watcher.watch_many(rest):
        if message.kind == "close":
            is_in[message.start : message.end + 1] = True
    return is_in


def _widened(flags: np.ndarray, n_rows: int) -> np.ndarray:
    return np.convolve(flags, np.ones(2 * n_rows + 1), mode="same") > 0


HEAD = "found  kind channel  rows in right  begin  end off"


def line(name: str, rows: np.ndarray) -> str:
    """Write the figures of faults (n_faults, 6) in a line."""
    found, named, led, inside = rows[:, :4].mean(axis=0)
    begin, end = np.nanmedian(rows[:, 4:], axis=0)
    shares = f"{found:5.0%} {named:5.0%} {led:7.0%} {inside:14.0%}"
    return f"{name:12} {shares} {begin:6.0f} {end:8.0f}"


@click.command()
@click.option("--seeds", default=4)
@click.option("--first-seed", default=0)
def main(seeds: int, first_seed: int) -> None:
    """Print how well events tell of faults."""
    least = 1.0
    for name in ("with times", "rows alone"):
        by_kind: dict[str, list[list[float]]] = defaultdict(list)
        overall = [
            judge(draw_plant(seed, has_times=name == "with times"), by_kind)
            for seed in range(first_seed, first_seed + seeds)
        ]
        print(f"\n{name:12} {HEAD}")
        for kind, rows in by_kind.items():
            print(line(kind, np.asarray(rows)))
        every = np.concatenate([np.asarray(rows) for rows in by_kind.values()])
        print(line("all", every))
        clean, agree, watch, false = np.mean(overall, axis=0)
        print(f"clean rows in an event {clean:.2%}, false events {false:.1f};", end=" ")
        print(f"predict agrees with events on {agree:.1%}, a watch on {watch:.1%}")
        least = min(least, every[:, 3].mean())
    sys.exit(least < FLOOR)


if __name__ == "__main__":
    main()
