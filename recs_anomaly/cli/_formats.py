"""Results for programs: JSON and CSV."""

import csv
import json
import math
import re
from collections.abc import Callable, Mapping
from io import StringIO
from typing import TYPE_CHECKING, Any

import click

from recs_anomaly.text import printable

if TYPE_CHECKING:
    from recs_anomaly.reports.records import Records

# Spreadsheets of East Asia take the full-width signs as well.
_FORMULA_STARTS = tuple("=+-@＝＋－＠")
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


json_option = click.option("--json", "is_json", is_flag=True, help=_JSON_HELP)


def show_json(parts: Mapping[str, Any]) -> None:
    """Print plain values as a JSON object.

    Parameters
    ----------
    parts : mapping of str
        What is no finite number is printed as null.
    """
    plain = _finite(parts)
    # ASCII alone: what could steer a terminal is escaped, and any encoding can take it.
    click.echo(json.dumps(plain, indent=2, ensure_ascii=True, allow_nan=False))


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    is_number = not isinstance(value, float) or math.isfinite(value)
    return value if is_number else None


def show_csv(table: "Records") -> None:
    """Print a table as CSV, safe to open in a spreadsheet.

    Parameters
    ----------
    table : Records
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(map(_guarded, row.values()) for row in table.rows)
    click.echo(text.getvalue(), nl=False)


def _guarded(cell: Any) -> Any:
    return guard(cell) if isinstance(cell, str) else cell


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
