"""``recs-anomaly anomaly watch``: lines in, events out, through stops and kills."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from recs_anomaly import TimeSeriesAnomalyDetector, load, save
from recs_anomaly.anomaly.app.watching import follow
from recs_anomaly.anomaly.live.watch import SeriesWatcher
from recs_anomaly.cli import main
from recs_anomaly.datasets import read_series
from tests.anomaly.app.receiver import receiving

N_TRAINING = 1000
PROGRAM = "from recs_anomaly.cli import main; main()"
COMMAND = [sys.executable, "-c", PROGRAM, "anomaly", "watch"]


def run(*words: object, lines: str) -> Result:
    """Call recs-anomaly with some words, and lines on its standard input."""
    return CliRunner().invoke(main, [str(word) for word in words], input=lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, and a series with two faults in two spellings."""
    folder = tmp_path_factory.mktemp("watch")
    rng = np.random.default_rng(0)
    index = pd.date_range("2026-03-01", periods=2000, freq="min", name="time")
    values = np.sin(np.arange(2000) / 8) + 0.2 * rng.standard_normal(2000)
    frame = pd.DataFrame({"flow": values}, index)
    detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0)
    save(detector.fit(frame[:N_TRAINING]), folder / "model.recs")
    later = frame[N_TRAINING:].copy()
    later.iloc[400:410] += 4.0
    later.iloc[700:710] -= 4.0
    later.to_csv(folder / "later.csv")
    later = later.reset_index().astype({"time": str})
    later.to_json(folder / "later.jsonl", orient="records", lines=True)
    return folder


def events_of(text: str) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in text.splitlines()]
    return [event for event in events if event["kind"] != "update"]


@pytest.mark.parametrize("spelling", ["csv", "jsonl"])
def test_events_come_out_as_lines_of_json(folder: Path, spelling: str) -> None:
    lines = (folder / f"later.{spelling}").read_text()
    found = run("anomaly", "watch", folder / "model.recs", lines=lines)
    assert found.exit_code == 0, found.output
    events = events_of(found.stdout)
    assert [(e["kind"], e["number"], e["start"]) for e in events] == [
        ("open", 1, 400),
        ("close", 1, 400),
        ("open", 2, 700),
        ("close", 2, 700),
    ]
    assert events[0]["start_time"] == "2026-03-01T23:20:00"
    assert events[0]["channel"] == "flow"
    assert "1,000 rows, 0 bad, 0 late, 2 events." in found.stderr


def test_events_are_posted_too(folder: Path) -> None:
    lines = (folder / "later.csv").read_text()
    with receiving() as receiver:
        receiver.script = ["ok", "fail"]
        words = ("anomaly", "watch", folder / "model.recs", "--webhook", receiver.url)
        found = run(*words, lines=lines)
    assert found.exit_code == 0, found.output
    written = [json.loads(line) for line in found.stdout.splitlines()]
    assert receiver.events == written
    assert f"{len(written)} posted, 0 waiting." in found.stderr


def test_bad_lines_are_counted_told_and_skipped(folder: Path) -> None:
    lines = (folder / "later.csv").read_text().splitlines()
    lines[50] = "yesterday,1"
    lines[60] = "2026-03-01 17:40:00,high"
    text = "\n".join(lines)
    found = run("anomaly", "watch", folder / "model.recs", lines=text)
    assert "Line 51 was left out: its time is none: 'yesterday'." in found.stderr
    assert "998 rows, 2 bad, 0 late, 2 events." in found.stderr
    limited = run("anomaly", "watch", folder / "model.recs", "--max-bad", 1, lines=text)
    assert limited.exit_code == 2
    assert "more than 1 lines were bad; the last, line 61" in limited.stderr


def test_a_watch_goes_on_where_it_stopped(folder: Path, tmp_path: Path) -> None:
    lines = (folder / "later.csv").read_text().splitlines(keepends=True)
    words = ("anomaly", "watch", folder / "model.recs", "--state", tmp_path / "now")
    whole = events_of(run(*words[:3], lines="".join(lines)).stdout)
    first = run(*words, lines="".join(lines[:406]))
    second = run(*words, lines="".join([lines[0], *lines[406:]]))
    assert "Going on after 406 lines.\n" in second.stderr
    assert events_of(first.stdout) + events_of(second.stdout) == whole


def test_sigterm_saves_the_state(folder: Path, tmp_path: Path) -> None:
    lines = (folder / "later.csv").read_text().splitlines(keepends=True)
    state = tmp_path / "now.recs"
    words = [*COMMAND, str(folder / "model.recs"), "--state", str(state)]
    with subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdin.write("".join(lines[:402]))
        process.stdin.flush()
        opened = json.loads(process.stdout.readline())  # all lines have been read
        process.send_signal(signal.SIGTERM)
        _, messages = process.communicate()
    assert process.returncode == 0, messages
    assert opened["kind"] == "open"
    watcher = load(state)
    assert isinstance(watcher, SeriesWatcher)
    assert watcher.n_events_ == 1
    assert 401 <= watcher.scorer.n_rows_ <= 402


def test_a_killed_watch_loses_no_more_than_the_tail_and_says_so(
    folder: Path, tmp_path: Path
) -> None:
    state = tmp_path / "now.recs"
    words = ["--follow", str(folder / "later.csv"), "--state", str(state)]
    with subprocess.Popen(
        [*COMMAND, str(folder / "model.recs"), *words, "--save-every", "300"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.readline()  # row 400 was read, and line 300 saved
        process.kill()
        process.communicate()
    assert load(state).scorer.n_rows_ >= 299
    lines = (folder / "later.csv").read_text()
    found = run("anomaly", "watch", folder / "model.recs", *words[2:], lines=lines)
    assert "the last watch was killed, what it had read after them" in found.stderr


def test_a_follower_reads_the_tail_again_after_a_kill(
    folder: Path, tmp_path: Path
) -> None:
    state = tmp_path / "now.recs"
    watcher = load(folder / "model.recs").watch()
    series = pd.read_csv(folder / "later.csv", index_col="time", parse_dates=True)
    watcher.watch_many(series[:299])
    save(watcher, state, metrics={"n_lines": 300, "is_over": False})
    words = ["--follow", str(folder / "later.csv"), "--state", str(state)]
    with subprocess.Popen(
        [*COMMAND, str(folder / "model.recs"), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        told = [json.loads(process.stdout.readline()) for _ in range(1)]
        while told[-1]["number"] < 2 or told[-1]["kind"] != "close":
            told.append(json.loads(process.stdout.readline()))
        process.send_signal(signal.SIGTERM)
        _, messages = process.communicate()
    assert process.returncode == 0, messages
    assert "Going on after 300 lines: the last watch was killed" in messages
    assert [e["start"] for e in told if e["kind"] == "open"] == [400, 700]
    assert load(state).n_events_ == 2


def test_a_file_that_was_replaced_is_read_from_its_beginning(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, path = tmp_path / "now.recs", tmp_path / "new.csv"
    watcher = load(folder / "model.recs").watch()
    save(watcher, state, metrics={"n_lines": 3000, "is_over": True})
    path.write_text((folder / "later.csv").read_text())

    def to_the_end(path: Path, wait: object, encoding: str) -> Iterator[list[str]]:
        return follow(path, lambda: False, encoding)

    monkeypatch.setattr("recs_anomaly.anomaly.app.watching.follow", to_the_end)
    words = ("--follow", path, "--state", state)
    found = run("anomaly", "watch", folder / "model.recs", *words, lines="")
    assert events_of(found.stdout)[0]["start"] == 400
    assert "new.csv has 1,001 lines: it is read from its beginning." in found.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--webhook", "ftp://x"], "url must begin with http"),
        (["--state", "no/such/folder/state"], "must be in a folder that exists"),
        (["--time", "when"], "the first line must name the column 'when'"),
    ],
)
def test_mistakes_are_sentences(folder: Path, words: list[str], message: str) -> None:
    lines = (folder / "later.csv").read_text()
    found = run("anomaly", "watch", folder / "model.recs", *words, lines=lines)
    assert found.exit_code == 2
    assert message in found.stderr
    assert "Traceback" not in found.stderr


def test_a_state_of_another_kind_is_refused(folder: Path) -> None:
    model = folder / "model.recs"
    found = run("anomaly", "watch", model, "--state", model, lines="")
    assert found.exit_code == 2
    assert "state must hold a SeriesWatcher" in found.stderr


def test_a_watch_reads_dates_as_training_did(tmp_path: Path) -> None:
    # 31/1/2026 in training tells that 3/2/2026 is in February.
    stamps = pd.date_range("2026-01-25", periods=600, freq="30min")
    values = np.sin(np.arange(600) / 8) + np.random.default_rng(0).normal(0, 0.1, 600)
    lines = [
        f"{stamp:%d/%m/%Y %H:%M};{value:.3f}\n".replace(".", ",")
        for stamp, value in zip(stamps, values, strict=True)
    ]
    first, later = tmp_path / "first.csv", tmp_path / "later.csv"
    first.write_text("when;flow\n" + "".join(lines[:500]))
    later.write_text("when;flow\n" + "".join(lines[500:]))
    series = read_series(first)
    detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(series.values)
    detector.layout_ = series.layout.to_dict()
    model, table = tmp_path / "model.recs", tmp_path / "scores.csv"
    save(detector, model)
    found = run("anomaly", "watch", model, lines=later.read_text())
    assert "100 rows, 0 bad, 0 late" in found.stderr
    found = run("anomaly", "score", model, later, "-o", table, lines="")
    assert found.exit_code == 0, found.output
    stamped = pd.read_csv(table, parse_dates=["when"])["when"]
    assert stamped.tolist() == stamps[500:].tolist()
