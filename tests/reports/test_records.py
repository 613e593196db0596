"""Tables as plain values."""

import numpy as np
import pandas as pd

from recs_anomaly.reports.records import records


def test_rows_hold_plain_values() -> None:
    table = pd.DataFrame(
        {
            "item_id": np.array([7, 8]),
            "title": ["Seven", None],
            "std": [0.5, np.nan],
            "ranks": [[1, 2], []],
        },
        index=[5, 5],
    )
    plain = records(table)
    assert plain == [
        {"item_id": 7, "title": "Seven", "std": 0.5, "ranks": [1, 2]},
        {"item_id": 8, "title": None, "std": None, "ranks": []},
    ]
    assert [type(value) for value in plain[0].values()] == [int, str, float, list]


def test_an_empty_table_has_no_rows() -> None:
    assert records(pd.DataFrame({"a": [], "b": []})) == []
