"""What the branches say of each row of a whole series."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.autoregression import fill_missing
from recs_anomaly.anomaly.branches import BRANCHES
from recs_anomaly.anomaly.branches.branch import Branch, Channel, Rows
from recs_anomaly.anomaly.branches.forecast import forecast_targets, has_past
from recs_anomaly.anomaly.branches.relation import deviations
from recs_anomaly.anomaly.channels import in_long_gap, is_observed
from recs_anomaly.anomaly.model import INPUT_LIMIT, AnomalyModel
from recs_anomaly.core.arrays import Bools, Floats


class Judgement(NamedTuple):
    """What the branches say of each row of a series.

    `expected` is the forecast and `residual` what differs from it, scaled, of shape
    (n_rows, n_targets). `errors` (n_branches, n_rows, n_targets) is at least 0, higher
    is more abnormal, and means something where `is_known` of that shape says so.
    `deviation` (n_rows, n_targets) is what differs from what others say, scaled,
    0 where they say nothing.
    """

    expected: Floats
    residual: Floats
    errors: Floats
    is_known: Bools
    deviation: Floats

    def part(self, rows: slice) -> "Judgement":
        """Take some rows."""
        return Judgement(
            self.expected[rows],
            self.residual[rows],
            self.errors[:, rows],
            self.is_known[:, rows],
            self.deviation[rows],
        )


def judge(
    model: AnomalyModel,
    series: Floats,
    side: int,
    branches: Sequence[Branch] = BRANCHES,
) -> Judgement:
    """Judge each row of a series (n_rows, n_channels); NaN is not known.

    With `side` 1 or -1 rows below, or above, their forecast are no errors.
    """
    scaled = model.channels.scaled(series)
    targets = model.channels.targets
    is_known = ~np.isnan(scaled[:, targets])
    filled = fill_missing(model.autoregression, scaled, INPUT_LIMIT)
    expected = forecast_targets(model, filled)
    values = filled[:, targets]
    residual = np.where(is_known, values - expected, 0.0)
    is_lost = in_long_gap(~np.isnan(scaled))
    apart = np.where(is_known, deviations(model, filled[:1], filled, is_lost), 0.0)
    errors = np.zeros((len(branches), *values.shape))
    says = np.zeros(errors.shape, dtype=np.bool_)
    for number, branch in enumerate(branches):
        if branch.of_rows is not None:
            of_rows = branch.of_rows(Rows(values, residual, apart))
            errors[number] = np.nan_to_num(of_rows)
            says[number] = has_past(is_known, model.autoregression.n_lags)
            says[number] &= ~np.isnan(of_rows)
    if len(values) >= model.width:
        for target, observed in enumerate(is_observed(is_known, model.width).T):
            memory = model.memory_of(target)
            channel = Channel(model, memory, values[:, target], observed)
            for number, branch in enumerate(branches):
                if branch.of_windows is not None:
                    of_channel = branch.in_series(channel)
                    errors[number, :, target] = of_channel.errors
                    says[number, :, target] = of_channel.is_known
    if side:
        errors[:, residual * side < 0] = 0.0
    spread = 1.0 if model.relation is None else model.relation.spread
    deviation = np.nan_to_num(apart) * spread
    return Judgement(expected, residual, errors, says & is_known, deviation)
