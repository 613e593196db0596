"""Anybody's own ratings and items, from the file formats they usually come in."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.parquet import ParquetFile

from recs_anomaly.datasets._columns import (
    ITEM_COLUMNS,
    RATING_COLUMNS,
    find_columns,
    names_any_column,
)
from recs_anomaly.datasets._tables import RatingsFileError
from recs_anomaly.datasets._text_tables import (
    TextTable,
    read_text_table,
    reading,
    text_columns,
)

_PARQUET_MAGIC = b"PAR1"
_NO_VALUE = {"", "na", "n/a", "nan", "null", "none", "<na>"}
# The last 19 columns of MovieLens 100K's u.item say yes or no to these, in this order.
_U_ITEM_GENRES = (
    "unknown|Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|"
    "Fantasy|Film-Noir|Horror|Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western"
).split("|")
_U_ITEM_CELLS = 24
_NO_GENRES = ["(no genres listed)", "unknown"]


def read_ratings(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read a file of ratings.

    CSV and its relatives (tab, semicolon, space), MovieLens' ``::`` and ``u.data``,
    each plain or packed with gzip, and Parquet. Columns are found by their usual
    names, whatever the case: userId, user, item_id, movieId, product, stars, score
    and so on. A text file without names holds user, item, rating and, if there is a
    fourth column, timestamp. Pairs that occur twice are handed on as they are.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    ratings : DataFrame with columns user_id, item_id, rating and, if known, timestamp
        In the file's order. `rating` is float64 in the file's own scale. Ids and
        timestamps are as they came: whole numbers are int64, and a column in which
        anything else occurs, "007" for instance, is text; from Parquet they keep
        their type.

    Raises
    ------
    RatingsFileError
        If there is no such file, it cannot be read as a table, a column is missing or
        doubled, there is no rating at all, or a row lacks an id or a finite rating.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "mine.csv")
    >>> _ = file.write_text("User,Film,Stars\nada,007,4.5\nbo,12,3\n")
    >>> read_ratings(file)
      user_id item_id  rating
    0     ada     007     4.5
    1      bo      12     3.0
    """
    path = Path(path).expanduser()
    with reading(path):
        columns = (
            _parquet_columns(path, RATING_COLUMNS)
            if _is_parquet(path)
            else _text_ratings(read_text_table(path))
        )
    if not len(columns["rating"]):
        raise RatingsFileError(f"{path} has column names but not a single rating.")
    for role in ("user_id", "item_id"):
        _refuse_missing(columns[role], role, path)
    series = {name: values.to_pandas() for name, values in columns.items()}
    return pd.DataFrame({**series, "rating": _finite_numbers(columns["rating"], path)})


def read_items(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read a file of item titles.

    MovieLens' ``u.item``, ``movies.dat`` and ``movies.csv``, and any other table that
    `read_ratings` could read with an item id and a title in it.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    items : DataFrame with columns item_id, title, genres
        In the file's order. `item_id` is as in `read_ratings`. `genres` is the file's
        own text, in MovieLens' files names with ``|`` between; empty where none is
        known.

    Raises
    ------
    RatingsFileError
        If there is no such file, it cannot be read as a table, it has no column for
        item_id or title, or an item occurs twice.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "movies.dat")
    >>> _ = file.write_text("1::Toy Story (1995)::Animation|Comedy\n")
    >>> read_items(file).to_dict("records")  # doctest: +NORMALIZE_WHITESPACE
    [{'item_id': 1, 'title': 'Toy Story (1995)', 'genres': 'Animation|Comedy'}]
    """
    path = Path(path).expanduser()
    with reading(path):
        columns = (
            _parquet_columns(path, ITEM_COLUMNS)
            if _is_parquet(path)
            else _text_items(read_text_table(path))
        )
    _refuse_missing(columns["item_id"], "item_id", path)
    items = pd.DataFrame({name: values.to_pandas() for name, values in columns.items()})
    is_repeated = items["item_id"].duplicated()
    if is_repeated.any():
        twice = items.loc[is_repeated, "item_id"].iloc[0]
        raise RatingsFileError(f"{path} lists the item {twice} more than once.")
    items = items.assign(genres=items.get("genres", ""))
    return items.assign(
        genres=items["genres"].where(~items["genres"].isin(_NO_GENRES), "")
    )


def _text_ratings(table: TextTable) -> dict[str, pa.ChunkedArray]:
    has_header = not _is_rating(table.first_row)
    columns = text_columns(
        table,
        find_columns(table.first_row, RATING_COLUMNS, table.path)
        if has_header
        else _by_place(RATING_COLUMNS, len(table.first_row)),
        has_header=has_header,
    )
    others = [name for name in columns if name != "rating"]
    return {**columns, **{name: _narrowed(columns[name]) for name in others}}


def _text_items(table: TextTable) -> dict[str, pa.ChunkedArray]:
    if table.delimiter == "|" and len(table.first_row) == _U_ITEM_CELLS:
        return _u_item(table)
    has_header = not re.fullmatch("[0-9]+", table.first_row[0])
    columns = text_columns(
        table,
        find_columns(table.first_row, ITEM_COLUMNS, table.path)
        if has_header
        else _by_place(ITEM_COLUMNS, len(table.first_row)),
        has_header=has_header,
    )
    return {**columns, "item_id": _narrowed(columns["item_id"])}


def _u_item(table: TextTable) -> dict[str, pa.ChunkedArray]:
    first_flag = _U_ITEM_CELLS - len(_U_ITEM_GENRES)
    flags = {name: first_flag + n for n, name in enumerate(_U_ITEM_GENRES)}
    columns = text_columns(table, {"item_id": 0, "title": 1, **flags}, has_header=False)
    has_genre = np.column_stack([columns[name].to_numpy() == "1" for name in flags])
    genres = ["|".join(np.compress(row, _U_ITEM_GENRES)) for row in has_genre]
    return {
        "item_id": _narrowed(columns["item_id"]),
        "title": columns["title"],
        "genres": pa.chunked_array([genres], pa.string()),
    }


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC


def _parquet_columns(
    path: Path, aliases: Mapping[str, Sequence[str]]
) -> dict[str, pa.ChunkedArray]:
    try:
        with ParquetFile(path) as file:
            names = file.schema_arrow.names
            columns = find_columns(names, aliases, path)
            table = file.read([names[place] for place in columns.values()])
    except pa.ArrowInvalid as error:
        raise RatingsFileError(f"{path} is damaged Parquet: {error}.") from error
    for role, place in columns.items():
        if pa.types.is_nested(kind := table.schema.field(names[place]).type):
            raise RatingsFileError(f"{path} has a {kind} in every cell of {role}.")
    return {role: table.column(names[place]) for role, place in columns.items()}


def _is_rating(cells: Sequence[str]) -> bool:
    """Whether a first line is already a rating, so that the file has no names."""
    if len(cells) not in (3, 4) or names_any_column(cells, RATING_COLUMNS):
        return False
    return bool(np.isfinite(pd.to_numeric(cells[2], errors="coerce")))


def _by_place(roles: Iterable[str], n_cells: int) -> dict[str, int]:
    return {role: place for place, role in enumerate(roles) if place < n_cells}


def _narrowed(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turn text into int64 if that can be undone: not "007", "7.0" or "seven"."""
    try:
        numbers = pc.cast(text, pa.int64())
    except pa.ArrowInvalid:
        return text
    is_undone = pc.equal(pc.cast(numbers, pa.string()), text)
    return numbers if pc.all(is_undone).as_py() else text


def _finite_numbers(ratings: pa.ChunkedArray, path: Path) -> np.ndarray:
    numbers = _numbers(ratings)
    is_bad = ~np.isfinite(numbers)
    if is_bad.any():
        row = int(is_bad.argmax())
        came = str(ratings[row].as_py()).strip()
        rule = (
            "has no rating"
            if came.lower() in _NO_VALUE
            else f"has the rating {came!r}, which is not a finite number"
        )
        raise RatingsFileError(f"{path}, row {row + 1}, {rule}.")
    return numbers


def _numbers(ratings: pa.ChunkedArray) -> np.ndarray:
    """Convert to float64, with NaN for what is no number."""
    try:
        return np.asarray(pc.cast(ratings, pa.float64()).to_numpy())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        # Half of the world writes 4,5.
        text = pc.replace_substring(pc.cast(ratings, pa.string()), ",", ".")
    return np.asarray(pd.to_numeric(text.to_pandas(), errors="coerce"), dtype=float)


def _refuse_missing(ids: pa.ChunkedArray, role: str, path: Path) -> None:
    is_missing = pc.is_null(ids, nan_is_null=True)
    if pa.types.is_string(ids.type):
        is_missing = pc.or_kleene(is_missing, pc.equal(ids, ""))
    row = pc.index(is_missing, True).as_py() + 1
    if row:
        raise RatingsFileError(f"{path}, row {row}, has no {role}.")
