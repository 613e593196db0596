"""Which column of a table holds the time, and what its cells mean."""

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from recs_anomaly.datasets._tables import TableFileError

NAMES = (
    "timestamp time datetime date ts timestamputc timeutc utc datetimeutc localtime "
    "recordedat createdat eventtime unixtime epoch zeitstempel zeitpunkt zeit datum"
).split()
# Numbers this large are counted from 1970, in the unit that makes them of our days.
EPOCHS = ((1e17, "ns"), (1e14, "us"), (1e11, "ms"), (1e8, "s"))
FIRST_CELLS = 20
# Where dots part them, the day comes first: 1.2.2026 is in February.
_DOTTED_DAY = re.compile(r"\s*(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([ap]m)?", re.IGNORECASE)


def with_clock(columns: dict[str, pd.Series]) -> dict[str, pd.Series]:
    """Join a column of days and one of times of day, the first of each, into one."""
    clock = next((name for name in columns if _has_clocks(columns[name])), None)
    day = next((name for name in columns if _has_days(columns[name])), None)
    if clock is None or day is None:
        return columns
    joined = columns[day].astype(str) + " " + columns[clock].astype(str)
    others = {name: columns[name] for name in columns if name not in (day, clock)}
    return {f"{day} {clock}": joined, **others}


def find_time(columns: dict[str, pd.Series]) -> str | None:
    """Name of the column that holds times, by its name, or the first with dates."""
    plain = {re.sub(r"[\W_]", "", name).lower(): name for name in reversed(columns)}
    for name in NAMES:
        if name in plain:
            return plain[name]
    for name, column in columns.items():
        if looks_like_dates(column):
            return name
    return None


def as_times(column: pd.Series, path: Path) -> pd.Index:
    """Turn cells into points in time, or into time since the start.

    Dates come in any usual spelling, the day first where a month would be above 12;
    where they name time zones they become UTC. Numbers are seconds, milliseconds and
    so on since 1970 where they are that large, and else seconds since the start.
    """
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return pd.DatetimeIndex(column.dt.tz_convert("UTC"))
    if pd.api.types.is_datetime64_any_dtype(column):
        return pd.DatetimeIndex(column)
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.notna().all() and np.isfinite(numbers).all():
        try:
            return _of_numbers(numbers)
        except (pd.errors.OutOfBoundsDatetime, OverflowError) as error:
            row = int(numbers.abs().argmax())
            raise TableFileError(
                f"{path}, row {row + 1}, has the time {column.iloc[row]!r}, which is "
                "too far from the others."
            ) from error
    times = _of_text(column.astype(str))
    if times.isna().any():
        row = int(times.isna().argmax())
        raise TableFileError(
            f"{path}, row {row + 1}, has the time {column.iloc[row]!r}, which is none."
        )
    return pd.DatetimeIndex(times)


def _of_numbers(numbers: pd.Series) -> pd.Index:
    size = float(numbers.abs().median())
    for least, unit in EPOCHS:
        if size >= least:
            return pd.DatetimeIndex(pd.to_datetime(numbers, unit=unit))  # type: ignore[call-overload]
    return pd.TimedeltaIndex(pd.to_timedelta(numbers, unit="s"))


def dates_or_cells(column: pd.Series) -> pd.Series:
    """Turn text into dates where all of it is, and leave any other column."""
    if pd.api.types.is_numeric_dtype(column) or not looks_like_dates(column):
        return column
    dates = _of_text(column.astype(str))
    return column if dates.isna().any() else dates


def year_first(text: str) -> str:
    """Turn a day such as 1.2.2026, if the text begins with one, into 2026-2-1."""
    return _DOTTED_DAY.sub(r"\3-\2-\1", text)


def _of_text(text: pd.Series) -> pd.Series:
    if text.iloc[:FIRST_CELLS].str.match(_DOTTED_DAY).any():
        text = text.map(year_first)
    with warnings.catch_warnings():
        # pandas tells that it looks at each cell: that is what we want. pandas 2 tells
        # that it will no longer take mixed time zones: the last way below does.
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", FutureWarning)
        for settings in (
            {},
            {"dayfirst": True},
            {"format": "mixed"},
            {"format": "mixed", "utc": True},
        ):
            try:
                found = pd.to_datetime(text, **settings)
            except (ValueError, OverflowError):
                continue
            if pd.api.types.is_datetime64_any_dtype(found):
                has_zone = found.dt.tz is not None
                return found.dt.tz_convert("UTC") if has_zone else found
    return pd.to_datetime(text, errors="coerce", format="mixed", utc=True)


def looks_like_dates(column: pd.Series) -> bool:
    """Whether the first cells are dates, and no numbers."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return True
    cells = column.iloc[:FIRST_CELLS].astype(str)
    if pd.to_numeric(cells, errors="coerce").notna().any():
        return False
    return bool(len(cells)) and bool(_of_text(cells).notna().all())


def _has_clocks(column: pd.Series) -> bool:
    cells = column.iloc[:FIRST_CELLS].astype(str).str.strip()
    return bool(len(cells)) and bool(cells.str.fullmatch(_CLOCK).all())


def _has_days(column: pd.Series) -> bool:
    cells = column.iloc[:FIRST_CELLS].astype(str)
    return not cells.str.contains(":").any() and looks_like_dates(column)
