"""The script trains once, keeps the model, and prints what the command prints."""

import runpy
from pathlib import Path
from unittest import mock

import pytest
from click.testing import CliRunner, Result

from recs_anomaly.datasets import make_ratings
from recs_anomaly.recommend.serving.titled_recommender import Recommender
from scripts import recommend_for_user


@pytest.fixture
def ratings_file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    make_ratings(30, 20, 300, random_state=0).ratings.to_csv(path, index=False)
    return path


@pytest.fixture
def train(monkeypatch: pytest.MonkeyPatch) -> mock.Mock:
    """Count trainings, which are real but for being short."""
    quick = {"random_state": 0, "n_hidden": 2, "epochs": 1}
    monkeypatch.setattr(recommend_for_user, "PARAMETERS", quick)
    counted = mock.Mock(side_effect=Recommender.train)
    monkeypatch.setattr(Recommender, "train", counted)
    return counted


def run(ratings_file: Path, user: str = "7", *words: str) -> Result:
    cache = ratings_file.with_name("cache")
    options = ["--ratings", str(ratings_file), "--cache", str(cache), *words]
    return CliRunner().invoke(recommend_for_user.main, [user, *options])


def test_a_model_is_trained_once_and_then_kept(
    ratings_file: Path, train: mock.Mock
) -> None:
    first, second = run(ratings_file), run(ratings_file)
    assert first.exit_code == second.exit_code == 0
    assert first.stdout == second.stdout
    assert train.call_count == 1
    rated, recommended = first.stdout.split("\n\n")
    assert rated.startswith("Rated highest by user 7\n")
    assert recommended.startswith("Recommended to user 7\n")


def test_other_ratings_mean_another_model(ratings_file: Path, train: mock.Mock) -> None:
    run(ratings_file)
    with ratings_file.open("a") as file:
        file.write("7,1,5,0\n")
    run(ratings_file)
    assert train.call_count == 2
    assert len(list(ratings_file.with_name("cache").iterdir())) == 2


def test_a_damaged_model_is_replaced(ratings_file: Path, train: mock.Mock) -> None:
    first = run(ratings_file)
    [kept] = ratings_file.with_name("cache").iterdir()
    kept.write_bytes(kept.read_bytes()[:-100])
    again = run(ratings_file)
    assert "It is trained anew." in again.stderr
    assert again.stdout == first.stdout
    assert train.call_count == 2
    assert run(ratings_file).stderr == ""


@pytest.mark.usefixtures("train")
def test_the_number_of_items_is_the_one_asked_for(ratings_file: Path) -> None:
    shown = run(ratings_file, "7", "-n", "2").stdout
    assert len(shown.split("\n\n")[1].splitlines()) == 4


@pytest.mark.usefixtures("train")
@pytest.mark.parametrize(
    ("user", "name", "message"),
    [
        ("ada", "mine.csv", "User 'ada' is unknown"),
        ("7", "none.csv", "There is no file"),
    ],
)
def test_a_mistake_is_one_sentence(
    ratings_file: Path, user: str, name: str, message: str
) -> None:
    result = run(ratings_file.with_name(name), user)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1].startswith(f"Error: {message}")


def test_a_folder_that_cannot_be_written_to_costs_the_model_not_the_answer(
    ratings_file: Path, train: mock.Mock
) -> None:
    first = run(ratings_file)
    for path in [*ratings_file.with_name("cache").iterdir()]:
        path.unlink()
    ratings_file.with_name("cache").rmdir()
    ratings_file.with_name("cache").touch()  # a file is where the folder should be
    options = ["--ratings", str(ratings_file), "--cache"]
    unwritable = str(ratings_file.with_name("cache") / "models")
    second = CliRunner().invoke(recommend_for_user.main, ["7", *options, unwritable])
    assert second.exit_code == 0
    assert second.stdout == first.stdout
    assert "The model is not kept" in second.stderr
    assert train.call_count == 2


def test_the_file_itself_runs(
    ratings_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ["--ratings", str(ratings_file), "--cache", str(ratings_file.parent)]
    monkeypatch.setattr("sys.argv", ["recommend_for_user.py", "7", *options])
    with pytest.raises(SystemExit, match=r"^0$"):
        runpy.run_path(recommend_for_user.__file__, run_name="__main__")
    assert "Recommended to user 7\n" in capsys.readouterr().out
