"""Where files are looked for, also where nobody is at home."""

from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner

from recs_anomaly.cli import main
from recs_anomaly.datasets import DownloadError, cache_home, data_home, paths
from recs_anomaly.datasets.paths import expanded
from recs_anomaly.exceptions import InputError


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HOME", "XDG_CACHE_HOME", "RECS_ANOMALY_DATA"):
        monkeypatch.delenv(variable, raising=False)

    def nobody(number: int) -> NoReturn:
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", nobody)


def test_a_home_is_put_in_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert expanded("~/a.csv") == Path("/home/ada/a.csv")
    assert expanded("a~b.csv") == Path("a~b.csv")
    assert expanded("~nobody-of-this-name/a") == Path("~nobody-of-this-name/a")


def test_the_data_home_is_the_cache_unless_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RECS_ANOMALY_DATA", str(tmp_path))
    assert data_home() == tmp_path.resolve()
    monkeypatch.delenv("RECS_ANOMALY_DATA")
    assert data_home() == cache_home()


@pytest.mark.usefixtures("homeless")
def test_without_a_home_the_way_out_is_named() -> None:
    with pytest.raises(DownloadError, match=r"no home directory .* RECS_ANOMALY_DATA"):
        data_home()


@pytest.mark.usefixtures("homeless")
@pytest.mark.parametrize(
    "words", [["data", "where"], ["recommend", "train", "ml-1m", "-o", "a.recs"]]
)
def test_without_a_home_a_command_ends_in_one_sentence(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    finished = CliRunner().invoke(main, words)
    assert finished.exit_code == 2
    assert finished.stderr.startswith("Error: there is no home directory")
    assert len(finished.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_checkout_keeps_its_samples_in_the_top_level_folder() -> None:
    path = paths.sample_path("README.md")
    assert path == Path(__file__).resolve().parents[2] / "datasets" / "README.md"


def test_an_installed_wheel_keeps_them_in_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ratings.csv").touch()
    monkeypatch.setattr(paths, "_IN_WHEEL", tmp_path)
    assert paths.sample_path("ratings.csv") == tmp_path / "ratings.csv"


def test_an_unknown_name_says_where_it_was_looked_for() -> None:
    with pytest.raises(InputError, match=r"file in .*datasets; got 'no\.csv'\.$"):
        paths.sample_path("no.csv")
