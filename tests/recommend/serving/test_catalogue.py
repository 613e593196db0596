"""Finding items by title or id, and naming what a model knows by number."""

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.recommend.serving.catalogue import (
    Catalogue,
    place_spelled,
    plain_id,
    titles_and_genres,
)
from recs_anomaly.recommend.serving.titles import TitleError

ITEMS = pd.DataFrame(
    {
        "item_id": [50, 187, 242, 300],
        "title": ["Star Wars (1977)", "Godfather II (1974)", "187 (1997)", "300"],
        "genres": ["Sci-Fi", "Crime|Drama", "Drama", "War"],
        "n_ratings": [583, 209, 20, 7],
    }
)
CATALOGUE = Catalogue(ITEMS)


@pytest.mark.parametrize(
    ("asked", "item_id"),
    [
        ("star wars", 50),
        ("50", 50),
        ("id:187", 187),
        ("187 (1997)", 242),
        ("300", 300),
        ("godfather ii", 187),
    ],
)
def test_titles_and_ids_find_items(asked: str, item_id: int) -> None:
    found = CATALOGUE.find(asked)
    assert found == item_id
    assert type(found) is int


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            "187",
            "'187' is both the id of 'Godfather II (1974)' and the title '187 (1997)'; "
            "write id:187 for the one or add the year for the other.",
        ),
        ("id:51", "No rated item has the id '51'."),
        ("stargate", "'stargate' is no title among the 4 rated items."),
    ],
)
def test_what_names_no_single_item_is_refused(asked: str, message: str) -> None:
    with pytest.raises(TitleError) as refusal:
        CATALOGUE.find(asked)
    assert str(refusal.value) == message


def test_ids_that_are_text_are_found_as_they_are() -> None:
    catalogue = Catalogue(ITEMS.assign(item_id=["B007", "a b", "é", "id:x"]))
    for item_id in ("B007", "a b", "é"):
        assert catalogue.find(item_id) == item_id
    assert catalogue.find("id:id:x") == "id:x"


def test_describe_keeps_the_order_and_adds_columns() -> None:
    table = pd.DataFrame({"rank": [1, 2], "item_id": [242, 50]})
    described = CATALOGUE.describe(table)
    assert described.to_dict("list") == {
        "rank": [1, 2],
        "item_id": [242, 50],
        "title": ["187 (1997)", "Star Wars (1977)"],
        "genres": ["Drama", "Sci-Fi"],
        "n_ratings": [20, 583],
    }


def test_names_are_looked_up_by_the_text_of_ids() -> None:
    items = pd.DataFrame(
        {
            "item_id": [7, 8, 9],
            "title": ["Seven", " ", None],
            "genres": ["a|b", "", None],
        }
    )
    message = "titles for 1 of 4 items: ids look like 7 among the titles, like 9 among"
    with pytest.warns(UserWarning, match=message):
        titles, genres = titles_and_genres(np.array(["9", "x", "7", "8"]), items)
    assert titles.tolist() == ["9", "x", "Seven", "8"]
    assert genres.tolist() == ["", "", "a|b", ""]


def test_without_a_table_items_are_called_by_their_ids() -> None:
    titles, genres = titles_and_genres(np.array([3, 10]), None)
    assert titles.tolist() == ["3", "10"]
    assert genres.tolist() == ["", ""]


@pytest.mark.parametrize(
    ("ids", "text", "place"),
    [
        (np.array([3, 7]), "7", 1),
        (np.array([3, 7]), "07", None),
        (np.array(["07", "7"], dtype=object), "07", 0),
        (np.array([3, "ada"], dtype=object), "3", 0),
    ],
)
def test_an_id_is_found_by_its_spelling(
    ids: np.ndarray, text: str, place: int | None
) -> None:
    assert place_spelled(ids, text) == place


def test_ids_become_plain_values() -> None:
    assert type(plain_id(np.int64(3))) is int
    assert plain_id(("a", 1)) == ("a", 1)
