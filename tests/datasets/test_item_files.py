"""Titles and genres come out of MovieLens' files and out of anybody's."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from recs_anomaly.datasets._text_tables import TableFileError
from recs_anomaly.datasets.item_files import read_items

Writer = Callable[..., Path]
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


def test_absent_titles_are_empty_and_numbers_are_text(tmp_path: Path) -> None:
    path = tmp_path / "items.parquet"
    pd.DataFrame({"id": [1, 2], "title": ["A", None], "genre": [7, 8]}).to_parquet(path)
    items = read_items(path)
    assert items["title"].tolist() == ["A", ""]
    assert items["genres"].tolist() == ["7", "8"]


def test_titles_that_are_numbers_stay_text(write: Writer) -> None:
    items = read_items(write("movieId,title\n1,1984\n2,300\n"))
    assert items["title"].tolist() == ["1984", "300"]


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
    with pytest.raises(TableFileError, match=message):
        read_items(write(content))
