"""A service that runs, in a process of its own, and a client for it."""

import gzip
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache, partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import click
import httpx
import numpy as np
import pandas as pd

from recs_anomaly import TimeSeriesAnomalyDetector, save
from tests.gates.tree import ROOT

GOLDEN = ROOT / "tests" / "persistence" / "golden" / "recommender-1.recs.gz"
PATIENCE_S = 60.0
# A service is a fork of a process that has imported what services import, which takes
# ten times as long as to run one. The tests of the command start one from nothing.
# Not among it is the library of measures: while it is imported it asks how many
# processes will measure.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "fastapi",
        "httpx",
        "recs_anomaly.anomaly.live.watch",
        "recs_anomaly.recommend.serving.titled_recommender",
        "uvicorn",
    ]
)


def run(chosen: dict[str, Any], folder: Path) -> None:
    """Serve, in the fork."""
    for name, stream in (("out", sys.stdout), ("err", sys.stderr)):
        with (folder / name).open("w") as file:
            os.dup2(file.fileno(), stream.fileno())
    from recs_anomaly.service.server import serve
    from recs_anomaly.service.settings import Limits, ServiceSettings

    limits = Limits(**chosen.pop("limits", {}))
    settings = ServiceSettings(port=0, limits=limits, **chosen)
    serve(settings, partial(click.echo, err=True))
    left = {"keras", "tensorflow"} & set(sys.modules)
    click.echo(f"left: {left}", err=True)


class Running:
    """A service in a process of its own."""

    def __init__(self, process: BaseProcess, folder: Path) -> None:
        self._process, self._folder = process, folder
        self.pid: int = process.ident or 0
        self.address = self._address()
        self.port = int(self.address.rpartition(":")[2])
        self.client = httpx.Client(base_url=self.address, timeout=PATIENCE_S)
        wait_until(lambda: self.status("/readyz") == 200)

    @property
    def complaints(self) -> str:
        """What it has said on standard error."""
        return (self._folder / "err").read_text()

    @property
    def log(self) -> list[dict[str, Any]]:
        """The lines of its log that are whole."""
        lines = (self._folder / "out").read_text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def status(self, path: str) -> int:
        try:
            return self.client.get(path).status_code
        except httpx.TransportError:
            return 0

    def measure(self, start: str) -> float:
        """Value of the first measure whose name and labels start so; 0 if none does."""
        lines = self.client.get("/metrics").text.splitlines()
        values = [float(x.rpartition(" ")[2]) for x in lines if x.startswith(start)]
        return values[0] if values else 0.0

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.send(number)
        return self.wait()

    def send(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self) -> int:
        """Wait for its end; return its exit status."""
        self._process.join(PATIENCE_S)
        assert self._process.exitcode is not None, "it did not end"
        return self._process.exitcode

    def _address(self) -> str:
        def said() -> list[str]:
            assert self._process.is_alive(), self.complaints
            return [x for x in self.complaints.splitlines() if "http://" in x]

        wait_until(said)
        return said()[0].split()[-1]


@contextmanager
def running(folder: Path, *models: Path, **settings: Any) -> Iterator[Running]:
    """Run a service until the end of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("out", "err"):
        (folder / name).touch()
    process = FORKS.Process(
        target=run, args=({"models": models, "watch_seconds": 0, **settings}, folder)
    )
    process.start()
    try:
        service = Running(process, folder)
        with closing(service.client):
            yield service
    finally:
        process.kill()
        process.join()


def wait_until(condition: Any) -> None:
    """Wait for what another process does."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def write_recommender(path: Path) -> Path:
    """Write the model that the tests of model files keep: 12 users, a few films."""
    path.write_bytes(gzip.decompress(GOLDEN.read_bytes()))
    return path


@cache
def detector(seed: int = 0) -> TimeSeriesAnomalyDetector:
    """Fit without networks, to two channels."""
    return TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(series(900, seed))


def series(n_rows: int, seed: int, *, is_odd: bool = False) -> pd.DataFrame:
    """Two channels, by minutes; at row 300 the first may jump for some rows."""
    rng = np.random.default_rng(seed)
    wave = np.sin(np.arange(n_rows) / 8)[:, None]
    values = wave * [1.0, 5.0] + rng.normal(0, 0.1, (n_rows, 2)) + [0.0, 60.0]
    if is_odd:
        values[300:320, 0] += 4.0
    times = pd.date_range("2026-03-01", periods=n_rows, freq="min", name="time")
    return pd.DataFrame(values, columns=["bar", "celsius"], index=times)


def write_detector(path: Path, seed: int = 0) -> Path:
    save(detector(seed), path)
    return path


def as_rows(frame: pd.DataFrame) -> dict[str, Any]:
    """Write rows as a request does."""
    known = frame.astype(object).where(frame.notna(), None)
    times = [f"{stamp.isoformat()}Z" for stamp in frame.index]
    return {"rows": known.to_numpy().tolist(), "times": times}
