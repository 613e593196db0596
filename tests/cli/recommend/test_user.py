"""recommend user: tables, JSON and CSV of the same list; mistakes in one sentence."""

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result

from recs_anomaly import RBMRecommender
from recs_anomaly.persistence import save
from recs_anomaly.recommend.serving.titled_recommender import Recommender
from tests.fitted import sample_recommender

Run = Callable[..., Result]


def test_tables_show_what_was_rated_and_what_to_watch(
    run: Run, model_file: Path
) -> None:
    result = run("recommend", "user", model_file, "14", "-n", "3")
    assert result.exit_code == 0
    assert result.stderr == ""
    recommender = sample_recommender()
    rated, recommended = result.stdout.split("\n\n")
    lines = rated.splitlines()
    assert lines[0] == "Rated highest by user 14"
    titles = recommender.best_rated(14)["title"]
    assert [line.partition("  ")[0] for line in lines[2:]] == titles.tolist()
    lines = recommended.splitlines()
    assert lines[0] == "Recommended to user 14"
    assert len(lines) == 5
    best = recommender.recommend_user(14, 3).iloc[0]
    genres = best["because_genres"].replace("|", ", ")
    assert lines[2].split() == [
        *("1", *best["title"].split()),
        f"{best['rating_mean']:.2f}",
        *(f"{best['rating_low']:.1f}", "–", f"{best['rating_high']:.1f}"),
        f"{best['p_like']:.0%}",
        str(best["n_ratings"]),
        *f"{best['because']}: {best['because_rating']:g}".split(),
        *(f"(both {genres})".split() if genres else ()),
    ]


def test_json_has_every_number_in_full(run: Run, model_file: Path) -> None:
    result = run("recommend", "user", model_file, "14", "-n", "4", "--json")
    answer = json.loads(result.stdout)
    expected = sample_recommender().recommend_user(14, 4)
    assert answer["user_id"] == 14
    assert answer["recommendations"] == expected.to_dict("records")
    assert [row["rating"] for row in answer["rated"]] == [5.0] * 5


def test_csv_is_the_list_alone(run: Run, model_file: Path) -> None:
    result = run("recommend", "user", model_file, "14", "-n", "4", "--csv")
    rows = list(csv.DictReader(StringIO(result.stdout)))
    expected = sample_recommender().recommend_user(14, 4)
    assert list(rows[0]) == list(expected.columns)
    assert [row["title"] for row in rows] == expected["title"].tolist()
    assert [float(row["score"]) for row in rows] == expected["score"].tolist()


def test_a_model_without_titles_calls_items_by_their_ids(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "bare.recs"
    save(sample_recommender().model, path)
    answer = json.loads(run("recommend", "user", path, "14", "--json").stdout)
    for row in answer["recommendations"]:
        assert row["title"] == str(row["item_id"])


def test_hostile_titles_steer_no_terminal_and_no_spreadsheet(
    run: Run, tmp_path: Path
) -> None:
    recommender = sample_recommender()
    evil = np.full(600, "=cmd()\x1b[2J", dtype=object)
    path = tmp_path / "evil.recs"
    save(Recommender(recommender.model, evil, evil), path)
    table = run("recommend", "user", path, "14").stdout
    assert "=cmd()�[2J" in table
    sheet = run("recommend", "user", path, "14", "--csv").stdout
    assert ",'=cmd()�[2J," in sheet
    answer = run("recommend", "user", path, "14", "--json").stdout
    assert json.loads(answer)["rated"][0]["title"] == "=cmd()\x1b[2J"
    assert "\x1b" not in table + sheet + answer


@pytest.mark.parametrize(
    ("user", "message"),
    [
        (
            "1400",
            "User '1400' is unknown; the model knows 400 users, for instance 1, 2",
        ),
        ("\x1b[2J", r"User '\x1b[2J' is unknown"),
    ],
)
def test_an_unknown_user_is_one_sentence(
    run: Run, model_file: Path, user: str, message: str
) -> None:
    result = run("recommend", "user", model_file, user)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"Error: {message}")
    assert result.stderr.count("\n") == 1


def test_a_file_that_is_no_model_is_one_sentence(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "notes.recs"
    path.write_text("milk, eggs")
    result = run("recommend", "user", path, "14")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {path} cannot be loaded: ")
    result = run("recommend", "user", tmp_path / "none.recs", "14")
    assert result.exit_code == 2
    assert (
        result.stderr == f"Error: {tmp_path / 'none.recs'}: No such file or directory\n"
    )


def test_a_model_of_another_kind_is_refused(run: Run, tmp_path: Path) -> None:
    from sklearn.preprocessing import StandardScaler

    path = tmp_path / "scaler.recs"
    save(StandardScaler().fit([[1.0], [2.0]]), path)
    result = run("recommend", "user", path, "14")
    assert result.exit_code == 2
    assert result.stderr == (
        f"Error: MODEL must hold a recommender; {path} holds a StandardScaler.\n"
    )


@pytest.mark.parametrize(
    "words",
    [("user", "3"), ("visitor", *(f"--rated={item}=4" for item in range(5)))],
)
def test_where_nothing_is_left_a_sentence_says_so(
    run: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Everybody has rated all five items, and so has the visitor."""
    pairs = [
        [user, item, 1 + (user + item) % 5] for user in range(8) for item in range(5)
    ]
    ratings = pd.DataFrame(pairs, columns=["user_id", "item_id", "rating"])
    path = tmp_path / "five.recs"
    save(Recommender.train(ratings, epochs=1, random_state=0), path)
    command, *rest = words
    result = run("recommend", command, path, *rest)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == (
        "Nothing is left to recommend: the model knows no item beyond those already "
        "rated or chosen."
    )
    assert "Recommended to" not in result.stdout
    answer = json.loads(run("recommend", command, path, *rest, "--json").stdout)
    assert answer["recommendations"] == []
    header, *rows = run("recommend", command, path, *rest, "--csv").stdout.splitlines()
    assert header.startswith(("user_id,item_id,rank", "item_id,rank"))
    assert rows == []


def test_a_list_has_at_least_one_item(run: Run, model_file: Path) -> None:
    result = run("recommend", "user", model_file, "14", "-n", "0")
    assert result.exit_code == 2
    assert "0 is not in the range x>=1" in result.stderr


def test_an_id_that_begins_with_a_hyphen(run: Run, tmp_path: Path) -> None:
    pairs = [(f"-u{n}", item) for n in range(9) for item in range(n % 4, 12, 2)]
    model = RBMRecommender(random_state=0)
    save(model.fit(pd.DataFrame(pairs, columns=["user_id", "item_id"])), tmp_path / "m")
    refused = run("recommend", "user", tmp_path / "m", "-u3")
    assert refused.exit_code == 2
    assert "such as an id, goes behind --." in refused.stderr
    found = run("recommend", "user", tmp_path / "m", "--csv", "-n", "1", "--", "-u3")
    assert found.stdout.splitlines()[1].startswith("-u3,")


def test_wishes_change_the_list(run: Run, model_file: Path) -> None:
    model = sample_recommender().model
    best = model.recommend(14, 9)["item_id"].tolist()
    words = ("recommend", "user", model_file, "14", "-n", 3, "--json")

    def listed(*wishes: object) -> list[object]:
        answer = json.loads(run(*words, *wishes).stdout)
        return [row["item_id"] for row in answer["recommendations"]]

    for rank_by in ("watch", "like"):
        expected = model.recommend(14, 3, rank_by=rank_by)["item_id"].tolist()
        assert listed("--rank-by", rank_by) == expected
    assert listed("--exclude", f"id:{best[0]}") == best[1:4]
    of_two = listed("--items", f"id:{best[7]}", "--items", f"id:{best[5]}")
    assert of_two == [best[5], best[7]]
    varied = model.recommend(14, 3, diversity=0.7)["item_id"].tolist()
    assert listed("--diversity", "0.7") == varied
    assert run(*words, "--diversity", "2").exit_code == 2
