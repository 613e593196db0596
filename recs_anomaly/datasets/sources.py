"""What people name as a file: a path, standard input, a query, a store."""

import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from recs_anomaly.datasets.paths import expanded

STANDARD_INPUT = "-"
DRIVERS = {
    "sqlite": "adbc_driver_sqlite",
    "postgresql": "adbc_driver_postgresql",
    "postgres": "adbc_driver_postgresql",
}
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://")


@dataclass(frozen=True, repr=False)
class Query:
    """What stands in a database or in a store, to be read wherever a file can be.

    Its text, and so every message, page and model file, leaves the password out; a
    password in ``PGPASSWORD`` or ``~/.pgpass`` is never seen here at all.

    Parameters
    ----------
    uri : str
        ``sqlite:///shop.db``, ``postgresql://user@host/shop``, or ``s3://bucket/ratings``
        and what else Arrow's file systems know, for Parquet files.
    text : str, default=""
        SELECT statement for a database; it is run as it is, and read only.

    Examples
    --------
    >>> Query("postgresql://ada:secret@db/shop", "select * from ratings")
    Query('postgresql://ada@db/shop')
    """

    uri: str
    text: str = ""

    @property
    def scheme(self) -> str:
        """What the URI begins with."""
        return self.uri.partition(":")[0]

    @property
    def is_database(self) -> bool:
        """Whether it is a database, and no store of files."""
        return self.scheme in DRIVERS

    @property
    def name(self) -> str:
        """Last part of what is read, as of a path."""
        return str(self).rstrip("/").rpartition("/")[2]

    def __str__(self) -> str:
        split = urlsplit(self.uri)
        login, at, host = split.netloc.rpartition("@")
        shown = f"{login.partition(':')[0]}{at}{host}"
        # Options, behind the question mark, may name a password too.
        return f"{split.scheme}://{shown}{split.path}"

    def __repr__(self) -> str:
        return f"Query({str(self)!r})"

    def without_secrets(self, message: str) -> str:
        """Take out of a driver's message what the URI keeps secret.

        Parameters
        ----------
        message : str

        Returns
        -------
        told : str
            In one line.
        """
        message = message.replace(self.uri, str(self))
        split = urlsplit(self.uri)
        secrets = {split.password, *re.findall(r"password=([^&]+)", split.query)}
        for secret in filter(None, secrets):
            for spelled in (secret, unquote(secret)):
                message = message.replace(spelled, "***")
        return " ".join(message.split())


Source = Path | Query


def source_of(source: str | os.PathLike[str] | Query) -> Source:
    """Return what people name as a file: a path, standard input, a store, a query.

    Parameters
    ----------
    source : str, path-like or Query
        "-" is standard input, which is kept in a file for as long as the program runs.

    Returns
    -------
    source : Path or Query
    """
    if isinstance(source, Query):
        return source
    text = os.fspath(source)
    if text == STANDARD_INPUT:
        return _standard_input()
    return Query(text) if is_uri(text) else expanded(text)


def is_uri(text: str) -> bool:
    """Return whether a text names a store or a database, and no path.

    Parameters
    ----------
    text : str

    Returns
    -------
    is_uri : bool
    """
    return bool(_SCHEME.match(text))


@cache
def _standard_input() -> Path:
    """Readers look at a file more than once, which a pipe does not allow."""
    folder = tempfile.TemporaryDirectory()
    _kept.append(folder)  # removed when the program ends
    file = Path(folder.name, "standard input")
    with file.open("wb") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
    return file


_kept: list[Any] = []
