"""Scores as a table, and what they come to."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from recs_anomaly.anomaly.app.findings import score_table, sum_up_scores


def detector_of(scores: list[float], offset: float) -> SimpleNamespace:
    """In a detector's place: these scores, whatever the series."""
    found = SimpleNamespace(
        scores=np.array(scores), decisions=np.array(scores) - offset
    )
    return SimpleNamespace(assess=lambda _: found, offset_=offset)


def test_rows_beyond_the_threshold_are_marked_and_the_lowest_is_named() -> None:
    index = pd.date_range("2026-03-01", periods=4, freq="h", name="when")
    values = pd.DataFrame({"a": 0.0}, index)
    table = score_table(detector_of([-1.0, -3.0, -3.5, -0.5], -3.0), values)
    assert list(table) == ["when", "score", "is_abnormal"]
    # At the threshold is not beyond it.
    assert table["is_abnormal"].tolist() == [0, 0, 1, 0]
    summary = sum_up_scores(table, -3.0)
    assert (summary.n_rows, summary.n_abnormal, summary.score) == (4, 1, -3.5)
    assert summary.at == "2026-03-01 02:00:00"


def test_rows_without_times_are_numbered() -> None:
    table = score_table(detector_of([-2.0, -1.0], -9.0), pd.DataFrame({"a": [1, 2]}))
    assert table["row"].tolist() == [0, 1]
    assert sum_up_scores(table, -9.0).at == "0"
