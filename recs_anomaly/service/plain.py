"""Answers as JSON: plain values, and null for what is not known."""

import json
from typing import Any

import pandas as pd
from starlette.responses import Response

JSON = "application/json"
_encoder = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=str)


def json_bytes(value: Any) -> bytes:
    """Write plain values as JSON.

    Parameters
    ----------
    value : object
        Without NaN, which JSON does not have. An id that is neither a number nor text
        is written as text.

    Returns
    -------
    content : bytes
    """
    return _encoder.encode(value).encode()


def json_response(value: Any) -> Response:
    """Answer with plain values.

    Parameters
    ----------
    value : object

    Returns
    -------
    response : Response
    """
    return Response(json_bytes(value), media_type=JSON)


def plain_list(column: Any) -> list[Any]:
    """Turn a column into plain values.

    Parameters
    ----------
    column : Series or ndarray

    Returns
    -------
    values : list
        None stands for NaN, infinity, and what is missing.
    """
    values: list[Any] = column.tolist()
    if column.dtype.kind == "f":
        return [each if abs(each) < float("inf") else None for each in values]
    if column.dtype.kind in "iub":
        return values
    return [None if each is None or each != each else each for each in values]


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a table into rows of plain values.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    rows : list of dict
    """
    return rows_of({str(name): plain_list(table[name]) for name in table.columns})


def rows_of(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Turn columns of plain values into rows.

    Parameters
    ----------
    columns : dict of str to list
        All of one length.

    Returns
    -------
    rows : list of dict
    """
    return [
        dict(zip(columns, row, strict=True))
        for row in zip(*columns.values(), strict=True)
    ]
