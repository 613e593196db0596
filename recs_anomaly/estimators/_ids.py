"""Ids of any kind <-> row numbers."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recs_anomaly.core.rating_rows import Ints


class IdIndex:
    """Finds the rows of ids by hashing; one table serves many look-ups."""

    def __init__(self, ids: NDArray[Any]) -> None:
        self._index: Any = pd.Index(ids, tupleize_cols=False)

    def rows(self, wanted: Iterable[Any]) -> Ints:
        """Row of each id, -1 for an id that is not there."""
        if not isinstance(wanted, np.ndarray | pd.Series):
            wanted = pd.Index(list(wanted), tupleize_cols=False)
        rows: Ints = self._index.get_indexer(wanted).astype(np.int64)
        return rows
