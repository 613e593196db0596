"""``recs-anomaly anomaly``: files in, pages, tables and models out."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result

from recs_anomaly import TimeSeriesAnomalyDetector, load, save
from recs_anomaly.datasets import load_sample_series

Run = Callable[..., Result]
SCRIPT = Path(__file__).parents[3] / "scripts" / "anomaly_report.py"


@pytest.fixture(autouse=True)
def without_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fit the linear parts alone: the commands are judged here, not the networks."""
    fit = TimeSeriesAnomalyDetector.fit

    def quick(self: TimeSeriesAnomalyDetector, *arguments: object) -> object:
        return fit(self.set_params(epochs=0), *arguments)

    monkeypatch.setattr(TimeSeriesAnomalyDetector, "fit", quick)


@pytest.fixture
def pump(tmp_path: Path) -> Path:
    """A wave with one spike, and a column that names a formula."""
    index = pd.date_range("2026-03-01", periods=900, freq="min", name="when")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"=bar": np.sin(np.arange(900) / 9) + 0.05 * rng.standard_normal(900)}, index
    )
    frame.iloc[700, 0] += 9.0
    frame["bad"] = 0
    frame.iloc[700, 1] = 1
    frame.to_csv(tmp_path / "pump.csv")
    return tmp_path / "pump.csv"


def test_a_report_with_its_events(run: Run, pump: Path) -> None:
    page, table = pump.with_name("pump.html"), pump.with_name("events.csv")
    words = ("anomaly", "report", pump, "-o", page, "--labels", "bad")
    words += ("--train-until", "2026-03-01 08:00", "--events", table)
    found = run(*words, "--fail-on-events")
    assert found.exit_code == 1, found.output
    assert "began Sun 01 Mar 2026, 11:40" in found.stdout
    text = page.read_text(encoding="utf-8")
    assert "VUS-PR" in text
    assert "480 rows, 2026-03-01 00:00:00 to 2026-03-01 07:59:00" in text
    events = pd.read_csv(table)
    assert events["start"].tolist() == ["2026-03-01 11:40:00"]
    assert events["channel"].tolist() == ["'=bar"]


def test_a_report_for_programs(run: Run, pump: Path) -> None:
    page, table = pump.with_name("pump.html"), pump.with_name("events.csv")
    words = ("anomaly", "report", pump, "-o", page, "--labels", "bad", "--json")
    found = run(*words, "--train-until", "2026-03-01 08:00", "--events", table)
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert told["page"] == str(page)
    assert page.is_file()
    assert told["table"] == str(table)
    assert (told["name"], told["n_rows"], told["n_events"]) == ("pump.csv", 900, 1)
    assert told["sentence"].startswith("One event in 900 rows of 1 channel")
    [event] = told["events"]
    assert event["start"] == "2026-03-01T11:40:00" <= event["peak"] <= event["end"]
    assert event["channel"] == "=bar"  # no spreadsheet runs JSON
    assert event["severity"] == told["severity"] > 1000
    assert told["quality"]["event_recall"] == told["quality"]["event_precision"] == 1
    assert {"random", "squared difference"} < told["quality"]["floors"].keys()


def test_a_quiet_series(run: Run, pump: Path) -> None:
    quiet = pump.with_name("quiet.csv")
    pd.read_csv(pump).iloc[:600].drop(columns="bad").to_csv(quiet, index=False)
    page = pump.with_name("q.html")
    words = ("anomaly", "report", quiet, "-o", page, "--train", quiet)
    found = run(*words, "--fail-on-events")
    assert found.exit_code == 0, found.output
    assert found.stdout.startswith("Nothing out of the ordinary in 600 rows")
    told = json.loads(run(*words, "--json").stdout)
    assert (told["n_events"], told["events"], told["severity"]) == (0, [], 0)
    assert told["quality"] is told["table"] is None


def test_train_then_score(run: Run, pump: Path) -> None:
    model, table = pump.with_name("pump.recs"), pump.with_name("scores.csv")
    trained = run("anomaly", "train", pump, "-o", model, "--channels", "=bar")
    assert trained.exit_code == 0, trained.output
    words = ("anomaly", "score", model, pump, "-o", table)
    scored = run(*words)
    assert scored.exit_code == 0, scored.output
    scores = pd.read_csv(table)
    assert list(scores) == ["when", "score", "is_abnormal"]
    assert scores["when"].iloc[700] == "2026-03-01 11:40:00"
    assert scores["is_abnormal"].iloc[700] == 1
    values = pd.read_csv(pump, index_col="when", parse_dates=["when"])[["=bar"]]
    expected = load(model).score_samples(values)
    np.testing.assert_allclose(scores["score"], expected, rtol=1e-12)
    told = json.loads(run(*words, "--json").stdout)
    assert told == {
        "series": str(pump),
        "table": str(table),
        "n_rows": 900,
        "n_abnormal": int((load(model).predict(values) == -1).sum()),
        "threshold": pytest.approx(load(model).offset_),
        "score": pytest.approx(expected.min()),
        "at": "2026-03-01 11:40:00",
    }


def test_the_sample_by_name(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "sample.html"
    found = run(
        *("anomaly", "report", "sample", "-o", page, "--train-until", "2026-01-15")
    )
    assert found.exit_code == 0, found.output
    for name in load_sample_series().values.columns[:4]:
        assert name in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (["--labels", "nope"], "no column 'nope'"),
        (["--time", "nope"], "no column 'nope'"),
        (["--channels", "nope"], "no column 'nope'"),
        (["--train-until", "soon"], "train-until must be a time"),
        (["--train-until", "1999-01-01"], "train-until must be after the first row"),
        (["--train-until", "2026-03-01 00:03"], "at least 8 rows to learn from; got 3"),
        (["--train", "nope.csv"], "nope.csv does not exist"),
        (["--train", "a", "--train-until", "b"], "exclude each other"),
        (["--events", "no/such/e.csv"], "in a folder that exists"),
    ],
)
def test_a_mistake_is_one_sentence(
    run: Run, pump: Path, words: list[str], rule: str
) -> None:
    page = pump.with_name("page.html")
    found = run("anomaly", "report", pump, "-o", page, *words)
    assert found.exit_code == 2
    assert rule in found.stderr
    assert "Traceback" not in found.output
    assert not page.exists()


def test_a_series_that_is_mostly_gaps_is_one_sentence(run: Run, tmp_path: Path) -> None:
    """A day of hours, then nothing for a month, and so on."""
    hours = pd.timedelta_range("0h", periods=24, freq="h")
    days = pd.date_range("2026-01-01", periods=11, freq="MS")
    index = pd.DatetimeIndex([day + hour for day in days for hour in hours], name="at")
    values = np.random.default_rng(0).standard_normal(len(index))
    pd.DataFrame({"a": values}, index).to_csv(tmp_path / "a.csv")
    page = tmp_path / "a.html"
    result = run("anomaly", "report", tmp_path / "a.csv", "-o", page)
    assert result.exit_code == 2, result.output
    assert "X must hold stretches of rows side by side" in result.stderr
    assert not page.exists()


def test_a_file_that_holds_another_model(run: Run, pump: Path) -> None:
    from sklearn.preprocessing import StandardScaler

    model = pump.with_name("scaler.recs")
    save(StandardScaler().fit([[1.0], [2.0]]), model)
    found = run("anomaly", "score", model, pump, "-o", pump.with_name("s.csv"))
    assert found.exit_code == 2
    assert "must hold a TimeSeriesAnomalyDetector" in found.stderr


@pytest.mark.slow
def test_the_script_writes_report_html(pump: Path) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, pump, "--channels", "=bar"],
        cwd=pump.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (pump.parent / "report.html").stat().st_size > 10_000


def test_the_script_explains_itself() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "SERIES" in done.stdout
