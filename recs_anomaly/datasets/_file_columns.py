"""Columns of a file by their role, as Arrow arrays: what ratings and items share."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.parquet import ParquetFile

from recs_anomaly.datasets._columns import find_columns
from recs_anomaly.datasets._tables import TableFileError
from recs_anomaly.datasets._text_tables import (
    DelimitedText,
    read_text_table,
    reading,
    text_columns,
)

_PARQUET_MAGIC = b"PAR1"
# A rating or a title is what it is; these are numbers where they look like numbers.
_IDS = ("user_id", "item_id")
_MAYBE_NUMBERS = {*_IDS, "timestamp"}


def columns_of_file(
    path: Path,
    aliases: Mapping[str, Sequence[str]],
    of_text: Callable[[DelimitedText], dict[str, pa.ChunkedArray]],
    chosen: Sequence[str] = (),
) -> dict[str, pa.ChunkedArray]:
    """Read the columns that play a role, from Parquet or from text.

    Parameters
    ----------
    path : Path
    aliases : mapping of str to sequence of str
        Accepted names of each role.
    of_text : callable
        Cuts them out of a text table: `columns_of_text`, or for another layout.
    chosen : sequence of str, default=()
        Names, to the letter, of the columns that play the first roles.

    Returns
    -------
    columns : dict of str to ChunkedArray
        With an id in every row.

    Raises
    ------
    TableFileError
        If there is no such file, it is no table, a column is missing or doubled, or a
        row lacks an id.
    """
    with reading(path):
        columns = (
            columns_of_parquet(path, aliases, chosen)
            if is_parquet(path)
            else of_text(read_text_table(path))
        )
    for role in filter(columns.__contains__, _IDS):
        _refuse_missing(columns[role], role, path)
    return columns


def is_parquet(path: Path) -> bool:
    """Whether a file begins as Parquet does, whatever its name."""
    with path.open("rb") as file:
        return file.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC


def columns_of_parquet(
    path: Path, aliases: Mapping[str, Sequence[str]], chosen: Sequence[str] = ()
) -> dict[str, pa.ChunkedArray]:
    """Read the columns of a Parquet file that play a role, in their own types.

    But an id of 3.0, which pandas makes of a 3 beside a gap, is 3.

    Parameters
    ----------
    path : Path
    aliases : mapping of str to sequence of str
        Accepted names of each role.
    chosen : sequence of str, default=()
        Names, to the letter, of the columns that play the first roles.

    Returns
    -------
    columns : dict of str to ChunkedArray

    Raises
    ------
    TableFileError
        If the file is damaged, a column is missing or doubled, or holds lists.
    """
    try:
        with ParquetFile(path) as file:
            names = file.schema_arrow.names
            places = find_columns(names, aliases, path, chosen)
            table = file.read([names[place] for place in places.values()])
    except pa.ArrowInvalid as error:
        raise TableFileError(f"{path} is damaged Parquet: {error}.") from error
    columns = {role: table.column(names[place]) for role, place in places.items()}
    for role, values in columns.items():
        if pa.types.is_nested(values.type):
            raise TableFileError(f"{path} has a {values.type} in each {role}.")
    return {
        role: _whole(values) if role in _MAYBE_NUMBERS else values
        for role, values in columns.items()
    }


def columns_of_text(
    table: DelimitedText,
    aliases: Mapping[str, Sequence[str]],
    is_row: Callable[[Sequence[str]], bool],
    chosen: Sequence[str] = (),
) -> dict[str, pa.ChunkedArray]:
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
    columns : dict of str to ChunkedArray
        Text, but int64 where an id or timestamp column can be that without loss.

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
    return {
        role: narrowed(values) if role in _MAYBE_NUMBERS else values
        for role, values in columns.items()
    }


def _whole(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turn floats into int64 if all are whole."""
    if not pa.types.is_floating(values.type):
        return values
    try:
        return pc.cast(values, pa.int64())
    except pa.ArrowInvalid:
        return values


def narrowed(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turn text into int64 if that can be undone: not "007", "7.0" or "seven"."""
    try:
        numbers = pc.cast(text, pa.int64())
    except pa.ArrowInvalid:
        return text
    is_undone = pc.equal(pc.cast(numbers, pa.string()), text)
    return numbers if pc.all(is_undone).as_py() else text


def _refuse_missing(ids: pa.ChunkedArray, role: str, path: Path) -> None:
    """Raise a TableFileError that names the first row without an id."""
    is_missing = pc.is_null(ids, nan_is_null=True)
    if pa.types.is_string(ids.type):
        is_missing = pc.or_kleene(is_missing, pc.equal(ids, ""))
    row = pc.index(is_missing, True).as_py() + 1
    if row:
        raise TableFileError(f"{path}, row {row}, has no {role}.")
