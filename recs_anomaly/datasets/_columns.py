"""Columns of somebody's file by their role: user, item, rating, title and so on."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.parquet import ParquetFile

from recs_anomaly.datasets._text_tables import (
    DelimitedText,
    TableFileError,
    read_text_table,
    reading,
    text_columns,
)

# Spelled without case, spaces and punctuation; where a table has several of a role's
# names, the one that stands first here is taken.
_USER = (
    "userid user uid username reviewerid customerid memberid profileid accountid "
    "personid viewerid readerid reviewer customer member person"
).split()
_ITEM = (
    "itemid item iid movieid movie filmid film productid product bookid book isbn asin "
    "songid trackid gameid animeid businessid articleid showid beerid recipeid jokeid"
).split()
_RATING = (
    "rating ratings stars star score ratingvalue rate overall bookrating movierating "
    "userrating reviewscore grade points value"
).split()
_TIMESTAMP = (
    "timestamp time datetime date ratedat createdat unixtime unixreviewtime reviewtime"
).split()
_TITLE = (
    "title movietitle filmtitle itemtitle booktitle itemname name movie film".split()
)
_GENRES = "genres genre categories category".split()

RATING_COLUMNS = {
    "user_id": _USER,
    "item_id": _ITEM,
    "rating": _RATING,
    "timestamp": _TIMESTAMP,
}
CHOICE_COLUMNS = {"user_id": _USER, "item_id": _ITEM}
ITEM_COLUMNS = {
    # Beside an "id", a column "movie" holds the title; this sort keeps the order else.
    "item_id": sorted([*_ITEM, "id"], key=lambda name: not name.endswith("id")),
    "title": _TITLE,
    "genres": _GENRES,
}
_OPTIONAL = {"timestamp", "genres"}
_PARQUET_MAGIC = b"PAR1"
# A rating or a title is what it is; these are numbers where they look like numbers.
_IDS = ("user_id", "item_id")
_MAYBE_NUMBERS = {*_IDS, "timestamp"}


def find_columns(
    names: Sequence[str],
    aliases: Mapping[str, Sequence[str]],
    path: Path,
    chosen: Sequence[str] = (),
) -> dict[str, int]:
    """Find the position of each role's column by the names people usually give it.

    Parameters
    ----------
    names : sequence of str
        A table's column names.
    aliases : mapping of str to sequence of str
        Accepted names of each role: `RATING_COLUMNS` or another of the constants.
    path : Path
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
            # Items have no such parameter.
            hint = (
                ""
                if aliases is ITEM_COLUMNS
                else ", or name them (columns=, --columns)"
            )
            if role == "rating":
                hint += " (read_choices and `recommend train --choices` need none)"
            raise TableFileError(
                f"{path} has no column for {role}: it has {', '.join(names)}; call one "
                f"of them {known} or the like{hint}."
            )
    return columns


def names_any_column(
    cells: Iterable[str], aliases: Mapping[str, Sequence[str]]
) -> bool:
    """Return whether a row holds a name of any role, and so must be a header."""
    spelled = {_plain(cell) for cell in cells}
    return any(spelled.intersection(accepted) for accepted in aliases.values())


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
    """Return whether a file begins as Parquet does, whatever its name."""
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


def narrowed(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turn text into int64 if that can be undone: not "007", "7.0" or "seven"."""
    try:
        numbers = pc.cast(text, pa.int64())
    except pa.ArrowInvalid:
        return text
    is_undone = pc.equal(pc.cast(numbers, pa.string()), text)
    return numbers if pc.all(is_undone).as_py() else text


def _place_of(name: str, names: Sequence[str], path: Path) -> int:
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
        places = [place for place in free if _plain(names[place]) == alias]
        if places:
            return places
    return []


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _whole(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turn floats into int64 if all are whole."""
    if not pa.types.is_floating(values.type):
        return values
    try:
        return pc.cast(values, pa.int64())
    except pa.ArrowInvalid:
        return values


def _refuse_missing(ids: pa.ChunkedArray, role: str, path: Path) -> None:
    """Raise a TableFileError that names the first row without an id."""
    is_missing = pc.is_null(ids, nan_is_null=True)
    if pa.types.is_string(ids.type):
        is_missing = pc.or_kleene(is_missing, pc.equal(ids, ""))
    row = pc.index(is_missing, True).as_py() + 1
    if row:
        raise TableFileError(f"{path}, row {row}, has no {role}.")
