"""What an event is, in words: the first of a few rules that its rows fulfil."""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.windows import Floats

ONE_SIDED = 0.5  # share of the residuals that must be net of one sign
FROZEN_ROWS = 5
SPIKE_ROWS = 5
SPIKE = 0.25  # training standard deviations off the forecast
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
    n_frozen, frozen_at = _longest_standstill(known)
    if n_frozen >= max(FROZEN_ROWS, len(known) / 2):
        return f"frozen: does not move from {frozen_at:.4g}"
    if excerpt.stop - excerpt.first <= SPIKE_ROWS:
        residual = np.abs(excerpt.residual[excerpt.first : excerpt.stop])
        is_spike = len(known) and residual.max() >= SPIKE
        return _spike(excerpt) if is_spike else _BY_BRANCH[excerpt.branch]
    shift = _shift(excerpt, known)
    if abs(shift) >= SHIFTED:
        way = "above" if shift > 0 else "below"
        mean = known.mean()
        return (
            f"level: {mean:.4g} on average, {abs(shift):.1f} sd {way} the rows before"
        )
    return _BY_BRANCH[excerpt.branch]


def _longest_standstill(known: Floats) -> tuple[int, float]:
    """Find the most rows on end without a change, and the value there."""
    if not len(known):
        return 0, np.nan
    starts = np.concatenate([[0], np.flatnonzero(np.diff(known)) + 1])
    lengths = np.diff(np.append(starts, len(known)))
    longest = int(lengths.argmax())
    return int(lengths[longest]), float(known[starts[longest]])


_BY_BRANCH = {
    "forecast": "jumps: steps that its past does not foretell",
    "reconstruction": "pattern or level: no mixture of normal patterns rebuilds it",
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
