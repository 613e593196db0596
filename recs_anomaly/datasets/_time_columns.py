"""Which column of a table holds the time, and what its cells mean."""

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from recs_anomaly.datasets._tables import TableFileError

NAMES = (
    "timestamp time datetime date ts timestamputc timeutc utc datetimeutc localtime "
    "recordedat createdat eventtime unixtime epoch"
).split()
# Numbers this large are counted from 1970, in the unit that makes them of our days.
EPOCHS = ((1e17, "ns"), (1e14, "us"), (1e11, "ms"), (1e8, "s"))
FIRST_CELLS = 20


def find_time(columns: dict[str, pd.Series]) -> str | None:
    """Name of the column that holds times, by its name, or the first with dates."""
    plain = {re.sub(r"[\W_]", "", name).lower(): name for name in reversed(columns)}
    for name in NAMES:
        if name in plain:
            return plain[name]
    for name, column in columns.items():
        if _looks_like_dates(column):
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


def _of_text(text: pd.Series) -> pd.Series:
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


def _looks_like_dates(column: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(column):
        return True
    cells = column.iloc[:FIRST_CELLS].astype(str)
    if pd.to_numeric(cells, errors="coerce").notna().any():
        return False
    return bool(len(cells)) and bool(_of_text(cells).notna().all())
