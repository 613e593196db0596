"""kill -9 at twenty moments of every command that writes: outputs are old or whole.

Commands that go on where they were stopped do so after each kill.

Some moments are those at which files are touched, found by Python's audit events, and
the rest are spread over the time that the command takes.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from time import perf_counter
from typing import BinaryIO
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from recs_anomaly.datasets import make_ratings
from tests.cli.kill_jobs import ARCHIVED, JOBS, N_ROWS, Job, is_whole
from tests.datasets.http_site import Site, serving

N_KILLS = 20
OLD = b"old"
# Counts the events that touch the working folder; kills itself at the one asked for.
COMMAND = """
import os, signal, sys
from recs_anomaly.cli import main
moment, *words = sys.argv[1:]
if "SERVER" in os.environ:
    from recs_anomaly.datasets import movielens
    movielens.SERVER = os.environ["SERVER"]
folder, seen = os.getcwd(), 0
def on_event(event, arguments):
    global seen
    if event in ("open", "os.link", "os.rename", "os.remove", "os.mkdir"):
        paths = [os.fspath(a) for a in arguments if isinstance(a, (str, os.PathLike))]
        if any(folder in os.path.join(folder, path) for path in paths):
            seen += 1
            if seen == int(moment):
                os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(on_event)
try:
    main(words, standalone_mode=False)
finally:
    print("events", seen)
"""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small inputs of every job, in a folder of their own."""
    folder = tmp_path_factory.mktemp("inputs")
    make_ratings(30, 20, 300, random_state=0).ratings.to_csv(
        folder / "ratings.csv", index=False
    )
    times = pd.date_range("2026-01-01", periods=N_ROWS, freq="min", name="time")
    values = np.sin(np.arange(N_ROWS) / 5)
    values[300:310] += 3
    pd.DataFrame({"a": values}, index=times).to_csv(folder / "series.csv")
    (folder / "scans").mkdir()
    for number in range(2):
        noise = np.random.default_rng(number).normal(128, 20, (40, 48))
        Image.fromarray(noise.astype("uint8")).save(folder / f"scans/{number}.png")
    run(folder, Job(["anomaly", "train", "series.csv", "-o", "model.recs"], {}))
    run(folder, Job(["recommend", "train", "ratings.csv", "-o", "films.recs"], {}))
    return folder


@pytest.fixture
def _server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stand-in for GroupLens' server, and the working folder as data home."""
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, text in ARCHIVED.items():
            archive.writestr(f"ml-latest-small/{name}", text)
    content = packed.getvalue()
    checksum = hashlib.md5(content).hexdigest().encode()
    files = {"/ml-latest-small.zip": content, "/ml-latest-small.zip.md5": checksum}
    with serving(Site(files)) as site:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("SERVER", site.url)
        monkeypatch.setenv("RECS_ANOMALY_DATA", "data")
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("_server")
@pytest.mark.parametrize("name", JOBS)
def test_a_killed_command_leaves_nothing_half_written(
    name: str, inputs: Path, tmp_path: Path
) -> None:
    job = JOBS[name]
    shutil.copytree(inputs, tmp_path, dirs_exist_ok=True)
    start = perf_counter()
    n_events = run(tmp_path, job)
    seconds = perf_counter() - start
    there = set(tmp_path.rglob("*"))
    n_drafts = n_kills = 0
    for kill in killings(n_events, seconds):
        for output in job.outputs:
            if job.goes_on:
                (tmp_path / output).unlink(missing_ok=True)
            else:
                (tmp_path / output).write_bytes(OLD)
        kill(tmp_path, job)
        n_kills += 1
        check_outputs(tmp_path, job)
        n_drafts += check_litter(tmp_path, job, there)
        if job.goes_on:
            check_again(tmp_path, job, there)
    assert n_kills == N_KILLS
    assert n_drafts <= len(job.outputs)
    check_again(tmp_path, job, there)


def check_outputs(folder: Path, job: Job) -> None:
    """Each output is what it was, or whole."""
    for output, check in job.outputs.items():
        path = folder / output
        if not job.goes_on:
            assert path.exists()
        if path.exists() and path.read_bytes() != OLD:
            check(path)


def check_litter(folder: Path, job: Job, there: set[Path]) -> int:
    """Remove what else there is: complete, and about to get its name."""
    named = {folder / name for name in (*job.outputs, *job.drafts)}
    new = {path for path in folder.rglob("*") if path.is_file()}
    litter = new - there - named
    for path in litter:
        assert any(is_whole(path, check) for check in job.outputs.values()), path
        path.unlink()
    return len(litter)


def check_again(folder: Path, job: Job, there: set[Path]) -> None:
    """Run to the end, and find everything whole and nothing else."""
    run(folder, job)
    for output, check in job.outputs.items():
        check(folder / output)
    assert check_litter(folder, job, there) == 0


def killings(n_events: int, seconds: float) -> Iterator[Callable[[Path, Job], None]]:
    """Ways to kill: at the last events, which do the writing, and spread over time."""
    at_events = [*range(max(1, n_events - N_KILLS // 2 + 1), n_events + 1)]
    for event in at_events:
        yield lambda folder, job, event=event: killed_at_event(folder, job, event)
    n_timed = N_KILLS - len(at_events)
    for kill in range(n_timed):
        moment = seconds * (kill + 0.5) / n_timed
        yield lambda folder, job, at=moment: killed_at_time(folder, job, at)


def run(folder: Path, job: Job, event: int = 0) -> int:
    """Run to the end, and give how many events touched the folder."""
    with stdin_of(folder, job) as lines:
        finished = subprocess.run(
            [sys.executable, "-c", COMMAND, str(event), *job.words],
            cwd=folder,
            stdin=lines,
            capture_output=True,
            text=True,
            check=True,
        )
    return int(finished.stdout.split()[-1])


def stdin_of(folder: Path, job: Job) -> BinaryIO:
    return (folder / job.lines if job.lines else Path(os.devnull)).open("rb")


def killed_at_event(folder: Path, job: Job, event: int) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run(folder, job, event)
    assert caught.value.returncode == -9


def killed_at_time(folder: Path, job: Job, moment: float) -> None:
    with stdin_of(folder, job) as lines:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "0", *job.words],
            cwd=folder,
            stdin=lines,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
