"""Files of tables written part by part, so that the whole need not be in memory."""

from collections.abc import Iterable
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from recs_anomaly.exceptions import InputError


def write_parquet(parts: Iterable[pd.DataFrame], file: BinaryIO) -> int:
    """Write frames one below the other, a row group each.

    Parameters
    ----------
    parts : iterable of DataFrame
        All with the columns and types of the first one that has rows.
    file : binary file
        Open for writing.

    Returns
    -------
    n_rows : int

    Raises
    ------
    InputError
        If there is no part, or a column mixes types, numbers and text for instance.

    Examples
    --------
    >>> from io import BytesIO
    >>> file = BytesIO()
    >>> write_parquet([pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [3]})], file)
    3
    >>> pd.read_parquet(file)["a"].tolist()
    [1, 2, 3]
    """
    writer: pq.ParquetWriter | None = None
    n_rows = 0
    without_rows: pd.DataFrame | None = None  # and so without types to go by
    try:
        for part in parts:
            if part.empty:
                without_rows = part
                continue
            schema = writer.schema if writer else None
            table = _arrow(part, schema)
            if writer is None:
                writer = pq.ParquetWriter(file, table.schema)
            writer.write_table(table)
            n_rows += len(part)
    finally:
        if writer is not None:
            writer.close()
    if n_rows == 0:
        if without_rows is None:
            raise InputError("parts must hold at least one frame; got none.")
        pq.write_table(_arrow(without_rows, None), file)
    return n_rows


def _arrow(part: pd.DataFrame, schema: pa.Schema | None) -> pa.Table:
    try:
        return pa.Table.from_pandas(part, schema=schema, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InputError(
            f"Parquet needs one type a column, which these values have not: {error}"
        ) from error
