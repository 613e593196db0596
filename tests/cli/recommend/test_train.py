"""recommend train: from a file to a model file that recommends."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

from recs_anomaly.datasets import make_ratings
from recs_anomaly.persistence import load
from recs_anomaly.recommend.serving.titled_recommender import Recommender

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with ratings, one pair of them twice, and titles beside them."""
    home = tmp_path_factory.mktemp("ratings")
    ratings, items = make_ratings(40, 30, 500, random_state=0)
    pd.concat([ratings, ratings[:1]]).to_csv(home / "mine.csv", index=False)
    items.to_csv(home / "movies.csv", index=False)
    return home


def test_a_file_of_ratings_becomes_a_model(run: Run, folder: Path) -> None:
    model_file = folder / "mine.recs"
    result = run("recommend", "train", folder / "mine.csv", "-o", model_file)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "Warning: X holds 1 repeated (user, item) pairs" in result.stderr
    assert "Learned from 500 ratings of 30 items by 40 users in" in result.stderr
    assert f"wrote {model_file} (" in result.stderr
    ratings, items = make_ratings(40, 30, 500, random_state=0)
    same = Recommender.train(ratings, items, random_state=0)
    answer = json.loads(run("recommend", "user", model_file, "7", "--json").stdout)
    assert answer["recommendations"] == same.recommend_user(7).to_dict("records")


def test_titles_and_seed_can_be_chosen(run: Run, folder: Path) -> None:
    titles = folder / "names.csv"
    titles.write_text("item_id,title\n7,Siebzehn\n")
    model_file = folder / "other.recs"
    left = folder / "left"
    words = ("-o", model_file, "--items", titles, "--seed", "3", "--checkpoint", left)
    assert run("recommend", "train", folder / "mine.csv", *words).exit_code == 0
    recommender = load(model_file)
    assert recommender.catalogue.title_of(7) == "Siebzehn"
    assert recommender.model.random_state == 3
    assert not left.exists()


def test_a_checkpoint_of_another_training_is_refused(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "user-view.npz").write_text("something else")
    words = ("-o", tmp_path / "a.recs", "--checkpoint", tmp_path)
    result = run("recommend", "train", folder / "mine.csv", *words)
    assert result.exit_code == 2
    assert "user-view.npz cannot be read; remove it to begin anew." in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nosuch", "-o", "a.recs"), "There is no file 'nosuch', and no data set"),
        (
            ("sample", "-o", "none/a.recs"),
            "the output must be in a folder that exists; got 'none/a.recs'.",
        ),
    ],
)
def test_a_mistake_is_said_before_any_training(
    run: Run,
    words: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("recommend", "train", *words)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {message}")
    assert list(tmp_path.iterdir()) == []


def test_ratings_of_one_level_are_refused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "flat.csv"
    path.write_text("user,item,rating\n1,1,3\n1,2,3\n2,1,3\n")
    result = run("recommend", "train", path, "-o", tmp_path / "flat.recs")
    assert result.exit_code == 2
    assert "y needs at least 2 different ratings" in result.stderr


def test_an_output_is_needed(run: Run) -> None:
    result = run("recommend", "train", "sample")
    assert result.exit_code == 2
    assert "Missing option '-o' / '--output'" in result.stderr


def test_ids_that_a_gap_made_floats_are_typed_as_whole_numbers(
    run: Run, tmp_path: Path
) -> None:
    ratings, _ = make_ratings(40, 30, 500, random_state=0)
    path, model = tmp_path / "joined.parquet", tmp_path / "m.recs"
    ratings.astype({"user_id": float, "item_id": float}).to_parquet(path)
    assert run("recommend", "train", path, "-o", model, "--choices").exit_code == 0
    answer = json.loads(run("recommend", "user", model, "7", "--json").stdout)
    assert answer["user_id"] == 7
    assert all(isinstance(row["item_id"], int) for row in answer["recommendations"])


def test_columns_of_any_name_and_no_genres(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    ratings, _ = make_ratings(40, 30, 500, random_state=0)
    names = {"user_id": "Reader", "item_id": "Work", "rating": "Verdict"}
    ratings.rename(columns=names).to_csv(tmp_path / "books.csv", index=False)
    words = ("recommend", "train", tmp_path / "books.csv", "-o", tmp_path / "b.recs")
    refused = run(*words)
    assert refused.exit_code == 2
    assert "it has Reader, Work, Verdict" in refused.stderr
    assert "or name them (columns=, --columns)" in refused.stderr
    found = run(*words, "--columns", "Reader, Work,Verdict")
    assert "Learned from 500 ratings of 30 items by 40 users" in found.stderr
    similar = run("recommend", "similar", tmp_path / "b.recs", "7").stdout
    user = run("recommend", "user", tmp_path / "b.recs", "7").stdout
    assert "Rated by" in similar
    assert "Genres" not in similar + user
    refused = run(*words, "--columns", "Reader,Work,Stars")
    assert "has no column 'Stars'; it has Reader, Work, Verdict" in refused.stderr


def test_how_a_file_was_understood_is_said_and_stands_in_json(
    run: Run, tmp_path: Path
) -> None:
    ratings = make_ratings(40, 30, 500, random_state=0).ratings
    ratings.loc[::5, "rating"] = -1
    ratings.to_csv(tmp_path / "mine.csv", index=False)
    words = ("-o", tmp_path / "m.recs", "--unrated", "-1", "--round", "1", "--json")
    result = run("recommend", "train", tmp_path / "mine.csv", *words)
    assert result.exit_code == 0, result.output
    assert "user_id = user_id, item_id = item_id, rating = rating" in result.stderr
    assert "ratings from -1 to 5" in result.stderr
    told = json.loads(result.stdout)
    assert told["n_ratings"] == 400
    assert told["reading"]["columns"]["user_id"] == "user_id"
    assert told["reading"]["notes"] == [
        "100 rows whose rating is -1 were left out: they are not rated",
        "ratings were rounded to multiples of 1",
    ]


@pytest.mark.parametrize("seed", ["-1", str(2**32)])
def test_a_seed_that_is_none_is_a_mistake_in_one_line(
    run: Run, folder: Path, seed: str
) -> None:
    result = run("recommend", "train", folder / "mine.csv", "-o", "x", "--seed", seed)
    assert result.exit_code == 2
    assert "Invalid value for '--seed'" in result.stderr


def test_tables_of_items_and_people_tell_of_those_without_ratings(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    items = tmp_path / "films.csv"
    titled = make_ratings(40, 30, 500, random_state=0).items
    new = pd.DataFrame({"item_id": [999], "title": ["New (2001)"], "genres": ["Drama"]})
    pd.concat([titled, new]).to_csv(items, index=False)
    people = tmp_path / "people.csv"
    born = pd.DataFrame({"user": range(41), "born": range(1960, 2001)})
    born.to_csv(people, index=False)
    model_file = tmp_path / "known.recs"
    words = ("--items", items, "--users", people, "--epochs", 1, "-o", model_file)
    result = run("recommend", "train", folder / "mine.csv", *words)
    assert result.exit_code == 0, result.stderr
    known = load(model_file)
    assert known.model.epochs == 1
    assert known.catalogue.title_of(999) == "New (2001)"
    assert {column["name"] for column in known.model.side_columns_["users"]} == {"born"}
    names = {column["name"] for column in known.model.side_columns_["items"]}
    assert names == {"genres", "year"}
    similar = run("recommend", "similar", model_file, "New (2001)", "-n", 3, "--json")
    assert len(json.loads(similar.stdout)["similar"]) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--choices", "--unrated", "0"), "unrated and round are for ratings"),
        (("--query", "select 1"), "query is for a database"),
        (("--items-query", "select 1"), "items-query is for a database"),
        (("--users-query", "select 1"), "users-query is for a database"),
    ],
)
def test_options_that_would_do_nothing_are_refused(
    options: tuple[str, ...], message: str, run: Run, tmp_path: Path
) -> None:
    result = run("recommend", "train", "r.csv", "-o", tmp_path / "m.recs", *options)
    assert result.exit_code == 2
    assert message in result.stderr
