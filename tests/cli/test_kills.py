"""kill -9 at twenty moments of every command that writes: outputs are old or whole.

Some moments are those at which files are touched, found by Python's audit events, and
the rest are spread over the time that the command takes.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import load
from recs_anomaly.datasets import make_ratings

N_KILLS = 20
OLD = b"old"
# Counts the events that touch the working folder; kills itself at the one asked for.
COMMAND = """
import os, signal, sys
from recs_anomaly.cli import main
moment, *words = sys.argv[1:]
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


class Job(NamedTuple):
    """A command that writes, what it writes, and how to tell that it is whole."""

    words: list[str]
    outputs: dict[str, Callable[[Path], object]]


def is_whole(path: Path, check: Callable[[Path], object]) -> bool:
    try:
        check(path)
    except (AssertionError, ValueError):
        return False
    return True


def is_page(path: Path) -> None:
    assert path.read_text().rstrip().endswith("</html>")


def is_scored(path: Path) -> None:
    assert len(pd.read_csv(path)) == N_ROWS


N_ROWS = 400
JOBS = {
    "recommend train": Job(
        ["recommend", "train", "ratings.csv", "-o", "a.recs"], {"a.recs": load}
    ),
    "anomaly train": Job(
        ["anomaly", "train", "series.csv", "-o", "a.recs"], {"a.recs": load}
    ),
    "anomaly score": Job(
        ["anomaly", "score", "model.recs", "series.csv", "-o", "scores.csv"],
        {"scores.csv": is_scored},
    ),
    "anomaly report": Job(
        ["anomaly", "report", "series.csv", "-o", "a.html", "--events", "a.csv"],
        {"a.html": is_page, "a.csv": pd.read_csv},
    ),
}


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
    run(folder, ["anomaly", "train", "series.csv", "-o", "model.recs"])
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", JOBS)
def test_a_killed_command_leaves_nothing_half_written(
    name: str, inputs: Path, tmp_path: Path
) -> None:
    job = JOBS[name]
    names = {path.name for path in inputs.iterdir()} | job.outputs.keys()
    for path in inputs.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    start = perf_counter()
    n_events = run(tmp_path, job.words)
    seconds = perf_counter() - start
    drafts: list[Path] = []
    for kill in killings(n_events, seconds):
        for output in job.outputs:
            (tmp_path / output).write_bytes(OLD)
        kill(tmp_path, job.words)
        for output, check in job.outputs.items():
            if (tmp_path / output).read_bytes() != OLD:
                check(tmp_path / output)
        litter = [path for path in tmp_path.iterdir() if path.name not in names]
        drafts += litter
        for draft in litter:  # complete, and about to get its name
            assert any(is_whole(draft, check) for check in job.outputs.values())
            draft.unlink()
    assert len(drafts) <= len(job.outputs)
    run(tmp_path, job.words)
    for output, check in job.outputs.items():
        check(tmp_path / output)


def killings(
    n_events: int, seconds: float
) -> Iterator[Callable[[Path, list[str]], None]]:
    """Ways to kill: at the last events, which do the writing, and spread over time."""
    at_events = [*range(max(1, n_events - N_KILLS // 2 + 1), n_events + 1)]
    for event in at_events:
        yield lambda folder, words, event=event: killed_at_event(folder, words, event)
    n_timed = N_KILLS - len(at_events)
    for kill in range(n_timed):
        moment = seconds * (kill + 0.5) / n_timed
        yield lambda folder, words, at=moment: killed_at_time(folder, words, at)


def run(folder: Path, words: list[str], event: int = 0) -> int:
    """Run to the end, and give how many events touched the folder."""
    finished = subprocess.run(
        [sys.executable, "-c", COMMAND, str(event), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(finished.stdout.split()[-1])


def killed_at_event(folder: Path, words: list[str], event: int) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run(folder, words, event)
    assert caught.value.returncode == -9


def killed_at_time(folder: Path, words: list[str], moment: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "0", *words],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
