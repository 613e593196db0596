"""recommend visitor: says what it matched, and recommends without training."""

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from click.testing import Result

from tests.fitted import sample_recommender

Run = Callable[..., Result]
RATED = ("--rated", "whistlin oter=5", "--rated", "id:3=1,2")
MATCHED = [("whistlin oter", 5.0), ("id:3", 1.2)]


def test_what_was_matched_is_said_beside_the_list(run: Run, model_file: Path) -> None:
    result = run("recommend", "visitor", model_file, *RATED, "-n", "3")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "Took 'whistlin oter' for The Whistling Otter (1988), rated 5.",
        "Took 'id:3' for Wendell's Ballroom (2000), rated 1.",
    ]
    lines = result.stdout.splitlines()
    assert lines[0] == "Recommended to you"
    expected = sample_recommender().visitor(MATCHED, 3).recommendations
    for line, title in zip(lines[2:], expected["title"], strict=True):
        assert title in line


def test_json_says_it_all_on_stdout(run: Run, model_file: Path) -> None:
    result = run("recommend", "visitor", model_file, *RATED, "--json")
    answer = json.loads(result.stdout)
    expected = sample_recommender().visitor(MATCHED)
    assert result.stderr == ""
    assert answer["rated"] == expected.rated.to_dict("records")
    assert answer["recommendations"] == expected.recommendations.to_dict("records")


def test_csv_is_the_list_alone(run: Run, model_file: Path) -> None:
    result = run("recommend", "visitor", model_file, *RATED, "--csv", "-n", "2")
    rows = list(csv.DictReader(StringIO(result.stdout)))
    expected = sample_recommender().visitor(MATCHED, 2).recommendations
    assert [int(row["item_id"]) for row in rows] == expected["item_id"].tolist()


@pytest.mark.parametrize(
    ("rated", "message"),
    [
        ("Fargo", "--rated must be a title, an equals sign and a number"),
        ("Fargo=good", "--rated must be a title, an equals sign and a number"),
        ("Fargo=5", "'Fargo' is no title among the 600 rated items"),
        ("=5", "A title must not be empty."),
        ("whistling otter=7", "ratings must lie between 1 and 5; got 7"),
        ("whistling otter=nan", "--rated must be a title, an equals sign and"),
    ],
)
def test_a_mistake_is_one_sentence(
    run: Run, model_file: Path, rated: str, message: str
) -> None:
    result = run("recommend", "visitor", model_file, "--rated", rated)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"Error: {message}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("told", ["age", "=3"])
def test_features_are_columns_and_values(run: Run, model_file: Path, told: str) -> None:
    result = run("recommend", "visitor", model_file, "--user-features", told)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: --user-features must be a column's name")


def test_a_model_without_features_says_so(run: Run, model_file: Path) -> None:
    result = run("recommend", "visitor", model_file, "--user-features", "age=3")
    assert result.exit_code == 2
    assert "fitted with user_features" in result.stderr


def test_a_title_may_hold_an_equals_sign(run: Run, model_file: Path) -> None:
    result = run("recommend", "visitor", model_file, "--rated", "E=mc2=5")
    assert "'E=mc2' is no title" in result.stderr


def test_a_title_that_is_none_does_not_fail_the_others(
    run: Run, model_file: Path
) -> None:
    wishes = ("--exclude", "no such film", "-n", "3")
    result = run(
        "recommend", "visitor", model_file, *RATED, "--rated", "zzz=1", *wishes
    )
    plain = run("recommend", "visitor", model_file, *RATED, "-n", "3")
    assert result.exit_code == 0
    assert result.stdout == plain.stdout
    told = [line for line in result.stderr.splitlines() if line.startswith("Warning")]
    assert len(told) == 2
    assert all(line.endswith("it was left out.") for line in told)
    alone = run("recommend", "visitor", model_file, "--rated", "zzz=1")
    assert alone.exit_code == 2
