"""Where events begin and end, on evidence made by hand."""

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.core.extreme_values import fit_tail
from recs_anomaly.estimators._detector_events import (
    Evidence,
    event_runs,
    event_table,
)

WINDOW = 10
ROWS = 60


def evidence(
    unlike: slice = slice(0),
    rebuilt: slice = slice(0),
    errs: slice = slice(0),
    beyond: slice = slice(5, 55),
) -> Evidence:
    """Rows beyond the threshold, and what the branches find in some of them."""
    ratio, alone = np.zeros(ROWS), np.zeros(ROWS)
    ratio[beyond], alone[errs] = 2.0, 2.0
    errors = np.zeros((3, ROWS, 1))
    errors[1, rebuilt, 0] = errors[2, unlike, 0] = 1.0
    blank = np.zeros((ROWS, 1))
    return Evidence(ratio, errors, errors, blank, blank, blank, alone, WINDOW)


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
        # Two things apart.
        (evidence(unlike=slice(20, 39), errs=slice(15, 16)), [(15, 16), (29, 30)]),
        # Nothing stands out: all that is beyond the threshold.
        (evidence(), [(5, 55)]),
        # Strange rows below the threshold are none.
        (evidence(unlike=slice(20, 39), beyond=slice(40, 50)), [(40, 50)]),
        (evidence(rebuilt=slice(20, 39), beyond=slice(30, 50)), [(30, 39)]),
    ],
)
def test_rows_of_events(made: Evidence, runs: list[tuple[int, int]]) -> None:
    assert event_runs(made, threshold=1.0, merge_gap=0, min_duration=1) == runs


def test_an_event_begins_where_its_sensor_froze() -> None:
    values = np.random.default_rng(0).standard_normal((ROWS, 1))
    values[20:40] = 3.0
    values[25] = np.nan
    tail = fit_tail(np.arange(100.0), 1)
    for froze, start in ((True, 20), (False, 40)):
        if not froze:
            values[30:40] = np.arange(10)[:, None]
        made = evidence(errs=slice(40, 42))._replace(values=values)
        events = event_table(made, [(40, 42)], tail, ["a"], pd.RangeIndex(ROWS))
        assert events["start"].tolist() == [start]
        assert events["n_rows"].tolist() == [42 - start]
