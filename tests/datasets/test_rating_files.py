"""Ratings come out of every usual file as they went in."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.datasets._text_tables import TableFileError
from recs_anomaly.datasets.item_files import read_items
from recs_anomaly.datasets.rating_files import read_choices, read_ratings
from recs_anomaly.exceptions import InputError

Writer = Callable[..., Path]

EXPECTED = pd.DataFrame(
    {
        "user_id": [1, 1, 2],
        "item_id": [10, 20, 10],
        "rating": [4.0, 3.5, 0.0],
        "timestamp": [5, 6, 7],
    }
)
ROWS = [line.split() for line in ("1 10 4 5", "1 20 3.5 6", "2 10 0 7")]


def spelled(delimiter: str, line_end: str = "\n", header: str = "") -> str:
    lines = [delimiter.join(row) + line_end for row in ROWS]
    names = header.replace(" ", delimiter) + line_end if header else ""
    return names + "".join(lines)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=repr)
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "::", " "])
@pytest.mark.parametrize("header", ["", "userId movieId rating timestamp"])
def test_text_formats(
    write: Writer, delimiter: str, line_end: str, header: str
) -> None:
    path = write(spelled(delimiter, line_end, header))
    pd.testing.assert_frame_equal(read_ratings(path), EXPECTED)


@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(lambda text: gzip.compress(text.encode()), id="gzip"),
        pytest.param(lambda text: text.encode("utf-8-sig"), id="UTF-8 with mark"),
        pytest.param(lambda text: text.encode("utf-16"), id="UTF-16"),
        pytest.param(lambda text: text.rstrip("\n").encode(), id="no last line end"),
        pytest.param(lambda text: b"\r\n  \n" + text.encode(), id="blank lines above"),
        pytest.param(
            lambda text: text.replace("\n", "\n\n").encode(), id="and between"
        ),
        pytest.param(lambda text: text.replace(",", " , ").encode(), id="spaces"),
        pytest.param(
            lambda text: text.replace("\n", "\r", 1).replace("\n", "\r\n", 1).encode(),
            id="mixed line ends",
        ),
    ],
)
def test_wrappings_make_no_difference(
    write: Writer, encode: Callable[[str], bytes]
) -> None:
    path = write(encode(spelled(",", header="user_id item_id rating timestamp")))
    pd.testing.assert_frame_equal(read_ratings(path), EXPECTED)


def test_a_single_line_without_an_end_is_a_rating(write: Writer) -> None:
    ratings = read_ratings(write("1\t2\t3\t4", "u.data"))
    assert ratings.to_numpy().tolist() == [[1, 2, 3, 4]]


def test_a_timestamp_is_optional(write: Writer) -> None:
    for text in ("1,2,3\n", "user,item,rating\n1,2,3\n"):
        ratings = read_ratings(write(text))
        assert list(ratings) == ["user_id", "item_id", "rating"]


def test_other_columns_and_their_order_do_not_matter(write: Writer) -> None:
    path = write(
        ',Stars,comment,Product ID,"User-Name"\n'
        '0,4.5,"good, ""really""\nloved it",B00,ada\n1,1,,B01,bo\n'
    )
    assert read_ratings(path).to_dict("list") == {
        "user_id": ["ada", "bo"],
        "item_id": ["B00", "B01"],
        "rating": [4.5, 1.0],
    }


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["3", "-4", "0"], [3, -4, 0]),
        (["9223372036854775807"], [9223372036854775807]),
        (["9223372036854775808"], ["9223372036854775808"]),
        (["007", "8"], ["007", "8"]),
        (["+7", "8"], ["+7", "8"]),
        (["7.0", "8"], ["7.0", "8"]),
        (["0x10", "8"], ["0x10", "8"]),
        (["-0", "8"], ["-0", "8"]),
        (["1e3", "NA", "nan", "None"], ["1e3", "NA", "nan", "None"]),
        (["true", "Zoë", "日本"], ["true", "Zoë", "日本"]),
    ],
    ids=str,
)
def test_ids_come_back_as_they_came(
    write: Writer, ids: list[str], expected: list[object]
) -> None:
    rows = "".join(f"{each},{each},3\n" for each in ids)
    ratings = read_ratings(write("user_id,item_id,rating\n" + rows))
    assert ratings["user_id"].tolist() == expected
    assert ratings["item_id"].tolist() == expected


def test_one_odd_id_in_a_large_file_keeps_all_of_them_text(write: Writer) -> None:
    users = [str(n) for n in range(1, 200_000)] + ["007"]
    ratings = read_ratings(write("".join(f"{user},1,5\n" for user in users)))
    assert ratings["user_id"].tolist() == users
    assert ratings["item_id"].dtype == np.int64


@given(
    st.lists(
        st.tuples(
            st.integers(-(2**63), 2**63 - 1) | st.text("abc0.", min_size=1, max_size=4),
            st.floats(-1e6, 1e6),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_writing_and_reading_undo_each_other(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, float]]
) -> None:
    written = pd.DataFrame(
        {
            "user_id": [str(user) for user, _ in rows],
            "item_id": range(len(rows)),
            "rating": [rating for _, rating in rows],
        }
    )
    path = tmp_path_factory.mktemp("written") / "ratings.csv"
    written.to_csv(path, index=False)
    read = read_ratings(path)
    assert read["user_id"].astype(str).tolist() == written["user_id"].tolist()
    assert read["item_id"].tolist() == written["item_id"].tolist()
    assert read["rating"].tolist() == written["rating"].tolist()


def test_a_decimal_comma_is_understood(write: Writer) -> None:
    path = write('user;item;rating\n1;2;4,5\n1;3;"10"\n')
    assert read_ratings(path)["rating"].tolist() == [4.5, 10.0]


def test_old_encodings_keep_their_letters(write: Writer) -> None:
    path = write("bo::Heat::3\nZoë::Amélie::5\n".encode("latin-1"))
    assert read_ratings(path).iloc[1].tolist() == ["Zoë", "Amélie", 5.0]


def test_timestamps_that_are_no_numbers_stay_text(write: Writer) -> None:
    path = write("user,item,rating,date\n1,2,3,2020-01-31 10:00\n1,3,3,\n")
    with pytest.warns(UserWarning, match="its times were left alone: .* '2020"):
        ratings = read_ratings(path)
    assert ratings["timestamp"].tolist() == ["2020-01-31 10:00", ""]


def test_repeated_pairs_are_handed_on(write: Writer) -> None:
    assert read_ratings(write("1,2,3\n1,2,5\n"))["rating"].tolist() == [3.0, 5.0]


@pytest.mark.parametrize(
    "users",
    [
        np.array([3, 1], dtype=np.int32),
        ["007", "b"],
        pd.Categorical(["x", "y"]),
        np.array([1.5, 2.5]),
    ],
    ids=["int32", "text", "category", "float"],
)
def test_parquet_keeps_its_types(tmp_path: Path, users: object) -> None:
    table = pd.DataFrame(
        {
            "Stars": np.array([1, 10], dtype=np.int8),
            "comment": ["a", "b"],
            "userId": users,
            "movieId": [5, 6],
            "date": pd.to_datetime(["2020-01-01", "2020-01-02"]),
        }
    )
    table.to_parquet(tmp_path / "ratings.parquet")
    ratings = read_ratings(tmp_path / "ratings.parquet")
    assert list(ratings) == ["user_id", "item_id", "rating", "timestamp"]
    pd.testing.assert_series_equal(
        ratings["user_id"], table["userId"], check_names=False
    )
    assert ratings["rating"].tolist() == [1.0, 10.0]
    pd.testing.assert_series_equal(
        ratings["timestamp"], table["date"], check_names=False
    )


@pytest.mark.realdata
def test_movielens_100k_as_published(real_data_home: Path) -> None:
    folder = real_data_home / "ml-100k"
    ratings = read_ratings(folder / "u.data")
    assert ratings.shape == (100_000, 4)
    assert ratings.iloc[0].tolist() == [196, 242, 3.0, 881250949]
    naive = np.loadtxt(io.StringIO((folder / "u.data").read_text()), dtype=int)
    np.testing.assert_array_equal(ratings.to_numpy(int), naive)
    items = read_items(folder / "u.item").set_index("item_id")
    assert len(items) == 1_682
    assert items.loc[1].tolist() == ["Toy Story (1995)", "Animation|Children's|Comedy"]
    assert items.loc[543, "title"] == "Misérables, Les (1995)"


@pytest.mark.parametrize("is_parquet", [False, True])
def test_columns_of_any_name(tmp_path: Path, *, is_parquet: bool) -> None:
    path = tmp_path / "books"
    books = pd.DataFrame({"Reader": ["ada", "bo"], "Work": [7, 9], "3": [4.5, 2.0]})
    books["user_id"] = "nobody"
    if is_parquet:
        books.to_parquet(path)
    else:
        books.to_csv(path, index=False)
    ratings = read_ratings(path, columns=["Reader", "Work", "3"])
    assert ratings.to_dict("list") == {
        "user_id": ["ada", "bo"],
        "item_id": [7, 9],
        "rating": [4.5, 2.0],
    }


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ("abc", "columns must be the names of the columns of users, items, ratings"),
        (["a", "b"], "columns must be the names of the columns of users, items, rat"),
        (["a", "b", "a"], r"columns must be different ones; got \['a', 'b', 'a'\]"),
    ],
)
def test_columns_that_cannot_be(write: Writer, columns: list[str], rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        read_ratings(write("a,b,c\n1,2,3\n"), columns=columns)


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "::"])
@pytest.mark.parametrize("header", ["", "userId movieId rating timestamp"])
def test_choices_are_the_pairs_of_any_ratings(
    write: Writer, delimiter: str, header: str
) -> None:
    path = write(spelled(delimiter, header=header))
    columns = ["user_id", "item_id", *(["timestamp"] if header else [])]
    pd.testing.assert_frame_equal(read_choices(path), EXPECTED[columns])


def test_choices_say_how_often_and_when(write: Writer) -> None:
    path = write("user,song,plays,time\nann,x,3,70\nbo,y,1.5,60\n")
    found = read_choices(path, columns=["user", "song"])
    assert found["count"].tolist() == [3.0, 1.5]
    assert found["timestamp"].tolist() == [70, 60]
    named = read_choices(path, columns=["user", "song", "time", "plays"])
    assert named["count"].tolist() == [70.0, 60.0]


@pytest.mark.parametrize(
    ("cell", "rule"),
    [("", "has no count"), ("many", "not a finite number"), ("-1", "below 0")],
)
def test_a_count_that_is_none_is_refused(write: Writer, cell: str, rule: str) -> None:
    path = write(f"user_id,item_id,count\nann,x,2\nbo,y,{cell}\n")
    with pytest.raises(TableFileError, match=f"row 2, .*{rule}"):
        read_choices(path)


def test_choices_need_no_ratings(write: Writer) -> None:
    pairs = EXPECTED[["user_id", "item_id"]]
    for text in ("1,10\n1,20\n2,10\n", "Book,Member\n10,1\n20,1\n10,2\n"):
        found = read_choices(write(text))
        pd.testing.assert_frame_equal(found, pairs, check_like=True)
    named = write("Work,Reader,id\n10,1,a\n20,1,b\n10,2,c\n")
    found = read_choices(named, columns=["Reader", "Work"])
    pd.testing.assert_frame_equal(found, pairs)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("user,item\n", "has column names but not a single choice"),
        ("user,item\n1,\n", "row 1, has no item_id"),
        ("ada,dune\n", "no column for user_id: it has ada, dune"),
    ],
)
def test_bad_choices_are_refused(write: Writer, text: str, rule: str) -> None:
    with pytest.raises(TableFileError, match=rule):
        read_choices(write(text))
