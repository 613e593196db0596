"""The data commands print what the library knows, and nothing else."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from recs_anomaly.cli import main
from recs_anomaly.datasets import movielens
from tests.datasets.http_site import Site, serving


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RECS_ANOMALY_DATA", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(movielens, "SERVER", "http://127.0.0.1:1")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["data", *words])


def test_where(home: Path) -> None:
    assert run("where").stdout == f"{home}\n"


def test_list_says_what_is_there(home: Path) -> None:
    (home / "ml-1m").mkdir()
    (home / "ml-1m" / "ratings.dat").touch()
    lines = run("list").stdout.splitlines()
    names = [line.split()[0] for line in lines]
    assert names == [
        *("sample", "ml-100k", "ml-1m", "ml-10m", "ml-25m", "ml-latest-small")
    ]
    assert lines[1].endswith("  not downloaded")
    assert lines[2].endswith(f"  {home / 'ml-1m'}")


def test_fetch_prints_the_folder_it_filled(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "ml-latest-small/ratings.csv", "userId,movieId,rating\n1,2,3\n"
        )
        archive.writestr("ml-latest-small/movies.csv", "movieId,title,genres\n")
    checksum = hashlib.md5(packed.getvalue()).hexdigest()
    files = {
        "/ml-latest-small.zip": packed.getvalue(),
        "/ml-latest-small.zip.md5": checksum.encode(),
    }
    with serving(Site(files)) as site:
        monkeypatch.setattr(movielens, "SERVER", site.url)
        result = run("fetch", "ml-latest-small")
    assert (result.stdout, result.stderr) == (f"{home / 'ml-latest-small'}\n", "")
    assert (home / "ml-latest-small" / "ratings.csv").is_file()


def test_no_network_is_one_line_and_exit_code_2(home: Path) -> None:
    result = run("fetch", "ml-1m")
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: http://127.0.0.1:1/ml-1m.zip cannot be reached; try again with a "
        f"network, or put the extracted folder at {home / 'ml-1m'}.\n"
    )
    assert result.stdout == ""


def test_an_unknown_name_lists_the_known() -> None:
    result = run("fetch", "netflix")
    assert result.exit_code == 2
    assert "'ml-latest-small'" in result.stderr


def test_list_for_programs(home: Path) -> None:
    (home / "ml-1m").mkdir()
    (home / "ml-1m" / "ratings.dat").touch()
    listed = json.loads(run("list", "--json").stdout)
    assert listed["ml-1m"]["where"] == str(home / "ml-1m")
    assert listed["ml-100k"]["where"] is None
