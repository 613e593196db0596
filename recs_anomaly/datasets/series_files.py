"""Anybody's own time series, from the file formats they usually come in."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow.parquet import read_table

from recs_anomaly.datasets._file_columns import is_parquet
from recs_anomaly.datasets._number_columns import (
    numbers_of,
    why_no_numbers,
    without_units,
)
from recs_anomaly.datasets._tables import TableFileError
from recs_anomaly.datasets._text_tables import read_text_table, reading, text_columns
from recs_anomaly.datasets._time_columns import as_times, find_time, with_clock
from recs_anomaly.datasets.benchmark_series import LABELS
from recs_anomaly.datasets.paths import expanded

MOST_COLUMNS = 10_000


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
    """

    values: pd.DataFrame
    labels: pd.Series | None
    time: str | None


def read_series(
    path: str | os.PathLike[str],
    *,
    time: str | None = None,
    channels: Sequence[str] | None = None,
    labels: str | None = None,
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
    path : str or path-like
    time : str, optional
        Name of the column of times. By default the one with a usual name (time,
        timestamp, date, ts), or the first that holds dates, joined with the time of
        day where that has a column of its own; without one the rows are numbered. In
        1.2.2026 the day comes first, in 1/2/2026 only where a month would be above 12.
        Times that name their zone become UTC. Numbers are seconds, milliseconds and so
        on since 1970 where they are that large, and else seconds.
    channels : sequence of str, optional
        Names of the columns to read. By default all that hold numbers.
    labels : str, optional
        Name of a column that holds 1 where a row is abnormal and 0 elsewhere.

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
    path = expanded(path)
    with reading(path):
        columns = _parquet(path) if is_parquet(path) else _text(path)
    for name in [time, labels, *(channels or [])]:
        if name is not None and name not in columns:
            raise TableFileError(
                f"{path} has no column {name!r}; it has {', '.join(columns)[:300]}."
            )
    if time is None:
        columns = with_clock(columns)
        time = find_time(columns)
    marks = None if labels is None else _labels(columns[labels], path)
    others = {time, labels}
    if labels is None and channels is None:
        others |= _truths(columns, path)
    frame = _values(columns, channels, others, path)
    if time is not None:
        index = as_times(columns[time], path).rename(time)
        frame, marks = _in_order(frame, marks, index, path)
    return LabelledSeries(frame, marks, time)


def _parquet(path: Path) -> dict[str, pd.Series]:
    try:
        frame = read_table(path).to_pandas()
    except pa.ArrowInvalid as error:
        raise TableFileError(f"{path} is damaged Parquet: {error}.") from error
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    return _named([str(name) for name in frame], [frame[name] for name in frame], path)


def _text(path: Path) -> dict[str, pd.Series]:
    table = read_text_table(path, least_columns=1)
    first = table.first_row
    if len(first) > MOST_COLUMNS:
        raise TableFileError(
            f"{path} has more than {MOST_COLUMNS:,} columns, too many to be channels."
        )
    has_header = pd.to_numeric(pd.Series(first), errors="coerce").isna().all()
    names = list(first) if has_header else [f"x{n}" for n in range(len(first))]
    places = {str(place): place for place in range(len(names))}
    cells = text_columns(table, places, has_header=bool(has_header))
    named = _named(names, [column.to_pandas() for column in cells.values()], path)
    return without_units(named, path) if has_header else named


def _named(
    names: list[str], columns: list[pd.Series], path: Path
) -> dict[str, pd.Series]:
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise TableFileError(f"{path} has more than one column {doubled[0]!r}.")
    if not len(columns) or not len(columns[0]):
        raise TableFileError(f"{path} has column names but not a single row.")
    return dict(zip(names, columns, strict=True))


def _values(
    columns: dict[str, pd.Series],
    channels: Sequence[str] | None,
    no_channels: set[str | None],
    path: Path,
) -> pd.DataFrame:
    wanted = [name for name in columns if name not in no_channels]
    numbers = {name: numbers_of(columns[name]) for name in channels or wanted}
    kept = {name: found for name, found in numbers.items() if found is not None}
    others = [name for name in numbers if name not in kept]
    told = ", ".join(why_no_numbers(name, columns[name]) for name in others)
    if channels is not None and told:
        raise TableFileError(f"channels must hold numbers; {path} has {told}.")
    if not kept:
        named = f"; it has {told}" if told else ""
        raise TableFileError(f"{path} has no column of numbers beside the time{named}.")
    if told:
        warnings.warn(f"left out of {path}, for want of numbers: {told}.", stacklevel=3)
    for name, found in kept.items():
        if np.isinf(found).any():
            row = int(np.isinf(found).argmax()) + 1
            raise TableFileError(
                f"{path}, row {row}, has a value in {name!r} that is not finite."
            )
    return pd.DataFrame(kept)


def _truths(columns: dict[str, pd.Series], path: Path) -> set[str]:
    """Columns that tell which rows are abnormal: a detector must not see them."""
    found = set()
    for name, column in columns.items():
        if name.lower().replace("_", "") in LABELS:
            numbers = numbers_of(column)
            if numbers is not None and np.isin(numbers, (0, 1)).all():
                found.add(name)
    if found:
        warnings.warn(
            f"left out of {path}, for it tells which rows are abnormal: "
            f"{', '.join(sorted(found))}; name it as labels to compare with it.",
            stacklevel=3,
        )
    return found


def _labels(column: pd.Series, path: Path) -> pd.Series:
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


def _in_order(
    frame: pd.DataFrame, labels: pd.Series | None, index: pd.Index, path: Path
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
