"""The web service beside the same model behind a bare FastAPI handler.

    python benchmarks/serve.py [lists|live|swap|memory|start] [--model films.recs]

Load comes from another process, wrk for HTTP and websockets for a socket. Services take
turns in one run. Speed is compared in processor seconds a request, which others on the
machine change less than the clock; rates and latencies by the clock are printed beside
them and are worth what the machine is free. The recommender has MovieLens 1M's shape;
`--model` keeps it for the next run. Exits with 1 when a budget is broken.

Needs wrk and the `serve` extra; Linux alone, for what processes have used.
"""

import asyncio
import json
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
from _serving import Load, Served, bare, loaded, ours, started
from websockets.asyncio.client import connect

from recs_anomaly import RBMRecommender, TimeSeriesAnomalyDetector, load, save
from recs_anomaly.datasets import make_ratings

LIST_BUDGET = 1.0  # processor seconds of a list, beside the bare handler
OWN_BUDGET = 3.0  # beside the model's own list
LIST_P99_MS, STRANGER_P99_MS = 15.0, 25.0  # at half the load that can be had
BATCH_BUDGET, SOCKET_BUDGET = 1.5, 4.0  # processor time of a row, beside the watcher's
MEMORY_BUDGET = 1.3  # two processes beside one
START_BUDGET = (
    1.6  # processor time until ready, beside importing scikit-learn and pandas
)
N_SWAPS = 20
SHAPE = (6_040, 3_706, 1_000_209)
PARTS = ("lists", "live", "swap", "memory", "start")
IMPORTS = "import sklearn.base, pandas"  # the least that anything with them takes
CONNECTIONS = 16
N_ROUNDS = 3
BATCH, N_CHANNELS, N_SOCKETS = 100, 1, 8


class Run:
    """Where the files are, and which budgets were broken."""

    def __init__(self, folder: Path, films: Path) -> None:
        self.folder, self.films, self.broken = folder, films, 0
        self._port = 18_200

    def port(self) -> int:
        """Give one that no other service of this run has."""
        self._port += 1
        return self._port

    def tell(self, name: str, value: float, budget: float, unit: str = "") -> None:
        """Print a figure beside what it must not exceed."""
        mark = "  BROKEN" if value > budget else ""
        print(f"{name:54} {value:10,.2f} {unit:5} at most {budget:g}{mark}", flush=True)
        self.broken += value > budget


def lists(run: Run) -> None:
    """Ask for lists of known users and of strangers."""
    model = load(run.films)
    users = model.users_.tolist()
    own_ms = processor_ms(lambda n: model.recommend(users[n], 10))
    path = f"/v1/recommenders/{run.films.stem}/users/%d/recommendations"
    with (
        started(*ours(run.folder, run.port(), str(run.films))) as service,
        started(*bare(run.folder, run.port(), run.films)) as handler,
    ):

        def load_of(served: Served, n: int, connections: int, pause: int = 0) -> Load:
            asked = f"{path if served == service else '/users/%d'}?n={n}"
            return loaded(
                served,
                run.folder,
                asked,
                most=SHAPE[0],
                connections=connections,
                pause_ms=pause,
            )

        # Lists of n items each: of another n, none is known from before.
        taken = [
            (load_of(service, n, CONNECTIONS), load_of(handler, n, CONNECTIONS))
            for n in range(10, 10 + N_ROUNDS)
        ]
        alone = load_of(service, 20, 1)
        mine, theirs = taken[-1]
        cpu = [statistics.median(pair[i].cpu_ms for pair in taken) for i in (0, 1)]
        rate = [max(pair[i].a_second for pair in taken) for i in (0, 1)]
        print(f"one list of the model itself: {own_ms:.2f} processor ms")
        print(
            f"a list over HTTP, {CONNECTIONS} at a time: ours {cpu[0]:.2f} ms, bare "
            f"{cpu[1]:.2f} ms; one at a time ours {alone.cpu_ms:.2f} ms"
        )
        print(
            f"by the clock: ours {rate[0]:,.0f}, bare {rate[1]:,.0f} a second; p99 "
            f"{mine.p99_ms:.1f} and {theirs.p99_ms:.1f} ms under full load"
        )
        run.tell(
            "processor time of a list, beside the bare handler",
            cpu[0] / cpu[1],
            LIST_BUDGET,
        )
        run.tell("the same beside the model's own list", cpu[0] / own_ms, OWN_BUDGET)
        run.tell(
            "one at a time, beside the model's own list",
            alone.cpu_ms / own_ms,
            OWN_BUDGET,
        )
        pause = round(1000 * CONNECTIONS / (rate[0] / 2))
        half = load_of(service, 30, CONNECTIONS, pause)
        run.tell("p99 of lists at half load", half.p99_ms, LIST_P99_MS, "ms")
        known(run, partial(load_of, service, 10, CONNECTIONS), pause)
        strangers(run, service, model)


def known(run: Run, load_of: Callable[..., Load], pause: int) -> None:
    """Ask for the same lists again and again."""
    for _ in range(N_ROUNDS):
        again = load_of()
    print(
        f"the same lists again and again: {again.cpu_ms:.2f} processor ms, "
        f"{again.a_second:,.0f} a second, p99 {again.p99_ms:.1f} ms under full load"
    )
    calm = load_of(pause)
    run.tell("p99 of those at the load above", calm.p99_ms, LIST_P99_MS, "ms")


def strangers(run: Run, service: Served, model: RBMRecommender) -> None:
    """Ask for somebody new, with twenty ratings in the request."""
    popular = model.recommend(model.users_[0], 200, exclude_seen=False)["item_id"]
    rng = np.random.default_rng(0)
    items = rng.choice(popular.to_numpy(), 20, replace=False).tolist()
    body = {"ratings": [{"item": item, "rating": "%d"} for item in items]}
    path = f"/v1/recommenders/{run.films.stem}/recommendations/own"

    def load_of(pause: int) -> Load:
        return loaded(
            service, run.folder, path, body=body, most=5, connections=4, pause_ms=pause
        )

    full = load_of(0)
    half = load_of(round(1000 * 4 / (full.a_second / 2)))
    print(
        f"a stranger's list: {full.cpu_ms:.2f} processor ms, "
        f"{full.a_second:,.0f} a second by the clock"
    )
    run.tell("p99 of strangers' lists at half load", half.p99_ms, STRANGER_P99_MS, "ms")
    run.tell("requests failed", full.n_failed + half.n_failed, 0)


def live(run: Run) -> None:
    """Send rows of live series, in batches and one by one."""
    pump = run.folder / "pump.recs"
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(3_000) / 8)[:, None]
    series = wave + rng.normal(0, 0.1, (3_000, N_CHANNELS))
    detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(series)
    save(detector, pump)
    rows = series[:2_000].tolist()
    together, alone = detector.watch(), detector.watch()
    start = time.process_time()
    for first in range(0, len(rows), BATCH):
        together.watch_many(rows[first : first + BATCH])
    middle = time.process_time()
    for row in rows:
        alone.watch_one(row)
    own = len(rows) / (middle - start)
    own_alone = len(rows) / (time.process_time() - middle)
    with started(*ours(run.folder, run.port(), str(pump))) as service:
        batch = loaded(
            service,
            run.folder,
            "/v1/detectors/pump/series/s%d/rows",
            body={"rows": series[:BATCH].round(4).tolist()},
            most=8,
            connections=4,
        )
        print(
            f"the watcher itself: {own:,.0f} rows a processor second in batches, "
            f"{own_alone:,.0f} one by one"
        )
        print(
            f"batches of {BATCH}: {BATCH * batch.a_second:,.0f} rows a second by the "
            "clock"
        )
        in_batches = batch.cpu_ms / (1000 * BATCH)
        run.tell("a row in batches, beside the watcher", in_batches * own, BATCH_BUDGET)
        before = service.used()
        n_rows, seconds = asyncio.run(through_sockets(service.address, rows))
        print(f"through sockets: {n_rows / seconds:,.0f} rows a second by the clock")
        cpu = (service.used() - before) / n_rows
        print(
            f"rows a processor second: {1 / in_batches:,.0f} in batches, "
            f"{1 / cpu:,.0f} alone"
        )
        run.tell("a row by itself, beside the watcher", cpu * own_alone, SOCKET_BUDGET)


async def through_sockets(address: str, rows: list[list[float]]) -> tuple[int, float]:
    """Send rows through some sockets at once, each after the last was answered."""

    async def send(number: int) -> None:
        path = f"/v1/detectors/pump/series/socket-{number}/live"
        async with connect(
            f"{address.replace('http', 'ws')}{path}", compression=None
        ) as socket:
            for row in rows:
                await socket.send(json.dumps(row))
                assert b"n_rows" in await socket.recv(decode=False)

    start = time.perf_counter()
    await asyncio.gather(*(send(number) for number in range(N_SOCKETS)))
    return N_SOCKETS * len(rows), time.perf_counter() - start


def swap(run: Run) -> None:
    """Exchange the model under load."""
    films = run.folder / "swapped.recs"
    shutil.copy(run.films, films)
    with started(*ours(run.folder, run.port(), str(films), "--watch", "0")) as service:
        path = "/v1/recommenders/swapped/users/%d/recommendations"
        exchange = f"""
import os, shutil, signal, time
from urllib.request import urlopen
def taken():
    text = urlopen("{service.address}/metrics").read().decode()
    lines = [x for x in text.splitlines() if 'exchanges_total{{outcome="taken"}}' in x]
    return float(lines[0].split()[-1]) if lines else 0
for number in range({N_SWAPS}):
    shutil.copy("{run.films}", "{films}.new")
    os.replace("{films}.new", "{films}")
    os.kill({service.process}, signal.SIGHUP)
    while taken() <= number:
        time.sleep(0.02)
"""
        swapping = subprocess.Popen([sys.executable, "-c", exchange])
        n, n_failed = 0, 0
        while swapping.poll() is None:
            load_ = loaded(service, run.folder, path, most=SHAPE[0], seconds=3)
            n, n_failed = n + load_.n, n_failed + load_.n_failed
        assert swapping.returncode == 0
        print(f"{N_SWAPS} exchanges during {n:,} requests")
        run.tell("requests failed", n_failed, 0)


def memory(run: Run) -> None:
    """Compare two processes with one, after they have answered."""
    found = []
    path = f"/v1/recommenders/{run.films.stem}/users/%d/recommendations"
    for words in ([], ["--workers", "2"]):
        with started(*ours(run.folder, run.port(), str(run.films), *words)) as service:
            loaded(service, run.folder, path, most=SHAPE[0], seconds=4)
            found.append(service.memory())
    print(f"one process {found[0]:,.0f} MB, two {found[1]:,.0f} MB")
    run.tell("memory of two processes beside one", found[1] / found[0], MEMORY_BUDGET)


def start(run: Run) -> None:
    """Measure from the start to the first answer that says ready."""
    mine, rival = [], []
    for _ in range(N_ROUNDS):
        with started(*ours(run.folder, run.port(), str(run.films))) as service:
            mine.append((service.cpu_s, service.wall_s))
            libraries = Path(f"/proc/{service.process}/maps").read_text()
            assert "tensorflow" not in libraries
        before = os.times()
        subprocess.run([sys.executable, "-c", IMPORTS], check=True)
        after = os.times()
        rival.append(
            after.children_user
            + after.children_system
            - before.children_user
            - before.children_system
        )
    cpu, wall = map(min, zip(*mine, strict=True))
    print(
        f"`{IMPORTS}` alone: {min(rival):.2f} processor seconds; ready after "
        f"{cpu:.2f}, by the clock {wall:.2f} s"
    )
    run.tell("processor time until ready, beside that", cpu / min(rival), START_BUDGET)


def processor_ms(call: Callable[[int], object], n: int = 200) -> float:
    call(0)
    start = time.process_time()
    for number in range(n):
        call(number)
    return 1000 * (time.process_time() - start) / n


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--model", type=click.Path(path_type=Path), help="Kept for the next run.")
def main(parts: tuple[str, ...], model: Path | None) -> None:
    """Print the figures; exit with 1 if a budget is broken."""
    with TemporaryDirectory() as folder:
        films = model or Path(folder, "films.recs")
        if not films.exists():
            ratings = make_ratings(*SHAPE, random_state=0).ratings
            fitted = RBMRecommender(epochs=1, random_state=0)
            save(fitted.fit(ratings[["user_id", "item_id"]], ratings["rating"]), films)
        run = Run(Path(folder), films)
        for part in parts or PARTS:
            print(f"\n{part}", flush=True)
            globals()[part](run)
    sys.exit(bool(run.broken))


if __name__ == "__main__":
    main()
