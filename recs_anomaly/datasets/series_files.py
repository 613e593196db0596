"""Anybody's own time series, from the file formats they usually come in."""

import os
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow.parquet import read_table

from recs_anomaly.datasets._cells import (
    ColumnReadings,
    is_evener_day_first,
    is_header,
    is_value,
    joined,
    may_be_value,
    names_units,
    open_date,
    open_date_told,
    readings_of,
    time_columns,
    times_of,
    why_no_numbers,
)
from recs_anomaly.datasets._columns import is_parquet
from recs_anomaly.datasets._text_tables import (
    TableFileError,
    read_text_table,
    reading,
    text_columns,
)
from recs_anomaly.datasets.benchmark_series import LABELS
from recs_anomaly.datasets.layout import SeriesLayout
from recs_anomaly.datasets.sources import Query, Source, source_of
from recs_anomaly.datasets.stores import is_one_file, stored_table

MAX_COLUMNS = 10_000
_NO_READING = "What is missing is an empty cell, NA, n/a, NaN, null, none, - or ?."


class LabelledSeries(NamedTuple):
    """A time series as its file gives it.

    Attributes
    ----------
    values : DataFrame of float64
        A row a point in time, a column a channel; NaN where nothing was measured. The
        index holds the times, or the rows' numbers where the file has no times.
    labels : Series of bool, or None
        True where the file says that a row is abnormal, if it says that.
    time : str or None
        Name of the column of times, if there is one.
    layout : SeriesLayout, optional
        How the file spells its rows, to read later ones by.
    """

    values: pd.DataFrame
    labels: pd.Series | None
    time: str | None
    layout: SeriesLayout | None = None


def read_series(
    path: str | os.PathLike[str] | Query,
    *,
    time: str | None = None,
    channels: Sequence[str] | None = None,
    labels: str | None = None,
    layout: SeriesLayout | None = None,
) -> LabelledSeries:
    r"""Read a file with a column of times and columns of readings.

    CSV and its relatives (tab, semicolon, space), plain or packed with gzip, and
    Parquet. Rows that are not in the order of time are sorted, with a warning that
    counts them; rows of the same time stay as they are, one after the other. Columns
    that hold text are left out, and so is one that by its name and its values, 0 and 1,
    tells which rows are abnormal, and a row of units below the names; a warning names
    them.

    Parameters
    ----------
    path : str, path-like or Query
    time : str, optional
        Name of the column of times. By default the one with a usual name (time,
        timestamp, date, ts), or the first that holds dates, joined with the time of
        day where that has a column of its own; without one the rows are numbered. In
        1.2.2026 the day comes first, in 1/2/2026 only where a month would be above 12
        anywhere, or where rows are spaced more evenly for it; what leaves that open is
        read with the month first, with a warning.
        Times that name their zone become UTC. Numbers are seconds, milliseconds and so
        on since 1970 where they are that large, and else seconds.
    channels : sequence of str, optional
        Names of the columns to read. By default all that hold numbers.
    labels : str, optional
        Name of a column that holds 1 where a row is abnormal and 0 elsewhere.
    layout : SeriesLayout, optional
        That of another file from the same source. It decides what this file leaves
        open: whether 1/2/2026 is in February, what small numbers count as times.

    Returns
    -------
    series : LabelledSeries

    Raises
    ------
    TableFileError
        If there is no such file, it cannot be read as a table, a column is missing,
        doubled or no numbers, a value is infinite, or a time is none.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "pump.csv")
    >>> _ = file.write_text("when,bar\n2026-01-01 00:00,4.5\n2026-01-01 00:05,\n")
    >>> read_series(file).values["bar"].tolist()
    [4.5, nan]
    """
    path, known = source_of(path), layout or SeriesLayout()
    if is_one_file(path):
        columns, found = _of_one_file(path)
    else:
        columns, found = _framed(stored_table(path).to_pandas(), path)
    for name in [time, labels, *(channels or [])]:
        if name is not None and name not in columns:
            raise TableFileError(
                f"{path} has no column {name!r}; it has {', '.join(columns)[:300]}."
            )
    times = known.time if time is None else (time,)
    if not times or not {*times} <= {*columns}:
        times = time_columns(columns)
    marks = None if labels is None else _labels(columns[labels], path)
    if channels is None:
        others = {*times, labels} | (
            _truths(columns, path) if labels is None else set()
        )
        measured = {name: columns[name] for name in columns if name not in others}
    else:
        measured = {name: columns[name] for name in channels}
    readings = _readings(measured, known, path, are_chosen=channels is not None)
    frame = pd.DataFrame({name: each.numbers for name, each in readings.items()})
    grouped = ((name, r.thousands) for name, r in readings.items() if r.thousands)
    found = replace(found, time=times, thousands=tuple(grouped))
    if not times:
        return LabelledSeries(frame, marks, None, found)
    cells = joined([columns[name] for name in times])
    if layout is None:
        known = replace(known, day_first=_is_day_first(cells, path))
    told = times_of(cells, path, known)
    found = replace(found, time_unit=told.unit, day_first=told.day_first)
    called = " ".join(times)
    frame, marks = _in_order(frame, marks, told.stamps.rename(called), path)
    return LabelledSeries(frame, marks, called, found)


def _of_one_file(path: Path) -> tuple[dict[str, pd.Series], SeriesLayout]:
    with reading(path):
        return _parquet(path) if is_parquet(path) else _text(path)


def _parquet(path: Path) -> tuple[dict[str, pd.Series], SeriesLayout]:
    try:
        table = read_table(path)
        table.validate(full=True)  # text that is no UTF-8, for one
        frame = table.to_pandas()
    except pa.ArrowInvalid as error:
        raise TableFileError(f"{path} is damaged Parquet: {error}.") from error
    return _framed(frame, path)


def _framed(
    frame: pd.DataFrame, path: Source
) -> tuple[dict[str, pd.Series], SeriesLayout]:
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    names = [str(name) for name in frame]
    columns = _named(names, [frame[name] for name in frame], path)
    return columns, SeriesLayout(columns=tuple(names))


def _text(path: Path) -> tuple[dict[str, pd.Series], SeriesLayout]:
    table = read_text_table(path, least_columns=1)
    first = table.first_row
    if len(first) > MAX_COLUMNS:
        raise TableFileError(
            f"{path} has more than {MAX_COLUMNS:,} columns, too many to be channels."
        )
    has_header = is_header(first)
    names = [*first] if has_header else [f"x{n}" for n in range(len(first))]
    places = {str(place): place for place in range(len(names))}
    cells = text_columns(table, places, has_header=has_header)
    columns = _named(names, [column.to_pandas() for column in cells.values()], path)
    layout = SeriesLayout(table.delimiter, table.encoding, tuple(names))
    return _without_units(columns, path) if has_header else columns, layout


def _named(
    names: list[str], columns: list[pd.Series], path: Source
) -> dict[str, pd.Series]:
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise TableFileError(f"{path} has more than one column {doubled[0]!r}.")
    if not len(columns) or not len(columns[0]):
        raise TableFileError(f"{path} has column names but not a single row.")
    return dict(zip(names, columns, strict=True))


def _without_units(columns: dict[str, pd.Series], path: Source) -> dict[str, pd.Series]:
    """Leave out a row below the names that says what the readings are measured in."""
    head = {name: column.iloc[:2].tolist() for name, column in columns.items()}
    if any(len(cells) < 2 or is_value(cells[0]) for cells in head.values()):
        return columns
    units = [first for first, second in head.values() if may_be_value(second)]
    if not names_units(units):
        return columns
    named = ", ".join(filter(None, units))
    warnings.warn(
        f"left out of {path}, for it names units: the first row, {named}.",
        stacklevel=4,
    )
    return {name: column.iloc[1:] for name, column in columns.items()}


def _readings(
    columns: dict[str, pd.Series],
    layout: SeriesLayout,
    path: Source,
    *,
    are_chosen: bool,
) -> dict[str, ColumnReadings]:
    """Numbers of the columns; those without are left out, if they were not chosen."""
    thousands = dict(layout.thousands)
    readings = {
        name: readings_of(column, thousands.get(name, ""))
        for name, column in columns.items()
    }
    kept = {name: found for name, found in readings.items() if found is not None}
    told = ", ".join(
        why_no_numbers(name, columns[name]) for name in columns if name not in kept
    )
    if are_chosen and told:
        raise TableFileError(
            f"channels must hold numbers; {path} has {told}. {_NO_READING}"
        )
    if not kept:
        named = f"; it has {told}" if told else ""
        raise TableFileError(
            f"{path} has no column of numbers beside the time{named}. {_NO_READING}"
        )
    if told:
        warnings.warn(f"left out of {path}, for want of numbers: {told}.", stacklevel=3)
    for name, found in kept.items():
        if np.isinf(found.numbers).any():
            row = int(np.isinf(found.numbers).argmax()) + 1
            raise TableFileError(
                f"{path}, row {row}, has a value in {name!r} that is not finite."
            )
    return kept


def _truths(columns: dict[str, pd.Series], path: Source) -> set[str]:
    """Columns that tell which rows are abnormal: a detector must not see them."""
    found = set()
    for name, column in columns.items():
        if name.lower().replace("_", "") in LABELS:
            readings = readings_of(column)
            if readings is not None and np.isin(readings.numbers, (0, 1)).all():
                found.add(name)
    if found:
        warnings.warn(
            f"left out of {path}, for it tells which rows are abnormal: "
            f"{', '.join(sorted(found))}; name it as labels to compare with it.",
            stacklevel=3,
        )
    return found


def _labels(column: pd.Series, path: Source) -> pd.Series:
    words = {"true": 1.0, "false": 0.0}
    text = column.astype(str).str.strip().str.lower()
    numbers = text.map(words).fillna(pd.to_numeric(text, errors="coerce"))
    if not numbers.isin((0, 1)).all():
        row = int((~numbers.isin((0, 1))).argmax())
        raise TableFileError(
            f"{path}, row {row + 1}, has the label {column.iloc[row]!r}; "
            "labels must be 0 or 1."
        )
    return numbers == 1


def _is_day_first(cells: pd.Series, path: Source) -> bool:
    """Settle what dates leave open by the steps from row to row, or tell."""
    if (cell := open_date(cells)) is None:
        return False
    is_evener = is_evener_day_first(cells)
    if is_evener is None:
        warnings.warn(f"{path}: {open_date_told(cell)}.", stacklevel=3)
    return bool(is_evener)


def _in_order(
    frame: pd.DataFrame, labels: pd.Series | None, index: pd.Index, path: Source
) -> tuple[pd.DataFrame, pd.Series | None]:
    n_late = int((index.to_series().diff() < pd.Timedelta(0)).sum())
    order = np.arange(len(index))
    if n_late:
        warnings.warn(
            f"{n_late:,} rows of {path} came after a later one; sorted by time.",
            stacklevel=3,
        )
        order = np.argsort(index.to_numpy(), kind="stable")
    frame = frame.iloc[order].set_axis(index[order], axis=0)
    if labels is not None:
        labels = labels.iloc[order].set_axis(index[order])
    return frame, labels
