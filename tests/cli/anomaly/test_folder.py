"""``recs-anomaly anomaly report`` on a folder: an overview and a page for each."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from recs_anomaly.cli import main
from recs_anomaly.reports.overview import SeriesLine, failed_line, overview_page


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


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
    assert names == ["index.html", *(f"pump {n} & co.csv.html" for n in range(3))]
    overview = (pages / "index.html").read_text(encoding="utf-8")
    assert "1 more could not be judged" in overview
    assert overview.index("pump 1") < overview.index("pump 0")
    assert 'href="pump%201%20%26%20co.csv.html"' in overview
    assert "pump 1 &amp; co.csv" in overview


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
