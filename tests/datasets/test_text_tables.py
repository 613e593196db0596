"""The delimiter is guessed from how regularly it occurs, not from how often."""

from pathlib import Path

import pytest

from recs_anomaly.datasets._text_tables import read_text_table, text_columns


@pytest.mark.parametrize(
    ("text", "delimiter", "first_row"),
    [
        pytest.param(
            "1,Toy Story,Animation|Comedy|Drama\n2,Heat,Action|Crime\n3,Up,A\n",
            ",",
            ("1", "Toy Story", "Animation|Comedy|Drama"),
            id="more bars than commas",
        ),
        pytest.param(
            'id;title\n1;"A, B, C"\n2;"D, E, F; or G"\n3;"H, I, J"\n',
            ";",
            ("id", "title"),
            id="commas and a semicolon in quotations",
        ),
        pytest.param(
            "1::One Two Three (1999)\n2::Four Five Six (2000)\n3::A B C (2001)\n",
            "::",
            ("1", "One Two Three (1999)"),
            id="as many spaces in every title",
        ),
        pytest.param(
            'user,item,stars,text\n1,2,3,"a\nb, c"\n4,5,6,"d"\n7,8,9,e\n',
            ",",
            ("user", "item", "stars", "text"),
            id="a line end in a quotation",
        ),
        pytest.param(
            "user,item,rating\n1,2,3\n4,Smith, John,5\n6,7,8\n",
            ",",
            ("user", "item", "rating"),
            id="one irregular row",
        ),
        pytest.param(
            "a,b\n1,2\n" + "3," + "x" * 100_000,
            ",",
            ("a", "b"),
            id="sample that ends inside a cell",
        ),
    ],
)
def test_delimiter(
    tmp_path: Path, text: str, delimiter: str, first_row: tuple[str, ...]
) -> None:
    path = tmp_path / "table.txt"
    path.write_text(text)
    table = read_text_table(path)
    assert (table.delimiter, table.first_row) == (delimiter, first_row)


def test_columns_are_cut_out_as_text(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('a,b,c\n 1 ,"x, ""y""",\n02,z\u00a0,null\n', encoding="utf-8")
    columns = text_columns(
        read_text_table(path), {"n": 0, "w": 2, "t": 1}, has_header=True
    )
    assert {name: values.to_pylist() for name, values in columns.items()} == {
        "n": ["1", "02"],
        "w": ["", "null"],
        "t": ['x, "y"', "z"],
    }
