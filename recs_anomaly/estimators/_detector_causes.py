"""What an event is, in words: the first of a few rules that its rows fulfil."""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.windows import Floats, sliding_windows

ONE_SIDED = 0.5  # share of the residuals that must be net of one sign
FROZEN = 0.5  # of the rows of an event: if so many are still, that is what it is
SPIKE_ROWS = 5
ECHO_ROWS = 40  # in which a forecast still errs after a spike
SPIKE = 0.25  # training standard deviations off the forecast
BEFORE_ROWS = 200  # rows before an event that its level is compared with
SHIFTED = 2.0  # of those rows' standard deviations
STEP_ROWS = 5  # on either side of an event's start
STEPPED = 2.0  # times the most that such rows differed by before


class Excerpt(NamedTuple):
    """One channel of a series, and the rows `first` to `stop - 1` of an event in it.

    `stillness` (n_rows,) is above 1 where the channel stands unusually still. `values`
    and `expected` (n_rows,) are in the channel's units, NaN where nothing was measured;
    `residual` (n_rows,) in training standard deviations.
    """

    first: int
    stop: int
    branch: str
    stillness: Floats
    values: Floats
    expected: Floats
    residual: Floats


def direction_of(excerpt: Excerpt) -> str:
    """Say on which side of the forecast the rows of the event lie, by their weight."""
    residual = excerpt.residual[excerpt.first : excerpt.stop]
    strength = np.abs(residual) * residual
    total = np.abs(strength).sum()
    if total == 0 or abs(strength.sum()) < ONE_SIDED * total:
        return "mixed"
    return "high" if strength.sum() > 0 else "low"


def cause_of(excerpt: Excerpt) -> str:
    """Say what the event looks like."""
    values = excerpt.values[excerpt.first : excerpt.stop]
    known = values[~np.isnan(values)]
    is_still = excerpt.stillness[excerpt.first : excerpt.stop] > 1
    if is_still.mean() >= FROZEN:
        return f"frozen: does not move from {_frozen_at(excerpt):.4g}"
    shift, step = _shift(excerpt, known), _step(excerpt)
    if len(known) > SPIKE_ROWS and abs(shift) >= SHIFTED:
        way = "above" if shift > 0 else "below"
        level = np.median(known)
        return f"level: about {level:.4g}, {abs(shift):.1f} sd {way} the rows before"
    if len(known) > SPIKE_ROWS and step:
        return f"step: {step:+.4g} at its start"
    return _spike(excerpt) if _is_spike(excerpt) else _BY_BRANCH[excerpt.branch]


def _frozen_at(excerpt: Excerpt) -> float:
    """Find the reading at which the channel stands still for the longest."""
    stillness = excerpt.stillness[excerpt.first : excerpt.stop]
    return float(excerpt.values[excerpt.first + int(stillness.argmax())])


_BY_BRANCH = {
    "forecast": "jumps: steps that its past does not foretell",
    "reconstruction": "pattern or level: no mixture of normal patterns rebuilds it",
    "neighbour": "shape: unlike any normal stretch of this length",
    "standstill": "still: a channel does not move for unusually long",
}


def _is_spike(excerpt: Excerpt) -> bool:
    """Whether all large errors lie within a few rows; what follows is their echo."""
    residual = np.abs(excerpt.residual[excerpt.first : excerpt.stop])
    large = np.flatnonzero(residual >= residual.max() / 2)
    is_brief = large[-1] - large[0] < SPIKE_ROWS and len(residual) <= ECHO_ROWS
    return bool(is_brief and residual.max() >= SPIKE)


def _spike(excerpt: Excerpt) -> str:
    residual = np.abs(excerpt.residual[excerpt.first : excerpt.stop])
    row = excerpt.first + int(residual.argmax())
    value, expected = excerpt.values[row], excerpt.expected[row]
    return f"spike: {value:.4g} where {expected:.4g} was expected"


def _shift(excerpt: Excerpt, known: Floats) -> float:
    """Median of the event less that of the rows before, in their spread."""
    before = excerpt.values[max(excerpt.first - BEFORE_ROWS, 0) : excerpt.first]
    before = before[~np.isnan(before)]
    if len(before) < 2 or not len(known) or before.std() == 0:
        return 0.0
    return float((np.median(known) - np.median(before)) / before.std())


def _step(excerpt: Excerpt) -> float:
    """Change of the median at the start of the event; 0 if it is no unusual one."""
    start = excerpt.first - BEFORE_ROWS
    if start < 0:
        return 0.0
    rows = excerpt.values[start : excerpt.first + STEP_ROWS]
    medians = np.median(sliding_windows(rows, STEP_ROWS), axis=1)
    changes = medians[STEP_ROWS:] - medians[:-STEP_ROWS]
    before, step = changes[:-STEP_ROWS], float(changes[-1])
    is_unusual = abs(step) >= STEPPED * np.abs(before[~np.isnan(before)]).max(initial=0)
    return step if is_unusual else 0.0
