"""Tables as plain Python values, for whatever prints or sends them."""

from typing import Any

import pandas as pd


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a DataFrame into rows of plain values.

    Parameters
    ----------
    table : DataFrame
        Its columns have text for names; its index is left out.

    Returns
    -------
    rows : list of dict
        One dict a row, with None for what is missing.

    Examples
    --------
    >>> records(pd.DataFrame({"item_id": [7], "std": [float("nan")]}))
    [{'item_id': 7, 'std': None}]
    """
    known = table.astype(object).where(table.notna(), None)
    columns = [str(name) for name in table.columns]
    return [
        dict(zip(columns, row, strict=True))
        for row in known.itertuples(index=False, name=None)
    ]
