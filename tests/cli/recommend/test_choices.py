"""Choices without ratings, on the command line: train, user, visitor, all."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import make_ratings
from recs_anomaly.persistence import load

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def choices() -> pd.DataFrame:
    return make_ratings(40, 30, 500, random_state=0).ratings[["user_id", "item_id"]]


@pytest.fixture
def model_file(run: Run, choices: pd.DataFrame, tmp_path: Path) -> Path:
    choices.to_csv(tmp_path / "plays.csv", index=False)
    (tmp_path / "movies.csv").write_text("item_id,title\n7,Siebzehn\n")
    words = ("-o", tmp_path / "plays.recs", "--choices", "--seed", "3")
    result = run("recommend", "train", tmp_path / "plays.csv", *words)
    assert result.exit_code == 0
    assert "Learned from 500 choices of 30 items by 40 users in" in result.stderr
    return tmp_path / "plays.recs"


def test_the_model_is_that_of_the_pairs_alone(
    run: Run, choices: pd.DataFrame, model_file: Path
) -> None:
    same = RBMRecommender(random_state=3).fit(choices)
    pd.testing.assert_frame_equal(
        load(model_file).model.recommend([7]), same.recommend([7]), check_exact=True
    )
    answer = json.loads(run("recommend", "user", model_file, "7", "--json").stdout)
    found = [row["item_id"] for row in answer["recommendations"]]
    assert found == same.recommend([7])["item_id"].tolist()
    assert {row["rating_low"] for row in answer["recommendations"]} == {None}


def test_tables_say_nothing_of_ratings(run: Run, model_file: Path) -> None:
    shown = run("recommend", "user", model_file, "7", "-n", "3").stdout
    assert shown.startswith("Chosen by user 7\nTitle")
    assert "Because you chose" in shown
    for word in ("Rating", "Expected", "90 % within", "nan", "None"):
        assert word not in shown


def test_a_visitor_names_titles(
    run: Run, choices: pd.DataFrame, model_file: Path
) -> None:
    result = run("recommend", "visitor", model_file, "--chose", "siebzehn", "--json")
    answer = json.loads(result.stdout)
    expected = RBMRecommender(random_state=3).fit(choices).recommend_for([7])
    found = [row["item_id"] for row in answer["recommendations"]]
    assert found == expected["item_id"].tolist()
    shown = run("recommend", "visitor", model_file, "--chose", "siebzehn")
    assert shown.stderr == "Took 'siebzehn' for Siebzehn.\n"


def test_all_lists_leave_ratings_empty(
    run: Run, model_file: Path, tmp_path: Path
) -> None:
    output = tmp_path / "lists.parquet"
    assert run("recommend", "all", model_file, "-o", output, "-n", "2").exit_code == 0
    lists = pd.read_parquet(output)
    assert len(lists) == 80
    assert lists["rating_mean"].isna().all()
    assert lists["score"].notna().all()


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (("--rated", "siebzehn=4"), "choices alone: it needs --chose TITLE"),
        ((), "choices alone: it needs --chose TITLE"),
    ],
)
def test_a_visitor_is_told_what_the_model_needs(
    run: Run, model_file: Path, words: tuple[str, ...], rule: str
) -> None:
    result = run("recommend", "visitor", model_file, *words)
    assert result.exit_code == 2
    assert rule in result.stderr


def test_a_model_of_ratings_needs_ratings(run: Run, tmp_path: Path) -> None:
    make_ratings(40, 30, 500, random_state=0).ratings.to_csv(tmp_path / "mine.csv")
    path = tmp_path / "mine.recs"
    assert run("recommend", "train", tmp_path / "mine.csv", "-o", path).exit_code == 0
    for words in ((), ("--chose", "7"), ("--chose", "7", "--rated", "8=3")):
        result = run("recommend", "visitor", path, *words)
        assert result.exit_code == 2
        assert "from ratings: it needs --rated TITLE=RATING" in result.stderr


def test_columns_of_any_name(run: Run, choices: pd.DataFrame, tmp_path: Path) -> None:
    choices.set_axis(["Reader", "Work"], axis=1).to_csv(tmp_path / "loans.csv")
    words = ("recommend", "train", tmp_path / "loans.csv", "-o", tmp_path / "b.recs")
    refused = run(*words, "--choices")
    assert refused.exit_code == 2
    assert "no column for user_id" in refused.stderr
    found = run(*words, "--choices", "--columns", "Reader,Work")
    assert "Learned from 500 choices" in found.stderr
    refused = run(*words, "--choices", "--columns", "Reader")
    assert refused.exit_code == 2
    assert "columns must be the names of the columns of users, items" in refused.stderr


def test_a_folder_of_parts_is_learned_from(
    run: Run, choices: pd.DataFrame, tmp_path: Path
) -> None:
    parts = tmp_path / "parts"
    parts.mkdir()
    for part in range(2):
        own = choices[choices["user_id"] % 2 == part]
        own.to_parquet(parts / f"{part}.parquet")
    words = ("recommend", "train", parts, "-o", tmp_path / "plays.recs", "--by-parts")
    result = run(*words, "--choices", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["n_choices"], told["n_items"], told["n_users"]) == (500, 30, 40)
    chosen = str(choices["item_id"].iloc[0])
    visit = run("recommend", "visitor", tmp_path / "plays.recs", "--chose", chosen)
    assert visit.exit_code == 0, visit.output
    like = run("recommend", "similar", tmp_path / "plays.recs", chosen)
    assert not re.search("Chosen by|Rated by", visit.stdout + like.stdout)  # unknown
    for lists in (tmp_path / "lists.csv", tmp_path / "lists"):
        refused = run("recommend", "all", tmp_path / "plays.recs", "-o", lists)
        assert refused.exit_code == 2
        assert "was learned by parts and knows nobody" in refused.stderr
        assert not lists.exists()
    assert "by-parts is for choices" in run(*words).stderr
    words = ("recommend", "train", tmp_path, "-o", tmp_path / "b.recs", "--by-parts")
    assert "a folder with Parquet files" in run(*words, "--choices").stderr
