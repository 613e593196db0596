"""Lines as they come in, CSV or JSON, to rows of readings with their times."""

import csv
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recs_anomaly.datasets._time_columns import EPOCHS, NAMES, year_first
from recs_anomaly.exceptions import InputError

MISSING = {"", "nan", "na", "null", "none"}
SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
DELIMITERS = ",;\t"
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

    values: NDArray[np.float64]
    seconds: float | None


class LineParser:
    """Read rows of known channels from lines of text.

    Lines are JSON objects, by channel, where the first line is one; else they are CSV,
    with commas, semicolons or tabs between the cells, whichever the first line has most
    of. That line names the columns, unless it holds nothing but numbers: then these are
    the channels in their order. Where no comma stands between cells, 4,5 is a number.

    Parameters
    ----------
    channels : list of str
        Names of the channels, in their order.
    time : str or None
        Name of the column of times. None takes one with a usual name, if there is one.
    """

    def __init__(self, channels: list[str], time: str | None) -> None:
        self._channels, self._time = channels, time
        self._is_json: bool | None = None
        self._delimiter: str | None = None
        self._places: list[int] | None = None
        self._time_place: int | None = None

    @property
    def is_started(self) -> bool:
        """Whether it is known what the lines hold."""
        return bool(self._is_json) or self._places is not None

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
        text = line.strip().lstrip("\ufeff")
        if not text:
            return None
        if self._is_json is None:
            self._is_json = text.startswith("{")
        return self._of_json(text) if self._is_json else self._of_csv(text)

    def _of_json(self, text: str) -> IncomingRow:
        try:
            cells = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadLineError(f"it is no JSON: {text!r:.{SHOWN}}") from error
        if not isinstance(cells, dict):
            raise BadLineError(f"it is no JSON object: {text!r:.{SHOWN}}")
        known = [name for name in self._channels if name in cells]
        if not known:
            raise BadLineError(f"it has none of the channels: {text!r:.{SHOWN}}")
        name = self._time or _usual_time(list(cells))
        if self._time is not None and self._time not in cells:
            raise BadLineError(f"it has no {self._time!r}: {text!r:.{SHOWN}}")
        values = [_number(cells.get(channel)) for channel in self._channels]
        seconds = None if name is None else seconds_of_cell(cells[name])
        return IncomingRow(np.array(values), seconds)

    def _of_csv(self, text: str) -> IncomingRow | None:
        if self._delimiter is None:
            self._delimiter = max(DELIMITERS, key=text.count)
        cells = next(csv.reader([text], delimiter=self._delimiter))
        if self._delimiter != ",":
            cells = [_with_point(cell) for cell in cells]
        if self._places is None:
            return self._start_csv(cells)
        if len(cells) <= max(self._places, default=0):
            raise BadLineError(f"it has {len(cells)} cells: {text!r:.{SHOWN}}")
        values = np.array([_number(cells[place]) for place in self._places])
        place = self._time_place
        if place is not None and place >= len(cells):
            raise BadLineError(f"it has {len(cells)} cells: {text!r:.{SHOWN}}")
        seconds = None if place is None else seconds_of_cell(cells[place])
        return IncomingRow(values, seconds)

    def _start_csv(self, cells: list[str]) -> IncomingRow | None:
        names = [cell.strip() for cell in cells]
        if all(map(_is_number, names)) and not set(self._channels) <= set(names):
            if len(names) != len(self._channels) or self._time is not None:
                raise InputError(
                    f"the first line must name the columns, or hold a number for each "
                    f"of the {len(self._channels)} channels; it holds {len(names)} "
                    f"numbers."
                )
            self._places = list(range(len(names)))
            return IncomingRow(np.array([_number(name) for name in names]), None)
        wanted = [*self._channels, *([self._time] if self._time else [])]
        for name in wanted:
            if name not in names:
                raise InputError(
                    f"the first line must name the column {name!r}; it names "
                    f"{', '.join(names)!r:.200}."
                )
        self._places = [names.index(channel) for channel in self._channels]
        time = self._time or _usual_time(names)
        self._time_place = None if time is None else names.index(time)
        return None


def seconds_of_cell(cell: Any) -> float:
    """Seconds that a time stands for.

    Parameters
    ----------
    cell : str or float
        A date, or a number: seconds, milliseconds and so on since 1970 where it is
        that large, else seconds.

    Returns
    -------
    seconds : float

    Raises
    ------
    BadLineError
        If it is no time.
    """
    if _is_number(cell):
        number = float(cell)
        unit = next((unit for least, unit in EPOCHS if abs(number) >= least), "s")
        return number * SECONDS[unit]
    try:
        stamp = pd.Timestamp(year_first(str(cell)))
    except (ValueError, OverflowError) as error:
        raise BadLineError(f"its time is none: {cell!r:.{SHOWN}}") from error
    if pd.isna(stamp):
        raise BadLineError(f"its time is none: {cell!r:.{SHOWN}}")
    return float(stamp.as_unit("ns").value / 1e9)


def _usual_time(names: list[str]) -> str | None:
    plain = {"".join(filter(str.isalnum, name)).lower(): name for name in names}
    return next((plain[name] for name in NAMES if name in plain), None)


def _with_point(cell: str) -> str:
    """Spell 4,5 as 4.5, and leave what is no number."""
    spelled = cell.replace(",", ".")
    return spelled if _is_number(spelled) else cell


def _is_number(cell: Any) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except (TypeError, ValueError):
        return False


def _number(cell: Any) -> float:
    if cell is None or str(cell).strip().lower() in MISSING:
        return np.nan
    if isinstance(cell, bool) or not _is_number(cell):
        raise BadLineError(f"it holds {cell!r:.{SHOWN}} for a number")
    return float(cell)
