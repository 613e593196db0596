"""``recs-anomaly anomaly report`` on a folder: an overview and a page for each."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from recs_anomaly.cli import main
from recs_anomaly.reports.overview import SeriesLine, failed_line, overview_page
from tests.gates.tree import ROOT


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


# Processes die when they open a file deadly.csv; the command itself only lists it.
KILLS_READERS = """
import os, signal, sys
def on_event(event, arguments):
    if event == "open" and str(arguments[0]).endswith("deadly.csv"):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(on_event)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "pumps"
    folder.mkdir()
    rng = np.random.default_rng(0)
    index = pd.date_range("2026-03-01", periods=600, freq="min", name="when")
    for number in range(3):
        values = np.sin(np.arange(600) / 9) + 0.1 * rng.standard_normal(600)
        values[500:510] += 9.0 * (number == 1)
        pd.DataFrame({"bar": values}, index).to_csv(folder / f"pump {number} & co.csv")
    (folder / "broken.csv").write_text("when,bar\n")
    (folder / "notes.txt").write_text("not a series")
    return folder


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_page_for_each_series_and_an_overview(
    folder: Path, tmp_path: Path, jobs: int
) -> None:
    pages = tmp_path / "pages"
    words = ("anomaly", "report", folder, "-o", pages, "--jobs", jobs)
    found = run(*words, "--train-until", "2026-03-01 07:00")
    assert found.exit_code == 0, found.output
    assert f"wrote {pages}/index.html." in found.stdout
    assert "broken.csv failed: " in found.stderr
    names = sorted(path.name for path in pages.iterdir())
    made = [f"pump {n} & co.csv.html" for n in range(3)]
    assert names == ["index.html", "manifest.json", *made]
    overview = (pages / "index.html").read_text(encoding="utf-8")
    assert "1 more could not be judged" in overview
    assert overview.index("pump 1") < overview.index("pump 0")
    assert 'href="pump%201%20%26%20co.csv.html"' in overview
    assert "pump 1 &amp; co.csv" in overview


def reported(
    folder: Path, pages: Path, jobs: int, *words: str, hooked_by: str
) -> subprocess.CompletedProcess[str]:
    """Report a folder in processes that begin with a hook, in a group of their own."""
    hooks = pages.parent
    (hooks / "sitecustomize.py").write_text(hooked_by)
    told = ["anomaly", "report", folder, "-o", pages, "--jobs", str(jobs), *words]
    return subprocess.run(
        [sys.executable, "-m", "recs_anomaly", *told],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(hooks), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )


@pytest.mark.slow  # quick siblings: what dies in engine/test_jobs.py, app/test_fleet.py
def test_a_series_that_kills_its_process_stops_no_other(
    folder: Path, tmp_path: Path
) -> None:
    pages = tmp_path / "pages"
    shutil.copy(folder / "pump 1 & co.csv", folder / "deadly.csv")
    found = reported(folder, pages, 2, "--json", hooked_by=KILLS_READERS)
    assert found.returncode == 0
    told = json.loads(found.stdout)["series"]
    assert {each["name"] for each in told if not each["has_failed"]} == {
        f"pump {n} & co.csv" for n in range(3)
    }
    [reason] = [each["sentence"] for each in told if each["name"] == "deadly.csv"]
    assert "was killed, or ran out of memory" in reason
    assert "deadly.csv" in (pages / "index.html").read_text(encoding="utf-8")


# As the terminal does at Ctrl-C: all processes of the command get the signal at once.
INTERRUPTS = """
import os, signal, sys
def on_event(event, arguments):
    if event == "open" and str(arguments[0]).endswith("pump 2 & co.csv"):
        os.killpg(os.getpgrp(), signal.SIGINT)
sys.addaudithook(on_event)
"""


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_ctrl_c_leaves_whole_files_and_a_run_that_goes_on(
    folder: Path, tmp_path: Path, jobs: int
) -> None:
    pages = tmp_path / "pages"
    found = reported(folder, pages, jobs, hooked_by=INTERRUPTS)
    assert found.returncode not in (0, 2)
    assert "Aborted!" in found.stderr
    assert "Traceback" not in found.stderr
    there = {file.name: file.read_text(encoding="utf-8") for file in pages.iterdir()}
    assert {*there} < {"manifest.json", *(f"pump {n} & co.csv.html" for n in range(3))}
    assert json.loads(there.pop("manifest.json")).keys() == {"settings", "done"}
    for page in there.values():
        assert page.startswith("<!doctype html>")
        assert page.rstrip().endswith("</html>")
    assert there
    run("anomaly", "report", folder, "-o", pages, "--jobs", str(jobs))
    assert (pages / "index.html").is_file()
    assert len([*pages.glob("pump*")]) == 3


@pytest.mark.usefixtures("eager_keras")
def test_run_again_it_does_what_is_missing(folder: Path, tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    words = ("anomaly", "report", folder, "-o", pages)
    run(*words)
    overview = (pages / "index.html").read_text(encoding="utf-8")
    first, second, third = sorted(pages.glob("pump*"))
    for page in (first, second, third):
        page.write_text(page.name)
    third.unlink()
    source = folder / "pump 1 & co.csv"
    source.write_text(source.read_text())  # anew: later than before
    found = run(*words)
    assert "1 page of an earlier run is kept (--again makes all anew)." in found.stderr
    assert first.read_text() == first.name
    assert second.read_text().startswith("<!doctype html>")
    assert third.is_file()
    assert (pages / "index.html").read_text(encoding="utf-8") == overview
    run(*words, "--again")
    assert first.read_text().startswith("<!doctype html>")
    assert "kept" not in run(*words, "--seed", 1).stderr


def test_a_folder_for_programs(folder: Path, tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    words = ("anomaly", "report", folder, "-o", pages, "--json", "--fail-on-events")
    found = run(*words, "--train-until", "2026-03-01 07:00")
    assert found.exit_code == 1
    told = json.loads(found.stdout)
    assert told["overview"] == str(pages / "index.html")
    assert told["n_events"] == sum(each["n_events"] for each in told["series"])
    worst, *_, broken = told["series"]
    assert worst["name"] == "pump 1 & co.csv"
    assert worst["page"] == str(pages / "pump 1 & co.csv.html")
    first = worst["events"][0]
    assert (first["start"], first["channel"]) == ("2026-03-01T08:20:00", "bar")
    assert (broken["name"], broken["page"]) == ("broken.csv", None)
    assert broken["has_failed"]


def test_mistakes_are_sentences(folder: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    found = run("anomaly", "report", empty, "-o", tmp_path / "pages")
    assert found.exit_code == 2
    assert "SERIES must hold a CSV" in found.stderr
    found = run("anomaly", "report", folder, "-o", tmp_path / "p", "--labels", "bad")
    assert "train, labels and events are for a single series" in found.stderr
    file = folder / "pump 1 & co.csv"
    found = run("anomaly", "report", file, "-o", tmp_path)
    assert found.exit_code == 2
    assert "output must be a file" in found.stderr


def test_the_overview_ranks_by_severity_then_by_score() -> None:
    lines = [
        SeriesLine("calm", "a", 10, 0, 0.0, -1.0, "Nothing.", has_failed=False),
        SeriesLine("bad", "b", 10, 2, 1e9, -5.0, "Two.", has_failed=False),
        failed_line("<gone>", "no <rows>"),
        SeriesLine("worse", "c", 10, 1, 1e9, -50.0, "One.", has_failed=False),
    ]
    page = overview_page("all & more", lines)
    assert page.index(">worse<") < page.index(">bad<") < page.index(">calm<")
    assert page.index(">calm<") < page.index("&lt;gone&gt;")
    assert "<rows>" not in page
    assert "3 events in 3 series." in page
    assert "less than 1 in a billion" in page
    assert "http" not in page
