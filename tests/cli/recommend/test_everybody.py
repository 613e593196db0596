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


@pytest.mark.parametrize("users_a_part", [400, 150])
def test_parts_hold_the_same_to_the_bit_however_many_there_are(
    run: Run, model_file: Path, tmp_path: Path, users_a_part: int
) -> None:
    run("recommend", "all", model_file, "-o", tmp_path / "lists.parquet")
    folder = tmp_path / "lists"
    words = ("-o", folder, "--users-a-part", users_a_part)
    assert run("recommend", "all", model_file, *words).exit_code == 0
    n_parts = -(-400 // users_a_part)
    files = [folder / f"part-{part}.parquet" for part in range(n_parts)]
    assert sorted(folder.iterdir()) == sorted([folder / "manifest.json", *files])
    together = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    whole = pd.read_parquet(tmp_path / "lists.parquet")
    pd.testing.assert_frame_equal(together, whole, check_exact=True)


def test_run_again_it_writes_the_parts_that_are_missing(
    run: Run, model_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "lists"
    words = ("all", model_file, "-o", folder, "--users-a-part", 150, "-n", 2)
    first = run("recommend", *words)
    files = sorted(folder.glob("part-*.parquet"))
    contents = [file.read_bytes() for file in files]
    files[0].write_bytes(b"left alone")
    files[1].unlink()
    again = run("recommend", *words)
    assert files[0].read_bytes() == b"left alone"
    assert files[1].read_bytes() == contents[1]
    told = "Wrote 800 recommendations to 400 users"
    assert told in first.stderr
    assert told in again.stderr
    run("recommend", *words, "--again")
    assert files[0].read_bytes() == contents[0]


def test_a_part_that_cannot_be_written_stops_no_other(
    run: Run, model_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "lists"
    (folder / "part-1.parquet").mkdir(parents=True)
    result = run("recommend", "all", model_file, "-o", folder, "--users-a-part", 150)
    assert result.exit_code == 1
    assert "part-1.parquet failed: path must be that of a file" in result.stderr
    assert "1 part could not be written; run again" in result.stderr
    assert (folder / "part-2.parquet").is_file()


@pytest.mark.parametrize("name", ["lists.tsv", "lists.json", "lists.xlsx"])
def test_a_name_that_promises_another_format_is_refused(
    name: str, run: Run, model_file: Path, tmp_path: Path
) -> None:
    result = run("recommend", "all", model_file, "-o", tmp_path / name)
    assert result.exit_code == 2
    assert "must be called .csv or .parquet" in result.stderr
    assert not (tmp_path / name).exists()
