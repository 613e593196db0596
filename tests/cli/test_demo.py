"""The demo: one run of it, with every figure it prints looked at."""

import re
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import click
import pytest
from click.testing import CliRunner

from recs_anomaly import datasets, extras
from recs_anomaly.anomaly.app import findings
from recs_anomaly.cli import main
from recs_anomaly.cli.demo import _refuse_other_things
from recs_anomaly.datasets import load_sample_images, load_sample_ratings
from recs_anomaly.exceptions import InputError
from recs_anomaly.recommend.serving.titled_recommender import Recommender


class Demo(NamedTuple):
    """What one run printed, and the folder that it made."""

    story: str
    folder: Path


@pytest.fixture(
    scope="module", params=["quick", pytest.param("whole", marks=pytest.mark.slow)]
)
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Demo:
    """Run the demo as it is, or with less training and parts of the pictures."""
    folder = tmp_path_factory.mktemp("demo") / "made here"
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "quick":
            hurry(patch)
        result = CliRunner().invoke(main, ["demo", "-o", str(folder)])
    assert result.exit_code == 0
    return Demo(result.stdout, folder)


def hurry(patch: pytest.MonkeyPatch) -> None:
    train, find = Recommender.train, findings.find_anomalies
    photos = {name: each[:96, :128] for name, each in load_sample_images().items()}
    patch.setattr(Recommender, "train", partial(train, epochs=2))
    patch.setattr(findings, "find_anomalies", partial(find, epochs=0))
    patch.setattr(datasets, "load_sample_images", lambda: photos)


@pytest.fixture
def story(demo: Demo) -> str:
    return demo.story


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
    assert len(typed) == 6
    for line in typed:
        command: click.Command | None = main
        for word in line.split():
            if not isinstance(command, click.Group):
                break
            command = command.get_command(click.Context(command), word)
        assert command is not None


def test_it_finds_faults_in_the_machine(story: str) -> None:
    found = re.search(r"(\d+)% of the faults were found", story)
    assert found is not None
    assert int(found[1]) >= 70
    assert "bearing_temperature_C" in story


def test_the_pictures_are_far_cleaner(story: str) -> None:
    rows = block(story, "How near to the originals")
    assert [row.split()[0] for row in rows] == ["china.png", "flower.png"]
    for row in rows:
        before, after = map(float, re.findall(r"(\d+\.\d) dB", row))
        assert after > before + 5


def test_the_index_links_what_was_made(demo: Demo) -> None:
    page = (demo.folder / "index.html").read_text()
    linked = {unquote(path) for path in re.findall(r'(?:href|src)="([^":]+)"', page)}
    assert linked == {
        "films.html",
        "machine.html",
        "before-after.png",
        "clean/china.png",
        "clean/flower.png",
    }
    assert all((demo.folder / path).stat().st_size > 10_000 for path in linked)
    typed = re.findall(r"^  (recs-anomaly .+)$", demo.story, flags=re.MULTILINE)
    assert all(line.split("--rated")[0] in page for line in typed)


def test_an_installation_that_only_answers_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: name != "skimage" or None)
    folder = tmp_path / "demo"
    result = CliRunner().invoke(main, ["demo", "-o", str(folder)])
    assert result.exit_code == 2
    told = "skimage is not installed; pip install 'recs-anomaly[train]' brings all"
    assert told in result.stderr
    assert result.stderr.count("\n") == 1
    assert not folder.exists()


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    result = CliRunner().invoke(main, ["demo", "-o", str(tmp_path)])
    assert result.exit_code != 0
    assert "must be a new folder" in str(result.output) + str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


def test_a_demo_that_was_stopped_is_no_other_thing(tmp_path: Path) -> None:
    for name in ("films.html", ".0123456789abcdef.tmp"):
        (tmp_path / name).write_text("")
    (tmp_path / "noisy").mkdir()
    _refuse_other_things(tmp_path)
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(InputError, match=r"such as 'letters\.txt'"):
        _refuse_other_things(tmp_path)
