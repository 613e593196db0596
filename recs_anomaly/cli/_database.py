"""Options of commands whose result can go into a table of a database."""

from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pandas as pd


def into_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options --into and --run, as `into` and `run`.

    Parameters
    ----------
    command : callable

    Returns
    -------
    command : callable
    """
    for option in (
        click.option(
            "--run",
            metavar="NAME",
            help="What the rows in the table are called; the same name again replaces "
            "them. [default: made of the model and what it is asked]",
        ),
        click.option(
            "--into",
            metavar="TABLE",
            help="Write into this table of a database, which --output names, such as "
            "sqlite:///shop.db or postgresql://host/shop: all rows or none.",
        ),
    ):
        command = option(command)
    return command


def write_into(
    parts: "Iterable[pd.DataFrame]",
    database: str,
    table: str,
    run: str | None,
    model: Path,
    *asked: object,
) -> int:
    """Write rows into a table under the name of a run; say what was written."""
    from recs_anomaly.datasets.sources import Query
    from recs_anomaly.datasets.stores import write_rows

    where = Query(database)
    of_model = sha256(model.read_bytes() + repr(asked).encode()).hexdigest()[:12]
    name = run or of_model
    n_rows = write_rows(parts, where, table, name)
    click.echo(
        f"Wrote {n_rows:,} rows into {table} of {where} as run {name}.", err=True
    )
    return n_rows
