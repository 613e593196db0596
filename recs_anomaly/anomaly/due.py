"""What was due: what rows would have been, had nothing been measured in them."""

from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.autoregression import fill_missing
from recs_anomaly.anomaly.model import INPUT_LIMIT, AnomalyModel
from recs_anomaly.core.arrays import Floats

Runs = list[tuple[int, int]]

LEAST = 0.25  # training standard deviations: less is not far from what was due
MARGIN = 20  # rows before an event that may belong to it
MAX_COMPARED = 400  # rows before it that are foretold to see how well that goes


class Due(NamedTuple):
    """What was due in the rows of a series, and how well such is known.

    Of shape (n_rows, n_targets) are `values`, what was due and outside events what was
    measured, `judged`, what was measured, and `departure`, the one less the other.
    `usual` (n_runs, n_targets) is the root mean square of such departures before each
    event, at least `LEAST`. All are scaled.
    """

    values: Floats
    judged: Floats
    departure: Floats
    usual: Floats

    def off(self, number: int, run: tuple[int, int]) -> Floats:
        """Tell how far targets were from what was due in an event, in what is usual."""
        apart = self.departure[run[0] : run[1]]
        off: Floats = _root_mean_square(apart) / self.usual[number]
        return off


def find_due(model: AnomalyModel, series: Floats, runs: Runs) -> Due:
    """Foretell the rows of events (first row, row after the last), as if unmeasured.

    `series` (n_rows, n_channels) is in units; later events build on what was due in
    earlier ones.
    """
    targets = model.channels.targets
    judged = model.channels.scaled(series)
    values, usual = judged.copy(), np.zeros((len(runs), len(targets)))
    for number, (first, stop) in enumerate(runs):
        before = _usual_errors(model, values, first, stop - first)[targets]
        usual[number] = np.maximum(before, LEAST)
        values[first:stop, targets] = _foretold(model, values, first, stop)[:, targets]
    values, judged = values[:, targets], judged[:, targets]
    return Due(values, judged, judged - values, usual)


def _foretold(model: AnomalyModel, values: Floats, first: int, stop: int) -> Floats:
    """Foretell rows from those before; a short run is drawn to the row after it."""
    start = max(first - model.autoregression.n_lags, 0)
    around = values[start : stop + 1].copy()
    around[first - start : stop - start, model.channels.targets] = np.nan
    filled = fill_missing(model.autoregression, around, INPUT_LIMIT)
    return filled[first - start : stop - start]


def _usual_errors(
    model: AnomalyModel, values: Floats, first: int, n_rows: int
) -> Floats:
    """Foretell as many rows before an event, and say how far off they were."""
    stop = max(first - MARGIN, 0)
    start = max(stop - min(n_rows, MAX_COMPARED), 0)
    if start == stop:
        return np.zeros(values.shape[1])
    return _root_mean_square(values[start:stop] - _foretold(model, values, start, stop))


def _root_mean_square(apart: Floats) -> Floats:
    """Of each column (n_rows, n_columns) over what is known; 0 where nothing is."""
    is_known = ~np.isnan(apart)
    total = np.where(is_known, apart**2, 0.0).sum(axis=0)
    mean: Floats = np.sqrt(total / np.maximum(is_known.sum(axis=0), 1))
    return mean
