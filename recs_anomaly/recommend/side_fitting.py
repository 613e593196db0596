"""How tables of features become numbers."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

from recs_anomaly.base.frames import as_frame
from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError
from recs_anomaly.recommend import side
from recs_anomaly.recommend.side import FeatureTables, is_list, numbers_of

MAX_VALUES = 200  # categories, words of a list, and words of a text
LEAST_OFTEN = 3
N_QUANTILES = 5
FEW_VALUES = 10
WORDS_OF_A_CATEGORY = 3  # longer cells are texts
JITTER = 1e-12


def feature_tables(items: Any, users: Any) -> FeatureTables | None:
    """Check tables of features, if any, and learn how they become numbers."""
    if items is None and users is None:
        return None
    of_items = _checked(items, "item_features", "item_id")
    of_users = _checked(users, "user_features", "user_id")
    columns = {"items": _columns_of(of_items), "users": _columns_of(of_users)}
    return FeatureTables(of_items, of_users, columns)


def _checked(table: Any, name: str, id_column: str) -> pd.DataFrame | None:
    """Check a table of features, and let its index be the ids."""
    if table is None:
        return None
    frame = as_frame(table)
    if not isinstance(frame, pd.DataFrame):
        raise InputError(
            f"{name} must be a frame indexed by id, or with a column {id_column}; "
            f"got {type(table).__name__}."
        )
    if id_column in frame:
        frame = frame.set_index(id_column)
    if frame.index.hasnans or frame.index.has_duplicates:
        what = "lacks an id" if frame.index.hasnans else "names an id twice"
        raise InputError(f"{name} must have one row for each id; it {what}.")
    frame = frame.rename(columns=str)
    if not len(frame.columns) or frame.columns.has_duplicates:
        raise InputError(f"{name} must have columns of different names.")
    return frame


def _columns_of(table: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Learn how a table becomes numbers; a column that says nothing is left out."""
    if table is None:
        return []
    columns = (_column(str(name), cells) for name, cells in table.items())
    return [column for column in columns if column is not None]


def _column(name: str, cells: pd.Series) -> dict[str, Any] | None:
    if is_datetime64_any_dtype(cells) or (
        is_numeric_dtype(cells) and not is_bool_dtype(cells)
    ):
        return _number_column(name, numbers_of(cells))
    told = [cell for cell in cells.tolist() if not _is_empty(cell)]
    if not told:
        return None
    if is_list(told).any():
        values = _frequent(word for cell in told for word in side.words_of(cell))
        return {"name": name, "kind": side.WORDS, "values": values}
    texts = list(map(str, told))
    if np.mean([len(text.split()) for text in texts]) > WORDS_OF_A_CATEGORY:
        return _text_column(name, texts)
    values = _frequent(texts)
    return {"name": name, "kind": side.CATEGORY, "values": values} if values else None


def _is_empty(cell: Any) -> bool:
    return not isinstance(cell, np.ndarray | list) and side.is_missing(cell)


def _frequent(values: Iterable[str]) -> list[str]:
    common = Counter(values).most_common(MAX_VALUES)
    return sorted(value for value, count in common if count >= LEAST_OFTEN)


def _number_column(name: str, values: Floats) -> dict[str, Any] | None:
    known = values[np.isfinite(values)]
    if not len(known) or known.std() <= JITTER:
        return None
    edges: list[float] = []
    if len(np.unique(known)) > FEW_VALUES:
        shares = np.arange(1, N_QUANTILES) / N_QUANTILES
        edges = np.unique(np.quantile(known, shares)).tolist()
    return {
        "name": name,
        "kind": side.NUMBER,
        "centre": float(known.mean()),
        "spread": float(known.std()),
        "edges": edges,
    }


def _text_column(name: str, texts: list[str]) -> dict[str, Any] | None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    found = TfidfVectorizer(
        analyzer=side.tokens_of, min_df=min(LEAST_OFTEN, len(texts))
    )
    try:
        found.fit(texts)
    except ValueError:  # no word occurs often enough
        return None
    words, weights = found.get_feature_names_out(), found.idf_
    best = np.sort(np.argsort(weights, kind="stable")[:MAX_VALUES])
    return {
        "name": name,
        "kind": side.TEXT,
        "values": words[best].tolist(),
        "weights": weights[best].tolist(),
    }
