"""The branches of the detector. A new one is a file here, and an entry in the list."""

from collections.abc import Sequence

from recs_anomaly.anomaly.branches.branch import Branch
from recs_anomaly.anomaly.branches.forecast import FORECAST
from recs_anomaly.anomaly.branches.neighbour import NEIGHBOUR
from recs_anomaly.anomaly.branches.reconstruction import RECONSTRUCTION
from recs_anomaly.anomaly.branches.relation import RELATION
from recs_anomaly.anomaly.branches.standstill import STANDSTILL

# A new one comes last: detectors fitted without it know the first ones alone.
BRANCHES = [FORECAST, RECONSTRUCTION, NEIGHBOUR, RELATION]
N_FIRST = 3  # that detectors of all versions know


def signs_of(branches: Sequence[Branch]) -> list[Branch]:
    """List all that adds to a row's number: branches, and that nothing moves."""
    return [*branches, STANDSTILL]
