"""A file that holds no ratings says so in one sentence, whatever else it holds."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.datasets._text_tables import TableFileError
from recs_anomaly.datasets.rating_files import read_ratings
from recs_anomaly.exceptions import InputError

Writer = Callable[..., Path]
HEADER = "user_id,item_id,rating\n"
BAD_FILES = {
    "NaN rating": (HEADER + "1,2,3\n1,3,NaN\n", r"row 2, has no rating; leave"),
    "empty rating": (HEADER + "1,2,\n", r"row 1, has no rating; leave"),
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
        "no column for user_id: it has who, what, howmuch; call one of them user_id,",
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
    "endless quotation and one that is needed": (
        HEADER + '1,"2,3\n1,"a,b",4\n' + "1,2,3\n" * 9,
        "is not a regular table: Row #3: Expected 3 columns, got 4",
    ),
    "web page": ("\n<!DOCTYPE html>\n<html>,,</html>", r"is a web page, not a table;"),
    "XML": ('<?xml version="1.0"?><a,b,c/>', "is a web page"),
    "JSON of something else": ('[{"who": 1}]', "no column for user_id: it has who"),
    "torn JSON": ('{"user": 1, "item": 2, "rating": 3}\n{"user"', "is damaged JSON: "),
    "JSON with lists": (
        '{"user": 1, "item": [2], "rating": 3}',
        r"has a list<.*> in each item_id\.$",
    ),
    "zip archive": (
        b"PK\x03\x04\x00\x00a,b,c",
        "is a zip archive or an Excel workbook; unpack it",
    ),
    "torn gzip": (gzip.compress(b"1,2,3\n" * 50)[:-12], "is a damaged gzip file"),
    "false gzip": (b"\x1f\x8b1,2,3", "is a damaged gzip file"),
    "torn Parquet": (b"PAR1 1,2,3", "is damaged Parquet: "),
}


@pytest.mark.filterwarnings("ignore:.*quotation marks are text in it")
@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_says_what_is_bad_in_one_sentence(write: Writer, case: str) -> None:
    content, message = BAD_FILES[case]
    path = write(content)
    with pytest.raises(TableFileError, match=message) as caught:
        read_ratings(path)
    assert isinstance(caught.value, InputError)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("rating", [1.0, None], r"row 2, has no rating; leave"),
        ("rating", [np.inf, 1.0], r"row 1, has the rating 'inf'"),
        ("rating", ["4", "good"], r"row 2, has the rating 'good'"),
        ("user_id", ["a", None], r"row 2, has no user_id\.$"),
        ("item_id", [np.nan, 1.0], r"row 1, has no item_id\.$"),
        ("item_id", [[1], [2]], r"has a list<.*> in each item_id\.$"),
        ("rating", pd.to_datetime(["2020", "2021"]), "row 1, has the rating '2020-01"),
    ],
)
def test_bad_values_in_parquet(
    tmp_path: Path, column: str, values: list[object], message: str
) -> None:
    good = {"user_id": [1, 2], "item_id": [1, 2], "rating": [3.0, 4.0]}
    path = tmp_path / "ratings.parquet"
    pd.DataFrame({**good, column: values}).to_parquet(path)
    with pytest.raises(TableFileError, match=message):
        read_ratings(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TableFileError, match=r"no\.csv does not exist\.$"):
        read_ratings(tmp_path / "no.csv")
    with pytest.raises(TableFileError, match="is a folder; name the file in it"):
        read_ratings(str(tmp_path))
