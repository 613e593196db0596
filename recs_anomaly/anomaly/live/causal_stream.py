"""The causal score row by row, in constant time: the twin of `causal`.

A stream remembers a window of rows and a handful of sums. All of it can be taken out as
one array, and a stream that this array is put into goes on as if nothing had been.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from recs_anomaly.anomaly.branches.branch import Branch, Rows, Windows
from recs_anomaly.anomaly.branches.relation import cannot_say
from recs_anomaly.anomaly.channels import MAX_FILLED
from recs_anomaly.anomaly.lagged import LaggedStream
from recs_anomaly.anomaly.levels import MAX_LOGARITHM, SHARPNESS, evidence
from recs_anomaly.anomaly.live.causal import (
    MAX_GUESSED,
    PRIOR,
    CausalSettings,
    one_sided,
)
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


class CausalStream:
    """Judges scaled rows one after the other.

    Parameters
    ----------
    model : AnomalyModel
    settings : CausalSettings
    usual : ndarray of shape (n_time_scales, n_branches, n_targets)
        Errors of usual rows, which take part in each average.
    scale : ndarray of shape (n_time_scales, n_branches, n_targets)
        What the averaged errors are divided by to give levels.
    weights : ndarray of shape (n_branches,)
        Powers to which the levels are taken.

    Attributes
    ----------
    residual : ndarray of shape (n_targets,)
        Scaled forecast error of the last row; it means something where that row was
        measured.
    deviation : ndarray of shape (n_targets,)
        What the last row is off what other channels say of it, in what is usual.
    last : ndarray of shape (n_channels,)
        The last row, scaled, with what was not measured filled.
    """

    def __init__(
        self,
        model: AnomalyModel,
        settings: CausalSettings,
        usual: Floats,
        scale: Floats,
        weights: Floats,
    ) -> None:
        self._model, self._settings = model, settings
        # Branches that look at each row come first here, then those of windows.
        branches, stride = settings.branches, settings.stride
        is_of_rows = np.array([branch.of_rows is not None for branch in branches])
        order = np.argsort(~is_of_rows, kind="stable")
        self._places, n_of_rows = np.argsort(order), int(is_of_rows.sum())
        self._of_rows = _speaking_of_rows(branches, model)
        self._of_windows = [b.of_windows for b in branches if b.of_windows]
        self._rows, self._windows = slice(n_of_rows), slice(n_of_rows, None)
        self._factors = 1.0 / scale[:, order]
        self._powers = weights[order] / (len(scale) * weights.sum())
        powers = (self._powers[self._rows] / SHARPNESS).tolist()
        self._row_powers = [(n, power) for n, power in enumerate(powers) if power > 0]
        constants = settings.time_constants
        # Rows between two errors.
        apart = np.where(is_of_rows[order], 1.0, stride)[:, None]
        self._prior = np.array([PRIOR * c / apart for c in constants])
        self._prior_sums = self._prior * usual[:, order]
        self._targets, self._judged = model.channels.targets, model.channels.judged
        self._lag_weights = np.ascontiguousarray(model.autoregression.weights.T)
        self._n_lags, self._width = len(self._lag_weights), model.width
        n_targets, longest = len(self._targets), max(self._n_lags, self._width)
        self._memories = [model.memory_of(target) for target in range(n_targets)]
        self._decay = np.array([[[decay(1.0, c)]] for c in constants])
        self._look_decay = np.array([[[decay(stride, c)]] for c in constants])
        self._recurrent = (
            RecurrentStream(model.cell, model.recurrent) if model.recurrent else None
        )
        self._correcting = model.correction and LaggedStream(model.correction, ahead=1)
        self._relating = model.relation and LaggedStream(model.relation)
        self._reach = model.relation.reach if model.relation else 0
        self._known = KnownPast(longest, n_targets)
        n_channels = len(model.channels.centre)
        self._gap = np.zeros(n_channels)
        self._last_lost = np.full(n_channels, -1.0)  # row; before the first all are
        self._history = np.zeros((2 * longest, len(model.channels.centre)))
        self._cursor = longest
        self._sums, self._heft = np.zeros(usual.shape), np.zeros(usual.shape)
        # What is looked up at each row: parts of the same memory.
        parts = (self._sums, self._heft)
        self._row_sums, self._row_heft = (part[:, self._rows] for part in parts)
        self._row_prior_sums = self._prior_sums[:, self._rows]
        self._row_prior = self._prior[:, self._rows]
        self._row_factors = self._factors[:, self._rows]
        self._observed = np.zeros(n_targets)
        self._correction: Floats = np.zeros(n_targets)
        self.deviation: Floats = np.zeros(n_targets)
        self._is_related = True  # all that others say of the last row is known
        self._look_evidence = 0.0  # the evidence of the last look
        self.residual: Floats = np.zeros(n_targets)

    @property
    def n_rows(self) -> int:
        """Rows so far."""
        return self._known.n_rows

    @property
    def last(self) -> Floats:
        """The last row."""
        last: Floats = self._history[self._cursor - 1]
        return last

    def advance(self, row: Floats, is_complete: bool) -> float:
        """Take the next scaled row (n_channels,), NaN where nothing was measured.

        Returns how many times it is as abnormal as one normal row in a hundred, or NaN
        where it cannot be judged.
        """
        past = self._history[self._cursor - self._n_lags : self._cursor]
        forecast = np.einsum("lc,lc->c", past, self._lag_weights)
        forecast += self._model.autoregression.intercepts
        filled = row if is_complete else np.where(np.isnan(row), _held(forecast), row)
        self._remember(filled)
        self.residual = (filled - forecast)[self._judged] - self._correction
        self._correct(filled)
        self._relate(row)
        if is_complete and self._known.is_settled and self._is_related:
            return self._judge_complete()
        return self._judge(~np.isnan(row[self._judged]))

    def levels(self) -> Floats:
        """Compute the levels (n_time_scales, n_branches, n_targets); 0 if unknown."""
        return self._levels()[:, self._places]

    def row_errors(self) -> Floats:
        """Compute the last row's own errors (n_branches_of_rows, n_targets)."""
        return self._row_errors(self.residual, np.nan_to_num(self.deviation))

    def shift(self, levels: Floats) -> None:
        """Move what is remembered down by some scaled levels (n_channels,)."""
        self._history -= levels

    def packed(self) -> Floats:
        """Put all that the stream remembers into one array."""
        counts = (self._cursor, self._known.n_rows, self._known.n_complete)
        parts = [*self._arrays(), np.array(counts, dtype=np.float64)]
        return np.concatenate([part.ravel() for part in parts])

    def unpack(self, packed: Floats) -> None:
        """Take up what another stream of the same model had packed."""
        if packed.shape != self.packed().shape:
            raise ValueError(
                f"packed must have {len(self.packed())} numbers; got {packed.shape}."
            )
        place = 0
        for part in self._arrays():
            part[...] = packed[place : place + part.size].reshape(part.shape)
            place += part.size
        cursor, n_rows, n_complete = (int(count) for count in packed[place:])
        self._cursor = cursor
        self._known.n_rows, self._known.n_complete = n_rows, n_complete
        longest = len(self._history) // 2
        is_within = longest <= cursor <= 2 * longest and 0 <= n_complete <= n_rows
        if not is_within or self.packed().tobytes() != packed.tobytes():
            raise ValueError("packed must be what a stream has packed; it is not.")
        self._look_evidence = self._window_evidence()

    def _arrays(self) -> list[Floats]:
        known = self._known
        states = self._recurrent.states if self._recurrent else ()
        return [
            *(self._history, known.is_known, known.gap, known.last_lost),
            *(self._sums, self._heft, self._observed, self._correction, self.residual),
            *((self._gap, self._last_lost) if self._relating else ()),
            *states,
        ]

    def _remember(self, filled: Floats) -> None:
        if self._cursor == len(self._history):
            middle = len(self._history) // 2
            self._history[:middle] = self._history[middle:]
            self._cursor = middle
        self._history[self._cursor] = filled
        self._cursor += 1

    def _correct(self, filled: Floats) -> None:
        """Foresee what the linear forecast of the next row will leave over."""
        if self._correcting is not None:
            self._correction = self._correcting.respond(self._past)
        if self._recurrent is not None:
            said = self._recurrent.advance(_held(filled), self._known.n_rows)
            self._correction = self._correction + said if self._correcting else said

    def _relate(self, row: Floats) -> None:
        """Compare the last row with what other channels say of it."""
        if self._relating is None:
            return
        number, network = self._known.n_rows, self._relating.network
        self._gap[:] = np.where(np.isnan(row), self._gap + 1.0, 0.0)
        self._last_lost[self._gap > MAX_GUESSED] = number
        expected = self._relating.respond(self._past)
        apart = (self.last[self._judged] - expected) / network.spread
        apart = np.where(self._relating.speaks, apart, 0.0)
        is_lost = self._last_lost >= number - self._reach
        if is_lost.any():
            apart[cannot_say(network, is_lost[None])[0]] = np.nan
        self.deviation, self._is_related = apart, not np.isnan(apart).any()

    @property
    def _past(self) -> Floats:
        """The last rows that are remembered, the oldest first."""
        past: Floats = self._history[
            self._cursor - len(self._history) // 2 : self._cursor
        ]
        return past

    def _judge_complete(self) -> float:
        """Judge a row that is complete, as all are that it is judged by."""
        self._known.add_complete()
        heft = self._add(self._row_errors(self.residual, self.deviation))
        heft += 1.0
        if self._known.n_rows % self._settings.stride == 0:
            self._look()
        averages = self._row_sums + self._row_prior_sums
        averages /= heft + self._row_prior
        averages *= self._row_factors
        return self._ratio(averages)

    def _judge(self, is_measured: Bools) -> float:
        says = self._known.is_observed(self._n_lags)
        self._known.add(is_measured)
        residual = np.where(is_measured, self.residual, 0.0)
        errors = self._row_errors(residual, np.where(is_measured, self.deviation, 0.0))
        tells = says & ~np.isnan(errors)
        is_used = tells & is_measured
        heft = self._add(np.where(is_used, errors, 0.0))
        heft += is_used
        if self._known.n_rows % self._settings.stride == 0:
            self._look()
        if not is_measured.any() or not (says.any() or self._observed.any()):
            return np.nan
        return self._ratio(np.where(tells, self._levels()[:, self._rows], 0.0))

    def _row_errors(self, residual: Floats, deviation: Floats) -> Floats:
        """Compute the errors (n_branches_of_rows, n_targets) of the last row."""
        rows = Rows(self.last[self._judged], residual, deviation)
        side = self._settings.side
        errors = np.zeros((self._rows.stop, len(residual)))
        for number, of in self._of_rows:
            errors[number] = one_sided(of(rows), residual, side) if side else of(rows)
        return errors

    def _add(self, errors: Floats) -> Floats:
        """Add a row's errors to the sums; return the weights, which lack the row."""
        self._row_sums *= self._decay
        self._row_sums += errors
        self._row_heft *= self._decay
        return self._row_heft

    def _levels(self) -> Floats:
        levels: Floats = (self._sums + self._prior_sums) * self._factors
        levels /= np.maximum(self._heft + self._prior, TINY)
        levels[:, self._windows] *= self._observed
        return levels

    def _ratio(self, of_rows: Floats) -> float:
        """Put the levels of the last row and of the last windows together.

        `of_rows` has shape (n_time_scales, n_branches_of_rows, n_targets).

        `combine` with floats in the place of arrays, in a tenth of the time.
        """
        mean = self._look_evidence
        for of_scale in of_rows.max(axis=2).tolist():
            for number, power in self._row_powers:
                level = max(of_scale[number], TINY)
                logarithm = SHARPNESS * min(math.log(level), MAX_LOGARITHM)
                mean += power * softplus(logarithm)
        scaled = SHARPNESS * max(mean, TINY)
        logarithm = (scaled + math.log(-math.expm1(-scaled))) / SHARPNESS
        return math.exp(min(logarithm, MAX_LOGARITHM))

    def _look(self) -> None:
        """Judge the windows that end in the last row."""
        observed = self._known.is_observed(self._width)
        sums, heft = self._sums[:, self._windows], self._heft[:, self._windows]
        sums *= self._look_decay
        heft *= self._look_decay
        heft += observed
        self._observed[:] = observed
        starts = np.array([self._known.n_rows - self._width])
        for place in np.flatnonzero(observed):
            window = self._history[self._cursor - self._width : self._cursor]
            channel = window[None, :, self._targets[place]]
            windows = Windows(self._model, self._memories[place], channel, starts)
            for number, of_windows in enumerate(self._of_windows):
                sums[:, number, place] += of_windows(windows)[0]
        self._look_evidence = self._window_evidence()

    def _window_evidence(self) -> float:
        worst = self._levels()[:, self._windows].max(axis=2)
        powers = self._powers[self._windows]
        return float(np.sum([evidence(of, powers) for of in worst]))


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


def softplus(value: float) -> float:
    """Compute the logarithm of 1 + exp(value), without overflow."""
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


def _held(values: Floats) -> Floats:
    """Values held to what may be fed back. `np.clip` takes five times as long."""
    held: Floats = np.minimum(np.maximum(values, -INPUT_LIMIT), INPUT_LIMIT)
    return held


def decay(rows: float, time_constant: float) -> float:
    """Compute what is left of a weight after some rows."""
    return float(np.exp(-rows / time_constant)) if time_constant else 0.0


class KnownPast:
    """Tells row by row what `causal.is_observed_so_far` tells of a whole series.

    Parameters
    ----------
    longest : int
        Most rows that are asked about.
    n_targets : int

    Attributes
    ----------
    is_known : ndarray of shape (longest, n_targets)
        1 where something was measured in the last rows, 0 where not. Out of date while
        all of the last rows are complete.
    gap : ndarray of shape (n_targets,)
        Unknown rows on end up to now.
    last_lost : ndarray of shape (n_targets,)
        Number of the last row that lies in a long gap.
    n_complete : int
        Rows on end up to now in which all targets were measured.
    n_rows : int
        Rows so far.
    """

    def __init__(self, longest: int, n_targets: int) -> None:
        self.is_known = np.zeros((longest, n_targets))
        self.gap = np.zeros(n_targets)
        self.last_lost = np.full(n_targets, -float(longest))
        self.n_complete, self.n_rows = 0, 0
        self._longest = longest
        self._all = np.ones(n_targets, dtype=np.bool_)

    @property
    def is_settled(self) -> bool:
        """Whether all rows that may be asked about are complete."""
        return self.n_complete >= self._longest

    def add_complete(self) -> None:
        """Take a row that is complete when all before are settled."""
        self.n_complete += 1
        self.n_rows += 1

    def add(self, is_measured: Bools) -> None:
        """Take the next row, of which these targets (n_targets,) were measured."""
        if self.is_settled:
            self.is_known[:] = 1.0
            self.gap[:] = 0.0
        self.is_known[:-1] = self.is_known[1:]
        self.is_known[-1] = is_measured
        self.gap[:] = np.where(is_measured, 0.0, self.gap + 1.0)
        self.last_lost[self.gap > MAX_FILLED] = self.n_rows
        self.n_complete = self.n_complete + 1 if is_measured.all() else 0
        self.n_rows += 1

    def is_observed(self, width: int) -> Bools:
        """Tell of which targets (n_targets,) the last `width` rows say enough."""
        if self.n_complete >= width:
            return self._all
        if self.n_rows < width:
            return ~self._all
        n_known: Floats = self.is_known[-width:].sum(axis=0)
        observed: Bools = (n_known >= 0.5 * width) & (
            self.last_lost <= self.n_rows - 1 - width
        )
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
