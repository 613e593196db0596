"""The causal score of rows as they come, in constant memory: the twin of `causal`.

A stream remembers a window of rows and a handful of sums. All of it can be taken out as
one array, and a stream that this array is put into goes on as if nothing had been.
Rows come in blocks, cut in any way: each gets the same bits as if it had come alone.
What makes a product of many rows depend on how many they are is left out therefore, and
what a row hands on to the next is handed on row by row.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.branches.branch import Branch, Rows
from recs_anomaly.anomaly.branches.relation import cannot_say
from recs_anomaly.anomaly.channels import MAX_FILLED
from recs_anomaly.anomaly.lagged import LaggedStream
from recs_anomaly.anomaly.levels import MAX_LOGARITHM, SHARPNESS
from recs_anomaly.anomaly.live.causal import (
    MAX_GUESSED,
    PRIOR,
    CausalSettings,
    one_sided,
)
from recs_anomaly.anomaly.live.seen_windows import SeenWindows, windows_of
from recs_anomaly.anomaly.live.widths import in_views
from recs_anomaly.anomaly.model import INPUT_LIMIT, AnomalyModel
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.recurrent import (
    BLOCK,
    WARM_UP,
    Recurrent,
    advance,
    first_state,
)

TINY = float(np.finfo(np.float64).tiny)
LARGE = 1e30  # levels whose power still is a number
MIN_BLOCK = 64  # rows that can come at once, whatever the width of windows


class Look(NamedTuple):
    """What was known when windows were last looked at.

    `averages` (2, n_time_scales, n_branches_of_windows, n_targets) are sums of errors,
    and of the weights of these; `observed` (n_branches_of_windows, n_targets) is 1 for
    targets of which windows said anything. `evidence` is that of their levels.
    """

    averages: Floats
    observed: Floats
    evidence: float


@dataclass(eq=False)
class JudgedRows:
    """Rows that a stream has taken, and what it remembered after each.

    Attributes
    ----------
    ratio : list of float
        How many times each is as abnormal as one normal row in a hundred, NaN where it
        cannot be judged.
    filled : ndarray of shape (n_rows, n_channels)
        The rows, with what was not measured filled.
    residual : ndarray of shape (n_rows, n_targets)
        Errors of the forecasts; they mean something where a row was measured.
    deviation : ndarray of shape (n_rows, n_targets)
        What they are off what other channels say of them, in what is usual.
    averages : ndarray (n_rows, 2, n_time_scales, n_branches_of_rows, n_targets)
        Sums of errors, and of the weights of these.
    looks : list of Look
        What was known of windows at each.
    stream : CausalStream
    """

    ratio: list[float]
    filled: Floats
    residual: Floats
    deviation: Floats
    averages: Floats
    looks: list[Look]
    stream: "CausalStream"

    def levels(self, place: int) -> Floats:
        """Compute the levels (n_time_scales, n_branches, n_targets); 0 if unknown."""
        return self.stream.levels(self.averages[place], self.looks[place])

    def row_errors(self, place: int) -> Floats:
        """Compute a row's own errors (n_branches_of_rows, n_targets)."""
        row = slice(place, place + 1)
        deviation = np.nan_to_num(self.deviation[row])
        errors = self.stream.row_errors(self.filled[row], self.residual[row], deviation)
        own: Floats = errors[0]
        return own


class CausalStream:
    """Judges scaled rows as they come.

    Parameters
    ----------
    views : sequence of AnomalyModel
        As `widths.views_of` gives them.
    settings : CausalSettings
    usual : ndarray of shape (n_time_scales, n_branches_in_views, n_targets)
        Errors of usual rows, which take part in each average.
    scale : ndarray of shape (n_time_scales, n_branches_in_views, n_targets)
        What the averaged errors are divided by to give levels.
    weights : ndarray of shape (n_branches_in_views,)
        Powers to which the levels are taken.

    Attributes
    ----------
    most_rows : int
        Rows that can be taken at once.
    residual : ndarray of shape (n_targets,)
        Scaled forecast error of the last row; it means something where that row was
        measured.
    """

    def __init__(
        self,
        views: Sequence[AnomalyModel],
        settings: CausalSettings,
        usual: Floats,
        scale: Floats,
        weights: Floats,
    ) -> None:
        model = views[0]
        self._model, self._settings = model, settings
        stride, branches = settings.stride, in_views(settings.branches, len(views))
        # Branches that look at each row come first here, then those of windows.
        is_of_rows = np.array([branch.of_rows is not None for branch in branches])
        order = np.argsort(~is_of_rows, kind="stable")
        self._places, n_of_rows = np.argsort(order), int(is_of_rows.sum())
        self._of_rows = _speaking_of_rows(branches, model)
        self._n_of_windows = len(settings.branches) - n_of_rows
        self._rows, self._windows = slice(0, n_of_rows), slice(n_of_rows, None)
        powers = weights[order] / (len(scale) * weights.sum()) / SHARPNESS
        self._row_powers = _said(powers[self._rows])
        self._window_powers = _said(powers[self._windows])
        constants = settings.time_constants
        self._usual = [
            _usual_rows(constants, apart, usual[:, those], scale[:, those])
            for those, apart in ((order[self._rows], 1), (order[self._windows], stride))
        ]
        self._targets, self._judged = model.channels.targets, model.channels.judged
        lag_weights = model.autoregression.weights
        self._lag_weights = np.ascontiguousarray(lag_weights)[:, None, :, None]
        n_lags, n_targets = model.autoregression.n_lags, len(self._targets)
        widths = (n_lags, *(view.width for view in views))
        longest = max(widths)
        sums = np.zeros((2, *usual.shape))
        self._averages = sums[:, :, self._rows].copy()
        nothing = sums[:, :, self._windows]
        self._last_look = Look(nothing, nothing[0, 0], 0.0)
        # As large as what they multiply: to spread them takes longer than the product.
        self._decay = _decays(1.0, constants, self._averages)
        self._look_decay = _decays(stride, constants, self._last_look.averages)
        self._recurrent = (
            RecurrentStream(model.cell, model.recurrent) if model.recurrent else None
        )
        self._correcting = model.correction and LaggedStream(model.correction, ahead=1)
        self._relating = model.relation and LaggedStream(model.relation)
        self._reach = model.relation.reach if model.relation else 0
        self._known = KnownPast(longest, widths, n_targets)
        n_channels = len(model.channels.centre)
        self._gaps = Gaps(MAX_GUESSED, n_channels, 1)
        self._longest, self.most_rows = longest, max(longest, MIN_BLOCK)
        self._nothing_added = np.zeros((self.most_rows, 2, 1, n_of_rows, n_targets))
        self._nothing_added[:, 1] = 1.0
        self._history = np.zeros((n_channels, longest + self.most_rows))
        self._cursor = longest
        self._seen = [SeenWindows(v, settings.branches, self._history) for v in views]
        # Windows without a copy; number i starts at place i of the history.
        self._before_rows = windows_of(self._history, n_lags)[:, :, None]
        self._past = windows_of(self._history, longest).transpose(1, 2, 0)
        self._correction: Floats = np.zeros(n_targets)
        self.residual: Floats = np.zeros(n_targets)

    @property
    def n_rows(self) -> int:
        """Rows so far."""
        return self._known.n_rows

    @property
    def last(self) -> Floats:
        """The last row (n_channels,), with what was not measured filled."""
        last: Floats = self._history[:, self._cursor - 1]
        return last

    def advance(self, rows: Floats, is_complete: bool) -> JudgedRows:
        """Take the next scaled rows (n_rows, n_channels), at most `most_rows`.

        NaN stands where nothing was measured, which is nowhere if they are complete.
        """
        is_measured = None if is_complete else rows == rows
        filled, residual = self._foresee(rows, is_measured)
        deviation, is_related = self._relate(filled, is_measured)
        if is_measured is None and is_related and self._known.is_settled:
            judged = self._judge_complete(filled, residual, deviation)
        else:
            if is_measured is None:
                is_measured = np.ones(rows.shape, dtype=np.bool_)
            judged = self._judge(
                filled, residual, deviation, is_measured[:, self._judged]
            )
        self._averages, self.residual = judged.averages[-1], residual[-1]
        if len(rows) > 1:  # lest the whole block is kept
            self._averages, self.residual = self._averages.copy(), self.residual.copy()
        self._last_look = judged.looks[-1]
        return judged

    def levels(self, of_rows: Floats, look: Look) -> Floats:
        """Compute the levels (n_time_scales, n_branches, n_targets) of a row."""
        of_windows = self._levels_of(look.averages[None], 1)[0] * look.observed
        levels = [self._levels_of(of_rows[None], 0)[0], of_windows]
        return np.concatenate(levels, axis=1)[:, self._places]

    def row_errors(self, filled: Floats, residual: Floats, deviation: Floats) -> Floats:
        """Compute rows' own errors (n_rows, n_branches_of_rows, n_targets)."""
        errors = np.zeros((len(filled), *self._averages.shape[2:]))
        self._write_errors(errors, filled, residual, deviation)
        return errors

    def _write_errors(
        self, errors: Floats, filled: Floats, residual: Floats, deviation: Floats
    ) -> None:
        """Write the errors of those branches that say something."""
        rows = Rows(filled[:, self._judged], residual, deviation)
        side = self._settings.side
        for number, of in self._of_rows:
            said = of(rows)
            errors[:, number] = one_sided(said, residual, side) if side else said

    def shift(self, levels: Floats) -> None:
        """Move what is remembered down by some scaled levels (n_channels,)."""
        self._history -= levels[:, None]

    def packed(self) -> Floats:
        """Put all that the stream remembers into one array."""
        look = self._last_look
        averages = np.concatenate([self._averages, look.averages], axis=2)
        parts = self._arrays(averages, look.observed[:: self._n_of_windows])
        before = self._history[:, self._cursor - self._longest : self._cursor]
        counts = np.array((self._known.n_rows, self._known.n_complete), np.float64)
        return np.concatenate([part.ravel() for part in (before.T, *parts, counts)])

    def unpack(self, packed: Floats) -> None:
        """Take up what another stream of the same model had packed."""
        size = len(self.packed())
        shape = self._longest, len(self._history)
        n_before = shape[0] * shape[1]
        if packed.shape == (size + n_before + 1,):  # of version 0.1
            packed = _without_spare(packed, shape)
        if packed.shape != (size,):
            raise ValueError(f"packed must have {size} numbers; got {packed.shape}.")
        self._cursor = self._longest
        self._history[:, : self._longest] = packed[:n_before].reshape(shape).T
        place = n_before
        n_views, n_targets = len(self._seen), len(self._targets)
        n_branches = self._windows.start + n_views * self._n_of_windows
        averages = np.empty((2, len(self._decay[0]), n_branches, n_targets))
        observed, self.residual = np.empty((n_views, n_targets)), np.empty(n_targets)
        for part in self._arrays(averages, observed):
            part[...] = packed[place : place + part.size].reshape(part.shape)
            place += part.size
        self._averages = averages[:, :, self._rows].copy()
        observed = observed.repeat(self._n_of_windows, axis=0)
        self._last_look = self._looked(averages[:, :, self._windows], observed)
        n_rows, n_complete = (int(count) for count in packed[place:])
        self._known.n_rows, self._known.n_complete = n_rows, n_complete
        is_possible = 0 <= n_complete <= n_rows
        if not is_possible or self.packed().tobytes() != packed.tobytes():
            raise ValueError("packed must be what a stream has packed; it is not.")

    def _arrays(self, averages: Floats, observed: Floats) -> list[Floats]:
        known = self._known
        states = self._recurrent.states if self._recurrent else ()
        return [
            *(known.is_known, known.gaps.length, known.gaps.last),
            *(averages, observed, self._correction, self.residual),
            *((self._gaps.length, self._gaps.last) if self._relating else ()),
            *states,
        ]

    def _foresee(
        self, rows: Floats, is_measured: Bools | None
    ) -> tuple[Floats, Floats]:
        """Remember rows; give them with gaps filled, and what they differ by."""
        n_rows = len(rows)
        if self._cursor + n_rows > self._history.shape[1]:
            of_late = slice(self._cursor - self._longest, self._cursor)
            self._history[:, : self._longest] = self._history[:, of_late].copy()
            self._cursor = self._longest
        first, self._cursor = self._cursor, self._cursor + n_rows
        remembered, filled = self._history[:, first : self._cursor].T, rows
        remembered[...] = rows
        if is_measured is not None:
            for place in np.flatnonzero(~is_measured.all(axis=1)).tolist():
                expected = _held(self._forecasts(first + place, 1)[0])
                np.copyto(remembered[place], expected, where=~is_measured[place])
            filled = remembered.copy()
        residual = (filled - self._forecasts(first, n_rows))[:, self._judged]
        if self._correcting is not None or self._recurrent is not None:
            said = self._left_over(filled, first)
            residual -= np.concatenate([self._correction[None], said[:-1]])
            self._correction = said[-1].copy()  # lest the whole block is kept
        return filled, residual

    def _forecasts(self, first: int, n_rows: int) -> Floats:
        """Forecast rows (n_rows, n_channels) from their past, each by a dot product."""
        start = first - self._lag_weights.shape[2]
        past = self._before_rows[:, start : start + n_rows]
        found: Floats = np.matmul(past, self._lag_weights)[:, :, 0, 0].T
        return found + self._model.autoregression.intercepts

    def _left_over(self, filled: Floats, first: int) -> Floats:
        """Foresee what the linear forecast of the row after each will leave over."""
        said = np.zeros((len(filled), len(self._targets)))
        if self._correcting is not None:
            said += self._correcting.respond(self._pasts(first, len(filled)))
        if self._recurrent is not None:
            number = self._known.n_rows
            for place, row in enumerate(_held(filled)):
                said[place] += self._recurrent.advance(row, number + place)
        return said

    def _pasts(self, first: int, n_rows: int) -> Floats:
        """View the past of rows, which they end: (n_rows, longest, n_channels)."""
        start = first + 1 - self._longest
        return self._past[start : start + n_rows]

    def _relate(self, filled: Floats, is_measured: Bools | None) -> tuple[Floats, bool]:
        """Compare rows with what other channels say; tell whether all that is known."""
        if self._relating is None:
            return np.zeros((len(filled), len(self._targets))), True
        network, n_rows = self._relating.network, len(filled)
        expected = self._relating.respond(self._pasts(self._cursor - n_rows, n_rows))
        apart = (filled[:, self._judged] - expected) / network.spread
        apart = np.where(self._relating.speaks, apart, 0.0)
        number = self._known.n_rows
        last_lost = self._gaps.add(is_measured, n_rows, number)
        is_lost = last_lost >= number - self._reach + np.arange(n_rows)[:, None]
        if is_lost.any():
            apart[cannot_say(network, is_lost)] = np.nan
        return apart, not np.isnan(apart).any()

    def _judge_complete(
        self, filled: Floats, residual: Floats, deviation: Floats
    ) -> JudgedRows:
        """Judge rows that are complete, as all are that they are judged by."""
        added = self._nothing_added[: len(filled)].copy()
        self._write_errors(added[:, 0, 0], filled, residual, deviation)
        averages = self._averaged(added)
        self._known.add_complete(len(filled))
        looks = self._look(len(filled), None)
        ratio = self._ratios(self._levels_of(averages, 0), looks)
        return JudgedRows(ratio, filled, residual, deviation, averages, looks, self)

    def _judge(
        self, filled: Floats, residual: Floats, deviation: Floats, is_measured: Bools
    ) -> JudgedRows:
        has_past, *has_windows = self._known.add(is_measured)
        says = has_past[:-1]
        added = self._nothing_added[: len(filled)].copy()
        errors, weights = added[:, 0, 0], added[:, 1, 0]
        self._write_errors(
            errors,
            filled,
            np.where(is_measured, residual, 0.0),
            np.where(is_measured, deviation, 0.0),
        )
        tells = says[:, None] & ~np.isnan(errors)
        weights[...] = tells & is_measured[:, None]
        errors[weights == 0.0] = 0.0
        averages = self._averaged(added)
        looks = self._look(len(filled), np.stack(has_windows, axis=1)[1:])
        levels = np.where(tells[:, None], self._levels_of(averages, 0), 0.0)
        ratio = np.array(self._ratios(levels, looks))
        of_windows = np.array([look.observed for look in looks])
        is_judged = is_measured.any(axis=1)
        is_judged &= says.any(axis=1) | of_windows.any(axis=(1, 2))
        ratio[~is_judged] = np.nan
        return JudgedRows(
            ratio.tolist(), filled, residual, deviation, averages, looks, self
        )

    def _averaged(self, added: Floats) -> Floats:
        """Add rows' errors and their weights to the sums, one row after the other."""
        row, averages = self._averages, np.empty((len(added), *self._averages.shape))
        for place, of_row in enumerate(added):
            row = np.multiply(row, self._decay, out=averages[place])
            row += of_row
        return averages

    def _look(self, n_rows: int, is_observed: Bools | None) -> list[Look]:
        """Judge the windows that end in every `stride`-th row; give each row's look.

        `is_observed` (n_rows, n_views, n_targets) tells where enough of them was
        measured, which is everywhere if it is None.
        """
        stride = self._settings.stride
        first = (n_rows - self._known.n_rows - 1) % stride
        found = [self._last_look] * n_rows
        if first >= n_rows:
            return found
        looks = np.arange(first, n_rows, stride)
        places = self._cursor - n_rows + 1 + looks
        errors = np.concatenate([seen.errors(places) for seen in self._seen], axis=1)
        weights = np.ones(errors.shape)
        if is_observed is not None:
            weights[...] = is_observed[looks].repeat(self._n_of_windows, axis=1)
            errors[weights == 0.0] = 0.0
        averages = self._last_look.averages
        for look, observed, error in zip(looks.tolist(), weights, errors, strict=True):
            averages = averages * self._look_decay
            averages[0] += error
            averages[1] += observed
            found[look:] = [self._looked(averages, observed)] * (n_rows - look)
        return found

    def _looked(self, averages: Floats, observed: Floats) -> Look:
        levels = self._levels_of(averages[None], 1)[0] * observed
        evidence = _evidence(levels.max(axis=2).tolist(), self._window_powers)
        return Look(averages, observed, evidence)

    def _levels_of(self, averages: Floats, part: int) -> Floats:
        """Compute levels (n, n_time_scales, n_branches, n_targets) of averages.

        Those are (n, 2, n_time_scales, n_branches, n_targets). `part` is 0 for the
        branches of rows, 1 for those of windows.
        """
        prior, factors = self._usual[part]
        sums = averages + prior
        levels, weights = sums[:, 0] * factors, sums[:, 1]
        levels /= weights if self._settings.longest else np.maximum(weights, TINY)
        return levels

    def _ratios(self, of_rows: Floats, looks: list[Look]) -> list[float]:
        """Put the levels of rows and of the last windows together.

        `of_rows` has shape (n_rows, n_time_scales, n_branches_of_rows, n_targets).
        """
        is_one = of_rows.shape[3] == 1
        worst = of_rows[..., 0] if is_one else of_rows.max(axis=3)
        return [
            _combined(look.evidence + _evidence(of, self._row_powers))
            for of, look in zip(worst.tolist(), looks, strict=True)
        ]


def _usual_rows(
    constants: Sequence[float], rows_apart: int, usual: Floats, scale: Floats
) -> tuple[Floats, Floats]:
    """Give what usual rows add to sums and weights, and what averages are scaled by.

    There are `rows_apart` rows between two errors; `usual` and `scale` have shape
    (n_time_scales, n_branches, n_targets), what is added (2, *shape).
    """
    prior = np.empty((2, *usual.shape))
    prior[1] = _spread([PRIOR * constant / rows_apart for constant in constants], usual)
    prior[0] = prior[1] * usual
    return prior, 1.0 / scale


def _decays(rows: float, constants: Sequence[float], like: Floats) -> Floats:
    return _spread([decay(rows, constant) for constant in constants], like)


def _spread(of_scales: Sequence[float], like: Floats) -> Floats:
    """Give numbers of time scales the shape (..., n_time_scales, n_branches, n)."""
    return np.array(of_scales)[:, None, None] + np.zeros_like(like)


def _said(powers: Floats) -> list[tuple[int, float]]:
    """List the powers that are not 0, with their places."""
    return [(n, power) for n, power in enumerate(powers.tolist()) if power > 0]


def _evidence(levels: list[list[float]], powers: list[tuple[int, float]]) -> float:
    """Sum `levels.evidence` of a row's levels (n_time_scales, n_branches).

    With floats in the place of arrays this takes a tenth of the time.
    """
    total = 0.0
    for of_scale in levels:
        for number, power in powers:
            level = of_scale[number]
            if level < LARGE:
                total += power * math.log1p(level**SHARPNESS)
            else:
                total += power * SHARPNESS * min(math.log(level), MAX_LOGARITHM)
    return total


def _combined(evidence: float) -> float:
    """Undo `evidence`, as `levels.combine` does."""
    scaled = SHARPNESS * max(evidence, TINY)
    logarithm = (scaled + math.log(-math.expm1(-scaled))) / SHARPNESS
    return math.exp(min(logarithm, MAX_LOGARITHM))


def _without_spare(packed: Floats, shape: tuple[int, int]) -> Floats:
    """Leave out the room for rows to come that a history once was packed with."""
    longest, n_channels = shape
    cursor, *counts = packed[-3:]
    if not longest <= cursor <= 2 * longest:
        raise ValueError("packed must be what a stream has packed; it is not.")
    whole = 2 * longest * n_channels
    rows = packed[:whole].reshape(-1, n_channels)[: int(cursor)][-longest:]
    return np.concatenate([rows.ravel(), packed[whole:-3], counts])


def _speaking_of_rows(
    branches: Sequence[Branch], model: AnomalyModel
) -> list[tuple[int, Callable[[Rows], Floats]]]:
    """List the branches of rows that can say something, with their places.

    Without what a branch needs its errors are 0, and so is its weight.
    """
    of_rows = [branch for branch in branches if branch.of_rows]
    return [
        (number, branch.of_rows)
        for number, branch in enumerate(of_rows)
        if branch.of_rows and branch.has_say(model)
    ]


def _held(values: Floats) -> Floats:
    """Values held to what may be fed back. `np.clip` takes five times as long."""
    held: Floats = np.minimum(np.maximum(values, -INPUT_LIMIT), INPUT_LIMIT)
    return held


def decay(rows: float, time_constant: float) -> float:
    """Compute what is left of a weight after some rows."""
    return float(np.exp(-rows / time_constant)) if time_constant else 0.0


class Gaps:
    """Tells of rows which columns were lost of late: unknown for too many rows on end.

    Parameters
    ----------
    most : int
        Rows that a gap may have.
    n_columns : int
    reach : int
        Rows for which all are lost before the first.

    Attributes
    ----------
    length : ndarray of shape (n_columns,)
        Unknown rows on end up to now.
    last : ndarray of shape (n_columns,)
        Number of the last row that lies in a long gap.
    """

    def __init__(self, most: int, n_columns: int, reach: int) -> None:
        self._most = most
        self.length, self.last = np.zeros(n_columns), np.full(n_columns, -float(reach))

    def add(self, is_known: Bools | None, n_rows: int, number: int) -> Floats:
        """Take the next rows (n_rows, n_columns); give `last` after each of them.

        None stands for rows that are complete.
        """
        if is_known is None:
            self.length[:] = 0.0
            return np.repeat(self.last[None], n_rows, axis=0)
        numbers = number + np.arange(float(len(is_known)))[:, None]
        known = np.where(is_known, numbers, number - 1.0 - self.length)
        length = numbers - np.maximum.accumulate(known, axis=0)
        lost = np.where(length > self._most, numbers, self.last)
        last: Floats = np.maximum.accumulate(lost, axis=0)
        self.length[:], self.last[:] = length[-1], last[-1]
        return last


class KnownPast:
    """Tells of rows as they come what `causal.is_observed_so_far` tells of a series.

    Parameters
    ----------
    longest : int
        The largest of the widths.
    widths : tuple of int
        Rows that are asked about.
    n_targets : int

    Attributes
    ----------
    is_known : ndarray of shape (longest, n_targets)
        1 where something was measured in the last rows, 0 where not.
    gaps : Gaps
    n_complete : int
        Rows on end up to now in which all targets were measured.
    n_rows : int
        Rows so far.
    """

    def __init__(self, longest: int, widths: tuple[int, ...], n_targets: int) -> None:
        self.is_known = np.zeros((longest, n_targets))
        self.gaps = Gaps(MAX_FILLED, n_targets, longest)
        self.n_complete, self.n_rows = 0, 0
        self._widths = widths

    @property
    def is_settled(self) -> bool:
        """Whether all rows that may be asked about are complete."""
        return self.n_complete >= len(self.is_known)

    def add_complete(self, n_rows: int) -> None:
        """Take rows that are complete when all before are settled."""
        self.n_complete += n_rows
        self.n_rows += n_rows

    def add(self, is_measured: Bools) -> list[Bools]:
        """Take the next rows (n_rows, n_targets), and tell what is measured in them.

        Of each width the result tells for which targets (n_rows + 1, n_targets) the
        last so many rows say enough: before the first of these rows, and after each.
        """
        longest, n_new = len(self.is_known), len(is_measured)
        known = np.concatenate([self.is_known, is_measured])
        n_known = np.zeros((len(known) + 1, known.shape[1]))
        np.cumsum(known, axis=0, out=n_known[1:])
        last_lost = np.empty((n_new + 1, known.shape[1]))
        last_lost[0] = self.gaps.last
        last_lost[1:] = self.gaps.add(is_measured, n_new, self.n_rows)
        n_rows = self.n_rows + np.arange(n_new + 1)[:, None]
        observed = []
        for width in self._widths:
            n_of_width = n_known[longest:] - n_known[longest - width : -width]
            is_enough = (n_rows >= width) & (n_of_width >= 0.5 * width)
            observed.append(is_enough & (last_lost <= n_rows - 1 - width))
        self.is_known[:] = known[n_new:]
        incomplete = np.flatnonzero(~is_measured.all(axis=1))
        started = self.n_complete + n_new
        self.n_complete = (
            n_new - 1 - int(incomplete[-1]) if len(incomplete) else started
        )
        self.n_rows += n_new
        return observed


class RecurrentStream:
    """Compute the outputs of a recurrent network, a row at a time.

    Parameters
    ----------
    cell : str
    model : Recurrent

    Attributes
    ----------
    states : tuple of ndarray of shape (2, n_units)
        What the network remembers: first the state that speaks.
    """

    def __init__(self, cell: str, model: Recurrent) -> None:
        self._cell, self._model = cell, model
        self._inputs = np.zeros((2, len(model.kernel)))
        self.states = first_state(cell, model, 2)

    def advance(self, row: Floats, number: int) -> Floats:
        """Compute the output (n_outputs,) after a row (n_inputs,) of that number."""
        place = number % BLOCK
        if place == 0 and number:
            for part in self.states:
                part[0] = part[1]
        if place == BLOCK - WARM_UP:
            for part in self.states:
                part[1] = 0.0
        self._inputs[:] = row
        found = advance(self._cell, self._model, self.states, self._inputs)
        for part, new in zip(self.states, found, strict=True):
            part[:] = new
        speaking: Floats = self.states[0][0] @ self._model.head_kernel
        return speaking + self._model.head_bias
