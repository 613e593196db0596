"""recommend all: every user's list, whole or not at all."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

from recs_anomaly.recommend.serving import titled_recommender as everybody
from tests.fitted import sample_recommender

Run = Callable[..., Result]


def test_the_lists_of_all_users_are_those_of_each(
    run: Run, model_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "lists.parquet"
    result = run("recommend", "all", model_file, "-o", path, "-n", "3")
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert f"Wrote 1,200 recommendations to 400 users to {path}" in result.stderr
    lists = pd.read_parquet(path)
    assert lists.columns.tolist() == everybody.COLUMNS
    recommender = sample_recommender()
    for user in recommender.model.users_[[0, 57, 399]]:
        expected = recommender.recommend_user(user, 3)[everybody.COLUMNS]
        own = lists[lists["user_id"] == user].reset_index(drop=True)
        pd.testing.assert_frame_equal(own, expected)


@pytest.mark.parametrize(
    ("trouble", "code", "message"),
    [
        (OSError(28, "No space left on device", "lists"), 2, "No space left on device"),
        (KeyboardInterrupt(), 1, "Aborted!"),
    ],
    ids=["full disk", "Ctrl-C"],
)
def test_a_file_is_replaced_when_all_lists_are_there_and_not_before(
    run: Run,
    model_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: BaseException,
    code: int,
    message: str,
) -> None:
    path = tmp_path / "lists.parquet"
    path.write_text("yesterday's")
    whole = everybody.lists_of_everybody

    def interrupted(*arguments: object) -> Iterator[pd.DataFrame]:
        yield next(whole(*arguments, users_at_once=10))
        raise trouble

    monkeypatch.setattr(everybody, "lists_of_everybody", interrupted)
    result = run("recommend", "all", model_file, "-o", path)
    assert result.exit_code == code
    assert message in result.stderr
    assert path.read_text() == "yesterday's"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_one_sentence(
    run: Run, model_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "no" / "lists.parquet"
    result = run("recommend", "all", model_file, "-o", path)
    assert result.exit_code == 2
    assert "the output must be in a folder that exists" in result.stderr


def test_a_file_called_csv_is_csv(run: Run, model_file: Path, tmp_path: Path) -> None:
    for name in ("lists.csv", "lists.parquet"):
        words = ("-o", tmp_path / name, "-n", "2")
        assert run("recommend", "all", model_file, *words).exit_code == 0
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "lists.csv"), pd.read_parquet(tmp_path / "lists.parquet")
    )
