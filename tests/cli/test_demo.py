"""The demo: one run of it, with every figure it prints looked at."""

import re

import pytest
from click.testing import CliRunner

from recs_anomaly.cli import main
from recs_anomaly.datasets import load_sample_ratings


@pytest.fixture(scope="module")
def story() -> str:
    result = CliRunner().invoke(main, ["demo"])
    assert result.exit_code == 0
    return result.stdout


def block(story: str, title: str) -> list[str]:
    """Rows of the table with a title that begins so."""
    [found] = [part for part in story.split("\n\n") if part.startswith(title)]
    return found.splitlines()[2:]


def test_ten_films_that_the_user_has_not_rated(story: str) -> None:
    sample = load_sample_ratings()
    user = int(re.search(r"Ten films for user (\d+)", story)[1])
    own = sample.ratings[sample.ratings["user_id"] == user]
    titles = sample.items.set_index("item_id")["title"]
    rows = block(story, "Ten films")
    assert len(rows) == 10
    # What was hidden from the model may well be among its recommendations.
    known = set(titles[own["item_id"]]) - {
        row.partition("  ")[0] for row in block(story, f"Ratings of user {user}")
    }
    for row in rows:
        [title] = [each for each in titles if f" {each}  " in row]
        assert title not in known


def test_reasons_are_own_ratings_and_cover_the_list(story: str) -> None:
    rows = block(story, "Why:")
    ranks = [
        int(rank) for row in rows for rank in re.findall(r"\d+", row.rsplit("  ", 1)[1])
    ]
    assert sorted(ranks) == list(range(1, 11))


def test_hidden_ratings_stand_beside_the_guesses(story: str) -> None:
    sample = load_sample_ratings()
    user = int(re.search(r"Ten films for user (\d+)", story)[1])
    own = sample.ratings[sample.ratings["user_id"] == user].merge(sample.items)
    real = own.set_index("title")["rating"]
    rows = block(story, f"Ratings of user {user}")
    assert rows
    for row in rows:
        title, rating = row.partition("  ")[0], float(row.split()[-1])
        assert real[title] == rating


def test_the_model_beats_the_rules_of_thumb(story: str) -> None:
    errors = {
        row.split("  ")[0]: float(re.search(r"\d\.\d{3}", row)[0])
        for row in block(story, "All 3,000 hidden ratings")
    }
    model, *rules = errors
    assert model == "RBM"
    assert errors[model] < min(errors[rule] for rule in rules) - 0.05


def test_it_ends_with_commands_that_exist(story: str) -> None:
    typed = re.findall(r"^  recs-anomaly (.+)$", story, flags=re.MULTILINE)
    assert len(typed) == 5
    for line in typed:
        first, second, *_ = line.split()
        command = main.get_command(None, first).get_command(None, second)
        assert command is not None


def test_it_finds_faults_in_the_machine(story: str) -> None:
    found = re.search(r"(\d+)% of the faults were found", story)
    assert found is not None
    assert int(found[1]) >= 70
    assert "bearing_temperature_C" in story
