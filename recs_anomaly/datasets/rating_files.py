"""Anybody's own ratings or choices, from the file formats they usually come in."""

import math
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from recs_anomaly.datasets._cells import (
    MISSING,
    dates_or_cells,
    mark_of_thousands,
    number_of,
    open_date,
    open_date_told,
)
from recs_anomaly.datasets._columns import (
    FileColumns,
    checked_names,
    columns_of_file,
    columns_of_text,
    names_any_column,
)
from recs_anomaly.datasets._roles import CHOICE_COLUMNS, RATING_COLUMNS
from recs_anomaly.datasets._text_tables import (
    DelimitedText,
    TableFileError,
    text_columns,
)
from recs_anomaly.datasets.sources import Query, Source, source_of
from recs_anomaly.exceptions import InputError

_MAX_CELLS_OF_CHOICE = 4  # user, item, rating, timestamp
_N_THOUSANDS = 3
_PAIR = ("user_id", "item_id")
_SAMPLE_BYTES = 1 << 16
_BYTES_OF_FLAGS = set(b"01,;\t |\r\n")


def read_ratings(
    path: str | os.PathLike[str] | Query, *, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    r"""Read a file of ratings.

    CSV and its relatives (tab, semicolon, space), MovieLens' ``::`` and ``u.data``,
    JSON lines, the Netflix Prize's lists, each plain or packed with gzip, and Parquet.
    Columns are found by their usual names, whatever the case: userId, user, item_id,
    movieId, product, stars, score and so on. A text file without names holds user,
    item, rating and, if there is a fourth column, timestamp. Pairs that occur twice are
    handed on as they are. How the file was understood stands in
    ``ratings.attrs["reading"]``; what was left out or is odd is a warning too.

    Parameters
    ----------
    path : str, path-like or Query
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
    >>> from pathlib import Path
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
    path = source_of(path)
    chosen = checked_names(columns, "users, items, ratings and, if any, times", 3, 4)
    found, reading = _columns(path, RATING_COLUMNS, _is_rating, chosen)
    ratings = _frame(found, "rating", path, reading["notes"])
    ratings.attrs["reading"] = reading
    return ratings


def read_choices(
    path: str | os.PathLike[str] | Query, *, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    r"""Read a file of who chose what: clicks, plays, loans, or ratings of any value.

    In the formats of `read_ratings`; what else there is in the file is left alone, but
    for how often a choice was made (plays, count, minutes and so on) and when. A text
    file without names begins with user and item, and holds numbers only.

    Parameters
    ----------
    path : str, path-like or Query
    columns : sequence of str, optional
        Names of the columns of users and items, and of counts and timestamps if there
        are any, for a file that calls them by other names than the usual ones.

    Returns
    -------
    choices : DataFrame with columns user_id, item_id and, if known, count, timestamp
        In the file's order; ids and timestamps are as in `read_ratings`. `count` is
        float64: what `fit` takes as `sample_weight`.

    Raises
    ------
    InputError
        If `columns` are not two to four different names.
    TableFileError
        If there is no such file, it cannot be read as a table, a column is missing or
        doubled, there is no choice at all, or a row lacks an id or, where there are
        counts, one of at least 0.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp(), "loans.csv")
    >>> _ = file.write_text("Member,Book\nada,007\nbo,12\n")
    >>> read_choices(file)
      user_id item_id
    0     ada     007
    1      bo      12
    """
    path = source_of(path)
    roles = "users, items and, if any, counts and times"
    chosen = checked_names(columns, roles, 2, 4)
    found, reading = _columns(path, CHOICE_COLUMNS, _is_choice, chosen)
    choices = _frame(found, "count", path, reading["notes"])
    if "count" in choices and (is_bad := (choices["count"] < 0).to_numpy()).any():
        row = int(is_bad.argmax())
        raise TableFileError(
            f"{path}, row {row + 1}, has the count {choices['count'][row]:g}, "
            "which is below 0."
        )
    choices.attrs["reading"] = reading
    return choices


def told(ratings: pd.DataFrame) -> str:
    """Say in one sentence how a file was understood.

    Parameters
    ----------
    ratings : DataFrame
        From `read_ratings` or `read_choices`.

    Returns
    -------
    sentence : str
        Nothing where the table is from no file.
    """
    reading = ratings.attrs.get("reading")
    if not reading:
        return ""
    columns = ", ".join(f"{role} = {name}" for role, name in reading["columns"].items())
    words = f"Read {reading['n_rows']:,} rows of {reading['file']}"
    if reading["n_columns"] > len(reading["columns"]):
        words += f", {len(reading['columns'])} of its {reading['n_columns']} columns"
    words += f": {columns}"
    if reading["encoding"]:
        words += f"; {reading['encoding']}, cells parted by {reading['delimiter']!r}"
    if "rating" in ratings and len(ratings):
        values = ratings["rating"].round(6)
        shares = values.value_counts(normalize=True)
        words += (
            f"; ratings from {values.min():g} to {values.max():g}, {len(shares)} "
            f"different ones, {shares.iloc[0]:.0%} are {shares.index[0]:g}"
        )
    return words + "."


def with_settled_ratings(
    ratings: pd.DataFrame, unrated: float | None, step: float | None
) -> pd.DataFrame:
    """Leave out what is no rating, and round the others.

    Parameters
    ----------
    ratings : DataFrame with a column rating
    unrated : float or None
        Value that says that somebody chose an item without rating it.
    step : float or None
        Ratings become multiples of it.

    Returns
    -------
    ratings : DataFrame

    Raises
    ------
    InputError
        If no rating is left, or `step` is not above 0.

    Examples
    --------
    >>> ratings = pd.DataFrame({"rating": [3.9, 4.4]})
    >>> with_settled_ratings(ratings, None, 0.5)["rating"].tolist()
    [4.0, 4.5]
    """
    reading = dict(ratings.attrs.get("reading", {}))
    notes = list(reading.get("notes", ()))
    if unrated is not None:
        is_rated = ratings["rating"] != unrated
        if not is_rated.any():
            raise InputError(f"unrated must leave some ratings; all are {unrated:g}.")
        ratings = ratings[is_rated].reset_index(drop=True)
        notes.append(
            f"{(~is_rated).sum():,} rows whose rating is {unrated:g} were left out: "
            "they are not rated"
        )
        warnings.warn(f"{notes[-1]}.", UserWarning, stacklevel=2)
    if step is not None:
        if not 0 < step < math.inf:
            raise InputError(f"step must be a number above 0; got {step:g}.")
        rounded = (ratings["rating"] / step).round() * step
        ratings = ratings.assign(rating=rounded.round(9))
        notes.append(f"ratings were rounded to multiples of {step:g}")
    if reading:
        ratings.attrs["reading"] = {**reading, "notes": notes}
    return ratings


def _columns(
    path: Source,
    aliases: Mapping[str, Sequence[str]],
    is_row: Callable[[Sequence[str]], bool],
    chosen: Sequence[str],
) -> FileColumns:
    """Read the columns of the roles; each row must name a user and an item."""

    def of_text(table: DelimitedText) -> FileColumns:
        def is_first(cells: Sequence[str]) -> bool:
            return is_row(cells) or _recurs(table, aliases)

        if "rating" in aliases or chosen:
            return columns_of_text(table, aliases, is_first, chosen)
        _refuse_lists(table)
        has_names = not is_first(table.first_row)
        roles = aliases if has_names else {role: aliases[role] for role in _PAIR}
        return columns_of_text(table, roles, lambda _: not has_names)

    found = columns_of_file(path, aliases, of_text, chosen)
    if not len(found.values["user_id"]):
        what = "rating" if "rating" in aliases else "choice"
        raise TableFileError(f"{path} has column names but not a single {what}.")
    return found


def _recurs(table: DelimitedText, aliases: Mapping[str, Sequence[str]]) -> bool:
    """Whether a first line without a known name is a choice: its ids occur again."""
    first = table.first_row
    if "rating" in aliases or names_any_column(first, RATING_COLUMNS):
        return False
    ids = text_columns(table, {"user": 0, "item": 1}, has_header=True)
    occurs = (pc.equal(ids[each], cell) for each, cell in zip(ids, first, strict=False))
    if not any(pc.any(found).as_py() for found in occurs):
        return False
    warnings.warn(
        f"{table.path} was taken to have no names of columns: what its first row says, "
        f"{first[0]} and {first[1]}, occurs again below.",
        UserWarning,
        stacklevel=6,
    )
    return True


def _refuse_lists(table: DelimitedText) -> None:
    """Raise a TableFileError for rows of numbers that are no pair of ids."""
    n_cells = len(table.first_row)
    if not _is_choice(table.first_row):
        return
    is_matrix = (
        n_cells > len(_PAIR) and not set(table.text[:_SAMPLE_BYTES]) - _BYTES_OF_FLAGS
    )
    if n_cells > _MAX_CELLS_OF_CHOICE or is_matrix:
        raise TableFileError(
            f"{table.path} has rows of {n_cells} numbers without names: a matrix, or "
            "lists of items? A row must tell of one user and one item; if it does, put "
            "names of the columns in the first line."
        )


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


def _times(cells: pd.Series, path: Source, notes: list[str]) -> pd.Series:
    """Dates and numbers, fractions too, as what can be put in order."""
    found = dates_or_cells(cells)
    if not pd.api.types.is_string_dtype(found):
        if pd.api.types.is_datetime64_any_dtype(found) and (cell := open_date(cells)):
            notes.append(open_date_told(cell))
            warnings.warn(f"{path}: {notes[-1]}.", UserWarning, stacklevel=3)
        return found
    numbers = np.array([_number_or_nan(cell) for cell in found], dtype=np.float64)
    if np.isfinite(numbers).all():
        return pd.Series(numbers, found.index)
    row = int((~np.isfinite(numbers)).argmax())
    notes.append(
        f"its times were left alone: not all are dates, or numbers; row {row + 1} has "
        f"{found.iloc[row]!r:.40}"
    )
    warnings.warn(f"{path}: {notes[-1]}.", UserWarning, stacklevel=3)
    return found


def _number_or_nan(cell: object) -> float:
    return number if (number := number_of(str(cell))) is not None else math.nan


def _frame(
    columns: dict[str, pa.ChunkedArray], amount: str, path: Source, notes: list[str]
) -> pd.DataFrame:
    """Move columns into a frame, one after the other: two tables may not fit."""
    series: dict[str, Any] = {}
    for role in [*columns]:
        cells = columns.pop(role)
        if role == amount:
            values = pd.Series(_finite_numbers(cells, role, path, notes), copy=False)
        else:
            values = cells.to_pandas()
        if role == "timestamp":
            values = _times(values, path, notes)
        # What is in one piece comes as a view, which older pandas cannot write to.
        series[role] = values.copy() if cells.num_chunks == 1 else values
    return pd.DataFrame(series, copy=False)


def _finite_numbers(
    cells: pa.ChunkedArray, role: str, path: Source, notes: list[str]
) -> np.ndarray:
    numbers = _numbers(cells, role, path, notes)
    is_bad = ~np.isfinite(numbers)
    if is_bad.any():
        row = int(is_bad.argmax())
        came = str(cells[row].as_py()).strip()
        rule = (
            f"has no {role}; leave such rows out, or read it as choices "
            "(read_choices, --choices)"
            if came.lower() in MISSING
            else f"has the {role} {came!r}, which is not a finite number"
        )
        raise TableFileError(f"{path}, row {row + 1}, {rule}.")
    return numbers


def _numbers(
    column: pa.ChunkedArray, role: str, path: Source, notes: list[str]
) -> np.ndarray:
    """Convert to float64, with NaN for what is no number."""
    try:
        return np.asarray(pc.cast(column, pa.float64()).to_numpy())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        # An empty cell is no number, and half of the world writes 4,5.
        cells = pc.fill_null(pc.cast(column, pa.string()), "").to_pylist()
    if mark := _thousands_mark(cells):
        notes.append(f"{mark!r} in its {role}s was taken to part thousands")
        warnings.warn(f"{path}: {notes[-1]}.", UserWarning, stacklevel=4)
    return np.array([number_of(cell, mark) for cell in cells], dtype=np.float64)


def _thousands_mark(cells: Sequence[str]) -> str:
    """Find what parts the thousands of numbers; nothing if that is not told.

    A comma does that shows in no cell as a decimal comma; anything does without which
    a cell would be no number.
    """
    parts = [cell.split(",")[1:] for cell in cells if "," in cell]
    if parts and all(len(part) == _N_THOUSANDS for behind in parts for part in behind):
        return ","
    odd = next((cell for cell in cells if number_of(cell) is None), "")
    return mark_of_thousands(odd)
