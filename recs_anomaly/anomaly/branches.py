"""How abnormal each value of a series is, as three models see it.

*Forecast*: the squared error of a linear forecast from a channel's own past, corrected
by a recurrent network that sees all channels. *Reconstruction*: the squared distance
from what an autoencoder makes of a window's shape, put at the level of training,
averaged over all windows that cover a row. *Neighbour*: how far the windows around a
row are from the nearest normal window, in the autoencoder's code, whatever their level.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.autoregression import Autoregression, fill_missing, forecast
from recs_anomaly.anomaly.channels import Channels, is_told
from recs_anomaly.anomaly.window_codes import (
    Memory,
    WindowAutoencoder,
    describe_windows,
    distance_to_normal,
    n_covering,
)
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.recurrent import Recurrent, run_in_blocks

BRANCHES = ("forecast", "reconstruction", "neighbour")
INPUT_LIMIT = 8.0  # in standard deviations: what the recurrent network may see


class AnomalyModel(NamedTuple):
    """A fitted detector of anomalies.

    `memory` holds descriptions (n_targets, n_memory, n_code + 1); their windows start
    at the rows `memory_starts` (n_memory,) of the training series. `recurrent` is None
    where the network did not forecast better than the linear part alone.
    """

    channels: Channels
    autoregression: Autoregression
    cell: str
    recurrent: Recurrent | None
    autoencoder: WindowAutoencoder
    memory: Floats
    memory_starts: np.ndarray

    @property
    def width(self) -> int:
        """Rows of a window."""
        return len(self.autoencoder.mean)


class Judgement(NamedTuple):
    """What the branches say of each row and target.

    `expected`, `residual`: forecast and what differs from it, scaled, of shape
    (n_rows, n_targets). `errors` (n_branches, n_rows, n_targets) is at least 0, higher
    is more abnormal, and means something where `is_known` of that shape says so.
    """

    expected: Floats
    residual: Floats
    errors: Floats
    is_known: Bools


def judge(model: AnomalyModel, series: Floats, side: int) -> Judgement:
    """Judge each row of a series (n_rows, n_channels); NaN is not known.

    With `side` 1 or -1 rows below, or above, their forecast are no errors.
    """
    scaled = model.channels.scaled(series)
    targets = model.channels.targets
    is_known = ~np.isnan(scaled[:, targets])
    filled = fill_missing(model.autoregression, scaled, INPUT_LIMIT)
    expected = forecast_targets(model, filled)
    residual = np.where(is_known, filled[:, targets] - expected, 0.0)
    says = is_known & has_past(is_known, model.autoregression.n_lags)
    parts = [(residual**2, says), *_window_parts(model, filled[:, targets], is_known)]
    errors = np.stack([errors for errors, _ in parts])
    if side:
        errors[:, residual * side < 0] = 0.0
    return Judgement(expected, residual, errors, np.stack([k for _, k in parts]))


def forecast_targets(model: AnomalyModel, filled: Floats) -> Floats:
    """Forecast each row's targets (n_rows, n_targets) from the rows before it."""
    expected = forecast(model.autoregression, filled)[:, model.channels.targets]
    if model.recurrent is not None:
        inputs = np.clip(filled, -INPUT_LIMIT, INPUT_LIMIT)
        expected[1:] += run_in_blocks(model.cell, model.recurrent, inputs)[:-1]
    return expected


def has_past(is_known: Bools, n_lags: int) -> Bools:
    """Whether there are `n_lags` rows before a row, and they say enough."""
    has = np.zeros_like(is_known)
    if len(is_known) > n_lags:
        has[n_lags:] = is_told(is_known[:-1], n_lags)
    return has


def _window_parts(
    model: AnomalyModel, values: Floats, is_known: Bools
) -> list[tuple[Floats, Bools]]:
    """Errors of reconstruction and neighbour, and where they are known."""
    width = model.width
    rest, distance = np.zeros_like(values), np.zeros_like(values)
    has_rest, has_distance = np.zeros_like(is_known), np.zeros_like(is_known)
    if len(values) >= width:
        for target, told in enumerate(is_told(is_known, width).T):
            described = describe_windows(model.autoencoder, values[:, target], told)
            rest[:, target] = described.rest
            has_rest[:, target] = n_covering(told, width) > 0
            distance[:, target], has_distance[:, target] = distance_to_normal(
                described.descriptions,
                Memory(model.memory[target], model.memory_starts),
                told,
                width,
            )
    return [(rest, has_rest & is_known), (distance, has_distance & is_known)]
