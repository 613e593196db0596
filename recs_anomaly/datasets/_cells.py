"""What a cell says: a number, nothing, or a time. One rule, for columns and for lines.

What one cell cannot say alone, such as whether the day comes first, is settled by
looking at its whole column, and kept in a `SeriesLayout`.
"""

import math
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from recs_anomaly.core.arrays import Floats
from recs_anomaly.datasets._text_tables import TableFileError
from recs_anomaly.datasets.layout import SeriesLayout

MISSING = {"", "na", "n/a", "nan", "null", "none", "<na>", "-", "?"}
DATES, SINCE_START = "date", "start"
NANOSECONDS = {SINCE_START: 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
# Numbers this large are counted from 1970, in the unit that makes them of our days.
_EPOCHS = ((1e17, "ns"), (1e14, "us"), (1e11, "ms"), (1e8, "s"))
_MAX_NANOSECONDS = 2**63 - 1
_TIME_NAMES = (
    "timestamp time datetime date ts timestamputc timeutc utc datetimeutc localtime "
    "recordedat createdat eventtime unixtime epoch zeitstempel zeitpunkt zeit datum"
).split()
_N_FIRST = 20  # cells by which a column is taken for one of dates
_GROUPED = re.compile(
    r"[+-]?[1-9]\d{0,2}(?P<mark>[.,'’ \u00a0\u202f])\d{3}((?P=mark)\d{3})*"
    r"((?!(?P=mark))[.,]\d+)?"
)
# A day and a month in either order, and the year behind; a time of day or the name of
# the day may stand before.
_DAY_AND_MONTH = re.compile(
    r"(?P<before>\D*|\d+:\S+\s+)(?P<first>\d{1,2})(?P<mark>[./-])(?P<second>\d{1,2})"
    r"(?P=mark)(?P<year>\d{4}|\d{2})(?![\d./-])"
)
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([ap]m)?", re.IGNORECASE)
_CLOCKS_DAY = "1900-01-01"  # of a time of day without a day
_MONTHS = 12
_PIVOT = 70  # years of two digits from this on are in the last century


class ColumnReadings(NamedTuple):
    """Numbers of a column, NaN where one is missing, and what parts their thousands."""

    numbers: Floats
    thousands: str


class Times(NamedTuple):
    """Times of a column, what its cells count, and whether their day comes first."""

    stamps: pd.Index
    unit: str
    day_first: bool


def number_of(cell: str, thousands: str = "") -> float | None:
    """Return the number in a cell, NaN where it says that there is none; else None.

    Parameters
    ----------
    cell : str
        ``4.5`` and ``4,5`` are the same number.
    thousands : str, default=""
        What parts the thousands, where the column is known to part them.

    Returns
    -------
    number : float or None
    """
    text = cell.strip()
    if thousands and (found := _GROUPED.fullmatch(text)) and found["mark"] == thousands:
        text = text.replace(thousands, "")
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return math.nan if text.lower() in MISSING else None
    return None if "_" in text else number  # Python alone takes 1_000 for a number


def readings_of(column: pd.Series, thousands: str = "") -> ColumnReadings | None:
    """Return the numbers of a column; None if it holds none, or text.

    Parameters
    ----------
    column : Series
    thousands : str, default=""
        What parts the thousands, if that is known. Else it shows where a cell such as
        1,234.5 or 1.234.567 is no number in any other way.

    Returns
    -------
    readings : ColumnReadings or None
    """
    if pd.api.types.is_numeric_dtype(column):
        return ColumnReadings(column.to_numpy(dtype=np.float64, na_value=np.nan), "")
    cells = _text(column).tolist()
    numbers = [number_of(cell, thousands) for cell in cells]
    if None in numbers and not thousands:
        mark = mark_of_thousands(cells[numbers.index(None)])
        return readings_of(column, mark) if mark else None
    found = np.array(numbers, dtype=np.float64)  # NaN for None
    if None in numbers or np.isnan(found).all():
        return None
    return ColumnReadings(found, thousands)


def mark_of_thousands(cell: str) -> str:
    """Return what parts the thousands in a cell such as 1,234.5; nothing if none does.

    Parameters
    ----------
    cell : str

    Returns
    -------
    mark : str
    """
    grouped = _GROUPED.fullmatch(cell.strip())
    return grouped["mark"] if grouped else ""


def why_no_numbers(name: str, column: pd.Series) -> str:
    """Name a column that `readings_of` refuses, and say what is in its way.

    Parameters
    ----------
    name : str
    column : Series

    Returns
    -------
    words : str
        For instance ``bar ('broken' in row 7)``.
    """
    for row, cell in enumerate(_text(column)):
        if number_of(cell) is None:
            return f"{name} ({cell.strip()!r:.60} in row {row + 1})"
    return f"{name} (empty)"


def is_value(cell: str) -> bool:
    """Return whether a cell holds a number or a date."""
    number = number_of(cell)
    return _dates(pd.Series([cell])) is not None if number is None else number == number


def may_be_value(cell: str) -> bool:
    """Return whether a cell holds a number or a date, or says that it has none."""
    return cell.strip().lower() in MISSING or is_value(cell)


def is_header(cells: Sequence[str]) -> bool:
    """Return whether the cells of a first line are names, because none is a number."""
    numbers = [number_of(cell) for cell in cells]
    return not any(number is not None and number == number for number in numbers)


def names_units(cells: Sequence[str]) -> bool:
    """Return whether cells below the names say what readings are measured in.

    Parameters
    ----------
    cells : sequence of str
        Of the columns of readings and of the time, in the first row.

    Returns
    -------
    are_units : bool
    """
    has_word = any(cell.strip().lower() not in MISSING for cell in cells)
    return has_word and not any(map(is_value, cells))


def time_columns(columns: Mapping[str, pd.Series]) -> tuple[str, ...]:
    """Find the column that holds times, or the two that hold days and times of day.

    Parameters
    ----------
    columns : mapping of str to Series

    Returns
    -------
    names : tuple of str
        A column with a usual name, or else the first with dates; a day and a time of
        day that have a column each count as one. Empty if there is none.
    """
    clock = next((name for name in columns if _has_clocks(columns[name])), None)
    day = next((name for name in columns if _has_days(columns[name])), None)
    found: dict[str, tuple[str, ...]] = {name: (name,) for name in columns}
    if clock is not None and day is not None:
        del found[clock], found[day]
        found = {f"{day} {clock}": (day, clock), **found}
    plain = {re.sub(r"[\W_]", "", name).lower(): name for name in reversed(found)}
    usual = [found[plain[name]] for name in _TIME_NAMES if name in plain]
    dated = (names for names in found.values() if looks_like_dates(columns[names[0]]))
    return usual[0] if usual else next(dated, ())


def joined(columns: Sequence[pd.Series]) -> pd.Series:
    """Return the one column of times, or the days with their times of day."""
    first, *others = columns
    for other in others:
        first = _text(first) + " " + _text(other)
    return first


def times_of(column: pd.Series, path: object, layout: SeriesLayout) -> Times:
    """Turn the cells of a column into points in time, or into time since the start.

    Dates come in any usual spelling, the day first where a month would be above 12, or
    where the layout says so; where they name time zones they become UTC. Numbers are
    seconds, milliseconds and so on since 1970 where they are that large, and else
    seconds since the start.

    Parameters
    ----------
    column : Series
    path : Path
        For the message.
    layout : SeriesLayout
        What is known of other files from the same source.

    Returns
    -------
    times : Times

    Raises
    ------
    TableFileError
        If a cell is no time.
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        return Times(pd.DatetimeIndex(_in_utc(column)), DATES, layout.day_first)
    text = _text(column)
    # Of dates, one look is enough.
    looked_at = text.iloc[:1] if is_header([text.iloc[0]]) else text
    numbers = np.array([number_of(cell) for cell in looked_at], dtype=np.float64)
    if np.isfinite(numbers).all():
        unit = _unit_of_column(numbers, layout.time_unit)
        try:
            counted = np.array([_nanoseconds(cell, unit) for cell in text], np.int64)
        except OverflowError as error:
            row = int(np.abs(numbers).argmax())
            rule = "is too far from the others"
            raise _no_time(path, column, row, rule) from error
        kind = "m8[ns]" if unit == SINCE_START else "M8[ns]"
        return Times(pd.Index(counted.view(kind)), unit, False)
    if (found := _dates(text, layout.day_first)) is None:
        raise _no_time(path, column, _row_without_date(text), "is none")
    return Times(pd.DatetimeIndex(found.dates), DATES, found.day_first)


def open_date(column: pd.Series) -> str | None:
    """Return a date of which no cell says whether the day or the month comes first.

    Parameters
    ----------
    column : Series
        Cells of dates.

    Returns
    -------
    cell : str or None
        The first such date, for instance ``1/2/2026``; None where a cell tells, or a
        point parts day and month.
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        return None
    text = _text(column)
    if not _DAY_AND_MONTH.match(text.iloc[0]):  # of other dates, one look is enough
        return None
    found = [each for cell in text if (each := _DAY_AND_MONTH.match(cell))]
    pairs = [{int(each["first"]), int(each["second"])} for each in found]
    if any(max(pair) > _MONTHS for pair in pairs):
        return None
    for each, pair in zip(found, pairs, strict=True):
        if each["mark"] != "." and len(pair) > 1:
            return each.string
    return None


def open_date_told(cell: str) -> str:
    """Say how a date was read that `open_date` found."""
    return (
        f"its dates, such as {cell!r}, leave open whether the day or the month comes "
        "first, and were read with the month first; 2026-02-01 and 1.2.2026 are clear"
    )


def is_evener_day_first(column: pd.Series) -> bool | None:
    """Return whether fewer steps of time are odd ones where the day comes first.

    Parameters
    ----------
    column : Series
        Cells of dates, those of one row after those of the one before.

    Returns
    -------
    is_evener : bool or None
        None where as many are.
    """

    def n_odd(day_first: bool) -> int:
        found = _dates(_text(column), day_first)
        steps = pd.Series() if found is None else found.dates.diff().iloc[1:]
        return int((steps != steps.median()).sum())

    month_first, day_first = n_odd(day_first=False), n_odd(day_first=True)
    return None if month_first == day_first else day_first < month_first


def nanoseconds_of(cell: object, layout: SeriesLayout) -> int:
    """Return the time in one cell, in nanoseconds since 1970 or since the start.

    Parameters
    ----------
    cell : str or number
    layout : SeriesLayout
        What is known of other cells from the same source.

    Returns
    -------
    nanoseconds : int

    Raises
    ------
    ValueError
        If the cell holds no time.
    """
    text = str(cell)
    number = number_of(text)
    if number is not None and math.isfinite(number):
        unit, size = layout.time_unit, abs(number)
        if unit not in NANOSECONDS or size * NANOSECONDS[unit] > _MAX_NANOSECONDS:
            unit = _unit_of(size)
        if size * NANOSECONDS[unit] > _MAX_NANOSECONDS:
            raise ValueError(f"{cell!r} is too far from 1970")
        return _nanoseconds(text, unit)
    return int(_date(text, layout.day_first).as_unit("ns").value)


def looks_like_dates(column: pd.Series) -> bool:
    """Return whether the first cells of a column are dates, and no numbers."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return True
    cells = _text(column.iloc[:_N_FIRST])
    return bool(len(cells)) and is_header([*cells]) and _dates(cells) is not None


def dates_or_cells(column: pd.Series) -> pd.Series:
    """Return dates in the place of text where all of it is dates, else the column."""
    if pd.api.types.is_numeric_dtype(column) or not looks_like_dates(column):
        return column
    found = _dates(_text(column))
    return column if found is None else found.dates


def _text(column: pd.Series) -> pd.Series:
    return column.astype(str).fillna("")


def _has_clocks(column: pd.Series) -> bool:
    cells = _text(column.iloc[:_N_FIRST]).str.strip()
    return bool(len(cells)) and bool(cells.str.fullmatch(_CLOCK).all())


def _has_days(column: pd.Series) -> bool:
    cells = _text(column.iloc[:_N_FIRST])
    return not cells.str.contains(":").any() and looks_like_dates(column)


def _unit_of(size: float) -> str:
    return next((unit for least, unit in _EPOCHS if size >= least), SINCE_START)


def _unit_of_column(numbers: Floats, known: str) -> str:
    """Return what the numbers count: what is known of their source, if that can be.

    Numbers that would be of our days in seconds are no milliseconds, though.
    """
    found = _unit_of(float(np.median(np.abs(numbers))))
    if known not in NANOSECONDS:
        return found
    can_be = np.abs(numbers).max() * NANOSECONDS[known] <= _MAX_NANOSECONDS
    is_coarser = found != SINCE_START and NANOSECONDS[found] > NANOSECONDS[known]
    return known if can_be and not is_coarser else found


def _nanoseconds(cell: str, unit: str) -> int:
    try:
        return int(cell) * NANOSECONDS[unit]
    except ValueError:
        whole = math.floor(number := float(cell.replace(",", ".")))
        return whole * NANOSECONDS[unit] + round((number - whole) * NANOSECONDS[unit])


class _Dates(NamedTuple):
    dates: pd.Series
    day_first: bool


def _dates(text: pd.Series, day_first: bool = False) -> _Dates | None:
    """Return the dates of cells, UTC where they name zones; None if one is no date.

    Each is what `_date` makes of it; the column as a whole is only faster.
    """
    found = _parsed(text, format="ISO8601")
    if found is None:
        day_first = _is_day_first(text, day_first)
        plain = text.map(lambda cell: _one_way(cell, day_first))
        for settings in {}, {"format": "mixed"}, {"format": "mixed", "utc": True}:
            found = _parsed(plain, **settings)
            if found is not None:
                break
    return None if found is None or found.isna().any() else _Dates(found, day_first)


def _parsed(text: pd.Series, **settings: Any) -> pd.Series | None:
    with warnings.catch_warnings():
        # pandas tells that it looks at each cell: that is what we want. pandas 2 tells
        # that it will no longer take mixed time zones: `utc` does.
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", FutureWarning)
        try:
            found = pd.to_datetime(text, **settings)
        except (ValueError, OverflowError):
            return None
    return _in_utc(found) if pd.api.types.is_datetime64_any_dtype(found) else None


def _in_utc(dates: pd.Series) -> pd.Series:
    return dates if dates.dt.tz is None else dates.dt.tz_convert("UTC")


def _date(cell: str, day_first: bool) -> pd.Timestamp:
    """Return the date in a cell; raises a ValueError if it holds none."""
    try:
        stamp = pd.Timestamp(_one_way(cell, day_first))
    except OverflowError as error:
        raise ValueError(str(error)) from error
    if pd.isna(stamp):
        raise ValueError(f"{cell!r} is no date")
    return stamp


def _one_way(cell: str, day_first: bool) -> str:
    """Spell a date so that it means one day only, and leave what is no such date.

    1.2.2026 is in February, and so is 1/2/2026 where the day comes first; 13/2/2026
    always is.
    """
    if _CLOCK.fullmatch(cell.strip()):
        return f"{_CLOCKS_DAY} {cell}"
    found = _DAY_AND_MONTH.match(cell)
    if not found:
        return cell
    month, day, year = (int(found[name]) for name in ("first", "second", "year"))
    if day_first or found["mark"] == ".":
        month, day = day, month
    if month > _MONTHS:
        month, day = day, month
    if len(found["year"]) == len("26"):
        year += 2000 if year < _PIVOT else 1900
    rest = f"{cell[found.end() :]} {found['before']}".rstrip()
    return f"{year:04}-{month:02}-{day:02}{rest}"


def _is_day_first(text: pd.Series, known: bool) -> bool:
    """Return whether days stand before months: one above 12 tells, or what is known."""
    found = [found for cell in text if (found := _DAY_AND_MONTH.match(cell))]
    is_told, is_denied = (
        any(int(each[place]) > _MONTHS for each in found)
        for place in ("first", "second")
    )
    return (is_told or known) and not is_denied


def _no_time(path: object, column: pd.Series, row: int, rule: str) -> TableFileError:
    return TableFileError(
        f"{path}, row {row + 1}, has the time {column.iloc[row]!r}, which {rule}."
    )


def _row_without_date(text: pd.Series) -> int:
    for row, cell in enumerate(text):
        try:
            _date(cell, day_first=False)
        except ValueError:
            return row
    return len(text) - 1
