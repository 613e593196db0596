"""Columns are recognised by the names that real data sets give them."""

from pathlib import Path

import pytest

from recs_anomaly.datasets._columns import find_columns, names_any_column
from recs_anomaly.datasets._roles import ITEM_COLUMNS, RATING_COLUMNS
from recs_anomaly.datasets._text_tables import TableFileError

FILE = Path("some.csv")


@pytest.mark.parametrize(
    ("names", "places"),
    [
        ("userId movieId rating timestamp", [0, 1, 2, 3]),  # MovieLens
        ("USER_ID Item-Id Stars", [0, 1, 2]),
        ("User-ID ISBN Book-Rating", [0, 1, 2]),  # Book-Crossing
        (
            "rating title text asin parent_asin user_id timestamp",
            [5, 3, 0, 6],
        ),  # Amazon
        ("book_id user_id rating", [1, 0, 2]),  # Goodbooks
        ("review_id user_id business_id stars date text", [1, 2, 3, 4]),  # Yelp
        ("user_id anime_id rating", [0, 1, 2]),  # MyAnimeList
        ("id user film score", [1, 2, 3]),
    ],
)
def test_names_of_known_data_sets(names: str, places: list[int]) -> None:
    found = find_columns(names.split(), RATING_COLUMNS, FILE)
    assert found == dict(zip(RATING_COLUMNS, places, strict=False))


def test_the_most_telling_of_several_names_is_taken() -> None:
    names = ["user", "user_id", "movie", "score", "rating", "time", "timestamp"]
    assert find_columns(names, RATING_COLUMNS, FILE) == {
        "user_id": 1,
        "item_id": 2,
        "rating": 4,
        "timestamp": 6,
    }


@pytest.mark.parametrize(
    "names", ["movie name", "id movie", "id name", "item_id movie"]
)
def test_one_column_never_plays_two_roles(names: str) -> None:
    places = {"item_id": 0, "title": 1}
    assert find_columns(names.split(), ITEM_COLUMNS, FILE) == places


def test_names_that_differ_only_in_spelling_are_refused() -> None:
    with pytest.raises(TableFileError, match="columns for user_id: 'userId' and 'us"):
        find_columns(["userId", "user id", "item", "rating"], RATING_COLUMNS, FILE)


def test_a_header_is_told_from_a_row() -> None:
    assert names_any_column(["who", "Movie ID", "x"], RATING_COLUMNS)
    assert not names_any_column(["ada", "B00", "5"], RATING_COLUMNS)


def test_chosen_columns_are_taken_to_the_letter() -> None:
    names = ["user", "User", "Work", "stars", "verdict", "date"]
    chosen = ["User", "Work", "verdict"]
    expected = {"user_id": 1, "item_id": 2, "rating": 4}
    assert find_columns(names, RATING_COLUMNS, FILE, chosen) == {
        **expected,
        "timestamp": 5,
    }
    chosen.append("stars")
    assert find_columns(names, RATING_COLUMNS, FILE, chosen) == {
        **expected,
        "timestamp": 3,
    }
    with pytest.raises(TableFileError, match="no column 'work'; it has user, User, W"):
        find_columns(names, RATING_COLUMNS, FILE, ["User", "work", "verdict"])
