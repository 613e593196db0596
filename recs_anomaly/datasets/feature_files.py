"""What is known of items and people beside ratings, from the files it comes in."""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from recs_anomaly.datasets._columns import (
    find_columns,
    is_parquet,
    json_table,
    narrowed,
)
from recs_anomaly.datasets._roles import CHOICE_COLUMNS, ITEM_COLUMNS, plain_name
from recs_anomaly.datasets._text_tables import (
    DelimitedText,
    TableFileError,
    read_text_table,
    reading,
    text_columns,
)
from recs_anomaly.datasets.item_files import NO_GENRES, U_ITEM_CELLS, read_items
from recs_anomaly.datasets.sources import Query, Source, source_of
from recs_anomaly.datasets.stores import is_one_file, stored_table

_YEAR = re.compile(r"\((\d{4})\)\s*$")
# Of MovieLens' files of people, which name no columns; their numbers of an occupation
# are no amounts.
_PEOPLE = {
    "|": ["user_id", "age", "sex", "occupation", "zip"],
    "::": ["user_id", "sex", "age", "occupation", "zip"],
}
_CODES = {"occupation", "zip"}
_USER = {"user_id": [*CHOICE_COLUMNS["user_id"], "id"]}
_ITEM = {"item_id": ITEM_COLUMNS["item_id"]}


def read_item_features(
    path: str | os.PathLike[str] | Query, *, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    r"""Read what is known of items beside ratings.

    MovieLens' ``u.item``, ``movies.dat`` and ``movies.csv``, and any other table with
    names of its columns that `read_items` could read. A title tells its year, where it
    ends in one; what else it says is left out.

    Parameters
    ----------
    path : str, path-like or Query
    columns : sequence of str, optional
        Names of the columns of ids and titles, for a file that calls them by other
        names than the usual ones.

    Returns
    -------
    features : DataFrame
        Indexed by item_id, for `RBMRecommender.fit`: numbers where all cells of a
        column are numbers or empty, else texts.

    Raises
    ------
    TableFileError
        If there is no such file, it cannot be read as a table, it has no column for
        item_id, or an item occurs twice.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "movies.dat")
    >>> _ = file.write_text("1::Toy Story (1995)::Animation|Comedy\n")
    >>> read_item_features(file).columns.to_list()
    ['genres', 'year']
    """
    path = source_of(path)
    table = _table(path, _items_of_text)
    features = _indexed(table, _ITEM, path, (columns or ())[:1])
    titles = [*(columns or ())[1:2], *_called(features, ITEM_COLUMNS["title"])][:1]
    for title in titles:
        years = features.pop(title).astype(str).str.extract(_YEAR, expand=False)
        if years.notna().any():
            features["year"] = pd.to_numeric(years)
    return features


def read_user_features(
    path: str | os.PathLike[str] | Query, *, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    r"""Read what is known of people beside ratings.

    MovieLens' ``u.user`` and ``users.dat``, and any other table with names of its
    columns, one of which holds user ids.

    Parameters
    ----------
    path : str, path-like or Query
    columns : sequence of str, optional
        Name of the column of ids, for a file that calls it by another name than the
        usual ones.

    Returns
    -------
    features : DataFrame
        Indexed by user_id, as of `read_item_features`.

    Raises
    ------
    TableFileError
        If there is no such file, it cannot be read as a table, it has no column for
        user_id, or a person occurs twice.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "u.user")
    >>> _ = file.write_text("1|24|M|technician|85711\n2|53|F|other|94043\n")
    >>> read_user_features(file).columns.to_list()
    ['age', 'sex', 'occupation', 'zip']
    """
    path = source_of(path)
    table = _table(path, _people_of_text)
    return _indexed(table, _USER, path, (columns or ())[:1])


def _table(path: Source, of_text: Callable[[DelimitedText], pa.Table]) -> pa.Table:
    """Read all columns of a file, a query or a store."""
    if not is_one_file(path):
        return stored_table(path)
    with reading(path):
        table = _arrow_table(path)
        return of_text(read_text_table(path)) if table is None else table


def _arrow_table(path: Path) -> pa.Table | None:
    """Read all columns of Parquet or JSON; None for another text."""
    if not is_parquet(path):
        return json_table(path)
    try:
        return pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise TableFileError(f"{path} is damaged Parquet: {error}.") from error


def _items_of_text(text: DelimitedText) -> pa.Table:
    """Read all columns; MovieLens' own files name none."""
    is_u_item = text.delimiter == "|" and len(text.first_row) == U_ITEM_CELLS
    if is_u_item or (text.delimiter == "::" and text.first_row[0].isdecimal()):
        return pa.Table.from_pandas(read_items(text.path), preserve_index=False)
    return _named_columns(text)


def _people_of_text(text: DelimitedText) -> pa.Table:
    names = _PEOPLE.get(text.delimiter, [])
    if len(text.first_row) == len(names) and text.first_row[0].isdecimal():
        places = {name: place for place, name in enumerate(names)}
        return pa.table(text_columns(text, places, has_header=False))
    return _named_columns(text)


def _named_columns(text: DelimitedText) -> pa.Table:
    """Cut out all columns of a text table, by the names in its first row."""
    places = {name: place for place, name in enumerate(text.first_row) if name}
    return pa.table(text_columns(text, places, has_header=True))


def _indexed(
    table: pa.Table,
    role: dict[str, list[str]],
    path: Source,
    chosen: Sequence[str],
) -> pd.DataFrame:
    """Let a table's index be its ids, and its other columns numbers or texts."""
    [(name, place)] = find_columns(table.column_names, role, path, chosen).items()
    ids = table.column(place)
    if pa.types.is_string(ids.type):
        ids = narrowed(ids)
    index = pd.Index(ids.to_pandas(), name=name)
    if index.hasnans or index.has_duplicates:
        rule = "a row without" if index.hasnans else "more than one row of some"
        raise TableFileError(f"{path} has {rule} {name}.")
    others = table.remove_column(place)
    columns = {each: _values(each, others.column(each)) for each in others.column_names}
    return pd.DataFrame(columns).set_axis(index, axis=0)


def _values(name: str, cells: pa.ChunkedArray) -> pd.Series:
    """Numbers where all that is told are numbers, else what is there."""
    found: pd.Series = cells.to_pandas()
    if not pa.types.is_string(cells.type):
        return found
    told = found.mask(found.isin(["", NO_GENRES]))
    if plain_name(name) in _CODES:
        return told
    numbers = pd.to_numeric(told, errors="coerce")
    return numbers if (numbers.isna() == told.isna()).all() else told


def _called(features: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Columns that are called by one of these names, the usual ones first."""
    spelled = {plain_name(str(name)): str(name) for name in features}
    return [spelled[name] for name in names if name in spelled]
