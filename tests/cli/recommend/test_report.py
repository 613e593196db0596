"""recommend report: ratings in, a page out, mistakes in one sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import Result

from recs_anomaly.datasets import leave_last_out, load_sample_ratings, split_by_time
from recs_anomaly.recommend.evaluation import trial
from recs_anomaly.recommend.serving.titled_recommender import Recommender
from tests.fitted import sample_trial

Run = Callable[..., Result]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Neither train nor judge, but note what was asked; tell of the sample."""
    asked: list[tuple[Any, ...]] = []
    judged = sample_trial()

    def train(*arguments: Any, **parameters: Any) -> Recommender:
        asked.append((*arguments, parameters))
        return judged.recommender

    def judge(*arguments: Any) -> trial.Trial:
        asked.append(arguments)
        return judged

    monkeypatch.setattr(Recommender, "train", train)
    monkeypatch.setattr(trial, "judge", judge)
    return asked


def test_a_page_is_written(
    run: Run, tmp_path: Path, quick: list[tuple[Any, ...]]
) -> None:
    page = tmp_path / "report.html"
    result = run("recommend", "report", "sample", "-o", page, "--seed", "3")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("6,000 ratings were kept hidden.")
    assert "Judging by 6,000 hidden ratings" in result.stderr
    assert f"Wrote {page} (" in result.stderr
    text = page.read_text(encoding="utf-8")
    assert result.stdout.split(". ")[0] in text
    assert "6,000 ratings, a fifth, drawn at random with seed 3" in text
    (train, items, parameters), (_, same_train, hidden) = quick
    assert parameters == {"random_state": 3, "verbose": 1}
    assert same_train is train
    assert len(train) + len(hidden) == 30_000
    pd.testing.assert_frame_equal(items, load_sample_ratings().items)


@pytest.mark.parametrize(
    ("split", "cut"), [("last", leave_last_out), ("time", split_by_time)]
)
def test_what_is_hidden_can_be_chosen(
    run: Run,
    tmp_path: Path,
    quick: list[tuple[Any, ...]],
    split: str,
    cut: Callable[[pd.DataFrame], tuple[np.ndarray, np.ndarray]],
) -> None:
    page = tmp_path / "report.html"
    result = run("recommend", "report", "sample", "-o", page, "--split", split)
    assert result.exit_code == 0, result.output
    _, rows = cut(load_sample_ratings().ratings)
    assert quick[1][2].index.tolist() == rows.tolist()
    assert "the last" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ("user,item,rating\na,b,5\n", (), "RATINGS must hold at least 5 ratings"),
        ("user,item,rating\na,b,5\n", ("--split", "time"), "timestamp of numbers"),
        ("user,item\na,b\n", (), "rating"),
    ],
)
def test_a_mistake_is_one_sentence(
    run: Run, tmp_path: Path, text: str, words: tuple[str, ...], message: str
) -> None:
    ratings, page = tmp_path / "mine.csv", tmp_path / "report.html"
    ratings.write_text(text)
    result = run("recommend", "report", ratings, "-o", page, *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert not page.exists()


def test_a_folder_that_is_not_there_is_told_before_training(run: Run) -> None:
    result = run("recommend", "report", "sample", "-o", "no/such/report.html")
    assert result.exit_code == 2
    assert "the output must be in a folder that exists" in result.stderr


def test_choices_have_a_page_of_their_own(run: Run, tmp_path: Path) -> None:
    pairs = load_sample_ratings().ratings[["user_id", "item_id"]].iloc[::20]
    plays, page = tmp_path / "plays.csv", tmp_path / "report.html"
    pairs.to_csv(plays, index=False)
    result = run("recommend", "report", plays, "-o", page, "--choices")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("300 choices were kept hidden.")
    text = page.read_text(encoding="utf-8")
    assert "300 choices, a fifth, drawn at random with seed 0" in text
    assert "rating points" not in text
