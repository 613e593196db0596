"""Anybody's own ratings or choices, from the file formats they usually come in."""

import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from recs_anomaly.datasets._cells import MISSING, dates_or_cells, number_of
from recs_anomaly.datasets._columns import (
    CHOICE_COLUMNS,
    RATING_COLUMNS,
    columns_of_file,
    columns_of_text,
    names_any_column,
)
from recs_anomaly.datasets._text_tables import DelimitedText, TableFileError
from recs_anomaly.datasets.paths import expanded
from recs_anomaly.exceptions import InputError


class MovieRatings(NamedTuple):
    """Ratings and the items they are about.

    Attributes
    ----------
    ratings : DataFrame with columns user_id, item_id, rating, timestamp
        One row a rating. `rating` is a float in the source's own scale (stars),
        `timestamp` whole seconds since 1970-01-01 UTC.
    items : DataFrame with columns item_id, title, genres
        One row an item. `genres` is one string with ``|`` between the names,
        empty where the source names none.
    """

    ratings: pd.DataFrame
    items: pd.DataFrame


def read_ratings(
    path: str | os.PathLike[str], *, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    r"""Read a file of ratings.

    CSV and its relatives (tab, semicolon, space), MovieLens' ``::`` and ``u.data``,
    each plain or packed with gzip, and Parquet. Columns are found by their usual
    names, whatever the case: userId, user, item_id, movieId, product, stars, score
    and so on. A text file without names holds user, item, rating and, if there is a
    fourth column, timestamp. Pairs that occur twice are handed on as they are.

    Parameters
    ----------
    path : str or path-like
    columns : sequence of str, optional
        Names of the columns of users, items and ratings, and of timestamps if there
        are any, for a file that calls them by other names than the usual ones.

    Returns
    -------
    ratings : DataFrame with columns user_id, item_id, rating and, if known, timestamp
        In the file's order. `rating` is float64 in the file's own scale. Ids and
        timestamps are as they came: whole numbers are int64, and a column in which
        anything else occurs, "007" for instance, is text; from Parquet they keep
        their type, but for floats that are all whole. Timestamps that are dates are
        datetime64.

    Raises
    ------
    InputError
        If `columns` are not three or four different names.
    TableFileError
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
    >>> _ = file.write_text("Reader,Work,Verdict\nada,007,4.5\n")
    >>> read_ratings(file, columns=["Reader", "Work", "Verdict"])
      user_id item_id  rating
    0     ada     007     4.5
    """
    path = expanded(path)
    chosen = _checked_names(columns, "users, items, ratings and, if any, times", 3, 4)
    found = _columns(path, RATING_COLUMNS, _is_rating, chosen)
    series = {role: values.to_pandas() for role, values in found.items()}
    if "timestamp" in series:
        series["timestamp"] = dates_or_cells(series["timestamp"])
    return pd.DataFrame({**series, "rating": _finite_numbers(found["rating"], path)})


def read_choices(
    path: str | os.PathLike[str], *, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    r"""Read a file of who chose what: clicks, plays, loans, or ratings of any value.

    In the formats of `read_ratings`; what else there is in the file is left alone. A
    text file without names begins with user and item, and holds numbers only.

    Parameters
    ----------
    path : str or path-like
    columns : sequence of str, optional
        Names of the columns of users and items, for a file that calls them by other
        names than the usual ones.

    Returns
    -------
    choices : DataFrame with columns user_id and item_id
        In the file's order; ids are as in `read_ratings`.

    Raises
    ------
    InputError
        If `columns` are not two different names.
    TableFileError
        If there is no such file, it cannot be read as a table, a column is missing or
        doubled, there is no choice at all, or a row lacks an id.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "loans.csv")
    >>> _ = file.write_text("Member,Book\nada,007\nbo,12\n")
    >>> read_choices(file)
      user_id item_id
    0     ada     007
    1      bo      12
    """
    path = expanded(path)
    chosen = _checked_names(columns, "users and items", 2, 2)
    found = _columns(path, CHOICE_COLUMNS, _is_choice, chosen)
    return pd.DataFrame({role: values.to_pandas() for role, values in found.items()})


def _checked_names(
    columns: Sequence[str] | None, roles: str, least: int, most: int
) -> Sequence[str]:
    if columns is None:
        return ()
    if isinstance(columns, str) or not least <= len(columns) <= most:
        raise InputError(
            f"columns must be the names of the columns of {roles}; got {columns!r}."
        )
    if len(set(columns)) < len(columns):
        raise InputError(f"columns must be different ones; got {columns!r}.")
    return columns


def _columns(
    path: Path,
    aliases: Mapping[str, Sequence[str]],
    is_row: Callable[[Sequence[str]], bool],
    chosen: Sequence[str],
) -> dict[str, pa.ChunkedArray]:
    """Read the columns of the roles; each row must name a user and an item."""

    def of_text(table: DelimitedText) -> dict[str, pa.ChunkedArray]:
        return columns_of_text(table, aliases, is_row, chosen)

    found = columns_of_file(path, aliases, of_text, chosen)
    if not len(found["user_id"]):
        what = "rating" if "rating" in aliases else "choice"
        raise TableFileError(f"{path} has column names but not a single {what}.")
    return found


def _is_rating(cells: Sequence[str]) -> bool:
    """Whether a first line is already a rating, so that the file has no names."""
    if len(cells) not in (3, 4) or names_any_column(cells, RATING_COLUMNS):
        return False
    return _is_number(cells[2])


def _is_choice(cells: Sequence[str]) -> bool:
    """Whether a first line is already a choice: nothing but numbers."""
    return len(cells) > 1 and all(map(_is_number, cells))


def _is_number(cell: str) -> bool:
    number = number_of(cell)
    return number is not None and math.isfinite(number)


def _finite_numbers(ratings: pa.ChunkedArray, path: Path) -> np.ndarray:
    numbers = _numbers(ratings)
    is_bad = ~np.isfinite(numbers)
    if is_bad.any():
        row = int(is_bad.argmax())
        came = str(ratings[row].as_py()).strip()
        rule = (
            "has no rating"
            if came.lower() in MISSING
            else f"has the rating {came!r}, which is not a finite number"
        )
        raise TableFileError(f"{path}, row {row + 1}, {rule}.")
    return numbers


def _numbers(ratings: pa.ChunkedArray) -> np.ndarray:
    """Convert to float64, with NaN for what is no number."""
    try:
        return np.asarray(pc.cast(ratings, pa.float64()).to_numpy())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        # An empty cell is no number, and half of the world writes 4,5.
        cells = pc.fill_null(pc.cast(ratings, pa.string()), "").to_pylist()
    return np.array([number_of(cell) for cell in cells], dtype=np.float64)
