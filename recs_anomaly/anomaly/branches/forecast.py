"""The branch forecast: how far a row is from what its past foretells.

A linear forecast from a channel's own past is corrected by a recurrent network that
sees all channels.
"""

import numpy as np

from recs_anomaly.anomaly.autoregression import forecast
from recs_anomaly.anomaly.branches.branch import Branch
from recs_anomaly.anomaly.channels import is_observed
from recs_anomaly.anomaly.model import INPUT_LIMIT, AnomalyModel
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.recurrent import run_in_blocks

FORECAST = Branch(
    "forecast",
    weight=1.0,
    cause="jumps: steps that its past does not foretell",
    meaning="the next value was not what its past foretold",
    of_rows=lambda rows: rows.residual**2,
)


def forecast_targets(model: AnomalyModel, filled: Floats) -> Floats:
    """Forecast each row's targets (n_rows, n_targets) from the rows before it."""
    expected = forecast(model.autoregression, filled)[:, model.channels.targets]
    return add_correction(model, filled, expected)


def add_correction(model: AnomalyModel, filled: Floats, expected: Floats) -> Floats:
    """Add what the recurrent network says of each row from the rows before it."""
    if model.recurrent is not None:
        inputs = np.clip(filled, -INPUT_LIMIT, INPUT_LIMIT)
        expected[1:] += run_in_blocks(model.cell, model.recurrent, inputs)[:-1]
    return expected


def has_past(is_known: Bools, n_lags: int) -> Bools:
    """Tell whether there are `n_lags` rows before a row, and enough was measured."""
    has = np.zeros_like(is_known)
    if len(is_known) > n_lags:
        has[n_lags:] = is_observed(is_known[:-1], n_lags)
    return has
