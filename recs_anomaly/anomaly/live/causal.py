"""What the branches say of each row of a series, from the rows up to it alone.

A branch that looks at rows says something of each, one that looks at windows something
of the window that ends in every `stride`-th row, which holds until the next. Both are
averaged over the past, on a short time scale and a long one, with weights that decay
exponentially, and some usual rows.

A stream starts from a past of training means, of which nothing is known. The functions
here judge a whole series at once; `causal_stream` does the same row by row.
"""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.autoregression import fill_missing_after, forecast_after
from recs_anomaly.anomaly.branches import BRANCHES
from recs_anomaly.anomaly.branches.branch import Branch, Rows, Windows
from recs_anomaly.anomaly.branches.forecast import add_corrections
from recs_anomaly.anomaly.branches.relation import deviations
from recs_anomaly.anomaly.channels import MAX_FILLED
from recs_anomaly.anomaly.levels import decayed_sum
from recs_anomaly.anomaly.live.widths import in_views
from recs_anomaly.anomaly.model import INPUT_LIMIT, AnomalyModel
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.windows import sliding_windows

# Training standard deviations: what lies farther off is held for as far, lest the
# averages take thousands of rows to forget one reading.
FARTHEST = 1e4
PRIOR = 0.25  # of the time constant: weight of usual rows in each average
SHORT = 0.2  # of the long time constant
MAX_GUESSED = 2  # rows of a gap in which others are still compared with a channel
WINDOWS_APART = 10  # a window is looked at this often while its rows pass
MAX_STRIDE = 5  # rows between two looks, where narrow windows are looked at too


class CausalSettings(NamedTuple):
    """Rows between two looks at windows, rows of smoothing, the side, and branches.

    `side` is 1, -1 or 0: only rows above their forecast count, only those below, all.
    """

    stride: int
    longest: float
    side: int
    branches: Sequence[Branch] = BRANCHES

    @property
    def time_constants(self) -> list[float]:
        """Rows of the exponential averages, [0.0] where there is no smoothing."""
        return [SHORT * self.longest, self.longest] if self.longest else [0.0]


class PastErrors(NamedTuple):
    """What a branch says in the rows stride - 1, 2 stride - 1, ... of a series.

    All have shape (n_looks, n_targets): errors, where these take part in averages, and
    where the average says something.
    """

    errors: Floats
    is_used: Bools
    says: Bools
    stride: int

    def held(self, of_looks: np.ndarray, n_rows: int) -> np.ndarray:
        """Let what was said in each look hold until the next; 0 before the first."""
        rows: np.ndarray = np.zeros((n_rows, *of_looks.shape[1:]), dtype=of_looks.dtype)
        held = np.repeat(of_looks, self.stride, axis=0)
        rows[self.stride - 1 :] = held[: max(n_rows - self.stride + 1, 0)]
        return rows


class CausalErrors(NamedTuple):
    """What the branches say of a series before it is averaged.

    `is_measured` (n_rows, n_targets) tells which readings there are.
    """

    is_measured: Bools
    by_branch: list[PastErrors]

    def is_judged(self) -> Bools:
        """Tell whether anything was measured in a row (n_rows,) that is judged."""
        n_rows = len(self.is_measured)
        says = [said.held(said.says, n_rows).any(axis=1) for said in self.by_branch]
        judged: Bools = np.any(says, axis=0) & self.is_measured.any(axis=1)
        return judged


def causal_settings(
    views: Sequence[AnomalyModel],
    longest: float,
    side: int,
    branches: Sequence[Branch] = BRANCHES,
) -> CausalSettings:
    """Choose how often the windows of some views are looked at."""
    stride = max(views[0].width // WINDOWS_APART, 1)
    if len(views) > 1:
        stride = min(stride, MAX_STRIDE)
    return CausalSettings(stride, longest, side, branches)


def look_back(
    views: Sequence[AnomalyModel], series: Floats, settings: CausalSettings
) -> CausalErrors:
    """Judge each row of a series (n_rows, n_channels) by its past; NaN is not known.

    The result is about the branches as `widths.in_views` lists them.
    """
    model = views[0]
    targets = model.channels.targets
    scaled = np.clip(model.channels.scaled(series), -FARTHEST, FARTHEST)
    is_measured = ~np.isnan(scaled[:, targets])
    n_lags = model.autoregression.n_lags
    nothing = np.zeros((n_lags, scaled.shape[1]))
    filled = fill_missing_after(model.autoregression, nothing, scaled, INPUT_LIMIT)
    expected = forecast_after(model.autoregression, nothing, filled)[:, targets]
    expected = add_corrections(model, nothing[:1], filled, expected)
    values = filled[:, targets]
    is_lost = is_lost_so_far(~np.isnan(scaled), MAX_GUESSED)
    apart = deviations(model, nothing[:1], filled, is_lost)
    rows = Rows(
        values,
        np.where(is_measured, values - expected, 0.0),
        np.where(is_measured, apart, 0.0),
    )
    says = np.zeros_like(is_measured)
    says[1:] = is_observed_so_far(is_measured, n_lags)[:-1]
    of_windows = chain(*(_seen(view, values, is_measured, settings) for view in views))
    by_branch = []
    for branch in in_views(settings.branches, len(views)):
        if branch.of_rows is not None:
            errors = one_sided(branch.of_rows(rows), rows.residual, settings.side)
            tells = says & ~np.isnan(errors)
            by_branch.append(
                PastErrors(np.nan_to_num(errors), tells & is_measured, tells, 1)
            )
        else:
            by_branch.append(next(of_windows))
    return CausalErrors(is_measured, by_branch)


def average_past(
    errors: CausalErrors, settings: CausalSettings, usual: Floats
) -> Floats:
    """Average errors over the past.

    To the weights of the rows so far comes that of some rows with the errors `usual`
    (n_time_scales, n_branches_in_views, n_targets): one row alone says little. 0 where
    a branch has nothing to say. What was last said of windows holds. The result has
    shape (n_time_scales, n_branches_in_views, n_rows, n_targets).
    """
    n_rows = len(errors.is_measured)
    by_scale = []
    for constant, of_scale in zip(settings.time_constants, usual, strict=True):
        by_branch = []
        for said, of_branch in zip(errors.by_branch, of_scale, strict=True):
            average = _averaged(said, constant / said.stride, of_branch)
            by_branch.append(said.held(np.where(said.says, average, 0.0), n_rows))
        by_scale.append(by_branch)
    return np.array(by_scale)


def _averaged(said: PastErrors, time_constant: float, usual: Floats) -> Floats:
    used = np.where(said.is_used, said.errors, 0.0)
    if time_constant == 0:
        return used
    total = decayed_sum(used, time_constant)
    weight = decayed_sum(said.is_used.astype(np.float64), time_constant)
    prior = PRIOR * time_constant
    averages: Floats = (total + prior * usual) / (weight + prior)
    return averages


def one_sided(errors: Floats, residual: Floats, side: int) -> Floats:
    """Leave out what lies on the side of the forecast that is of no interest."""
    return errors if side == 0 else np.where(residual * side < 0, 0.0, errors)


def is_observed_so_far(is_known: Bools, width: int) -> Bools:
    """Tell whether enough was measured in the `width` rows up to each row.

    At least half must be known, and none may lie in a gap that has so far more than
    `MAX_FILLED` rows. Shape (n_rows, n_columns); False for the first rows.
    """
    n_rows = len(is_known)
    rows = np.arange(n_rows)[:, None]
    is_lost = is_lost_so_far(is_known, MAX_FILLED)
    last_lost = np.maximum.accumulate(np.where(is_lost, rows, -width), axis=0)
    counts = np.zeros((n_rows + width, is_known.shape[1]))
    np.cumsum(is_known, axis=0, out=counts[width:])
    n_known = counts[width:] - counts[:-width]
    observed: Bools = (
        (rows >= width - 1) & (n_known >= 0.5 * width) & (last_lost <= rows - width)
    )
    return observed


def is_lost_so_far(is_known: Bools, most: int) -> Bools:
    """Tell which rows end a gap that has so far more than `most` rows."""
    rows = np.arange(len(is_known))[:, None]
    last_known = np.maximum.accumulate(np.where(is_known, rows, -1), axis=0)
    lost: Bools = rows - last_known > most
    return lost


def _seen(
    model: AnomalyModel, values: Floats, is_measured: Bools, settings: CausalSettings
) -> list[PastErrors]:
    """Say what the branches of windows do of those that end in every `stride`-th row.

    `values` (n_rows, n_targets) are scaled and without gaps.
    """
    width, stride = model.width, settings.stride
    looks, n_looks = slice(stride - 1, None, stride), len(values) // stride
    branches = [branch for branch in settings.branches if branch.of_windows]
    errors = np.zeros((len(branches), n_looks, values.shape[1]))
    padded = np.concatenate([np.zeros((width - 1, values.shape[1])), values])
    for target, channel in enumerate(padded.T):
        memory = model.memory_of([target])
        windows = Windows(model, memory, sliding_windows(channel, width)[None, looks])
        for number, branch in enumerate(branches):
            if branch.of_windows is not None:
                errors[number, :, target] = branch.of_windows(windows)[0]
    observed = is_observed_so_far(is_measured, width)[looks]
    observed &= np.isfinite(errors).all(axis=0)
    return [PastErrors(of, observed, observed, stride) for of in errors]
