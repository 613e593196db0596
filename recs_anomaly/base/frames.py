"""Tables of other libraries, Polars and PyArrow among them: taken, and given back.

Inside, a table is a frame of pandas. narwhals knows the others by name.
"""

import sys
from typing import Any

import narwhals.stable.v1 as nw
import numpy as np
import pandas as pd

from recs_anomaly.exceptions import InputError

_PLAIN = (pd.DataFrame, pd.Series, np.ndarray, list, tuple, dict, str, int)


def as_frame(X: Any) -> Any:
    """Return a table or column of another library as one of pandas; all else as it is.

    Parameters
    ----------
    X : Any

    Returns
    -------
    X : DataFrame, Series, or what came
    """
    table = _table(X)
    return X if table is None else table.to_pandas()


def as_series_frame(X: Any) -> Any:
    """Return a table of another library as a frame indexed by its column of times.

    Such tables have no index: the one column of times, if there is just one, says when
    a row was measured, and is no channel.

    Parameters
    ----------
    X : Any

    Returns
    -------
    X : DataFrame, or what came

    Raises
    ------
    InputError
        If a frame of pandas, which has an index, holds times in a column.
    """
    if isinstance(X, pd.DataFrame):
        times = [name for name, kind in X.dtypes.items() if kind.kind == "M"]
        if times:
            raise InputError(
                f"X must hold numbers; its column {times[0]!r} holds times, which "
                f"belong into the index: X.set_index({times[0]!r})."
            )
    table = _table(X)
    if table is None or isinstance(table, nw.Series):
        return as_frame(X)
    frame = table.to_pandas()
    kinds = (nw.Datetime, nw.Date, nw.Duration)
    times = [name for name, kind in table.schema.items() if kind in kinds]
    if len(times) != 1:
        return frame
    frame[times[0]] = frame[times[0]].astype(_unit(frame[times[0]]))
    return frame.set_index(times[0])


def like(X: Any, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame in the library that a table or a column came in.

    Parameters
    ----------
    X : Any
        What was asked about.
    frame : DataFrame
        The answer. Where it is no longer one of pandas, an index with a name becomes
        the first column, and names of two levels are joined by "_".

    Returns
    -------
    frame : DataFrame of the library of X
        Of pandas, where X is no table.
    """
    asked = _table(X)
    if asked is None:
        return frame
    plain = frame.copy()
    plain.columns = [
        "_".join(filter(None, map(str, name))) if isinstance(name, tuple) else str(name)
        for name in frame.columns
    ]
    if frame.index.name is not None:
        plain = plain.reset_index()
    made: pd.DataFrame = nw.from_arrow(plain, backend=asked.implementation).to_native()
    return made


def _table(X: Any) -> Any:
    """Return a table or column of another library as narwhals sees it, else None."""
    # Asking narwhals takes longer than a person's whole list does.
    if isinstance(X, _PLAIN):
        return None
    arrow = sys.modules.get("pyarrow")
    if arrow and isinstance(X, arrow.RecordBatch):  # which narwhals does not know
        X = arrow.Table.from_batches([X])
    found = nw.from_native(X, allow_series=True, pass_through=True)
    if isinstance(found, nw.LazyFrame):
        raise InputError("X must hold its rows; it is a lazy table: collect it first.")
    return found if isinstance(found, nw.DataFrame | nw.Series) else None


def _unit(times: pd.Series) -> Any:
    """Return the type of a column of times; that of days is told by no other type."""
    return "datetime64[s]" if times.dtype == object else times.dtype
