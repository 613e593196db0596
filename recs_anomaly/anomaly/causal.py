"""How abnormal each row of a series is, judged from the rows up to it alone.

The branches are those of `anomaly_model`, as far as the past can tell. *Forecast*: the
squared error of the row's own forecast. *Reconstruction* and *neighbour*: how badly the
window that ends at a row is rebuilt, and how far its description is from the nearest
normal one; both are looked at in every `stride`-th row and hold until the next. Each is
averaged over the past, a short stretch and a long one, with weights that decay
exponentially, and some usual rows.

A stream starts from a past of training means, of which nothing is known. The functions
here judge a whole series at once; `recs_anomaly.core.stream` does the same row by row.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.autoregression import fill_missing_after, forecast_after
from recs_anomaly.anomaly.branches import INPUT_LIMIT, AnomalyModel
from recs_anomaly.anomaly.channels import LONGEST_FILLED
from recs_anomaly.anomaly.levels import decayed_sum
from recs_anomaly.anomaly.window_codes import (
    NEAREST_BLOCK,
    Memory,
    WindowAutoencoder,
    decode,
    encode,
)
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.recurrent import run_in_blocks
from recs_anomaly.core.windows import sliding_windows

# Training standard deviations: what lies farther off is held for as far, lest the
# averages take thousands of rows to forget one reading.
FARTHEST = 1e4
PRIOR = 0.25  # of the time constant: weight of usual rows in each average
SHORT = 0.2  # of the long time constant
WINDOWS_APART = 10  # a window is looked at this often while its rows pass


class CausalSettings(NamedTuple):
    """Rows between two looks at windows, rows of smoothing, and the side.

    `side` is 1, -1 or 0: only rows above their forecast count, only those below, all.
    """

    stride: int
    longest: float
    side: int

    @property
    def time_constants(self) -> list[float]:
        """Rows of the exponential averages, [0.0] where there is no smoothing."""
        return [SHORT * self.longest, self.longest] if self.longest else [0.0]


class CausalErrors(NamedTuple):
    """What the branches say of a series before they are averaged.

    `residual` (n_rows, n_targets) is the scaled forecast error, 0 where nothing was
    measured, as `is_measured` says; `forecast` is its square. `says` (n_rows,
    n_targets) tells where the past says enough for a forecast. `windows` (2, n_looks,
    n_targets) is what reconstruction and neighbour say of the windows that end in the
    rows stride - 1, 2 stride - 1, ..., where `told` (n_looks, n_targets) is True.
    """

    residual: Floats
    is_measured: Bools
    forecast: Floats
    says: Bools
    windows: Floats
    told: Bools


def causal_settings(width: int, longest: float, side: int) -> CausalSettings:
    """Choose how often windows of a width are looked at."""
    return CausalSettings(max(width // WINDOWS_APART, 1), longest, side)


def look_back(
    model: AnomalyModel, series: Floats, settings: CausalSettings
) -> CausalErrors:
    """Judge each row of a series (n_rows, n_channels) by its past; NaN is not known."""
    targets = model.channels.targets
    scaled = np.clip(model.channels.scaled(series), -FARTHEST, FARTHEST)
    is_measured = ~np.isnan(scaled[:, targets])
    n_lags = model.autoregression.n_lags
    nothing = np.zeros((n_lags, scaled.shape[1]))
    filled = fill_missing_after(model.autoregression, nothing, scaled, INPUT_LIMIT)
    expected = forecast_after(model.autoregression, nothing, filled)[:, targets]
    if model.recurrent is not None:
        inputs = np.clip(filled, -INPUT_LIMIT, INPUT_LIMIT)
        expected[1:] += run_in_blocks(model.cell, model.recurrent, inputs)[:-1]
    residual = np.where(is_measured, filled[:, targets] - expected, 0.0)
    says = np.zeros_like(is_measured)
    says[1:] = is_told_so_far(is_measured, n_lags)[:-1]
    looks = slice(settings.stride - 1, None, settings.stride)
    windows = _window_errors(model, filled[:, targets], looks)
    told = is_told_so_far(is_measured, model.width)[looks]
    return CausalErrors(
        residual,
        is_measured,
        one_sided(residual, settings.side) ** 2,
        says,
        np.where(told, windows, 0.0),
        told & np.isfinite(windows).all(axis=0),
    )


def average_past(
    errors: CausalErrors, settings: CausalSettings, usual: Floats
) -> Floats:
    """Average errors over the past: (n_stretches, n_branches, n_rows, n_targets).

    To the weights of the rows so far comes that of some rows with the errors `usual`
    (n_stretches, n_branches, n_targets): one row alone says little. 0 where a branch
    has nothing to say. What was last said of windows holds.
    """
    constants = settings.time_constants
    return np.stack(
        [
            _average_over(errors, constant, settings.stride, of_stretch)
            for constant, of_stretch in zip(constants, usual, strict=True)
        ]
    )


def _average_over(
    errors: CausalErrors, constant: float, stride: int, usual: Floats
) -> Floats:
    """Average over one stretch: (n_branches, n_rows, n_targets)."""
    is_used = errors.says & errors.is_measured
    averages = np.zeros((len(usual), *errors.says.shape))
    averages[0] = _averaged(errors.forecast, is_used, constant, usual[0])
    averages[0][~errors.says] = 0.0
    if not len(errors.told):  # fewer rows than it takes to look once
        return averages
    for branch, of_looks in enumerate(errors.windows, start=1):
        average = _averaged(of_looks, errors.told, constant / stride, usual[branch])
        held = np.repeat(np.where(errors.told, average, 0.0), stride, axis=0)
        averages[branch, stride - 1 :] = held[: len(errors.says) - stride + 1]
    return averages


def _averaged(
    errors: Floats, is_used: Bools, time_constant: float, usual: Floats
) -> Floats:
    used = np.where(is_used, errors, 0.0)
    if time_constant == 0:
        return used
    both = decayed_sum(
        np.stack([used, is_used.astype(np.float64)]).swapaxes(0, 1), time_constant
    )
    prior = PRIOR * time_constant
    averages: Floats = (both[:, 0] + prior * usual) / (both[:, 1] + prior)
    return averages


def is_judged(errors: CausalErrors, stride: int) -> Bools:
    """Whether anything was measured in a row (n_rows,) that a branch can judge."""
    speaks: Bools = np.any(errors.says, axis=1)
    held = np.repeat(np.any(errors.told, axis=1), stride)
    speaks[stride - 1 :] |= held[: len(speaks) - stride + 1]
    speaks &= np.any(errors.is_measured, axis=1)
    return speaks


def one_sided(residual: Floats, side: int) -> Floats:
    """Leave out what lies on the side of the forecast that is of no interest."""
    return residual if side == 0 else np.where(residual * side < 0, 0.0, residual)


def is_told_so_far(is_known: Bools, width: int) -> Bools:
    """Whether the `width` rows up to each row say enough to be judged.

    At least half must be known, and none may lie in a gap that has so far more than
    `LONGEST_FILLED` rows. Shape (n_rows, n_columns); False for the first rows.
    """
    n_rows = len(is_known)
    rows = np.arange(n_rows)[:, None]
    last_known = np.maximum.accumulate(np.where(is_known, rows, -1), axis=0)
    is_lost = rows - last_known > LONGEST_FILLED
    last_lost = np.maximum.accumulate(np.where(is_lost, rows, -width), axis=0)
    counts = np.zeros((n_rows + width, is_known.shape[1]))
    np.cumsum(is_known, axis=0, out=counts[width:])
    n_known = counts[width:] - counts[:-width]
    told: Bools = (
        (rows >= width - 1) & (n_known >= 0.5 * width) & (last_lost <= rows - width)
    )
    return told


def describe(model: WindowAutoencoder, windows: Floats) -> tuple[Floats, Floats]:
    """Describe windows (n_windows, width): their codes, and what these leave over.

    The first result (n_windows, n_code + 1) ends with the length of the rest. The
    second (n_windows,) is the mean square of the rest with the window's own level in
    it: what the codes make of a window is put at the level of training.
    """
    shapes = windows - windows.mean(axis=1, keepdims=True)
    codes = encode(model, shapes)
    rebuilt = decode(model, codes)
    rest, apart = shapes - rebuilt, windows - rebuilt
    lengths = np.sqrt(np.einsum("ij,ij->i", rest, rest))
    squared = np.einsum("ij,ij->i", apart, apart)
    return np.column_stack([codes, lengths]), squared / windows.shape[1]


def _window_errors(model: AnomalyModel, values: Floats, looks: slice) -> Floats:
    """Errors (2, n_looks, n_targets) of the windows that end in some rows."""
    width = model.width
    n_looks = len(range(len(values))[looks])
    errors = np.zeros((2, n_looks, values.shape[1]))
    padded = np.concatenate([np.zeros((width - 1, values.shape[1])), values])
    starts = np.arange(len(values))[looks] - width + 1
    for target, channel in enumerate(padded.T):
        windows = sliding_windows(channel, width)[looks]
        descriptions, errors[0, :, target] = describe(model.autoencoder, windows)
        memory = Memory(model.memory[target], model.memory_starts)
        errors[1, :, target] = _distances(descriptions, starts, memory, width)
    return errors


def _distances(
    descriptions: Floats, starts: np.ndarray, memory: Memory, width: int
) -> Floats:
    """Squared distance of each description to the nearest of a window without a share.

    Infinite where all windows in memory have rows in common with it.
    """
    lengths = np.einsum("ij,ij->i", memory.descriptions, memory.descriptions)
    nearest = np.einsum("ij,ij->i", descriptions, descriptions)
    for first in range(0, len(starts), NEAREST_BLOCK):
        part = slice(first, first + NEAREST_BLOCK)
        squared = lengths - 2.0 * (descriptions[part] @ memory.descriptions.T)
        squared[np.abs(starts[part, None] - memory.starts) < width] = np.inf
        nearest[part] += squared.min(axis=1, initial=np.inf)
    return np.asarray(np.maximum(nearest, 0.0))
