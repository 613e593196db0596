"""Which rows of a training series do not belong to what is normal there.

Four signs are asked for. *Values*: a switch has a value that it has nowhere else.
*Standstills*: a channel does not move for longer than it ever does elsewhere.
*Jumps*: the error of a linear forecast far above what most rows have, unless errors
like these occur elsewhere too: what recurs is not abnormal. *Shapes*: rows most of
whose windows are far from all windows elsewhere. Jumps and shapes are looked for where
a channel moves: one that stands still for long is far from that at its every step.
"""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from recs_anomaly.anomaly.autoregression import fill_missing, forecast
from recs_anomaly.anomaly.branches.neighbour import nearest_distance
from recs_anomaly.anomaly.branches.standstill import (
    MAX_STILL,
    longest_standstills,
    share_still,
    stillness,
)
from recs_anomaly.anomaly.channels import sum_of_rows
from recs_anomaly.anomaly.levels import smooth
from recs_anomaly.anomaly.model import INPUT_LIMIT, AnomalyModel
from recs_anomaly.anomaly.window_codes import Memory, describe_all
from recs_anomaly.anomaly.windows import n_covering, runs_of, spread_over_rows
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.windows import sliding_windows

MAX_LEFT_OUT = 0.3  # share of the rows; what is more frequent is not abnormal
FAR = 8.0  # times what most rows reach
USUAL_ERROR, USUAL_DISTANCE = 0.85, 0.6  # shares of the rows that count as most
ERROR_ROWS = 1.5  # time constant of the errors' average
MIN_ERROR = 1e-9  # squared standard deviations: less is rounding
ALIKE = 0.3  # of the square of a jump: what two jumps that recur may differ by
HALF_JUMP = 8  # rows before and after that belong to a jump
MAX_COMPARED = 1000  # jumps that each is compared with
MAX_MET = 300  # windows that each is compared with
LIKE = 0.25  # of the least error of a jump: what jumps are compared with
MOSTLY, HALF = 0.9, 0.5  # of the windows that cover a row
MAX_SETTINGS = 2  # values of a switch
MAX_ODD = 0.15  # of the rows of a switch may have other values
BESIDE = 48  # rows on either side of a hole that must be found elsewhere
MAX_HOLE = 200  # rows of a hole: what lies farther from both sides is a guess
KNOWN = 0.8  # of the rows beside it
INPAINTING_ALIKE = 0.1  # of their variance: what the rows found may differ by
MOVING = 0.1  # of the channel's variance: rows that move less say little
FAR_FROM_0 = 6.0  # spreads
SLIGHTLY = 0.4  # of that: the rows of a stretch which count
LASTING_ROWS = (1, 4, 16, 64)
JOINED_RUNS = 8  # rows between two odd ones that belong together
MIN_TIMES, MANY_TIMES = 4, 8  # that it comes on time, or at all, for what recurs
PUNCTUAL, REGULAR = 0.05, 0.7  # of a period; and of the times it must be that
JOINED = 4  # rows on either side whose level the rows put in must meet


class Suspects(NamedTuple):
    """Rows (n_rows,) that one sign or the other speaks against."""

    values: Bools
    standstills: Bools
    jumps: Bools
    shapes: Bools

    @property
    def ordinary(self) -> Bools:
        """All rows but the suspects; those by shape count if they are not too many."""
        surest = self.values | self.standstills | self.jumps
        for suspects in (surest | self.shapes, surest):
            if suspects.mean() <= MAX_LEFT_OUT:
                return ~suspects
        return np.ones_like(self.jumps)


def find_suspects(
    model: AnomalyModel, series: Floats, normal: Floats, timed: Floats | None
) -> Suspects:
    """Find the rows of a training series that speak against themselves.

    `model` has been fitted to `normal`, which is `series` (n_rows, n_channels) with NaN
    in the rows that were suspects before. `model.memory_starts` are its windows.
    `timed`, of that shape, are the readings where these have times.
    """
    targets, is_timed = model.channels.targets, timed is not None
    readings = series if timed is None else timed
    judged = readings[:, targets]
    is_moving = share_still(judged) <= MAX_STILL
    moving = model._replace(
        channels=model.channels._replace(targets=targets[is_moving])
    )
    return Suspects(
        _odd_values(readings, model.width)
        | (_deviations(series[:, targets]) if is_timed else False),
        stillness(judged, longest_standstills(judged)).max(axis=1) > 1,
        _jumps(moving, series, normal, is_timed),
        _shapes(moving, series),
    )


def _deviations(values: Floats) -> Bools:
    """Rows in which what a calendar leaves over is far from 0, alone or for a while.

    `values` is (n_rows, n_targets). How far is measured by medians, which no fault of
    less than half of the rows can move.
    """
    is_odd = np.zeros(len(values), dtype=np.bool_)
    sizes = np.zeros(len(values))
    for channel in values.T:
        known = ~np.isnan(channel)
        filled = np.where(known, channel, 0.0)
        filled = np.where(known, filled - np.median(channel[known]), 0.0)
        own = np.abs(filled) > FAR_FROM_0 * SLIGHTLY * _spread(filled[known])
        for n_rows in LASTING_ROWS:
            mean = uniform_filter1d(filled, n_rows)
            is_far = np.abs(mean) > FAR_FROM_0 * _spread(mean[known])
            near = maximum_filter1d(is_far, n_rows) & (own | (n_rows == 1))
            is_odd |= near & known
        sizes = np.maximum(sizes, np.abs(filled) / (_spread(filled[known]) or 1.0))
    return is_odd & ~_comes_again(is_odd, sizes)


def _spread(values: Floats) -> float:
    if not len(values):
        return 0.0
    middle, high, higher = np.quantile(np.abs(values), (0.5, 0.8, 0.95))
    return float(max(1.4826 * middle, high / 1.2816) or higher / 1.96)


def _comes_again(is_odd: Bools, sizes: Floats) -> Bools:
    """Say which odd rows come again: always as many rows apart, or many times alike.

    `sizes` (n_rows,) says how odd the rows are.
    """
    recurs: Bools = np.zeros_like(is_odd)
    runs = runs_of(maximum_filter1d(is_odd, 2 * JOINED_RUNS + 1))
    if len(runs) < MIN_TIMES:
        return recurs
    size = np.log2([max(sizes[slice(*run)].max(), 1e-12) for run in runs])
    for first, stop in runs:
        alike = np.abs(np.log2(max(sizes[first:stop].max(), 1e-12)) - size) < 1.0
        starts = np.array(
            [run[0] for run, is_like in zip(runs, alike, strict=True) if is_like]
        )
        if len(starts) >= MANY_TIMES or _are_on_time(starts):
            recurs[first:stop] = True
    return recurs


def _are_on_time(starts: np.ndarray) -> bool:
    """Say whether what begins in these rows comes always as many rows apart."""
    if len(starts) < MIN_TIMES:
        return False
    period = float(np.median(np.diff(starts)))
    times = np.diff(starts) / period
    return bool((np.abs(times - np.round(times)) < PUNCTUAL).mean() >= REGULAR)


def _odd_values(series: Floats, width: int) -> Bools:
    """Rows in which a switch has a value that it has nowhere else, `width` rows off."""
    is_odd = np.zeros(len(series), dtype=np.bool_)
    for channel in series.T:
        rows = np.flatnonzero(~np.isnan(channel))
        values, which = np.unique(channel[rows], return_inverse=True)
        first, last = np.full(len(values), len(series)), np.full(len(values), -1)
        np.minimum.at(first, which, rows)
        np.maximum.at(last, which, rows)
        is_lone = last - first < width
        odd = rows[is_lone[which]]
        if (~is_lone).sum() <= MAX_SETTINGS and len(odd) <= MAX_ODD * len(rows):
            is_odd[odd] = True
    return is_odd


def _jumps(
    model: AnomalyModel, series: Floats, normal: Floats, is_timed: bool
) -> Bools:
    """Rows whose forecast, from a past without suspects, errs as nowhere else."""
    targets = model.channels.targets
    past = fill_missing(
        model.autoregression, model.channels.scaled(normal), INPUT_LIMIT
    )
    values = model.channels.scaled(series)[:, targets]
    is_known = ~np.isnan(values)
    is_known[: model.autoregression.n_lags] = False
    expected = forecast(model.autoregression, past)[:, targets]
    residual = np.where(is_known, values - expected, 0.0)
    level = smooth(residual**2, is_known, ERROR_ROWS)
    is_jump = np.zeros(len(series), dtype=np.bool_)
    for target, known in enumerate(is_known.T):
        usual = np.quantile(level[known, target], USUAL_ERROR) if known.any() else 0.0
        least = max(FAR * usual, MIN_ERROR)
        is_far = level[:, target] > least
        if is_far.mean() <= MAX_LEFT_OUT:
            is_like = level[:, target] > LIKE * least
            if is_timed:
                is_jump |= is_far & ~_comes_again(is_far, level[:, target])
                continue
            is_jump |= is_far & ~_recurs(
                residual[:, target], is_far, is_like, model.width
            )
    return is_jump


def _recurs(residual: Floats, is_far: Bools, is_like: Bools, width: int) -> Bools:
    """Say which far rows resemble one of those like them, `width` rows off or more."""
    recurs = np.zeros_like(is_far)
    others = np.flatnonzero(is_like)
    others = others[:: max(-(-len(others) // MAX_COMPARED), 1)]
    around = sliding_windows(np.pad(residual, HALF_JUMP), 2 * HALF_JUMP)
    theirs = around[others]
    for row in np.flatnonzero(is_far):
        jump = around[row]
        apart = ((theirs - jump) ** 2).sum(axis=1)
        apart[np.abs(others - row) < width] = np.inf
        recurs[row] = apart.min(initial=np.inf) < ALIKE * (jump @ jump)
    return recurs


def _shapes(model: AnomalyModel, series: Floats) -> Bools:
    """Rows most of whose windows are far from all that the model remembers.

    What is no more than unusual, as a broken relation in noise, makes a window far only
    where it fills half of it. So of what lasts for a window or more, rows count half of
    whose windows are far: from its begin to its end.
    """
    width, n_rows = model.width, len(series)
    filled = fill_missing(
        model.autoregression, model.channels.scaled(series), INPUT_LIMIT
    )
    observed = np.ones(n_rows - width + 1, dtype=np.bool_)
    starts = model.memory_starts[:: -(-len(model.memory_starts) // MAX_MET)]
    is_strange = np.zeros(n_rows, dtype=np.bool_)
    for channel in filled[:, model.channels.targets].T:
        found = describe_all(model.autoencoder, channel, observed).descriptions
        distance = nearest_distance(found, Memory(found[starts], starts), width)
        is_far = distance > FAR * np.quantile(distance, USUAL_DISTANCE)
        n_far = spread_over_rows(is_far.astype(np.float64), width)
        share = n_far / n_covering(observed, width)
        for first, stop in runs_of(share >= HALF):
            is_most = share[first:stop] >= MOSTLY
            is_strange[first:stop] |= is_most | (is_most.sum() >= width)
    return is_strange


class LearnedSeries(NamedTuple):
    """A series (n_rows, n_channels) to learn from, and which rows (n_rows,) count.

    The others are NaN, but for channels that could be put back in them.
    """

    series: Floats
    is_learned: Bools


def put_back(series: Floats, is_learned: Bools, targets: np.ndarray) -> LearnedSeries:
    """Fill what recurs of the rows of a series that are not learned from.

    A row counts once all `targets` are filled in it. What stands still mostly is left
    as it is: it seems to recur everywhere.
    """
    filled = np.where(is_learned[:, None], series, np.nan)
    holes = [hole for hole in runs_of(~is_learned) if hole[1] - hole[0] <= MAX_HOLE]
    is_moving = share_still(filled) <= MAX_STILL
    for target in targets[is_moving[targets]]:
        channel = filled[:, target].copy()
        for hole in holes:
            filled[slice(*hole), target] = _recurring(channel, *hole)
    is_filled = np.isfinite(filled[:, targets]).all(axis=1)
    return LearnedSeries(filled, is_learned | is_filled)


def _recurring(channel: Floats, first: int, stop: int) -> Floats:
    """Find what belongs into the rows `first` to `stop - 1`; NaN if nothing is sure."""
    nothing = np.full(stop - first, np.nan)
    start, end = first - BESIDE, stop + BESIDE
    if start < 0 or end > len(channel):
        return nothing
    here = channel[start:end]
    is_beside = np.isfinite(here)  # the hole itself is NaN
    beside = here[is_beside]
    if len(beside) < KNOWN * 2 * BESIDE or beside.var() < MOVING * np.nanvar(channel):
        return nothing
    place = _most_alike(channel, here, is_beside)
    if place < 0:
        return nothing
    there = channel[place : place + len(here)]
    apart = here - there
    before, after = apart[BESIDE - JOINED : BESIDE], apart[-BESIDE : JOINED - BESIDE]
    is_joined = np.isfinite(before).any() and np.isfinite(after).any()
    if not is_joined or apart[is_beside].var() > INPAINTING_ALIKE * beside.var():
        return nothing
    steps = np.linspace(np.nanmean(before), np.nanmean(after), len(nothing) + 2)
    filled: Floats = there[BESIDE:-BESIDE] + steps[1:-1]
    return filled


def _most_alike(channel: Floats, here: Floats, is_asked: Bools) -> int:
    """Find where the complete rows begin that differ least, but for their level.

    -1 if there is none. Only the rows of `here` that are asked for are compared.
    """
    is_known = np.isfinite(channel)
    is_complete = sum_of_rows(is_known[:, None], len(here))[:, 0] == len(here)
    if not is_complete.any() or not is_asked.any():
        return -1
    centred = np.where(is_known, channel - np.nanmean(channel), 0.0)
    asked = np.where(is_asked, here - here[is_asked].mean(), 0.0)
    mask = is_asked.astype(np.float64)
    sums = np.correlate(centred, mask, "valid")
    # Squared differences, less what is the same everywhere.
    differs = np.correlate(centred**2, mask, "valid") - sums**2 / mask.sum()
    differs -= 2.0 * np.correlate(centred, asked, "valid")
    return int(np.where(is_complete, differs, np.inf).argmin())
