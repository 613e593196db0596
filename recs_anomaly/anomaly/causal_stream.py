"""The causal score row by row, in constant time: the twin of `causal`.

A stream remembers a window of rows and a handful of sums. All of it can be taken out as
one array, and a stream that this array is put into goes on as if nothing had been.
"""

import math

import numpy as np

from recs_anomaly.anomaly.branches import INPUT_LIMIT, AnomalyModel
from recs_anomaly.anomaly.causal import PRIOR, CausalSettings, describe, one_sided
from recs_anomaly.anomaly.channels import LONGEST_FILLED
from recs_anomaly.anomaly.levels import LARGEST, SHARPNESS, evidence
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
    usual : ndarray of shape (n_stretches, n_branches, n_targets)
        Errors of usual rows, which take part in each average.
    scale : ndarray of shape (n_stretches, n_branches, n_targets)
        What the averaged errors are divided by to give levels.
    weights : ndarray of shape (n_branches,)
        Powers to which the levels are taken.

    Attributes
    ----------
    residual : ndarray of shape (n_targets,)
        Scaled forecast error of the last row; it means something where that row was
        measured.
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
        self._factors = 1.0 / scale
        self._powers = weights / (len(scale) * weights.sum())
        self._forecast_power = float(self._powers[0]) / SHARPNESS
        constants, stride = settings.time_constants, settings.stride
        apart = np.array([[1.0], [stride], [stride]])  # rows between two errors
        self._prior = np.array([PRIOR * c / apart for c in constants])
        self._prior_sums = self._prior * usual
        self._targets = model.channels.targets
        self._lag_weights = np.ascontiguousarray(model.autoregression.weights.T)
        self._n_lags, self._width = len(self._lag_weights), model.width
        self._lengths = np.einsum("tmk,tmk->tm", model.memory, model.memory)
        self._decay = np.array([[decay(1.0, c)] for c in constants])
        self._look_decay = np.array([[[decay(stride, c)]] for c in constants])
        self._recurrent = (
            RecurrentStream(model.cell, model.recurrent) if model.recurrent else None
        )
        n_targets, longest = len(self._targets), max(self._n_lags, self._width)
        self._known = KnownPast(longest, n_targets)
        self._history = np.zeros((2 * longest, len(model.channels.centre)))
        self._cursor = longest
        self._sums, self._heft = np.zeros(usual.shape), np.zeros(usual.shape)
        self._told = np.zeros(n_targets)
        self._correction: Floats = np.zeros(n_targets)
        self._of_windows = 0.0  # the evidence of the last look
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
        self.residual = (filled - forecast)[self._targets] - self._correction
        if self._recurrent is not None:
            number = self._known.n_rows
            self._correction = self._recurrent.advance(_held(filled), number)
        if is_complete and self._known.is_settled:
            return self._judge_complete()
        return self._judge(~np.isnan(row[self._targets]))

    def levels(self) -> Floats:
        """Levels (n_stretches, n_branches, n_targets) of what has something to say."""
        levels: Floats = (self._sums + self._prior_sums) * self._factors
        levels /= np.maximum(self._heft + self._prior, TINY)
        levels[:, 1:] *= self._told
        return levels

    def shift(self, levels: Floats) -> None:
        """Move what is remembered down by some scaled levels (n_channels,)."""
        self._history -= levels

    def packed(self) -> Floats:
        """All that the stream remembers, as one array."""
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
        self._of_windows = self._window_evidence()

    def _arrays(self) -> list[Floats]:
        known = self._known
        states = self._recurrent.states if self._recurrent else ()
        return [
            *(self._history, known.is_known, known.gap, known.last_lost),
            *(self._sums, self._heft, self._told, self._correction, self.residual),
            *states,
        ]

    def _remember(self, filled: Floats) -> None:
        if self._cursor == len(self._history):
            middle = len(self._history) // 2
            self._history[:middle] = self._history[middle:]
            self._cursor = middle
        self._history[self._cursor] = filled
        self._cursor += 1

    def _judge_complete(self) -> float:
        """Judge a row that is complete, as all are that it is judged by."""
        self._known.add_complete()
        errors = one_sided(self.residual, self._settings.side)
        sums, heft = self._sums[:, 0], self._heft[:, 0]
        sums *= self._decay
        sums += errors * errors
        heft *= self._decay
        heft += 1.0
        if self._known.n_rows % self._settings.stride == 0:
            self._look()
        averages = (sums + self._prior_sums[:, 0]) / (heft + self._prior[:, 0])
        return self._ratio(averages * self._factors[:, 0])

    def _judge(self, is_measured: Bools) -> float:
        says = self._known.is_told(self._n_lags)
        self._known.add(is_measured)
        is_used = says & is_measured
        errors = one_sided(
            np.where(is_measured, self.residual, 0.0), self._settings.side
        )
        sums, heft = self._sums[:, 0], self._heft[:, 0]
        sums *= self._decay
        sums += np.where(is_used, errors**2, 0.0)
        heft *= self._decay
        heft += is_used
        if self._known.n_rows % self._settings.stride == 0:
            self._look()
        if not is_measured.any() or not (says.any() or self._told.any()):
            return np.nan
        return self._ratio(np.where(says, self.levels()[:, 0], 0.0))

    def _ratio(self, of_forecast: Floats) -> float:
        """Put the forecast's levels (n_stretches, n_targets) together with the rest.

        `combine` with floats in the place of arrays, in a tenth of the time.
        """
        mean = self._of_windows
        for level in of_forecast.max(axis=1).tolist():
            logarithm = SHARPNESS * min(math.log(max(level, TINY)), LARGEST)
            mean += self._forecast_power * softplus(logarithm)
        scaled = SHARPNESS * max(mean, TINY)
        logarithm = (scaled + math.log(-math.expm1(-scaled))) / SHARPNESS
        return math.exp(min(logarithm, LARGEST))

    def _look(self) -> None:
        """Judge the windows that end in the last row."""
        told = self._known.is_told(self._width)
        self._sums[:, 1:] *= self._look_decay
        self._heft[:, 1:] *= self._look_decay
        self._heft[:, 1:] += told
        self._told[:] = told
        for place in np.flatnonzero(told):
            window = self._history[self._cursor - self._width : self._cursor]
            channel = window[None, :, self._targets[place]]
            description, rest = describe(self._model.autoencoder, channel)
            # Not by BLAS: it would ask its other threads to help, and wait for them.
            products = np.einsum("mk,k->m", self._model.memory[place], description[0])
            squared = self._lengths[place] - 2.0 * products
            nearest = squared.min() + description[0] @ description[0]
            self._sums[:, 1, place] += rest[0]
            self._sums[:, 2, place] += max(nearest, 0.0)
        self._of_windows = self._window_evidence()

    def _window_evidence(self) -> float:
        worst = self.levels()[:, 1:].max(axis=2)
        return float(np.sum([evidence(of, self._powers[1:]) for of in worst]))


def softplus(value: float) -> float:
    """Logarithm of 1 + exp(value), without overflow."""
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


def _held(values: Floats) -> Floats:
    """Values held to what may be fed back. `np.clip` takes five times as long."""
    held: Floats = np.minimum(np.maximum(values, -INPUT_LIMIT), INPUT_LIMIT)
    return held


def decay(rows: float, time_constant: float) -> float:
    """Find what is left of a weight after some rows."""
    return float(np.exp(-rows / time_constant)) if time_constant else 0.0


class KnownPast:
    """Tells row by row what `causal.is_told_so_far` tells of a whole series.

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
        self.last_lost[self.gap > LONGEST_FILLED] = self.n_rows
        self.n_complete = self.n_complete + 1 if is_measured.all() else 0
        self.n_rows += 1

    def is_told(self, width: int) -> Bools:
        """Whether the last `width` rows say enough of each target (n_targets,)."""
        if self.n_complete >= width:
            return self._all
        if self.n_rows < width:
            return ~self._all
        n_known: Floats = self.is_known[-width:].sum(axis=0)
        told: Bools = (n_known >= 0.5 * width) & (
            self.last_lost <= self.n_rows - 1 - width
        )
        return told


class RecurrentStream:
    """Outputs of a recurrent network, a row at a time.

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
        """Output (n_outputs,) after the row (n_inputs,) of that number, from 0 on."""
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
