"""Findings made by hand, without a fit: a small world for the report's tests."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from recs_anomaly.anomaly.app.findings import Findings

N_ROWS = 400
COLUMNS = (
    "start end peak n_rows severity direction channel channels branch cause".split()
)
EVENT = {
    "severity": 1e9,
    "direction": "high",
    "branch": "forecast",
    "cause": "spike: 9 where 1 was expected",
}
DETECTOR: Any = SimpleNamespace(
    offset_=-1.5,
    n_rows_=200,
    n_normal_=195,
    window_=50,
    cell="gru",
    smooth="auto",
    side="both",
    alpha=0.001,
    contamination="auto",
    epochs=20,
)


def made_findings(
    names: tuple[str, ...] = ("a", "b"),
    events: tuple[dict[str, Any], ...] = (),
    n_rows: int = N_ROWS,
    index: pd.Index | None = None,
) -> Findings:
    """Two channels of waves; events as their fields, with defaults for the rest."""
    if index is None:
        index = pd.date_range("2026-03-01", periods=n_rows, freq="5min", name="time")
    wave = np.sin(np.arange(n_rows) / 9.0)
    values = pd.DataFrame({name: wave + i for i, name in enumerate(names)}, index=index)
    parts = {
        **{("expected", name): values[name] for name in names},
        **{("lower", name): values[name] - 0.5 for name in names},
        **{("upper", name): values[name] + 0.5 for name in names},
        ("branch", "forecast"): 0.5,
        ("branch", "reconstruction"): 0.2,
        ("branch", "neighbour"): 0.2,
        ("branch", "standstill"): 0.1,
        **{("channel", name): 1 / len(names) for name in names},
    }
    scores = np.full(n_rows, -0.5)
    rows = []
    for event in events:
        first, last = event["rows"]
        scores[first : last + 1] = -event.get("score", 5.0)
        places = {"start": index[first], "end": index[last], "peak": index[first]}
        own = {name: event[name] for name in event if name not in ("rows", "score")}
        lead = {"channel": names[0], "channels": names[0]}
        rows.append({**EVENT, **lead, **places, "n_rows": last - first + 1, **own})
    return Findings(
        values,
        scores,
        pd.DataFrame(parts, index=index),
        pd.DataFrame(parts, index=index)[["lower", "upper"]],
        pd.DataFrame(rows, columns=COLUMNS),
        DETECTOR,
        index[:200],
        200,
    )
