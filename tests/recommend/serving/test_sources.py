"""Ratings by name and from files, with and without titles."""

from pathlib import Path

import pytest

from recs_anomaly.datasets import TableFileError, load_sample_ratings
from recs_anomaly.exceptions import InputError
from recs_anomaly.recommend.serving.sources import open_ratings

RATINGS = "user,movie,stars\nada,7,4.5\nbo,9,3\n"
MOVIES = "movieId,title,genres\n7,Seven (1995),Crime\n9,Nine (2009),Musical\n"
OTHER_TITLES = "item_id,title\n7,Sieben\n"


@pytest.fixture
def ratings_file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text(RATINGS)
    return path


def test_the_sample_has_its_own_titles() -> None:
    opened = open_ratings("sample")
    assert opened.ratings.equals(load_sample_ratings().ratings)
    assert opened.items.equals(load_sample_ratings().items)


def test_titles_beside_a_file_are_taken(ratings_file: Path) -> None:
    ratings_file.with_name("movies.csv").write_text(MOVIES)
    opened = open_ratings(str(ratings_file))
    assert opened.ratings["rating"].tolist() == [4.5, 3.0]
    assert opened.items["title"].tolist() == ["Seven (1995)", "Nine (2009)"]


def test_titles_that_are_asked_for_come_first(ratings_file: Path) -> None:
    ratings_file.with_name("movies.csv").write_text(MOVIES)
    titles = ratings_file.with_name("titles.csv")
    titles.write_text(OTHER_TITLES)
    assert open_ratings(str(ratings_file), titles).items["title"].tolist() == ["Sieben"]
    assert open_ratings("sample", titles).items["title"].tolist() == ["Sieben"]


def test_without_titles_the_table_of_items_is_empty(ratings_file: Path) -> None:
    items = open_ratings(str(ratings_file)).items
    assert items.empty
    assert items.columns.tolist() == ["item_id", "title", "genres"]


def test_ratings_are_not_taken_for_their_own_titles(tmp_path: Path) -> None:
    path = tmp_path / "movies.csv"
    path.write_text(RATINGS)
    assert open_ratings(str(path)).items.empty


def test_a_file_goes_before_a_data_set_of_the_same_name(
    ratings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ratings_file.parent)
    ratings_file.rename("sample")
    assert open_ratings("sample").ratings["user_id"].tolist() == ["ada", "bo"]


def test_a_data_set_is_read_from_the_data_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECS_ANOMALY_DATA", str(tmp_path))
    folder = tmp_path / "ml-1m"
    folder.mkdir()
    (folder / "ratings.dat").write_text("1::7::4::978300760\n2::9::3::978302109\n")
    (folder / "movies.dat").write_text("7::Seven (1995)::Crime\n")
    opened = open_ratings("ml-1m")
    assert opened.ratings["item_id"].tolist() == [7, 9]
    assert opened.items["title"].tolist() == ["Seven (1995)"]


def test_neither_file_nor_name_is_said_with_the_names() -> None:
    with pytest.raises(
        InputError, match=r"no file 'ml-100', and no .* sample, ml-100k, .*ml-latest"
    ):
        open_ratings("ml-100")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableFileError, match="is a folder"):
        open_ratings(str(tmp_path))


def test_columns_are_for_files(ratings_file: Path) -> None:
    ratings_file.write_text("who,what,how much\nada,7,4.5\n")
    opened = open_ratings(str(ratings_file), columns=["who", "what", "how much"])
    assert opened.ratings.to_numpy().tolist() == [["ada", 7, 4.5]]
    with pytest.raises(InputError, match="columns are for a file; sample is a data se"):
        open_ratings("sample", columns=["who", "what", "how much"])
