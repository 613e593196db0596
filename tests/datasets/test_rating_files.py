"""Ratings come out of every usual file as they went in; a bad file says what is bad."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.datasets._tables import RatingsFileError
from recs_anomaly.datasets.rating_files import read_items, read_ratings
from recs_anomaly.exceptions import InputError

Writer = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Write text or bytes to a file and return its path."""

    def writer(content: str | bytes, name: str = "ratings.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return writer


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
    path = write("user,item,rating\nZoë,Amélie,5\n".encode("latin-1"))
    assert read_ratings(path).iloc[0].tolist() == ["Zoë", "Amélie", 5.0]


def test_timestamps_that_are_no_numbers_stay_text(write: Writer) -> None:
    path = write("user,item,rating,date\n1,2,3,2020-01-31 10:00\n1,3,3,\n")
    assert read_ratings(path)["timestamp"].tolist() == ["2020-01-31 10:00", ""]


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


HEADER = "user_id,item_id,rating\n"
BAD_FILES = {
    "NaN rating": (HEADER + "1,2,3\n1,3,NaN\n", r"row 2, has no rating\.$"),
    "empty rating": (HEADER + "1,2,\n", r"row 1, has no rating\.$"),
    "text rating": (
        HEADER + "1,2,3\n1,3,good\n",
        r"row 2, has the rating 'good', which is not a finite number\.$",
    ),
    "infinite rating": (HEADER + "1,2,inf\n", r"row 1, has the rating 'inf', which is"),
    "overflowing rating": (HEADER + "1,2,1e999\n", "row 1, has the rating '1e999'"),
    "text rating and no names": ("1,2,3\n4,5,x\n", "row 2, has the rating 'x'"),
    "no user": (HEADER + "1,2,3\n,3,4\n", r"row 2, has no user_id\.$"),
    "no item": (HEADER + "1, ,3\n", r"row 1, has no item_id\.$"),
    "empty": ("", r"is empty\.$"),
    "only blanks": ("\n  \r\n\t\n", r"is empty\.$"),
    "only names": (HEADER, r"has column names but not a single rating\.$"),
    "two columns": (
        "user_id,item_id\n1,2\n",
        "no column for rating: it has user_id, it",
    ),
    "five columns without names": ("1,2,3,4,5\n", "no column for user_id: it has 1, 2"),
    "unknown names": (
        "who,what,howmuch\n1,2,3\n",
        r"no column for user_id: it has who, what, howmuch, and none of them is known "
        r"as one \(for instance userid, user,",
    ),
    "repeated names": (
        "user,item,rating,Rating\n1,2,3,4\n",
        r"has 2 columns for rating: 'rating' and 'Rating'; keep one\.$",
    ),
    "one column": ("rating\n3\n", r"has only one column, starting with 'rating'; colu"),
    "surplus cell": (
        HEADER + "1,2,3\n1,Smith, John,3\n",
        r"Row #3: Expected 3 columns",
    ),
    "missing cell": (HEADER + "1,2,3\n1,2\n", r"Row #3: Expected 3 columns, got 2"),
    "endless quotation": (
        HEADER + '1,"2,3\n' + "1,2,3\n" * 9,
        "is not a regular table",
    ),
    "web page": ("\n<!DOCTYPE html>\n<html>,,</html>", r"is a web page, not a table;"),
    "XML": ('<?xml version="1.0"?><a,b,c/>', "is a web page"),
    "JSON": ('[{"user": 1, "item": 2, "rating": 3}]', "no column for user_id"),
    "zip archive": (
        b"PK\x03\x04\x00\x00a,b,c",
        r"is a binary file; ratings are read fro",
    ),
    "torn gzip": (gzip.compress(b"1,2,3\n" * 50)[:-12], "is a damaged gzip file"),
    "false gzip": (b"\x1f\x8b1,2,3", "is a damaged gzip file"),
    "torn Parquet": (b"PAR1 1,2,3", "is damaged Parquet: "),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_says_what_is_bad_in_one_sentence(write: Writer, case: str) -> None:
    content, message = BAD_FILES[case]
    path = write(content)
    with pytest.raises(RatingsFileError, match=message) as caught:
        read_ratings(path)
    assert isinstance(caught.value, InputError)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("rating", [1.0, None], r"row 2, has no rating\.$"),
        ("rating", [np.inf, 1.0], r"row 1, has the rating 'inf'"),
        ("rating", ["4", "good"], r"row 2, has the rating 'good'"),
        ("user_id", ["a", None], r"row 2, has no user_id\.$"),
        ("item_id", [np.nan, 1.0], r"row 1, has no item_id\.$"),
        ("item_id", [[1], [2]], r"has a list<.*> in every cell of item_id\.$"),
        ("rating", pd.to_datetime(["2020", "2021"]), "row 1, has the rating '2020-01"),
    ],
)
def test_bad_values_in_parquet(
    tmp_path: Path, column: str, values: list[object], message: str
) -> None:
    good = {"user_id": [1, 2], "item_id": [1, 2], "rating": [3.0, 4.0]}
    path = tmp_path / "ratings.parquet"
    pd.DataFrame({**good, column: values}).to_parquet(path)
    with pytest.raises(RatingsFileError, match=message):
        read_ratings(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RatingsFileError, match=r"no\.csv does not exist\.$"):
        read_ratings(tmp_path / "no.csv")
    with pytest.raises(RatingsFileError, match="is a folder; name the file in it"):
        read_ratings(str(tmp_path))


U_ITEM = (
    "1|Toy Story (1995)|01-Jan-1995||http://x|0|0|0|1|1|1" + "|0" * 13 + "\n"
    "267|unknown||||1" + "|0" * 18 + "\n"
    '543|Misérables, "Les" (1995)|01-Jan-1995||http://y' + "|0" * 8 + "|1" + "|0" * 10
)


@pytest.mark.parametrize(
    ("content", "genres"),
    [
        pytest.param(
            U_ITEM.encode("latin-1"),
            ["Animation|Children's|Comedy", "", "Drama"],
            id="u.item",
        ),
        pytest.param(
            "1::Toy Story (1995)::Animation|Children's|Comedy\n"
            "267::unknown::(no genres listed)\n"
            '543::Misérables, "Les" (1995)::Drama\n'.encode("latin-1"),
            ["Animation|Children's|Comedy", "", "Drama"],
            id="movies.dat",
        ),
        pytest.param(
            "movieId,title,genres\n1,Toy Story (1995),Animation|Children's|Comedy\n"
            "267,unknown,(no genres listed)\n"
            '543,"Misérables, ""Les"" (1995)",Drama\n',
            ["Animation|Children's|Comedy", "", "Drama"],
            id="movies.csv",
        ),
        pytest.param(
            "Year\tName\tID\n1995\tToy Story (1995)\t1\n\tunknown\t267\n"
            '1995\t"Misérables, ""Les"" (1995)"\t543\n',
            ["", "", ""],
            id="other names, no genres",
        ),
    ],
)
def test_items(write: Writer, content: str | bytes, genres: list[str]) -> None:
    items = read_items(write(content))
    assert items.to_dict("list") == {
        "item_id": [1, 267, 543],
        "title": ["Toy Story (1995)", "unknown", 'Misérables, "Les" (1995)'],
        "genres": genres,
    }


def test_items_from_parquet_and_gzip(tmp_path: Path) -> None:
    table = pd.DataFrame({"item": ["007", "8"], "title": ["A", "B"]})
    table.to_parquet(tmp_path / "items.parquet")
    table.to_csv(tmp_path / "items.csv.gz", index=False)
    for name in ("items.parquet", "items.csv.gz"):
        assert read_items(tmp_path / name).to_dict("list") == {
            "item_id": ["007", "8"],
            "title": ["A", "B"],
            "genres": ["", ""],
        }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,genres\n1,Drama\n", "no column for title: it has id, genres"),
        ("id,title\n1,A\n2,B\n1,C\n", r"lists the item 1 more than once\.$"),
        ("id,title\n1,A\n,B\n", r"row 2, has no item_id\.$"),
        ("", r"is empty\.$"),
    ],
)
def test_bad_items(write: Writer, content: str, message: str) -> None:
    with pytest.raises(RatingsFileError, match=message):
        read_items(write(content))


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
