"""Columns of somebody's file by their role: user, item, rating, title and so on."""

import json
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
from pyarrow.parquet import ParquetFile

from recs_anomaly.core.arrays import EXACT_WHOLE
from recs_anomaly.datasets._roles import ITEM_COLUMNS, plain_name
from recs_anomaly.datasets._text_tables import (
    DelimitedText,
    TableFileError,
    as_utf8,
    read_text_table,
    reading,
    text_columns,
    unpacked,
)
from recs_anomaly.datasets.sources import Source
from recs_anomaly.datasets.stores import is_one_file, stored_table
from recs_anomaly.exceptions import InputError

_OPTIONAL = {"count", "timestamp", "genres"}
_PARQUET_MAGIC = b"PAR1"
_JSON = re.compile(rb"\s*(?P<list>\[\s*)?\{\s*\"")
# A rating or a title is what it is; these are numbers where they look like numbers.
_IDS = ("user_id", "item_id")
_MAYBE_NUMBERS = {*_IDS, "timestamp"}


class FileColumns(NamedTuple):
    """Columns of a file by role, and how the file was understood.

    Attributes
    ----------
    values : dict of str to ChunkedArray
    reading : dict
        Plain values: the name (or place, from 1) of each role's column, encoding and
        delimiter of a text, and notes on what was guessed or left out.
    """

    values: dict[str, pa.ChunkedArray]
    reading: dict[str, Any]


def find_columns(
    names: Sequence[str],
    aliases: Mapping[str, Sequence[str]],
    path: Source,
    chosen: Sequence[str] = (),
) -> dict[str, int]:
    """Find the position of each role's column by the names people usually give it.

    Parameters
    ----------
    names : sequence of str
        A table's column names.
    aliases : mapping of str to sequence of str
        Accepted names of each role: `RATING_COLUMNS` or another of the constants.
    path : Path or Query
        For the message.
    chosen : sequence of str, default=()
        Names, to the letter, of the columns that play the first roles.

    Returns
    -------
    columns : dict of str to int
        Position of each role, without the optional ones that are not there.

    Raises
    ------
    TableFileError
        If a role that is not optional has no column, or two of equal claim, or a
        chosen column is not there.
    """
    columns = {
        role: _place_of(name, names, path)
        for role, name in zip(aliases, chosen, strict=False)
    }
    for role, accepted in list(aliases.items())[len(columns) :]:
        places = _places_of(accepted, names, taken=columns.values())
        if len(places) > 1:
            called = " and ".join(repr(names[place]) for place in places)
            raise TableFileError(
                f"{path} has {len(places)} columns for {role}: {called}; keep one."
            )
        if places:
            columns[role] = places[0]
        elif role not in _OPTIONAL:
            known = ", ".join([role, *accepted[1:6]])
            option = "--item-columns" if aliases is ITEM_COLUMNS else "--columns"
            hint = f", or name them (columns=, {option})"
            if role == "rating":
                hint += " (read_choices and `recommend train --choices` need none)"
            raise TableFileError(
                f"{path} has no column for {role}: it has {', '.join(names)}; call one "
                f"of them {known} or the like{hint}."
            )
    return columns


def checked_names(
    columns: Sequence[str] | None, roles: str, least: int, most: int
) -> Sequence[str]:
    """Check what a caller calls columns; nothing where they call them nothing.

    Parameters
    ----------
    columns : sequence of str or None
    roles : str
        For the message.
    least, most : int
        How many columns there may be.

    Returns
    -------
    names : sequence of str

    Raises
    ------
    InputError
        If they are not so many different names.
    """
    if columns is None:
        return ()
    if isinstance(columns, str) or not least <= len(columns) <= most:
        raise InputError(
            f"columns must be the names of the columns of {roles}; got {columns!r}."
        )
    if len(set(columns)) < len(columns):
        raise InputError(f"columns must be different ones; got {columns!r}.")
    return columns


def names_any_column(
    cells: Iterable[str], aliases: Mapping[str, Sequence[str]]
) -> bool:
    """Return whether a row holds a name of any role, and so must be a header."""
    spelled = {plain_name(cell) for cell in cells}
    return any(spelled.intersection(accepted) for accepted in aliases.values())


def columns_of_file(
    path: Source,
    aliases: Mapping[str, Sequence[str]],
    of_text: Callable[[DelimitedText], FileColumns],
    chosen: Sequence[str] = (),
) -> FileColumns:
    """Read the columns that play a role, from Parquet, JSON or delimited text.

    Parameters
    ----------
    path : Path or Query
    aliases : mapping of str to sequence of str
        Accepted names of each role.
    of_text : callable
        Cuts them out of a text table: `columns_of_text`, or for another layout.
    chosen : sequence of str, default=()
        Names, to the letter, of the columns that play the first roles.

    Returns
    -------
    columns : FileColumns
        With an id in every row.

    Raises
    ------
    TableFileError
        If there is no such file, it is no table, a column is missing or doubled, or a
        row lacks an id.
    """

    def wanted(names: Sequence[str]) -> list[str]:
        places = find_columns(names, aliases, path, chosen)
        return [names[place] for place in places.values()]

    if is_one_file(path):
        columns = _columns_of_one_file(path, aliases, of_text, chosen)
    else:
        columns = _columns_of_table(stored_table(path, wanted), path, aliases, chosen)
    for role in filter(columns.values.__contains__, _IDS):
        _refuse_missing(columns.values[role], role, path)
    n_rows = len(next(iter(columns.values.values())))
    return columns._replace(
        reading={"file": str(path), "n_rows": n_rows, **columns.reading}
    )


def _columns_of_one_file(
    path: Path,
    aliases: Mapping[str, Sequence[str]],
    of_text: Callable[[DelimitedText], FileColumns],
    chosen: Sequence[str],
) -> FileColumns:
    with reading(path):
        if is_parquet(path):
            return _columns_of_parquet(path, aliases, chosen)
        if (table := json_table(path)) is not None:
            return _columns_of_table(table, path, aliases, chosen)
        return of_text(read_text_table(path))


def is_parquet(path: Path) -> bool:
    """Return whether a file begins as Parquet does, whatever its name."""
    with path.open("rb") as file:
        return file.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC


def _columns_of_parquet(
    path: Path, aliases: Mapping[str, Sequence[str]], chosen: Sequence[str]
) -> FileColumns:
    try:
        with ParquetFile(path) as file:
            names = file.schema_arrow.names
            places = find_columns(names, aliases, path, chosen)
            table = file.read([names[place] for place in places.values()])
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise TableFileError(f"{path} is damaged Parquet: {error}.") from error
    return _columns_of_table(table, path, aliases, chosen)


def json_table(path: Path) -> pa.Table | None:
    """Read rows as JSON objects, one a line or in one list; None for another text."""
    with path.open("rb") as file:
        start = file.read(1 << 10)
    if start.startswith(b"\x1f"):
        start = unpacked(path.read_bytes())[: 1 << 10]
    if not (found := _JSON.match(as_utf8(start)[0])):
        return None
    content, _, notes = as_utf8(unpacked(path.read_bytes()))
    for note in notes:
        warnings.warn(f"{path}: {note}.", UserWarning, stacklevel=5)
    try:
        if found["list"]:
            return _of_objects(json.loads(content))
        try:
            table = pyarrow.json.read_json(pa.BufferReader(content))
        except pa.ArrowException as error:
            if "changed from" not in str(error):
                raise
            table = None  # ids of mixed kinds are text
        if table is not None and not _may_have_lost_digits(table):
            return table
        lines = filter(str.strip, content.decode().split("\n"))
        return _of_objects([json.loads(line) for line in lines])
    except (pa.ArrowException, RecursionError, ValueError) as error:
        reason = " ".join(str(error).split())[:160]
        raise TableFileError(f"{path} is damaged JSON: {reason}.") from error


def _may_have_lost_digits(table: pa.Table) -> bool:
    """Whether whole numbers too large for int64 may have been read as floats."""
    is_large = (
        pc.any(pc.greater_equal(pc.abs(column), EXACT_WHOLE)).as_py()
        for column in table.columns
        if pa.types.is_floating(column.type)
    )
    return any(is_large)


def _of_objects(objects: Any) -> pa.Table:
    """Make a table of JSON objects; a column of mixed kinds, or too large, is text."""
    if not isinstance(objects, list) or not all(isinstance(o, dict) for o in objects):
        raise ValueError("not all of it are objects")
    columns = {}
    for name in dict.fromkeys(name for each in objects for name in each):
        values = [each.get(name) for each in objects]
        try:
            columns[name] = pa.array(values)
        except (pa.ArrowException, OverflowError, TypeError):
            columns[name] = pa.array([_spelled(each) for each in values])
    return pa.table(columns)


def _spelled(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _columns_of_table(
    table: pa.Table,
    path: Source,
    aliases: Mapping[str, Sequence[str]],
    chosen: Sequence[str],
) -> FileColumns:
    """Pick the columns that play a role, in their own types.

    But an id of 3.0, which pandas makes of a 3 beside a gap, is 3.
    """
    names = table.column_names
    places = find_columns(names, aliases, path, chosen)
    columns = {role: table.column(place) for role, place in places.items()}
    for role, values in columns.items():
        if role == "genres" and _is_list_of_text(values.type):
            columns[role] = pc.binary_join(values, "|")
        elif pa.types.is_nested(values.type):
            raise TableFileError(f"{path} has a {values.type} in each {role}.")
        try:
            values.validate(full=True)
        except pa.ArrowInvalid as error:
            raise TableFileError(f"{path} has a damaged {role}: {error}.") from error
    called = {role: names[place] for role, place in places.items()}
    return FileColumns(
        {
            role: _whole(values) if role in _MAYBE_NUMBERS else values
            for role, values in columns.items()
        },
        {
            "columns": called,
            "n_columns": len(names),
            "encoding": "",
            "delimiter": "",
            "notes": [],
        },
    )


def columns_of_text(
    table: DelimitedText,
    aliases: Mapping[str, Sequence[str]],
    is_row: Callable[[Sequence[str]], bool],
    chosen: Sequence[str] = (),
) -> FileColumns:
    """Cut the columns that play a role out of a text table.

    Parameters
    ----------
    table : DelimitedText
    aliases : mapping of str to sequence of str
        Accepted names of each role. Without names in the file, roles go by place.
    is_row : callable
        Whether the cells of the first line are already values.
    chosen : sequence of str, default=()
        Names, to the letter, of the columns that play the first roles; the file has
        names then.

    Returns
    -------
    columns : FileColumns
        Text, but int64 where an id or timestamp column can be that without loss. Rows
        that are empty in all of these columns are left out, with a warning.

    Raises
    ------
    TableFileError
        If a column is missing or doubled, or the table is not regular.
    """
    has_header = bool(chosen) or not is_row(table.first_row)
    places = (
        find_columns(table.first_row, aliases, table.path, chosen)
        if has_header
        else {role: n for n, role in enumerate(aliases) if n < len(table.first_row)}
    )
    columns = text_columns(table, places, has_header=has_header)
    notes = list(table.notes)
    joined = pc.binary_join_element_wise(*columns.values(), "")
    is_empty = pc.equal(joined, "")
    if n_empty := pc.sum(is_empty).as_py() or 0:
        notes.append(f"empty rows were left out: {n_empty:,}")
        warnings.warn(f"{table.path}: {notes[-1]}.", UserWarning, stacklevel=4)
        filled = pc.invert(is_empty)
        columns = {role: values.filter(filled) for role, values in columns.items()}
    called = {
        role: table.first_row[place] if has_header else f"column {place + 1}"
        for role, place in places.items()
    }
    return FileColumns(
        {
            role: narrowed(values) if role in _MAYBE_NUMBERS else values
            for role, values in columns.items()
        },
        {
            "columns": called,
            "n_columns": len(table.first_row),
            "encoding": table.encoding,
            "delimiter": table.delimiter,
            "notes": notes,
        },
    )


def narrowed(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turn text into int64 if that can be undone: not "007", "7.0" or "seven"."""
    try:
        numbers = pc.cast(text, pa.int64())
    except pa.ArrowInvalid:
        return text
    is_undone = pc.equal(pc.cast(numbers, pa.string()), text)
    return numbers if pc.all(is_undone).as_py() else text


def _is_list_of_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) and pa.types.is_string(kind.value_type))


def _place_of(name: str, names: Sequence[str], path: Source) -> int:
    if name not in names:
        raise TableFileError(
            f"{path} has no column {name!r}; it has {', '.join(names)}."
        )
    return names.index(name)


def _places_of(
    accepted: Iterable[str], names: Sequence[str], taken: Iterable[int]
) -> list[int]:
    free = [place for place in range(len(names)) if place not in taken]
    for alias in accepted:
        places = [place for place in free if plain_name(names[place]) == alias]
        if places:
            return places
    return []


def _whole(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turn floats into int64 if all are whole."""
    if not pa.types.is_floating(values.type):
        return values
    try:
        return pc.cast(values, pa.int64())
    except pa.ArrowInvalid:
        return values


def _refuse_missing(ids: pa.ChunkedArray, role: str, path: Source) -> None:
    """Raise a TableFileError that names the first row without an id."""
    is_missing = pc.is_null(ids, nan_is_null=True)
    if pa.types.is_string(ids.type):
        is_missing = pc.or_kleene(is_missing, pc.equal(ids, ""))
    row = pc.index(is_missing, True).as_py() + 1
    if row:
        raise TableFileError(f"{path}, row {row}, has no {role}.")
