"""Tables that are no single file: what a query finds, folders and stores of Parquet."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeGuard
from urllib.parse import quote

import pandas as pd
import pyarrow as pa
import pyarrow.dataset

from recs_anomaly.datasets._text_tables import TableFileError
from recs_anomaly.datasets.sources import DRIVERS, Query, Source
from recs_anomaly.exceptions import InputError

NO_DRIVER = (
    "the driver of {scheme} databases is not installed; "
    'pip install "recs-anomaly[sql]" adds it.'
)
# SQLite tells the type of a column by the values it finds in so many rows.
ROWS_A_BATCH = 1 << 16


def is_one_file(source: Source) -> TypeGuard[Path]:
    """Return whether it is to be read as a file, and not by `stored_table`.

    Parameters
    ----------
    source : Path or Query

    Returns
    -------
    is_one_file : bool
        False for a folder with Parquet files in it, too.
    """
    if isinstance(source, Query):
        return False
    return not (source.is_dir() and any(source.rglob("*.parquet")))


def stored_table(
    source: Source, chosen: Callable[[Sequence[str]], Sequence[str]] | None = None
) -> pa.Table:
    """Read a table that is no single file.

    Parameters
    ----------
    source : Path or Query
    chosen : callable, optional
        Gives the names of the columns to read, of those that there are.

    Returns
    -------
    table : Table

    Raises
    ------
    TableFileError
        If it cannot be read.
    InputError
        If a database is named without a query, or its driver is not installed.
    """
    if isinstance(source, Query) and source.is_database:
        return _answer(source)
    return _files(source, chosen)


def _files(
    source: Source, chosen: Callable[[Sequence[str]], Sequence[str]] | None
) -> pa.Table:
    """Read Parquet files, and what the names of their folders say."""
    where: str | list[Path]
    if isinstance(source, Query):
        where, base = source.uri, None
    else:  # what else lies in a folder is no part of the table
        where, base = sorted(source.rglob("*.parquet")), str(source)
    try:
        found = pyarrow.dataset.dataset(
            where, format="parquet", partitioning="hive", partition_base_dir=base
        )
        names = found.schema.names
        return found.to_table(columns=[*chosen(names)] if chosen else None)
    except (pa.ArrowException, OSError) as error:
        told = " ".join(str(error).split())
        if isinstance(source, Query):
            told = source.without_secrets(told)
        raise TableFileError(f"{source} cannot be read: {told}") from None


def _answer(query: Query) -> pa.Table:
    if not query.text:
        raise InputError(
            f"{query} is a database; say what to read (--query on the command line)."
        )
    with (
        _connected(query, is_read_only=True) as connection,
        connection.cursor() as cursor,
    ):
        if query.scheme == "sqlite":
            rows = {"adbc.sqlite.query.batch_rows": str(ROWS_A_BATCH)}
            cursor.adbc_statement.set_options(**rows)
        cursor.execute(query.text)
        return cursor.fetch_record_batch().read_all()


def write_rows(
    parts: Iterable[pd.DataFrame], database: Query, table: str, run: str
) -> int:
    """Write frames into a table of a database, all of them or none.

    The table is made if there is none, and gets a column `run`. Rows that an earlier
    call has written under the same name of a run are replaced, in the same transaction.

    Parameters
    ----------
    parts : iterable of DataFrame
        All with the columns of the first.
    database : Query
        Without a text.
    table : str
    run : str

    Returns
    -------
    n_rows : int

    Raises
    ------
    TableFileError
        If the database refuses.
    InputError
        If its driver is not installed.

    Examples
    --------
    >>> import tempfile
    >>> database = Query(f"sqlite:///{tempfile.mkdtemp()}/shop.db")
    >>> scores = pd.DataFrame({"row": [1, 2], "score": [-0.5, -0.1]})
    >>> for _ in range(2):
    ...     n_rows = write_rows([scores], database, "scores", run="monday")
    >>> len(stored_table(Query(database.uri, "select * from scores")))
    2
    """
    n_rows = 0
    with _connected(database, is_read_only=False) as connection:
        with connection.cursor() as cursor:
            for part in parts:
                rows = pa.Table.from_pandas(part.assign(run=run), preserve_index=False)
                if not n_rows:
                    cursor.adbc_ingest(table, rows[:0], mode="create_append")
                    named = '"' + table.replace('"', '""') + '"'
                    cursor.execute(f"delete from {named} where run = $1", (run,))
                cursor.adbc_ingest(table, rows, mode="append")
                n_rows += len(rows)
        connection.commit()
    return n_rows


@contextmanager
def _connected(query: Query, is_read_only: bool) -> Iterator[Any]:
    """Connect to a database; nothing is written before it is committed."""
    driver = DRIVERS.get(query.scheme)
    if driver is None:
        known = ", ".join(DRIVERS)
        raise InputError(
            f"the URI of a database begins with one of {known}; got {query}."
        )
    if find_spec(driver) is None:
        raise InputError(NO_DRIVER.format(scheme=query.scheme))
    import adbc_driver_manager

    dbapi = import_module(f"{driver}.dbapi")
    where = query.uri
    if query.scheme == "sqlite":
        path = quote(query.uri.removeprefix("sqlite:///"))
        where = f"file:{path}?mode={'ro' if is_read_only else 'rwc'}"
    try:
        with dbapi.connect(where) as connection:
            if is_read_only and query.scheme != "sqlite":
                with connection.cursor() as cursor:
                    cursor.execute("set transaction read only")
            yield connection
    except adbc_driver_manager.Error as error:
        told = query.without_secrets(str(error))
        raise TableFileError(f"{query} refused: {told}") from None
