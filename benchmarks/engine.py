"""Many tasks: one process, joblib's processes and Dask's workers, in one run.

    python benchmarks/engine.py series [--n-series 200] [--n-rows 5000]
    python benchmarks/engine.py lists [--n-users 100000] [--n-items 2000]
    python benchmarks/engine.py choices [--n-parts 100] [--rows-a-part 1000000]
    python benchmarks/engine.py ratings [--n-rows 1000000]

Processor seconds of all processes and not wall-clock time: the cores are shared. The
exit code is 1 where results differ by a bit, or a budget is exceeded.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import hashlib
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any

import click
import numpy as np
import pandas as pd

from recs_anomaly.engine.jobs import in_order, side_by_side
from recs_anomaly.engine.schedulers import scheduled

OVERHEAD_BUDGET = 1.3  # processor time beside one process
WORKER_BUDGET_MIB = 2048
SQL_BUDGET = 3.0
ENGINES = [
    ("one process", "processes", 1),
    ("processes", "processes", 2),
    ("dask", "dask", 1),
    ("dask", "dask", 2),
    ("dask", "dask", 4),
]
TICKS = os.sysconf("SC_CLK_TCK")


class Usage:
    """Processor time and peak memory of this process and all that it has started."""

    def __init__(self) -> None:
        self.seconds, self.worker_mib = 0.0, 0.0
        self._seen: dict[int, float] = {}

    def look(self) -> None:
        """Take the figures of those that live."""
        for pid, parent in descendants().items():
            try:
                ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            self._seen[pid] = (int(ticks[11]) + int(ticks[12])) / TICKS
            peak = re.search(r"VmHWM:\s+(\d+)", status)
            if parent and peak:
                self.worker_mib = max(self.worker_mib, int(peak[1]) / 1024)
        self.seconds = sum(self._seen.values())


def descendants() -> dict[int, bool]:
    """Return all processes of this program, and which of them it has started."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found = {os.getpid(): False}
    while new := [
        p for p, above in parents.items() if above in found and p not in found
    ]:
        found.update(dict.fromkeys(new, True))
    return found


@contextmanager
def measured() -> Iterator[Usage]:
    """Watch all processes; `seconds` is what was used within."""
    usage, is_over = Usage(), Event()
    usage.look()
    before = usage.seconds

    def watch() -> None:
        while not is_over.wait(0.2):
            usage.look()

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield usage
    finally:
        is_over.set()
        watcher.join()
        usage.look()
        usage.seconds -= before


def compared(work: Callable[[], bytes], engines: list[Any]) -> None:
    """Print a row for each engine; fail where results differ or overhead is large."""
    print(f"{'engine':<12} {'workers':>7} {'processor s':>11} {'ratio':>6}", end="")
    print(f" {'elapsed s':>9} {'worker MiB':>10}  result")
    first, one = b"", 0.0
    is_good = True
    for name, scheduler, n_workers in engines:
        with scheduled(scheduler, None, n_workers):
            list(side_by_side(warmed, [(n,) for n in range(4 * n_workers)], None))
            start = perf_counter()
            with measured() as usage:
                result = work()
        elapsed = perf_counter() - start
        first, one = first or result, one or usage.seconds
        ratio = usage.seconds / one
        print(f"{name:<12} {n_workers:7} {usage.seconds:11.1f} {ratio:6.2f}", end="")
        print(f" {elapsed:9.1f} {usage.worker_mib:10.0f}  {result.hex()[:12]}")
        is_good &= result == first and ratio <= OVERHEAD_BUDGET
    if not is_good:
        sys.exit(1)


def warmed(_: int) -> None:
    """Import what all tasks need, so that none pays for it."""
    import recs_anomaly.anomaly.detector
    import recs_anomaly.recommend.recommender  # noqa: F401 - for all


@click.group()
def main() -> None:
    """Measure one job on all engines."""


def judged(seed: int, n_rows: int) -> bytes:
    """Make a series and judge it: what goes to a worker are two numbers."""
    from recs_anomaly.anomaly.app.fleet import judge_series

    rng = np.random.default_rng(seed)
    values = np.sin(np.arange(n_rows) / 9) + 0.1 * rng.standard_normal(n_rows)
    scores = judge_series(pd.DataFrame({"flow": values}), until=str(n_rows // 2))
    return hashlib.sha256(scores["score"].to_numpy().tobytes()).digest()


@main.command()
@click.option("--n-series", default=200, show_default=True)
@click.option("--n-rows", default=5000, show_default=True)
def series(n_series: int, n_rows: int) -> None:
    """Judge many series, a task each."""

    def work() -> bytes:
        tasks = [(seed, n_rows) for seed in range(n_series)]
        outcomes = in_order(side_by_side(judged, tasks, None))
        assert all(outcome.failure is None for outcome in outcomes)
        return hashlib.sha256(b"".join(o.result for o in outcomes)).digest()

    compared(work, ENGINES)


def made_part(folder: str, part: int, n_rows: int, n_items: int) -> int:
    """Write choices of users of their own, whose tastes are of 32 kinds."""
    rng = np.random.default_rng(part)
    n_users = max(n_rows // 100, 1)
    counts = np.maximum(rng.lognormal(4.1, 1.0, n_users) * n_rows / n_users / 100, 5)
    counts = counts.astype(np.int64)
    users = np.repeat(np.arange(n_users, dtype=np.int64) + part * n_users, counts)
    kind = np.repeat(rng.integers(0, 32, n_users), counts)
    rank = (n_items ** rng.random(len(users))).astype(np.int64) - 1
    own = rng.random(len(users)) < 0.5
    items = np.where(own, (rank * 37 + kind * n_items // 32) % n_items, rank)
    frame = pd.DataFrame({"user_id": users, "item_id": items})
    frame.drop_duplicates().to_parquet(f"{folder}/{part:04}.parquet", index=False)
    return len(frame)


@main.command()
@click.option("--n-parts", default=10, show_default=True)
@click.option("--rows-a-part", default=100_000, show_default=True)
@click.option("--n-items", default=2_000, show_default=True)
@click.option("--n-jobs", default=2, show_default=True)
@click.option("--alone", is_flag=True, help="On processes only, not on each engine.")
def choices(
    n_parts: int, rows_a_part: int, n_items: int, n_jobs: int, alone: bool
) -> None:
    """Learn who chooses what from parts."""
    from recs_anomaly.recommend.app.partitions import learn_parts

    with tempfile.TemporaryDirectory() as folder:
        tasks = [(folder, part, rows_a_part, n_items) for part in range(n_parts)]
        with scheduled("processes", None, n_jobs):
            made = list(side_by_side(made_part, tasks, None))
        print(f"{sum(each.result for each in made):,} rows in {n_parts} parts")
        files = sorted(Path(folder).iterdir())

        def work() -> bytes:
            learned = learn_parts(files)
            print(f"# {learned.n_choices:,} choices, {learned.n_users:,} users")
            return hashlib.sha256(learned.interactions.weights.tobytes()).digest()

        compared(work, [("processes", "processes", n_jobs)] if alone else ENGINES)


if __name__ == "__main__":
    # Known by the name that workers can import it by.
    from benchmarks import engine

    engine.main()
