"""Lines as they come in, CSV or JSON, to rows of readings with their times."""

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recs_anomaly.core.arrays import Floats
from recs_anomaly.datasets._cells import (
    is_header,
    nanoseconds_of,
    number_of,
    time_columns,
)
from recs_anomaly.datasets._text_tables import delimiter_of, split_lines
from recs_anomaly.datasets.layout import DELIMITERS, SeriesLayout
from recs_anomaly.exceptions import InputError

SHOWN = 60  # characters of a bad line


class BadLineError(InputError):
    """A line that holds no row."""


@dataclass(frozen=True)
class IncomingRow:
    """Readings of one moment.

    Attributes
    ----------
    values : ndarray of shape (n_channels,)
        NaN where nothing was measured.
    seconds : float or None
        When, if the line says so.
    """

    values: Floats
    seconds: float | None


class LineParser:
    """Read rows of known channels from lines of text.

    A cell means in a line what `read_series` makes of it in a column. Lines are JSON
    objects, by channel, where the first line is one, and else cells of a table, whose
    first line names the columns. Without names, lines that have as many cells as the
    file of the layout hold the same columns, and lines of nothing but a number for each
    channel hold these in their order.

    Parameters
    ----------
    channels : list of str
        Names of the channels, in their order.
    time : str, optional
        Name of the column of times. By default that of the layout, or else what
        `read_series` would take in a file of one row.
    layout : SeriesLayout, optional
        How the file spelled its rows that was read before, with the same channels.
    """

    def __init__(
        self,
        channels: list[str],
        time: str | None = None,
        layout: SeriesLayout | None = None,
    ) -> None:
        self._channels, self._chosen_time = channels, time
        self._layout = layout or SeriesLayout()
        self._thousands = dict(self._layout.thousands)
        self._is_json: bool | None = None
        self._delimiter = ""
        self._names: list[str] | None = None
        self._time: tuple[str, ...] | None = (time,) if time else None

    @property
    def is_started(self) -> bool:
        """Whether it is known what the lines hold."""
        return bool(self._is_json) or self._names is not None

    def parse(self, line: str) -> IncomingRow | None:
        """Read a line.

        Parameters
        ----------
        line : str

        Returns
        -------
        row : IncomingRow or None
            None for a blank line and for one that names the columns.

        Raises
        ------
        BadLineError
            If the line is no row.
        InputError
            If the columns are named and a channel is not among them.
        """
        text = line.strip("\r\n").lstrip("\ufeff")
        if not text.strip():
            return None
        if self._is_json is None:
            self._is_json = text.lstrip().startswith("{")
        return self._of_json(text) if self._is_json else self._of_cells(text)

    def _of_json(self, text: str) -> IncomingRow:
        try:
            cells = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadLineError(f"it is no JSON: {text!r:.{SHOWN}}") from error
        if not isinstance(cells, dict):
            raise BadLineError(f"it is no JSON object: {text!r:.{SHOWN}}")
        if not any(name in cells for name in self._channels):
            raise BadLineError(f"it has none of the channels: {text!r:.{SHOWN}}")
        if self._chosen_time is not None and self._chosen_time not in cells:
            raise BadLineError(f"it has no {self._chosen_time!r}: {text!r:.{SHOWN}}")
        return self._row(cells)

    def _of_cells(self, text: str) -> IncomingRow | None:
        if self._names is None:
            self._delimiter = self._find_delimiter(text)
            self._names = self._find_names(cells := _split(text, self._delimiter))
            if self._names == cells:
                return None
        else:
            cells = _split(text, self._delimiter)
        if len(cells) != len(self._names):
            raise BadLineError(f"it has {len(cells)} cells: {text!r:.{SHOWN}}")
        return self._row(dict(zip(self._names, cells, strict=True)))

    def _row(self, cells: Mapping[str, object]) -> IncomingRow:
        values = [self._number(name, cells.get(name)) for name in self._channels]
        names = self._time_names(cells)
        if not names or any(name not in cells for name in names):
            return IncomingRow(np.array(values), None)
        cell = " ".join(str(cells[name]) for name in names)
        try:
            seconds = nanoseconds_of(cell, self._layout) / 1e9
        except ValueError as error:
            raise BadLineError(f"its time is none: {cell!r:.{SHOWN}}") from error
        return IncomingRow(np.array(values), seconds)

    def _number(self, channel: str, cell: object) -> float:
        text = "" if cell is None else str(cell)
        number = number_of(text, self._thousands.get(channel, ""))
        if number is None or math.isinf(number):
            raise BadLineError(f"it holds {cell!r:.{SHOWN}} for a number")
        return number

    def _time_names(self, cells: Mapping[str, object]) -> tuple[str, ...]:
        """Names of the columns of times, settled by the first row."""
        if self._time is None:
            known = self._layout.time
            others = {
                name: pd.Series([str(cell)])
                for name, cell in cells.items()
                if name not in self._channels
            }
            has_known = bool(known) and {*known} <= {*cells}
            self._time = known if has_known else time_columns(others)
        return self._time

    def _wanted(self) -> set[str]:
        return {*self._channels, *filter(None, [self._chosen_time])}

    def _find_delimiter(self, text: str) -> str:
        """Find what makes of the first line the names, or as many cells as expected."""
        known = self._layout.delimiter
        for delimiter in filter(None, (known, *DELIMITERS)):
            if self._wanted() <= {*_split(text, delimiter)}:
                return delimiter
        if known and len(_split(text, known)) == len(self._layout.columns):
            return known
        return delimiter_of(text) or known or DELIMITERS[0]

    def _find_names(self, cells: list[str]) -> list[str]:
        """Find the names of the columns: the cells themselves, if they are names."""
        wanted, numbered = self._wanted(), [f"x{n}" for n in range(len(cells))]
        if wanted <= {*cells}:
            return cells
        columns = [*self._layout.columns]
        if is_header(cells) and columns != numbered:
            missing = min(wanted - {*cells})
            raise InputError(
                f"the first line must name the column {missing!r}; it names "
                f"{', '.join(cells)!r:.200}."
            )
        for names in (columns, numbered, self._channels):
            if len(names) == len(cells) and wanted <= {*names}:
                return names
        raise InputError(
            f"the first line must name the columns, or hold a number for each of the "
            f"{len(self._channels)} channels; it holds {len(cells)} numbers."
        )


def _split(text: str, delimiter: str) -> list[str]:
    try:
        return split_lines([text], delimiter)[0]
    except csv.Error as error:
        raise BadLineError(f"it is no line of a table: {text!r:.{SHOWN}}") from error
