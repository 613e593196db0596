"""Tables as plain Python values, for whatever prints or sends them."""

from typing import Any, NamedTuple

import pandas as pd


class Records(NamedTuple):
    """A table without pandas.

    Attributes
    ----------
    columns : list of str
    rows : list of dict
        One dict a row, with None for what is missing.
    """

    columns: list[str]
    rows: list[dict[str, Any]]


def records(table: pd.DataFrame) -> Records:
    """Turn a DataFrame into rows of plain values.

    Parameters
    ----------
    table : DataFrame
        Its columns have text for names; its index is left out.

    Returns
    -------
    plain : Records

    Examples
    --------
    >>> records(pd.DataFrame({"item_id": [7], "std": [float("nan")]}))
    Records(columns=['item_id', 'std'], rows=[{'item_id': 7, 'std': None}])
    """
    known = table.astype(object).where(table.notna(), None)
    columns = [str(name) for name in table.columns]
    rows = [
        dict(zip(columns, row, strict=True))
        for row in known.itertuples(index=False, name=None)
    ]
    return Records(columns, rows)
