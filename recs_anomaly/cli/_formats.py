"""Results for programs: JSON and CSV."""

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from recs_anomaly.cli._text import printable

if TYPE_CHECKING:
    import pandas as pd

_FORMULA_STARTS = ("=", "+", "-", "@")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")

_JSON_HELP = "Print JSON, every number in full."
_CSV_HELP = (
    "Print CSV, every number in full. Text that a spreadsheet would run as a formula "
    "gets an apostrophe in front."
)


def format_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options --json and --csv, as its parameter `form`.

    Parameters
    ----------
    command : callable

    Returns
    -------
    command : callable
        Its `form` is "json", "csv" or None.
    """
    for name, text in (("csv", _CSV_HELP), ("json", _JSON_HELP)):
        option = click.option(f"--{name}", "form", flag_value=name, help=text)
        command = option(command)
    return command


def show_json(parts: Mapping[str, Any]) -> None:
    """Print a JSON object; a DataFrame becomes a list of objects, a row each.

    Parameters
    ----------
    parts : mapping of str
    """
    import pandas as pd

    plain = {
        name: records(part) if isinstance(part, pd.DataFrame) else part
        for name, part in parts.items()
    }
    # ASCII alone: what could steer a terminal is escaped, and any encoding can take it.
    click.echo(json.dumps(plain, indent=2, ensure_ascii=True, allow_nan=False))


def show_csv(table: "pd.DataFrame") -> None:
    """Print a table as CSV, safe to open in a spreadsheet.

    Parameters
    ----------
    table : DataFrame
    """
    guarded = table.map(lambda cell: guard(cell) if isinstance(cell, str) else cell)
    click.echo(guarded.to_csv(index=False, lineterminator="\n"), nl=False)


def records(table: "pd.DataFrame") -> list[dict[str, Any]]:
    """Turn a table into a list of rows, with None for what is missing.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    rows : list of dict
    """
    known = table.astype(object).where(table.notna(), None)
    return [
        {str(name): value for name, value in row.items()}
        for row in known.to_dict("records")
    ]


def guard(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Parameters
    ----------
    text : str

    Returns
    -------
    guarded : str
        Without characters that steer a terminal. A number stays as it is.

    Examples
    --------
    >>> guard("=1+1"), guard("-5"), guard("-5 degrees")
    ("'=1+1", '-5', "'-5 degrees")
    """
    safe = printable(text)
    is_formula = safe.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(safe)
    return f"'{safe}" if is_formula else safe
