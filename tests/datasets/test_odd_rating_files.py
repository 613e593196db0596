"""Files as people have them: what is guessed is told, and nothing is lost uncounted."""

import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest

from recs_anomaly.datasets import read_choices, read_items, read_ratings
from recs_anomaly.datasets._text_tables import TableFileError
from recs_anomaly.datasets.rating_files import told, with_settled_ratings
from recs_anomaly.datasets.splits import without_repeats
from recs_anomaly.exceptions import InputError

Writer = Callable[..., Path]
PLAIN = [["ann", "x", 5.0], ["bo", "y", 4.5], ["ann", "y", 1.0]]
SAME_RATINGS = {
    "a line that names the separator": (
        "sep=;\nuser;item;rating\nann;x;5\nbo;y;4,5\nann;y;1\n"
    ),
    "runs of spaces": "  user  item rating\n ann   x     5\n  bo  y   4.5\n ann y 1\n",
    "double tabs": "ann\t\tx\t\t5\nbo\t\ty\t\t4.5\nann\t\ty\t\t1\n",
    "quoted bars": (
        '"user"|"item"|"rating"\n"ann"|"x"|"5"\n"bo"|"y"|"4.5"\n"ann"|"y"|"1"\n'
    ),
    "names with kinds": (
        "user_id:token,item_id:token,rating:float\nann,x,5\nbo,y,4.5\nann,y,1\n"
    ),
    "RetailRocket's and Last.fm's names": (
        "visitorid,artistID,weight\nann,x,5\nbo,y,4.5\nann,y,1\n"
    ),
    "JSON lines": "\n".join(
        json.dumps(
            {"reviewerID": user, "asin": item, "overall": rating, "text": "a, b"}
        )
        for user, item, rating in PLAIN
    ),
    "a list of JSON": json.dumps(
        [{"user": user, "item": item, "stars": rating} for user, item, rating in PLAIN]
    ),
}
TOLD_RATINGS = {
    "comment at its top was left out, lines: 2": (
        "% made by hand\n# today\nann x 5\nbo y 4.5\nann y 1\n"
    ),
    "empty rows were left out: 2": (
        "user,item,rating\nann,x,5\nbo,y,4.5\n,,\nann,y,1\n,,\n"
    ),
    "quotation marks are text in it: line 3 has a stray one": (
        'user\titem\trating\tsays\nann\tx\t5\tgood\nbo\ty\t4.5\t"not\nann\ty\t1\t"ok\n'
    ),
    "quotation marks are text in it: line 2 has a stray one": (
        'user,item,rating,text\nann,x,5,"A\nbo,y,4.5,fine\nann,y,1,fine"\n'
    ),
}


@pytest.mark.parametrize("case", SAME_RATINGS)
def test_the_same_ratings_however_they_are_spelled(write: Writer, case: str) -> None:
    assert read_ratings(write(SAME_RATINGS[case])).values.tolist() == PLAIN


@pytest.mark.parametrize("message", TOLD_RATINGS)
def test_what_is_left_out_or_guessed_is_told(write: Writer, message: str) -> None:
    with pytest.warns(UserWarning, match=message):
        ratings = read_ratings(write(TOLD_RATINGS[message]))
    assert ratings[["user_id", "item_id", "rating"]].values.tolist() == PLAIN
    assert any(message in note for note in ratings.attrs["reading"]["notes"])


def test_dates_that_can_be_read_two_ways_are_told(write: Writer) -> None:
    text = "user,item,rating,date\nann,x,5,01/02/2025\nbo,y,4.5,03/04/2025\n"
    with pytest.warns(UserWarning, match="such as '01/02/2025', leave open"):
        ratings = read_ratings(write(text))
    assert ratings["timestamp"].dt.month.tolist() == [1, 3]
    clear = read_ratings(write(text.replace("01/02", "13/02")))
    assert clear["timestamp"].dt.month.tolist() == [2, 4]


def test_the_netflix_prize(write: Writer) -> None:
    text = "7:\n11,3,2005-09-06\n12,5,2005-05-13\n9:\n11,4,2005-10-19\n"
    with pytest.warns(UserWarning, match="in the format of the Netflix Prize"):
        ratings = read_ratings(write(text))
    assert ratings["item_id"].tolist() == [7, 7, 9]
    assert ratings["user_id"].tolist() == [11, 12, 11]
    assert ratings["rating"].tolist() == [3.0, 5.0, 4.0]
    assert ratings["timestamp"].dt.year.tolist() == [2005] * 3


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        (
            'id;name\n1;"The \\"Real\\" One; really"\n2;"B"\n',
            ['The "Real" One; really', "B"],
        ),
        ('id,name\n1,"A ""B"", C"\n2,"D\nE"\n', ['A "B", C', "D\nE"]),
        ("game_id,game name\n1,Go\n2,Chess\n", ["Go", "Chess"]),
    ],
)
def test_quoted_titles(write: Writer, text: str, titles: list[str]) -> None:
    assert read_items(write(text))["title"].tolist() == titles


def test_titles_that_only_look_quoted_keep_their_marks(write: Writer) -> None:
    text = 'id\ttitle\n1\tOne\n2\t"Heroes" and Low\n3\t"Open\n4\tIV\n5\t"Again\n6\tVI\n'
    with pytest.warns(UserWarning, match="quotation marks are text"):
        titles = read_items(write(text))["title"].tolist()
    assert titles == ["One", '"Heroes" and Low', '"Open', "IV", '"Again', "VI"]


def test_columns_of_items_can_be_named(write: Writer) -> None:
    path = write("nummer,titel,art\n1,Eins,Krimi\n")
    items = read_items(path, columns=["nummer", "titel", "art"])
    assert items.to_dict("records") == [
        {"item_id": 1, "title": "Eins", "genres": "Krimi"}
    ]
    with pytest.raises(InputError, match="names of the columns of ids, titles"):
        read_items(path, columns=["nummer"])


def test_text_of_windows_is_read_as_such(write: Writer) -> None:
    content = "user,item,rating\nann,Don’t €,5\n".encode("cp1252")
    with pytest.warns(UserWarning, match="line 2 is no UTF-8: all of it was read as"):
        ratings = read_ratings(write(content))
    assert ratings["item_id"].tolist() == ["Don’t €"]
    assert ratings.attrs["reading"]["encoding"] == "cp1252"


def test_one_bad_byte_does_not_spoil_the_other_lines(write: Writer) -> None:
    good, bad = (
        "user,item,rating\nzoë,Café,5\n".encode(),
        "bo,naïf,4\n".encode("cp1252"),
    )
    with pytest.warns(UserWarning, match=r"1 of its 3 lines are no UTF-8, .* line 3"):
        ratings = read_ratings(write(good + bad))
    assert ratings.values.tolist() == [["zoë", "Café", 5.0], ["bo", "naïf", 4.0]]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [(["1,000", "12,500"], [1e3, 12_500]), (["1,5", "2"], [1.5, 2])],
)
def test_a_comma_that_parts_thousands_is_told(
    write: Writer, cells: Sequence[str], numbers: Sequence[float]
) -> None:
    text = "user;item;rating\n" + "".join(
        f"{n};1;{cell}\n" for n, cell in enumerate(cells)
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert read_ratings(write(text))["rating"].tolist() == list(numbers)
    assert [str(each.message).endswith("thousands.") for each in caught] == [True] * (
        numbers[0] == 1000.0
    )


def test_time_stamps_with_fractions_are_numbers(write: Writer) -> None:
    text = "user,item,rating,timestamp\na,x,1,900000000.5\na,x,5,1000000000.25\n"
    ratings = read_ratings(write(text))
    assert ratings["timestamp"].tolist() == [900000000.5, 1000000000.25]
    with pytest.warns(UserWarning, match="1 repeated .* the latest rating of each"):
        assert without_repeats(ratings[::-1])["rating"].tolist() == [5.0]


def test_choices_without_names_are_found_by_ids_that_occur_again(write: Writer) -> None:
    with pytest.warns(UserWarning, match="no names of columns: what its first row"):
        choices = read_choices(write("ann,x\nbo,y\nann,y\n"))
    assert choices.values.tolist() == [["ann", "x"], ["bo", "y"], ["ann", "y"]]
    with pytest.raises(TableFileError, match="no column for user_id: it has ann, x"):
        read_choices(write("ann,x\nbo,y\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2 3 4 5 6\n2 3 4 5 6 7\n", "rows of 6 numbers without names: a matrix, or"),
        ("1 2 3 4 5 6\n2 3 4\n2 3\n", "all rows have as many"),
    ],
)
def test_lists_and_matrices_are_no_pairs(
    write: Writer, text: str, message: str
) -> None:
    with pytest.raises(TableFileError, match=message):
        read_choices(write(text))


def test_how_a_file_was_understood_is_told_in_one_sentence(write: Writer) -> None:
    path = write("Reader;Work;Verdict\nann;x;5\nbo;y;0\ncy;y;0\n")
    ratings = read_ratings(path, columns=["Reader", "Work", "Verdict"])
    assert told(ratings) == (
        f"Read 3 rows of {path}: user_id = Reader, item_id = Work, rating = Verdict; "
        "utf-8, cells parted by ';'; ratings from 0 to 5, 2 different ones, 67% are 0."
    )
    assert told(pd.DataFrame({"rating": [1.0]})) == ""
    json.dumps(ratings.attrs["reading"])


def test_rows_that_are_not_rated_are_left_out_and_counted() -> None:
    ratings = pd.DataFrame({"rating": [0.0, 3.9, 4.4, 0.0]})
    with pytest.warns(UserWarning, match="2 rows whose rating is 0 were left out"):
        settled = with_settled_ratings(ratings, unrated=0.0, step=0.1)
    assert settled["rating"].tolist() == [3.9, 4.4]
    with pytest.raises(InputError, match="unrated must leave some ratings; all are 5"):
        with_settled_ratings(pd.DataFrame({"rating": [5.0]}), 5.0, None)
    with pytest.raises(InputError, match="step must be a number above 0; got 0"):
        with_settled_ratings(ratings, None, 0.0)
