"""Tables for people: framed and coloured on a terminal, plain where they are piped."""

import sys
from collections.abc import Sequence
from itertools import compress
from typing import NamedTuple

import click

from recs_anomaly.text import printable

# Wider tables are harder to read across.
_MAX_WIDTH = 110
_GAP = 2
# Less of a column aside says nothing.
_MIN_ASIDE = 10


class Column(NamedTuple):
    """How a column of a table looks.

    Attributes
    ----------
    name : str
    is_number : bool, default=False
        Numbers stand at the right.
    is_aside : bool, default=False
        What a narrow terminal may cut off.
    """

    name: str
    is_number: bool = False
    is_aside: bool = False


class ShownTable(NamedTuple):
    """A table ready to be shown.

    Attributes
    ----------
    title : str
    columns : sequence of Column
    rows : sequence of sequence of str
    instead : str, default=""
        Sentence that is shown in the table's place where it has no rows.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    instead: str = ""

    @property
    def is_told(self) -> bool:
        """Whether a sentence says more than a header without rows would."""
        return bool(self.instead) and not self.rows


def show_tables(tables: Sequence[ShownTable]) -> None:
    """Print tables to stdout, an empty line between them.

    Parameters
    ----------
    tables : sequence of ShownTable
    """
    safe = [_safe(table) for table in tables]
    if sys.stdout.isatty():
        _show_on_terminal(safe)
    else:
        click.echo("\n\n".join("\n".join(plain_lines(table)) for table in safe))


def plain_lines(table: ShownTable) -> list[str]:
    """Lay a table out with spaces only.

    Parameters
    ----------
    table : ShownTable

    Returns
    -------
    lines : list of str
        The title, the names of the columns, and one line a row; or what is said instead
        of them.
    """
    if table.is_told:
        return [table.instead]
    return [table.title, *aligned(_lines(table), table.columns)]


def aligned(rows: Sequence[Sequence[str]], columns: Sequence[Column] = ()) -> list[str]:
    """Put the cells of rows below each other, with spaces only.

    Parameters
    ----------
    rows : sequence of sequence of str
    columns : sequence of Column, default=()
        Which cells stand at the right; without them, none.

    Returns
    -------
    lines : list of str
    """
    sides = [">" if column.is_number else "<" for column in columns]
    widths = _widths(rows)
    places = zip(sides or "<" * len(widths), widths, strict=True)
    line = (" " * _GAP).join(f"{{:{side}{width}}}" for side, width in places)
    return [line.format(*row).rstrip() for row in rows]


def _safe(table: ShownTable) -> ShownTable:
    """Leave only what can be shown, and what the encoding of stdout has."""
    encoding = sys.stdout.encoding or "utf-8"

    def shown(text: str) -> str:
        return printable(text).encode(encoding, "replace").decode(encoding)

    return ShownTable(
        shown(table.title),
        table.columns,
        [[shown(cell) for cell in row] for row in table.rows],
        shown(table.instead),
    )


def _show_on_terminal(tables: Sequence[ShownTable]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.width = min(console.width, _MAX_WIDTH)
    for table in (fitted(each, console.width) for each in tables):
        if table.is_told:
            console.print(Text(table.instead))
            continue
        framed = Table(
            title=Text(table.title, style="bold"),
            title_justify="left",
            box=box.SIMPLE_HEAD,
            header_style="dim",
            pad_edge=False,
            padding=(0, _GAP - 1, 0, 0),
            # Columns with a ratio, those aside, take what the others leave.
            expand=any(column.is_aside for column in table.columns),
        )
        for column in table.columns:
            framed.add_column(
                Text(column.name),
                justify="right" if column.is_number else "left",
                style="dim" if column.is_aside else "",
                ratio=1 if column.is_aside else None,
                no_wrap=column.is_number or column.is_aside,
                overflow="ellipsis" if column.is_aside else "fold",
            )
        for row in table.rows:
            framed.add_row(*map(Text, row))
        console.print(framed)


def fitted(table: ShownTable, width: int) -> ShownTable:
    """Leave out the columns aside where the others need all of the width.

    Parameters
    ----------
    table : ShownTable
    width : int
        Characters of a line.

    Returns
    -------
    fitted : ShownTable
    """
    widths = _widths(_lines(table))
    is_main = [not column.is_aside for column in table.columns]
    n_aside = len(is_main) - sum(is_main)
    needed = sum(compress(widths, is_main)) + _GAP * len(widths)
    if needed + n_aside * _MIN_ASIDE <= width:
        return table
    return table._replace(
        columns=list(compress(table.columns, is_main)),
        rows=[list(compress(row, is_main)) for row in table.rows],
    )


def _lines(table: ShownTable) -> list[Sequence[str]]:
    return [[column.name for column in table.columns], *table.rows]


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, cells)) for cells in zip(*rows, strict=True)]
