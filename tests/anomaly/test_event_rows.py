"""Where events begin and end, on evidence made by hand."""

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.anomaly.due import Due
from recs_anomaly.anomaly.events import (
    RowEvidence,
    event_rows,
    event_table,
    merged_runs,
)
from recs_anomaly.anomaly.tail import fit_tail

WINDOW = 10
ROWS = 60


def evidence(
    unlike: slice = slice(0),
    rebuilt: slice = slice(0),
    errs: slice = slice(0),
    beyond: slice = slice(5, 55),
    level: slice = slice(0),
    still: slice = slice(0),
) -> RowEvidence:
    """Rows beyond the threshold, and what the branches find in some of them."""
    ratio = np.zeros(ROWS)
    ratio[beyond] = 2.0
    errors = np.zeros((4, ROWS, 1))
    errors[0, errs, 0] = errors[1, rebuilt, 0] = errors[2, unlike, 0] = 1.0
    errors[1, level, 0] = 0.5
    blank, stillness = np.zeros((ROWS, 1)), np.ones((ROWS, 1))
    stillness[still] = 1.5
    shares = np.concatenate([errors, np.log(stillness)[None]])
    return RowEvidence(ratio, shares, errors, stillness, blank, blank, blank, WINDOW)


@pytest.mark.parametrize(
    ("made", "runs"),
    [
        # One abnormal row makes 2 * 10 - 1 rows unlike: the row is what is left.
        (evidence(unlike=slice(20, 39)), [(29, 30)]),
        # Twenty abnormal rows.
        (evidence(unlike=slice(11, 49)), [(20, 40)]),
        # A short stretch keeps its middle, here two of ten rows.
        (evidence(unlike=slice(20, 30)), [(24, 26)]),
        (evidence(unlike=slice(20, 21)), [(20, 21)]),
        # The row in which the forecast errs says more exactly where it is.
        (evidence(unlike=slice(20, 39), errs=slice(21, 22)), [(21, 22)]),
        (evidence(unlike=slice(20, 39), rebuilt=slice(25, 35)), [(25, 35)]),
        # A level that has shifted errs less than a spike, but in many rows.
        (evidence(level=slice(12, 48)), [(12, 48)]),
        (evidence(level=slice(12, 48), errs=slice(30, 31)), [(12, 48)]),
        # Nothing stands out: all that is beyond the threshold.
        (evidence(), [(5, 55)]),
        # Strange rows below the threshold are none.
        (evidence(unlike=slice(20, 39), beyond=slice(40, 50)), [(40, 50)]),
        (evidence(rebuilt=slice(20, 39), beyond=slice(30, 50)), [(30, 39)]),
        # Of a standstill all rows count, once it is found out: beyond, or as it ends.
        (evidence(still=slice(20, 30), beyond=slice(25, 26)), [(20, 30)]),
        (evidence(still=slice(20, 30), beyond=slice(30, 31)), [(20, 31)]),
        (
            evidence(still=slice(20, 30), beyond=slice(31, 32)),
            [(31, 32)],
        ),
    ],
)
def test_rows_of_events(made: RowEvidence, runs: list[tuple[int, int]]) -> None:
    assert merged_runs(event_rows(made, 1.0), merge_gap=0, min_duration=1) == runs


def test_a_standstill_leads_where_it_says_most() -> None:
    made = evidence(still=slice(20, 30), beyond=slice(20, 30))
    tail = fit_tail(np.arange(100.0), 1)
    blank = np.zeros((ROWS, 1))
    due = Due(blank, blank, blank, np.ones((1, 1)))
    index = pd.RangeIndex(ROWS)
    event = event_table(made, due, [(20, 30)], tail, ["a"], index).iloc[0]
    assert (event["branch"], event["cause"]) == (
        "standstill",
        "frozen: does not move from 0",
    )
