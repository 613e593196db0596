"""Which columns of a table hold readings, and which of its rows is none."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from recs_anomaly.datasets._time_columns import looks_like_dates

_NO_VALUE = {"", "na", "n/a", "nan", "null", "none", "<na>", "-", "?"}


def numbers_of(column: pd.Series) -> np.ndarray | None:
    """Numbers of a column, NaN where a cell is empty; None if it holds none, or text.

    Parameters
    ----------
    column : Series

    Returns
    -------
    numbers : ndarray of float64, or None
    """
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    text = _cells(column)
    numbers, is_empty = _parsed(text)
    has_text = (numbers.isna() & ~is_empty).any()
    return None if has_text or is_empty.all() else numbers.to_numpy(dtype=np.float64)


def why_no_numbers(name: str, column: pd.Series) -> str:
    """Name a column for which `numbers_of` is None, and what is in its way.

    Parameters
    ----------
    name : str
    column : Series

    Returns
    -------
    told : str
        For instance ``bar ('broken' in row 7)``.
    """
    text = _cells(column)
    numbers, is_empty = _parsed(text)
    if is_empty.all():
        return f"{name} (empty)"
    row = int((numbers.isna() & ~is_empty).to_numpy().argmax())
    return f"{name} ({text.iloc[row]!r:.60} in row {row + 1})"


def without_units(columns: dict[str, pd.Series], path: Path) -> dict[str, pd.Series]:
    """Leave out a row below the names that says what the readings are measured in.

    Parameters
    ----------
    columns : dict of str to Series of str
    path : Path
        For the warning.

    Returns
    -------
    columns : dict of str to Series of str
    """
    head = {name: column.iloc[:2] for name, column in columns.items()}
    if any(len(rows) < 2 or _is_value(rows.iloc[:1]) for rows in head.values()):
        return columns
    measured = [name for name, rows in head.items() if _is_value(rows.iloc[1:])]
    units = [cell for name in measured if (cell := head[name].iloc[0].strip())]
    if all(unit.lower() in _NO_VALUE for unit in units):
        return columns
    warnings.warn(
        f"left out of {path}, for it names units: the first row, {', '.join(units)}.",
        stacklevel=4,
    )
    return {name: column.iloc[1:] for name, column in columns.items()}


def _is_value(cell: pd.Series) -> bool:
    """Whether the one cell of a series is a number or a date."""
    return numbers_of(cell) is not None or looks_like_dates(cell)


def _cells(column: pd.Series) -> pd.Series:
    return column.astype(str).str.strip()


def _parsed(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Numbers of cells, NaN where there is none, and which cells are empty."""
    is_empty = text.str.lower().isin(_NO_VALUE)
    given = text.where(~is_empty)
    numbers = pd.to_numeric(given, errors="coerce")
    if (numbers.isna() & ~is_empty).any():
        # Half of the world writes 4,5.
        comma = given.str.replace(",", ".", regex=False)
        numbers = pd.to_numeric(comma, errors="coerce")
    return numbers, is_empty
