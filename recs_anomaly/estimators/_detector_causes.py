"""What an event is, in words: the first of a few rules that its rows fulfil."""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.windows import Floats

ONE_SIDED = 0.5  # share of the residuals that must be net of one sign
FROZEN_ROWS = 5
SPIKE_ROWS = 5
BEFORE_ROWS = 200  # rows before an event that its level is compared with
SHIFTED = 2.0  # of those rows' standard deviations


class Excerpt(NamedTuple):
    """One channel of a series, and the rows `first` to `stop - 1` of an event in it.

    `values` and `expected` (n_rows,) are in the channel's units, NaN where nothing was
    measured; `residual` (n_rows,) in training standard deviations.
    """

    first: int
    stop: int
    branch: str
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
    if len(known) >= FROZEN_ROWS and np.ptp(known) == 0:
        return f"frozen: does not move from {known[0]:.4g}"
    is_short = excerpt.stop - excerpt.first <= SPIKE_ROWS
    if is_short and excerpt.branch == "forecast" and len(known):
        return _spike(excerpt)
    shift = _shift(excerpt, known)
    if abs(shift) >= SHIFTED:
        way = "above" if shift > 0 else "below"
        mean = known.mean()
        return (
            f"level: {mean:.4g} on average, {abs(shift):.1f} sd {way} the rows before"
        )
    return _BY_BRANCH[excerpt.branch]


_BY_BRANCH = {
    "forecast": "jumps: steps that its past does not foretell",
    "reconstruction": "pattern: no mixture of normal patterns rebuilds it",
    "neighbour": "shape: unlike any normal stretch of this length",
}


def _spike(excerpt: Excerpt) -> str:
    residual = np.abs(excerpt.residual[excerpt.first : excerpt.stop])
    row = excerpt.first + int(residual.argmax())
    value, expected = excerpt.values[row], excerpt.expected[row]
    return f"spike: {value:.4g} where {expected:.4g} was expected"


def _shift(excerpt: Excerpt, known: Floats) -> float:
    """Mean of the event less that of the rows before, in their standard deviations."""
    before = excerpt.values[max(excerpt.first - BEFORE_ROWS, 0) : excerpt.first]
    before = before[~np.isnan(before)]
    if len(before) < 2 or not len(known) or before.std() == 0:
        return 0.0
    return float((known.mean() - before.mean()) / before.std())
