"""Commands that read a query and write into a table."""

import json
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from recs_anomaly import load
from recs_anomaly.cli import main
from recs_anomaly.datasets import Query, load_sample_ratings, sources, write_rows


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """A database with choices and a series."""
    uri = f"sqlite:///{tmp_path}/shop.db"
    choices = load_sample_ratings().ratings[["user_id", "item_id"]]
    index = pd.date_range("2026-03-01", periods=600, freq="min", name="time")
    flow = np.sin(np.arange(600) / 9)
    flow[500:510] += 9.0
    series = pd.DataFrame({"flow": flow}, index).reset_index()
    write_rows([choices], Query(uri), "plays", run="one")
    write_rows([series], Query(uri), "pump", run="one")
    return uri


def rows(uri: str, text: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(uri.removeprefix("sqlite:///")) as connection:
        return connection.execute(text).fetchall()


def test_lists_are_learned_from_a_query_and_go_into_a_table(
    shop: str, tmp_path: Path
) -> None:
    model = tmp_path / "plays.recs"
    text = "select user_id, item_id from plays"
    words = ("-o", model, "--choices", "--query", text, "--json")
    learned = run("recommend", "train", shop, *words)
    assert learned.exit_code == 0, learned.output
    assert json.loads(learned.stdout)["reading"]["file"] == shop
    for _ in range(2):
        words = ("-o", shop, "--into", "lists", "-n", 3)
        written = run("recommend", "all", model, *words)
        assert written.exit_code == 0, written.output
        assert "Wrote 1,200 rows into lists of sqlite:///" in written.stderr
    assert rows(shop, "select count(*), count(distinct run) from lists") == [(1200, 1)]
    run("recommend", "all", model, *words, "--run", "tuesday")
    assert rows(shop, "select count(*), count(distinct run) from lists") == [(2400, 2)]


def test_what_is_known_of_items_and_people_comes_from_the_same_database(
    shop: str, tmp_path: Path
) -> None:
    ratings = load_sample_ratings()
    items = ratings.items[["item_id", "title"]].assign(pages=100)
    items.loc[len(items)] = [99_999, "New (2001)", 90]
    people = pd.DataFrame({"user_id": ratings.ratings["user_id"].unique()})
    write_rows([items], Query(shop), "books", run="one")
    people["born"] = 1950 + people.index % 40
    write_rows([people], Query(shop), "people", run="one")
    model = tmp_path / "plays.recs"
    asked = ("--items-query", "select item_id, title, pages from books")
    asked += ("--users-query", "select user_id, born from people")
    words = ("-o", model, "--choices", "--query", "select user_id, item_id from plays")
    learned = run("recommend", "train", shop, *words, *asked)
    assert learned.exit_code == 0, learned.output
    known = load(model)
    assert known.catalogue.title_of(99_999) == "New (2001)"
    columns = known.model.side_columns_
    assert {column["name"] for column in columns["items"]} >= {"pages"}
    assert {column["name"] for column in columns["users"]} == {"born"}


def test_scores_of_a_query_go_into_a_table(shop: str, tmp_path: Path) -> None:
    from recs_anomaly import TimeSeriesAnomalyDetector, save
    from recs_anomaly.datasets import read_series

    query = 'select "time", flow from pump'
    values = read_series(Query(shop, query)).values
    detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(values[:400])
    save(detector, tmp_path / "pump.recs")
    words = ("-o", shop, "--into", "scores", "--query", query, "--json")
    scored = run("anomaly", "score", tmp_path / "pump.recs", shop, *words)
    assert scored.exit_code == 0, scored.output
    told = json.loads(scored.stdout)
    assert (told["n_rows"], told["table"]) == (600, "scores")
    found = [score for (score,) in rows(shop, "select score from scores order by time")]
    np.testing.assert_array_equal(found, detector.score_samples(values))


@pytest.mark.slow
def test_a_report_on_a_query_is_called_by_the_database(
    shop: str, tmp_path: Path
) -> None:
    page = tmp_path / "pump.html"
    words = ("-o", page, "--query", 'select "time", flow from pump')
    made = run("anomaly", "report", shop, *words)
    assert made.exit_code == 0, made.output
    assert "shop.db" in page.read_text(encoding="utf-8")
    assert "say what to read" in run("anomaly", "report", shop, "-o", page).stderr


def test_the_same_from_a_pipe_is_the_same_run(
    shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recs_anomaly import TimeSeriesAnomalyDetector, save

    flow = np.sin(np.arange(300) / 9)
    model = tmp_path / "pump.recs"
    fitted = TimeSeriesAnomalyDetector(epochs=0, random_state=0)
    save(fitted.fit(pd.DataFrame({"flow": flow})), model)
    words = ["anomaly", "score", str(model), "-", "-o", shop, "--into", "scores"]
    for piped in (flow, flow, flow + 0.1):
        sources._standard_input.cache_clear()
        table = pd.DataFrame({"flow": piped}).to_csv(index=False)
        written = CliRunner().invoke(main, words, input=table)
        assert written.exit_code == 0, written.output
    counts = "select count(*), count(distinct run) from scores"
    assert rows(shop, counts) == [(600, 2)]
    sources._standard_input.cache_clear()


def test_titles_come_from_a_pipe_too(shop: str, tmp_path: Path) -> None:
    sources._standard_input.cache_clear()
    titles = load_sample_ratings().items[["item_id", "title"]].to_csv(index=False)
    model = tmp_path / "plays.recs"
    words = ["recommend", "train", shop, "-o", str(model), "--choices", "--items", "-"]
    words += ["--query", "select user_id, item_id from plays"]
    learned = CliRunner().invoke(main, words, input=titles)
    assert learned.exit_code == 0, learned.output
    catalogue = load(model).catalogue
    assert catalogue.title_of(1) == load_sample_ratings().items["title"][0]
    sources._standard_input.cache_clear()
