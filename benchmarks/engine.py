"""Many tasks: one process, joblib's processes and Dask's workers, in one run.

    python benchmarks/engine.py [--workers 2] series [--n-series 200] [--n-rows 5000]
    python benchmarks/engine.py lists [--n-users 100000] [--n-items 2000]
    python benchmarks/engine.py choices [--n-parts 100] [--rows-a-part 1000000]
    python benchmarks/engine.py ratings [--n-rows 10000000]
    python benchmarks/engine.py pictures [--n-pictures 40] [--side 256]
    python benchmarks/engine.py folds [--n-ratings 50000]
    python benchmarks/engine.py deaths [--n-times 10]
    python benchmarks/engine.py growth
    python benchmarks/engine.py memory [--job choices]

Processor seconds of all processes and not wall-clock time: the cores are shared. The
exit code is 1 where results differ by a bit, or a budget is exceeded.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import hashlib
import heapq
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, sleep
from typing import Any

import click
import numpy as np
import pandas as pd
from joblib.externals.loky import get_reusable_executor

from recs_anomaly.engine.jobs import in_order, side_by_side
from recs_anomaly.engine.schedulers import scheduled

OVERHEAD_BUDGET = 1.3  # processor time beside one process
WORKER_BUDGET_MIB = 2048
FLAT_BUDGET, FLAT_BUDGET_MIB = 1.2, 350  # a worker's peak, data x 16 beside x 1
CLIENT_BUDGET_MIB = 50  # of ten times as many series
SQL_BUDGET = 3.0  # processor time beside Parquet
SQL_BUDGET_MIB = 300  # above the table
N_READS = 3  # of which the best counts: others use the machine
ENGINES = [
    ("one process", "processes", 1),
    ("processes", "processes", 2),
    ("dask", "dask", 1),
    ("dask", "dask", 2),
    ("dask", "dask", 4),
]
SLEEP_S = 0.2
WORKERS = (1, 4, 16, 64)
# Tasks, and processor seconds of each as estimated from smaller ones.
JOBS = [
    ("a million series", 1_000_000, 0.6),
    ("lists, 100 million users", 10_000, 30.0),
    ("a billion choices, 20k items", 24, 1300.0),
]
Work = Callable[[], bytes]
TICKS = os.sysconf("SC_CLK_TCK")


class Usage:
    """Processor time and peak memory of this process and all that it has started."""

    def __init__(self) -> None:
        self.seconds, self.worker_mib, self.client_mib = 0.0, 0.0, 0.0
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
            if not peak:
                continue
            if parent:
                self.worker_mib = max(self.worker_mib, int(peak[1]) / 1024)
            else:
                self.client_mib = int(peak[1]) / 1024
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


def compared(work: Work, engines: list[Any]) -> None:
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
        is_good &= usage.worker_mib <= WORKER_BUDGET_MIB
    if not is_good:
        sys.exit(1)


def warmed(_: int) -> None:
    """Import what all tasks need, so that none pays for it."""
    import recs_anomaly.anomaly.detector
    import recs_anomaly.recommend.recommender  # noqa: F401 - for all


@click.group()
@click.option("--workers", type=int, help="On engines with so many workers alone.")
@click.pass_context
def main(context: click.Context, workers: int | None) -> None:
    """Measure one job on all engines."""
    beside = [each for each in ENGINES[1:] if workers in (None, each[2])]
    context.obj = [*ENGINES[:1], *beside]


def judged(seed: int, n_rows: int) -> bytes:
    """Make a series and judge it: what goes to a worker are two numbers."""
    from recs_anomaly.anomaly.app.fleet import judge_series

    rng = np.random.default_rng(seed)
    values = np.sin(np.arange(n_rows) / 9) + 0.1 * rng.standard_normal(n_rows)
    scores = judge_series(pd.DataFrame({"flow": values}), until=str(n_rows // 2))
    return hashlib.sha256(scores["score"].to_numpy().tobytes()).digest()


@contextmanager
def series_job(n_series: int, n_rows: int) -> Iterator[Work]:
    """Judge many series, a task each."""

    def work() -> bytes:
        tasks = [(seed, n_rows) for seed in range(n_series)]
        outcomes = in_order(side_by_side(judged, tasks, None))
        assert all(outcome.failure is None for outcome in outcomes)
        return hashlib.sha256(b"".join(o.result for o in outcomes)).digest()

    yield work


@main.command()
@click.option("--n-series", default=200, show_default=True)
@click.option("--n-rows", default=5000, show_default=True)
@click.pass_context
def series(context: click.Context, n_series: int, n_rows: int) -> None:
    """Judge many series, a task each."""
    with series_job(n_series, n_rows) as work:
        compared(work, context.obj)


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


@contextmanager
def choices_job(
    n_parts: int, rows_a_part: int, n_items: int, n_jobs: int
) -> Iterator[Work]:
    """Learn who chooses what from parts, which are made before."""
    from recs_anomaly.recommend.app.partitions import learn_parts

    with tempfile.TemporaryDirectory() as folder:
        tasks = [(folder, part, rows_a_part, n_items) for part in range(n_parts)]
        with scheduled("processes", None, n_jobs):
            made = list(side_by_side(made_part, tasks, None))
        print(f"# {sum(each.result for each in made):,} rows in {n_parts} parts")
        files = sorted(Path(folder).iterdir())

        def work() -> bytes:
            learned = learn_parts(files)
            return hashlib.sha256(learned.interactions.weights.tobytes()).digest()

        yield work


@main.command()
@click.option("--n-parts", default=10, show_default=True)
@click.option("--rows-a-part", default=100_000, show_default=True)
@click.option("--n-items", default=2_000, show_default=True)
@click.option("--n-jobs", default=2, show_default=True)
@click.option("--alone", is_flag=True, help="On processes only, not on each engine.")
@click.pass_context
def choices(
    context: click.Context,
    n_parts: int,
    rows_a_part: int,
    n_items: int,
    n_jobs: int,
    alone: bool,
) -> None:
    """Learn who chooses what from parts."""
    with choices_job(n_parts, rows_a_part, n_items, n_jobs) as work:
        compared(work, [("processes", "processes", n_jobs)] if alone else context.obj)


def counted_part(model: str, first: int, n_users: int, folder: str) -> int:
    """Write the lists of some users: what goes to a worker are names and numbers."""
    from recs_anomaly.cli.recommend._everybody_parts import write_part
    from recs_anomaly.engine.manifest import file_stamp

    path = Path(model)
    part = Path(folder) / f"{first:010}.parquet"
    return write_part(path, file_stamp(path), 10, slice(first, first + n_users), part)


@contextmanager
def lists_job(n_users: int, n_items: int, users_a_part: int) -> Iterator[Work]:
    """Write the lists of all users, in parts."""
    from recs_anomaly import RBMRecommender, save

    with tempfile.TemporaryDirectory() as folder:
        made_part(folder, 0, n_users * 100, n_items)
        chosen = pd.read_parquet(f"{folder}/0000.parquet")
        model = f"{folder}/model.recs"
        save(RBMRecommender(random_state=0).fit(chosen), model)
        n_known = chosen["user_id"].nunique()

        def work() -> bytes:
            with tempfile.TemporaryDirectory() as parts:
                firsts = range(0, n_known, users_a_part)
                tasks = [(model, first, users_a_part, parts) for first in firsts]
                outcomes = list(side_by_side(counted_part, tasks, None))
                assert all(outcome.failure is None for outcome in outcomes)
                found = [
                    pd.read_parquet(file) for file in sorted(Path(parts).iterdir())
                ]
                rows = pd.concat(found)[["user_id", "item_id", "score"]]
            return hashlib.sha256(rows.to_numpy().tobytes()).digest()

        yield work


@main.command()
@click.option("--n-users", default=20_000, show_default=True)
@click.option("--n-items", default=2_000, show_default=True)
@click.option("--users-a-part", default=2_000, show_default=True)
@click.pass_context
def lists(
    context: click.Context, n_users: int, n_items: int, users_a_part: int
) -> None:
    """Write the lists of all users, in parts."""
    with lists_job(n_users, n_items, users_a_part) as work:
        compared(work, context.obj)


@contextmanager
def pictures_job(n_pictures: int, side: int) -> Iterator[Work]:
    """Take the noise out of a folder of pictures, a task each."""
    from PIL import Image

    from recs_anomaly import ImageDenoiser
    from recs_anomaly.cli._files import write_bytes
    from recs_anomaly.denoise.app.folder import Task, clean_all

    denoiser = ImageDenoiser.from_pretrained("gray", sigma="auto")
    with tempfile.TemporaryDirectory() as folder:
        place = np.arange(side)
        for n in range(n_pictures):
            clean = 128 + 60 * np.sin(place / (5 + n)) * np.cos(place / 9)[:, None]
            noise = np.random.default_rng(n).normal(0, 20, (side, side))
            pixels = (clean + noise).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(f"{folder}/{n:04}.png")
        noisy = sorted(Path(folder).iterdir())

        def work() -> bytes:
            with tempfile.TemporaryDirectory() as clean:
                tasks = [
                    Task(file, Path(clean, file.name), file.name) for file in noisy
                ]
                outcomes = list(clean_all(denoiser, tasks, write_bytes, True))
                assert all(outcome.is_clean for outcome in outcomes)
                made = sorted(Path(clean).iterdir())
                content = b"".join(file.read_bytes() for file in made)
            return hashlib.sha256(content).digest()

        yield work


@main.command()
@click.option("--n-pictures", default=40, show_default=True)
@click.option("--side", default=256, show_default=True)
@click.pass_context
def pictures(context: click.Context, n_pictures: int, side: int) -> None:
    """Take the noise out of a folder of pictures."""
    with pictures_job(n_pictures, side) as work:
        compared(work, context.obj)


@contextmanager
def folds_job(n_users: int, n_ratings: int) -> Iterator[Work]:
    """Judge a recommender fold by fold."""
    from recs_anomaly import RBMRecommender
    from recs_anomaly.datasets import make_ratings, random_folds
    from recs_anomaly.recommend.evaluation.evaluate import evaluate

    rated = make_ratings(n_users, 500, n_ratings, random_state=0).ratings
    cuts = random_folds(len(rated), 10, random_state=0)
    model = RBMRecommender(random_state=0)

    def work() -> bytes:
        return hashlib.sha256(evaluate(model, rated, cuts).to_csv().encode()).digest()

    yield work


@main.command()
@click.option("--n-users", default=1_000, show_default=True)
@click.option("--n-ratings", default=50_000, show_default=True)
@click.pass_context
def folds(context: click.Context, n_users: int, n_ratings: int) -> None:
    """Judge a recommender, a fold a task."""
    with folds_job(n_users, n_ratings) as work:
        compared(work, context.obj)


@main.command()
@click.option("--n-rows", default=10_000_000, show_default=True)
def ratings(n_rows: int) -> None:
    """Read ratings from PostgreSQL, and the same ones from Parquet."""
    from recs_anomaly.datasets import Query, write_rows
    from tests.datasets import postgres

    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "user_id": rng.integers(0, n_rows // 100, n_rows),
            "item_id": rng.integers(0, 20_000, n_rows),
            "rating": rng.integers(1, 11, n_rows) / 2,
        }
    )
    with tempfile.TemporaryDirectory() as folder, postgres.running() as place:
        file = f"{folder}/ratings.parquet"
        frame.to_parquet(file)
        login = f"{postgres.USER}:{postgres.PASSWORD.replace(' ', '%20')}"
        uri = f"postgresql://{login}@{place}/postgres"
        write_rows([frame], Query(uri), "ratings", run="one")
        text = "select user_id, item_id, rating from ratings"
        program = READS.format(source=f"'{file}'")
        beside, _ = best_read("parquet", program)
        seconds, above = best_read(
            "sql", READS.format(source=f"Query({uri!r}, {text!r})")
        )
    print(f"processor time beside Parquet: {seconds / beside:.2f}", end="")
    print(f", at most {SQL_BUDGET}; above the table at most {SQL_BUDGET_MIB} MiB")
    if seconds > SQL_BUDGET * beside or above > SQL_BUDGET_MIB:
        sys.exit(1)


def best_read(name: str, program: str) -> tuple[float, float]:
    """Run a program that reads; return processor seconds and MiB above its table."""
    reads = []
    for _ in range(N_READS):
        command = [sys.executable, "-c", program]
        told = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds, peak, table = map(float, told.stdout.split())
        reads.append((seconds, peak - table))
    seconds, above = min(reads)
    print(f"{name:<8} {seconds:6.2f} s {above:6.0f} MiB above {table:.0f} of the table")
    return seconds, above


READS = """
import re, time
from recs_anomaly.datasets import Query, read_ratings
import pyarrow.dataset, pyarrow.parquet
def peak_kib():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
before = peak_kib()
start = time.process_time()
found = read_ratings({source})
seconds = time.process_time() - start
peak = peak_kib() - before
print(seconds, peak / 1024, found.memory_usage(deep=True).sum() / 2**20)
"""


# Small ones, which a machine does in seconds.
SMALL: dict[str, Callable[[], Any]] = {
    "series": lambda: series_job(24, 2000),
    "lists": lambda: lists_job(4_000, 1_000, 200),
    "choices": lambda: choices_job(8, 50_000, 1_000, 2),
    "pictures": lambda: pictures_job(24, 192),
    "folds": lambda: folds_job(100, 2_000),
}


def workers() -> list[int]:
    """Return the processes that work for this one, and not those that count files."""
    found = []
    for pid, is_started in descendants().items():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if is_started and (b"popen_loky" in command or b"spawn_main" in command):
            found.append(pid)
    return found


def killed_within(work: Work, seconds: float, rng: np.random.Generator) -> bytes:
    """Work, while one of the workers is killed with SIGKILL some seconds later."""

    def kill() -> None:
        sleep(seconds)
        os.kill(int(rng.choice(workers())), signal.SIGKILL)

    killer = Thread(target=kill)
    killer.start()
    result = work()
    killer.join()
    return result


@main.command()
@click.option("--n-times", default=10, show_default=True)
@click.option("--job", "names", type=click.Choice([*SMALL]), multiple=True)
def deaths(n_times: int, names: tuple[str, ...]) -> None:
    """Kill a worker with SIGKILL in the middle of each job, many times."""
    rng = np.random.default_rng(0)
    n_bad = 0
    for name in names or SMALL:
        with SMALL[name]() as work:
            expected = work()
            for scheduler in ("processes", "dask"):
                with scheduled(scheduler, None, 2):
                    n_good = int(work() == expected)  # which starts the workers
                    start = perf_counter()
                    work()
                    elapsed = perf_counter() - start
                    for share in np.linspace(0.2, 0.8, n_times):
                        found = killed_within(work, share * elapsed, rng)
                        n_good += found == expected
                print(f"{name:<8} {scheduler:<10} same result in", end="")
                print(f" {n_good - 1} of {n_times}", flush=True)
                n_bad += n_times + 1 - n_good
    if n_bad:
        sys.exit(1)


@contextmanager
def pages_job(n_series: int, n_rows: int) -> Iterator[Work]:
    """Write the pages of a folder of series, and the overview."""
    from recs_anomaly.cli import main as program

    with tempfile.TemporaryDirectory() as folder:
        for seed in range(n_series):
            values = np.random.default_rng(seed).standard_normal(n_rows).cumsum()
            file = f"{folder}/{seed:04}.csv"
            pd.DataFrame({"flow": values}).to_csv(file, index=False)

        def work() -> bytes:
            with tempfile.TemporaryDirectory() as pages:
                told = ["anomaly", "report", folder, "-o", pages, "--jobs", "2"]
                with suppress(SystemExit):
                    program(told, standalone_mode=False)
                made = len([*Path(pages).glob("*.html")])
            assert made == n_series + 1
            return str(made).encode()

        yield work


# Jobs of parts of the same size, of which there are more and more.
GROWING: dict[str, Callable[[int], Any]] = {
    "choices": lambda times: choices_job(5 * times, 100_000, 2_000, 2),
    "lists": lambda times: lists_job(2_000 * times, 2_000, 500),
    "pictures": lambda times: pictures_job(6 * times, 256),
    "series": lambda times: series_job(6 * times, 2_000),
}


def peaks(job: Any) -> Usage:
    """Return what a job takes in new processes."""
    with job as work, scheduled("processes", None, 2):
        get_reusable_executor().shutdown(wait=True)
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        with measured() as usage:
            work()
    return usage


@main.command()
@click.option("--job", "names", type=click.Choice([*GROWING, "client"]), multiple=True)
def memory(names: tuple[str, ...]) -> None:
    """Hold a worker's peak beside more parts, and the client's beside more series."""
    is_good = True
    for name in names or [*GROWING, "client"]:
        if name == "client":
            found = [peaks(pages_job(n, 500)).client_mib for n in (50, 500)]
            is_good &= found[-1] - found[0] <= CLIENT_BUDGET_MIB
        else:
            found = [peaks(GROWING[name](times)).worker_mib for times in (1, 4, 16)]
            is_good &= found[-1] <= min(FLAT_BUDGET * found[0], FLAT_BUDGET_MIB)
        told = "50, 500 series" if name == "client" else "x 1, 4, 16"
        print(
            f"{name:<8} {told:<14}",
            *(f"{mib:6.0f}" for mib in found),
            "MiB",
            flush=True,
        )
    if not is_good:
        sys.exit(1)


def simulated(n_tasks: int, n_workers: int, work_s: float, client_s: float) -> float:
    """Return how long a job takes where a worker waits for the client after a task.

    The client takes in one result after the other, and hands out the next task.
    """
    client = 0.0
    ends: list[float] = []
    for sent in range(n_tasks):
        if sent >= n_workers:
            client = max(client, heapq.heappop(ends))
        client += client_s
        heapq.heappush(ends, client + work_s)
    return max(ends)


def slept(_: int) -> None:
    """Take time, and no processor that others use."""
    sleep(SLEEP_S)


@main.command()
@click.option("--n-tasks", default=200, show_default=True)
def growth(n_tasks: int) -> None:
    """Check the simulation against 1, 2 and 4 workers, and ask it about more."""
    off = []
    client_s = 0.0
    for n_workers in (1, 2, 4):
        with scheduled("dask", None, n_workers):
            tasks = [(n,) for n in range(n_tasks)]
            list(side_by_side(slept, tasks[: 4 * n_workers], None))
            start = perf_counter()
            list(side_by_side(slept, tasks, None))
            elapsed = perf_counter() - start
        # One worker says what the client and the scheduler take for a task.
        client_s = client_s or elapsed / n_tasks - SLEEP_S
        expected = simulated(n_tasks, n_workers, SLEEP_S, client_s)
        off.append(abs(expected / elapsed - 1))
        print(f"{n_workers} workers: {elapsed:.2f} s, simulated {expected:.2f} s")
    print(f"client: {1000 * client_s:.1f} ms a task, scheduler included")
    print(f"{'job':<28} {'tasks':>9} {'task s':>7}", end="")
    print("".join(f"{n:>9}" for n in WORKERS), " workers: hours, and use of them")
    for name, n_many, work_s in JOBS:
        print(f"{name:<28} {n_many:9,} {work_s:7.1f}", end="")
        for n_workers in WORKERS:
            hours = simulated(n_many, n_workers, work_s, client_s) / 3600
            share = n_many * work_s / 3600 / n_workers / hours
            print(f" {hours:4.1f} {share:.0%}".rjust(9), end="")
        print()
    if max(off) > 0.2:
        sys.exit(1)


if __name__ == "__main__":
    # Known by the name that workers can import it by.
    from benchmarks import engine

    engine.main()
