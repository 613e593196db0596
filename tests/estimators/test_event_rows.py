"""Where events begin and end, on evidence made by hand."""

import numpy as np
import pytest

from recs_anomaly.estimators._detector_events import Evidence, event_runs

WINDOW = 10
ROWS = 60


def evidence(strange: slice, errs: slice = slice(0), beyond: slice = slice(5, 55)):
    """Rows beyond the threshold, strange in some rows; a forecast errs in some."""
    ratio, alone = np.zeros(ROWS), np.zeros(ROWS)
    ratio[beyond], alone[errs] = 2.0, 2.0
    errors = np.zeros((3, ROWS, 1))
    errors[1, strange, 0] = 1.0
    blank = np.zeros((ROWS, 1))
    return Evidence(ratio, errors, errors, blank, blank, blank, alone, WINDOW)


@pytest.mark.parametrize(
    ("made", "runs"),
    [
        # One abnormal row makes 2 * 10 - 1 rows strange: the row is what is left.
        (evidence(slice(20, 39)), [(29, 30)]),
        # Twenty abnormal rows.
        (evidence(slice(11, 49)), [(20, 40)]),
        # A short stretch keeps its middle, here two of ten rows.
        (evidence(slice(20, 30)), [(24, 26)]),
        (evidence(slice(20, 21)), [(20, 21)]),
        # The row in which the forecast errs belongs to it, wherever it lies.
        (evidence(slice(20, 39), errs=slice(15, 16)), [(15, 16), (29, 30)]),
        # Nothing stands out: all that is beyond the threshold.
        (evidence(slice(0)), [(5, 55)]),
        # Strange rows below the threshold are none.
        (evidence(slice(20, 39), beyond=slice(40, 50)), [(40, 50)]),
    ],
)
def test_rows_of_events(made: Evidence, runs: list[tuple[int, int]]) -> None:
    assert event_runs(made, threshold=1.0, merge_gap=0, min_duration=1) == runs
