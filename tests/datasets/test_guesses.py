"""What a file does not say is guessed aloud, or refused: nothing is lost silently."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from recs_anomaly.datasets import read_choices, read_items, read_ratings
from recs_anomaly.datasets._text_tables import TableFileError

Writer = Callable[..., Path]
HEAD = "user,item,rating\n"
ACCENTS = HEAD + "zoë,Café,5\nbo,Heat,3\n"


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    def written(content: str | bytes) -> Path:
        path = tmp_path / "mine.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


@pytest.mark.parametrize(
    "codec", ["utf-16-le", "utf-16-be", "utf-16", "utf-32", "utf-8-sig"]
)
def test_wide_characters_need_no_mark(write: Writer, codec: str) -> None:
    ratings = read_ratings(write(ACCENTS.encode(codec)))
    assert ratings["user_id"].tolist() == ["zoë", "bo"]
    assert ratings.attrs["reading"]["encoding"] == codec[:6].rstrip("-")


@pytest.mark.parametrize("codec", ["cp1252", "mac-roman", "iso8859-15"])
def test_an_encoding_that_is_guessed_is_told(write: Writer, codec: str) -> None:
    with pytest.warns(UserWarning, match="line 2 is no UTF-8: all of it was read as"):
        ratings = read_ratings(write(ACCENTS.encode(codec)))
    assert len(ratings) == 2
    [note] = ratings.attrs["reading"]["notes"]
    assert "save it as UTF-8" in note


@pytest.mark.parametrize(
    ("content", "users"),
    [
        (HEAD + 'a,"x,4\nb,y",3\nc,z,2\n', ["a", "b", "c"]),
        ('user,item,rating,note\na,x,4,"hi\nb,y,3,there"\n', ["a", "b"]),
        ('user,item,rating\na,"x,4\nb,y,3\nc,z",2\n', ["a", "b", "c"]),
    ],
)
def test_marks_over_whole_rows_swallow_none(
    write: Writer, content: str, users: list[str]
) -> None:
    with pytest.warns(UserWarning, match="quotation marks are text in it"):
        assert read_ratings(write(content))["user_id"].tolist() == users
    pairs = 'user,item\na,"x\nb,y\nc,z"\nd,w\n'
    with pytest.warns(UserWarning, match="quotation marks are text in it"):
        assert len(read_choices(write(pairs))) == 4


def test_a_cell_over_lines_that_are_no_rows_is_one(write: Writer) -> None:
    content = 'user,item,rating,note\na,x,4,"hi\nyou, bo"\nc,z,2,ok\n'
    assert read_ratings(write(content))["user_id"].tolist() == ["a", "c"]


@pytest.mark.parametrize(
    ("cells", "numbers", "mark"),
    [
        (["1.000,5", "4,5"], [1000.5, 4.5], "."),
        (["1 000", "500"], [1000, 500], " "),
        (["1'000", "500"], [1000, 500], "'"),
        (["1,000.5", "5"], [1000.5, 5], ","),
    ],
)
def test_what_parts_thousands_is_told(
    write: Writer, cells: list[str], numbers: list[float], mark: str
) -> None:
    rows = "".join(f"u{n};x;{cell}\n" for n, cell in enumerate(cells))
    with pytest.warns(UserWarning, match="in its ratings was taken to part thousands"):
        ratings = read_ratings(write("user;item;rating\n" + rows))
    assert ratings["rating"].tolist() == numbers
    assert repr(mark) in ratings.attrs["reading"]["notes"][0]


@pytest.mark.parametrize(
    ("beginning", "words"),
    [
        (b"PK\x03\x04x,y,z", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0x,y", "old Excel workbook"),
        (b"%PDF-1.4\n1 0 obj\n", "PDF"),
        (b"BZh91AY,x", "bzip2"),
    ],
)
def test_another_kind_of_file_is_called_by_its_name(
    write: Writer, beginning: bytes, words: str
) -> None:
    with pytest.raises(TableFileError, match=words):
        read_ratings(write(beginning))


def test_flags_in_rows_are_a_matrix(write: Writer) -> None:
    with pytest.raises(TableFileError, match="a matrix, or lists of items"):
        read_choices(write("1,0,1\n0,1,1\n"))


def test_sizes_of_a_matrix_market_file_are_no_rating(write: Writer) -> None:
    content = "%%MatrixMarket matrix coordinate real general\n3 3 2\n1 2 5\n2 3 4\n"
    with pytest.warns(UserWarning, match="Matrix Market's format"):
        assert read_ratings(write(content))["rating"].tolist() == [5, 4]


def test_numbers_that_a_spreadsheet_was_told_to_keep(write: Writer) -> None:
    ratings = read_ratings(write(HEAD + '="0012",x,4\n="0013",y,3\n'))
    assert ratings["user_id"].tolist() == ["0012", "0013"]


def test_times_of_which_one_is_none_are_told(write: Writer) -> None:
    content = "user,item,rating,time\na,x,4,2020-01-01\na,y,3,\n"
    with pytest.warns(UserWarning, match="its times were left alone"):
        read_ratings(write(content))


def test_json_of_any_encoding_kind_and_size_of_ids(write: Writer) -> None:
    rows = [
        {"user": 2**53 + 1, "item": "é", "rating": 4},
        {"user": 2**64 - 1, "item": 7, "rating": "3"},
    ]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    for text in lines, json.dumps(rows):
        for codec in "utf-8", "utf-8-sig", "utf-16":
            found = read_ratings(write(text.encode(codec)))
            assert found["user_id"].tolist() == [str(row["user"]) for row in rows]
            assert found["item_id"].tolist()[1] == "7"
            assert found["rating"].tolist() == [4, 3]


def test_genres_may_be_a_list_and_items_tell_how_they_were_read(write: Writer) -> None:
    items = read_items(write('{"asin": "B1", "title": "T", "genre": ["a", "b"]}\n'))
    assert items["genres"].tolist() == ["a|b"]
    assert items.attrs["reading"]["columns"]["item_id"] == "asin"


def test_a_column_beside_empty_ones_is_one_column(write: Writer) -> None:
    with pytest.raises(TableFileError, match="only one column, starting with '1'"):
        read_items(write("1\t\n2\t\n"))
