"""What a command prints: one result, as text for people, JSON or CSV for programs."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import click

from recs_anomaly.cli._tables import ShownTable, show_tables
from recs_anomaly.text import printable

if TYPE_CHECKING:
    import pandas as pd

# Spreadsheets of East Asia take the full-width signs as well.
_FORMULA_STARTS = tuple("=+-@＝＋－＠")
_IDS = ("user_id", "item_id")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")

_JSON_HELP = "Print JSON, every number in full."
_CSV_HELP = (
    "Print CSV, every number in full. Text that a spreadsheet would run as a formula "
    "gets an apostrophe in front; ids stay as they are."
)


# How a number is written in JSON that JSON has no sign for.
_Spelling = Callable[[float], str]


def form_option(name: str, text: str) -> Callable[..., Any]:
    """Make the option for one form of a result.

    Parameters
    ----------
    name : {"json", "csv"}
    text : str
        What --help says.

    Returns
    -------
    decorator : callable
    """
    option: Callable[..., Any] = click.option(
        f"--{name}", "form", flag_value=name, help=text
    )
    return option


json_option = form_option("json", _JSON_HELP)


def format_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options --json and --csv, as its parameter `form`.

    Parameters
    ----------
    command : callable

    Returns
    -------
    command : callable
        Its `form` is "json", "csv" or None, as `show` takes it.
    """
    decorated: Callable[..., Any] = json_option(form_option("csv", _CSV_HELP)(command))
    return decorated


def show(
    form: str | None,
    parts: Any,
    text: str | Sequence[ShownTable] = "",
    *,
    table: "pd.DataFrame | None" = None,
    not_finite: _Spelling | None = None,
) -> None:
    """Print a result in the form that was asked for.

    Parameters
    ----------
    form : {"json", "csv"} or None
        What `format_options` or `json_option` gives to a command.
    parts : mapping or dataclass
        All of the result, for JSON. A DataFrame in it becomes a list of objects.
    text : str or sequence of ShownTable, default=""
        What people read; nothing is printed for an empty text.
    table : DataFrame, optional
        The part that CSV prints.
    not_finite : callable, optional
        What stands in JSON for NaN or infinity: null by default.
    """
    if form == "json":
        # ASCII: what could steer a terminal is escaped, and any encoding can take it.
        click.echo(json.dumps(_plain(parts, not_finite), indent=2, allow_nan=False))
    elif form == "csv" and table is not None:
        click.echo(csv_of(table), nl=False)
    elif isinstance(text, str):
        click.echo(text, nl=bool(text))
    else:
        show_tables(text)


def csv_of(frame: "pd.DataFrame") -> str:
    """Write a frame as CSV, without text that a spreadsheet would run.

    Parameters
    ----------
    frame : DataFrame
        Its index is left out.

    Returns
    -------
    text : str
        A line for the names, and one a row; nothing stands for what is missing.
    """
    safe = frame.copy()
    for name in frame.select_dtypes(exclude="number"):
        if name in _IDS:  # by which programs join
            continue
        cells = frame[name].astype(str).map(guard, na_action="ignore")
        safe[name] = cells.where(frame[name].notna())
    heads = [guard(str(name)) for name in safe.columns]
    written: str = safe.to_csv(index=False, header=heads, lineterminator="\n")
    return written


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


def _plain(value: Any, not_finite: _Spelling | None) -> Any:
    """Say a value in the types that JSON has; what JSON lacks becomes text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return not_finite(value) if not_finite else None
    if is_dataclass(value):
        value = {each.name: getattr(value, each.name) for each in fields(value)}
    elif hasattr(value, "_asdict"):
        value = value._asdict()
    elif hasattr(value, "itertuples"):
        from recs_anomaly.reports.records import records

        value = records(value)
    elif hasattr(value, "tolist"):  # NumPy's scalars and arrays
        return _plain(value.tolist(), not_finite)
    if isinstance(value, Mapping):
        return {name: _plain(each, not_finite) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, not_finite) for each in value]
    return str(value)
