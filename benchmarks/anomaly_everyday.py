"""Everyday series: false alarms a week and faults found, beside three simple rules.

Each kind is learned from its first two weeks, and from the file itself (all of it,
faults included). The rules are a median by time of day with the median absolute
deviation (MAD), a seasonal decomposition (STL of statsmodels) with MAD, and an
isolation forest on windows (PyOD); the last two need the `bench` extra. Choose on seeds
from 0 on; judge on others.

    python benchmarks/anomaly_everyday.py [--seeds 2] [--first-seed 0] [--epochs 0]

Exits with 1 when ours raises more than FALSE_BUDGET false events a week on the clean
part of any kind, or flags more than SHARE_BUDGET of its rows.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import sys
import warnings
from collections.abc import Callable
from typing import NamedTuple

import click
import numpy as np
import pandas as pd
from _everyday import KINDS, Week, draw

from recs_anomaly import TimeSeriesAnomalyDetector

FALSE_BUDGET = 1.0
SHARE_BUDGET = 0.01
N_MAD = 8.0
NEAR = 5  # rows that an event may lie beside a fault and count as telling of it
WINDOW = 24

Runs = list[tuple[int, int]]


class Told(NamedTuple):
    """Rows flagged, and events as first rows and rows after the last."""

    flags: np.ndarray
    events: Runs


class Figures(NamedTuple):
    """What is printed of a rule on a kind."""

    false_a_week: float
    share_flagged: float
    found: float
    delay: float


Rule = Callable[[pd.Series, int], Told]


def ours(epochs: int) -> Rule:
    """Our detector with its defaults but for the epochs."""

    def rule(series: pd.Series, n_training: int) -> Told:
        frame = series.to_frame("value")
        detector = TimeSeriesAnomalyDetector(random_state=0, epochs=epochs)
        detector.fit(frame.iloc[:n_training])
        events = detector.events(frame)
        starts = series.index.get_indexer(events["start"])
        stops = series.index.get_indexer(events["end"]) + 1
        flags = detector.predict(frame) == -1
        return Told(flags, list(zip(starts.tolist(), stops.tolist(), strict=True)))

    return rule


def by_time_of_day(series: pd.Series, n_training: int) -> Told:
    """Beyond 8 MAD of the training rows' median at the same time of day."""
    training = series.iloc[:n_training]
    median = training.groupby(training.index.time).median()
    rest = series.to_numpy() - median.reindex(series.index.time).to_numpy()
    return _beyond(rest, n_training)


def seasonal(series: pd.Series, n_training: int) -> Told:
    """Beyond 8 MAD of what a robust decomposition of the whole leaves."""
    from statsmodels.tsa.seasonal import STL

    period = int(pd.Timedelta(days=1) / (series.index[1] - series.index[0]))
    fitted = STL(series.to_numpy(), period=period, robust=True).fit()
    return _beyond(fitted.resid, n_training)


def isolation_forest(series: pd.Series, n_training: int) -> Told:
    """PyOD's isolation forest on windows, one row in a thousand beyond."""
    from pyod.models.ts_od import TimeSeriesOD

    values = series.to_numpy()[:, None]
    model = TimeSeriesOD(detector="IForest", window_size=WINDOW)
    model.fit(values[:n_training])
    scores = model.decision_function(values)
    flags = scores > np.quantile(scores[:n_training], 0.999)
    return Told(flags, _events(flags))


RULES: dict[str, Rule] = {
    "time of day": by_time_of_day,
    "STL": seasonal,
    "IForest": isolation_forest,
}


def _beyond(rest: np.ndarray, n_training: int) -> Told:
    training = rest[:n_training]
    middle = np.median(training)
    deviation = 1.4826 * np.median(np.abs(training - middle))
    flags = np.abs(rest - middle) > N_MAD * max(float(deviation), 1e-9)
    return Told(flags, _events(flags))


def _events(flags: np.ndarray) -> Runs:
    """Join flagged rows that are at most `NEAR` rows apart."""
    rows = np.flatnonzero(flags)
    if not len(rows):
        return []
    cuts = np.flatnonzero(np.diff(rows) > NEAR) + 1
    return [(int(part[0]), int(part[-1]) + 1) for part in np.split(rows, cuts)]


def judged(week: Week, told: Told) -> Figures:
    """Compare what was told with what is known."""
    first, stop = week.n_training, week.n_clean
    false = sum(first <= start and end <= stop for start, end in told.events)
    delays = []
    for fault in week.faults:
        starts = [
            max(start - fault.start, 0)
            for start, end in told.events
            if start < fault.stop + NEAR and end > fault.start - NEAR
        ]
        if starts:
            delays.append(min(starts))
    return Figures(
        false / week.per_week,
        float(told.flags[first:stop].mean()),
        len(delays) / len(week.faults),
        float(np.median(delays)) if delays else np.nan,
    )


def measured(rule: Rule, kind: str, seeds: range, from_itself: bool) -> Figures | None:
    """Mean figures of some draws; None if the rule is not installed."""
    found = []
    for seed in seeds:
        week = draw(KINDS[kind], seed)
        n_training = len(week.series) if from_itself else week.n_training
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                told = rule(week.series, n_training)
        except ImportError:
            return None
        found.append(judged(week, told))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no fault was found
        return Figures(*np.nanmean(np.array(found), axis=0))


def print_table(title: str, rows: dict[str, dict[str, Figures | None]]) -> None:
    """Print a row a kind: false events a week / rows flagged / faults found / delay."""
    print(f"\n{title}: false events a week, % of clean rows flagged, % found, delay")
    names = list(next(iter(rows.values())))
    print(f"{'':22}" + "".join(f"{name:>27}" for name in names))
    for kind, cells in rows.items():
        print(f"{kind:22}" + "".join(f"{_cell(each):>27}" for each in cells.values()))
    for name in names:
        known = [cells[name] for cells in rows.values()]
        figures = [each for each in known if each is not None]
        if figures:
            told = [column[~np.isnan(column)] for column in np.array(figures).T]
            mean = Figures(*(part.mean() if len(part) else np.nan for part in told))
            print(f"mean {name:17}{_cell(mean):>27}")


def _cell(figures: Figures | None) -> str:
    if figures is None:
        return "not installed"
    false, share, found, delay = figures
    return f"{false:6.1f} {share:6.2%} {found:5.0%} {delay:6.1f}"


@click.command()
@click.option("--seeds", default=2, show_default=True, help="Draws of each kind.")
@click.option("--first-seed", default=0, show_default=True, help="Of the draws.")
@click.option("--epochs", default=20, show_default=True, help="Of our networks.")
def main(seeds: int, first_seed: int, epochs: int) -> None:
    """Print both tables."""
    rules = {"ours": ours(epochs), **RULES}
    chosen = range(first_seed, first_seed + seeds)
    tables = {}
    for title, from_itself in (("clean part", False), ("the file itself", True)):
        tables[title] = {
            kind: {
                name: measured(rule, kind, chosen, from_itself)
                for name, rule in rules.items()
            }
            for kind in KINDS
        }
        print_table(title, tables[title])
    own = [cells["ours"] for cells in tables["clean part"].values()]
    is_over = any(
        each.false_a_week > FALSE_BUDGET or each.share_flagged > SHARE_BUDGET
        for each in own
        if each is not None
    )
    sys.exit(int(is_over))


if __name__ == "__main__":
    main()
