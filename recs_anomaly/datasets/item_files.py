"""Titles and genres of items, from MovieLens' files and anybody's own."""

import os
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from recs_anomaly.datasets._columns import (
    FileColumns,
    checked_names,
    columns_of_file,
    columns_of_text,
    narrowed,
)
from recs_anomaly.datasets._roles import ITEM_COLUMNS
from recs_anomaly.datasets._text_tables import (
    DelimitedText,
    TableFileError,
    text_columns,
)
from recs_anomaly.datasets.sources import Query, source_of

U_ITEM_CELLS = 24
# The last 18 of them say yes or no to these genres; the one before, "unknown", to none.
_U_ITEM_GENRES = (
    "Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|"
    "Film-Noir|Horror|Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western"
).split("|")
NO_GENRES = "(no genres listed)"


def read_items(
    path: str | os.PathLike[str] | Query, *, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    r"""Read a file of item titles.

    MovieLens' ``u.item``, ``movies.dat`` and ``movies.csv``, and any other table that
    `read_ratings` could read with an item id and a title in it.

    Parameters
    ----------
    path : str, path-like or Query
    columns : sequence of str, optional
        Names of the columns of ids, titles and, if there are any, genres, for a file
        that calls them by other names than the usual ones.

    Returns
    -------
    items : DataFrame with columns item_id, title, genres
        In the file's order. `item_id` is as in `read_ratings`. `genres` is the file's
        own text, in MovieLens' files names with ``|`` between; empty where none is
        known.

    Raises
    ------
    TableFileError
        If there is no such file, it cannot be read as a table, it has no column for
        item_id or title, or an item occurs twice.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp(), "movies.dat")
    >>> _ = file.write_text("1::Toy Story (1995)::Animation|Comedy\n")
    >>> read_items(file).to_dict("records")  # doctest: +NORMALIZE_WHITESPACE
    [{'item_id': 1, 'title': 'Toy Story (1995)', 'genres': 'Animation|Comedy'}]
    """
    path = source_of(path)
    chosen = checked_names(columns, "ids, titles and, if any, genres", 2, 3)

    def of_text(table: DelimitedText) -> FileColumns:
        return _text_items(table, chosen)

    found, reading = columns_of_file(path, ITEM_COLUMNS, of_text, chosen)
    items = pd.DataFrame(
        {
            "item_id": found["item_id"].to_pandas(),
            "title": _texts(found["title"]),
            "genres": _texts(found["genres"]) if "genres" in found else "",
        }
    )
    is_repeated = items["item_id"].duplicated()
    if is_repeated.any():
        twice = items.loc[is_repeated, "item_id"].iloc[0]
        raise TableFileError(f"{path} lists the item {twice} more than once.")
    items = items.replace({"genres": {NO_GENRES: ""}})
    items.attrs["reading"] = reading
    return items


def _text_items(table: DelimitedText, chosen: Sequence[str]) -> FileColumns:
    if table.delimiter == "|" and len(table.first_row) == U_ITEM_CELLS:
        called = {
            "item_id": "column 1",
            "title": "column 2",
            "genres": "columns 7 to 24",
        }
        reading = {
            "columns": called,
            "n_columns": U_ITEM_CELLS,
            "encoding": table.encoding,
            "delimiter": table.delimiter,
            "notes": list(table.notes),
        }
        return FileColumns(_u_item(table), reading)
    return columns_of_text(table, ITEM_COLUMNS, _starts_with_a_number, chosen)


def _starts_with_a_number(cells: Sequence[str]) -> bool:
    return re.fullmatch("[0-9]+", cells[0]) is not None


def _u_item(table: DelimitedText) -> dict[str, pa.ChunkedArray]:
    first_flag = U_ITEM_CELLS - len(_U_ITEM_GENRES)
    flags = {name: first_flag + n for n, name in enumerate(_U_ITEM_GENRES)}
    columns = text_columns(table, {"item_id": 0, "title": 1, **flags}, has_header=False)
    has_genre = np.column_stack([columns[name].to_numpy() == "1" for name in flags])
    genres = ["|".join(np.compress(row, _U_ITEM_GENRES)) for row in has_genre]
    return {
        "item_id": narrowed(columns["item_id"]),
        "title": columns["title"],
        "genres": pa.chunked_array([genres], pa.string()),
    }


def _texts(values: pa.ChunkedArray) -> pd.Series:
    text: pd.Series = pc.fill_null(pc.cast(values, pa.string()), "").to_pandas()
    return text
