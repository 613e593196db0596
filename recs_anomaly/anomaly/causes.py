"""Causes: what an event looks like, in words.

A channel is compared with what was due: its readings as they would be forecast had no
row of the event been measured. What kind of change an event is follows from how it
departs from that, and how its rows vary beside those before.
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import theilslopes

from recs_anomaly.anomaly.branches.branch import Branch
from recs_anomaly.anomaly.branches.relation import RELATION
from recs_anomaly.core.arrays import Floats

ECHO_ROWS = 40  # in which a forecast still errs after a spike
ONE_SIDED = 0.5  # share of the residuals that must be net of one sign
FROZEN = 0.5  # of the rows of an event: if so many are still, that is what it is
SPIKE_ROWS = 5
SPIKE = 0.25  # training standard deviations off the forecast
BEFORE_ROWS = 200  # rows before an event that it is compared with
MANY = 10  # rows that must be known to say how they vary
APART = 2.0  # times what such rows were off what was due before
SAME_SIDE = 0.8  # of the rows of another level
STEADY = 0.6  # of another level: it may vary by so much
FROM, GROWS = 0.7, 0.65  # of its end: where a drift begins; what a line leaves over
LAST = 0.75  # of its end: what its last rows reach
MANY_SLOPES = 400  # readings of a drift that a line is drawn through
NEAR, EDGE_ROWS, FADES = 3, 5, 0.25  # rows from an event's edge on; of its departure
FASTER, CLEAR = 1.25, 0.4  # another frequency; its share of what varies
CYCLES = 3  # that an event must hold to show its frequency
WILDER = 1.7  # times as much as before


class Excerpt(NamedTuple):
    """One channel of a series, and the rows `first` to `stop - 1` of an event in it.

    `stillness` (n_rows,) is above 1 where the channel stands unusually still. `values`,
    `expected` and `due` (n_rows,) are in the channel's units, NaN where nothing was
    measured; what follows is in training standard deviations: `residual`, what the rows
    are as they were `judged`, how far they are from what was due (`departure`), and how
    far such rows were before the event (`usual`). `partner` is the channel that it
    follows the most; where it does no longer, what that one says was due.
    """

    first: int
    stop: int
    sign: Branch
    stillness: Floats
    values: Floats
    expected: Floats
    due: Floats
    residual: Floats
    judged: Floats
    departure: Floats
    usual: float = 1.0
    partner: str = ""

    @property
    def rows(self) -> slice:
        """Rows of the event."""
        return slice(self.first, self.stop)

    @property
    def before(self) -> slice:
        """Rows before the event that it is compared with."""
        return slice(max(self.first - BEFORE_ROWS, 0), self.first)


def direction_of(excerpt: Excerpt) -> str:
    """Say on which side of the forecast the rows of the event lie, by their weight."""
    residual = excerpt.residual[excerpt.first : excerpt.stop]
    above, below = np.maximum(residual, 0.0), np.minimum(residual, 0.0)
    return side_of(float((above**2).sum()), float((below**2).sum()))


def side_of(high: float, low: float) -> str:
    """Say on which side residuals lie, by the sums of their squares above and below."""
    if high + low == 0 or abs(high - low) < ONE_SIDED * (high + low):
        return "mixed"
    return "high" if high > low else "low"


def cause_of(excerpt: Excerpt) -> str:
    """Say what the event looks like."""
    is_still = excerpt.stillness[excerpt.first : excerpt.stop] > 1
    if is_still.mean() >= FROZEN:
        return f"frozen: does not move from {_frozen_at(excerpt):.4g}"
    is_relation = excerpt.sign is RELATION and bool(excerpt.partner)
    drift, level = _drift(excerpt), _level(excerpt)
    if is_relation:
        before, after = _fading(excerpt)
        if drift and not after:
            return drift
        if level and not before and not after:
            return level
        return f"relation: does not follow {excerpt.partner} as it did"
    moved = drift or level
    if _is_spike(excerpt) and not moved:
        return _spike(excerpt)
    return moved or _frequency(excerpt) or _spread(excerpt) or excerpt.sign.cause


def _frozen_at(excerpt: Excerpt) -> float:
    """Find the reading at which the channel stands still for the longest."""
    stillness = excerpt.stillness[excerpt.first : excerpt.stop]
    return float(excerpt.values[excerpt.first + int(stillness.argmax())])


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


def _drift(excerpt: Excerpt) -> str:
    """Tell of a departure that grows from little, as a line does."""
    apart = _known(excerpt.departure[excerpt.rows])
    if len(apart) < 2 * MANY:
        return ""
    apart = apart[:: -(-len(apart) // MANY_SLOPES)]
    place = np.linspace(0.0, 1.0, len(apart))
    # By the median of slopes: rows after the end, which are as ever, bend no line.
    slope, start, *_ = theilslopes(apart, place)
    end = start + slope
    left = _spread_of(apart - start - slope * place)
    if abs(end) < APART * excerpt.usual or abs(start) > FROM * abs(end):
        return ""
    if slope * end < 0 or left > GROWS * _spread_of(apart):
        return ""
    last = np.flatnonzero(excerpt.departure[excerpt.rows] / end > LAST)
    return f"drift: {_beside(excerpt, excerpt.first + last)} at its end"


def _level(excerpt: Excerpt) -> str:
    """Tell of a departure to one side that stays about as large."""
    apart = _known(excerpt.departure[excerpt.rows])
    if len(apart) <= SPIKE_ROWS:
        return ""
    middle = float(np.median(apart))
    if abs(middle) < APART * excerpt.usual:
        return ""
    is_unsteady = _spread_of(apart) > STEADY * abs(middle)
    if is_unsteady or np.mean(apart * middle > 0) < SAME_SIDE:
        return ""
    return f"level: {_beside(excerpt, excerpt.rows)}"


def _fading(excerpt: Excerpt) -> list[bool]:
    """Tell whether a departure comes slowly, and whether it goes so.

    What follows others again does so within a few rows; what does not follow them at
    all is near them now and then.
    """
    within = _known(excerpt.departure[excerpt.rows])
    middle = float(np.median(within)) if len(within) else np.nan
    before = excerpt.departure[: max(excerpt.first - NEAR, 0)][-EDGE_ROWS:]
    after = excerpt.departure[excerpt.stop + NEAR :][:EDGE_ROWS]
    known = [_known(part) for part in (before, after)]
    side, least = np.sign(middle), FADES * abs(middle)
    return [bool(len(part)) and bool(side * part.mean() > least) for part in known]


def _beside(excerpt: Excerpt, rows: slice | np.ndarray) -> str:
    level, due = np.nanmedian(excerpt.values[rows]), np.nanmedian(excerpt.due[rows])
    return f"about {level:.4g} where {due:.4g} was due"


def _frequency(excerpt: Excerpt) -> str:
    """Tell of a rhythm that has become faster or slower."""
    now = _period(_known(excerpt.judged[excerpt.rows]))
    before = _period(_known(excerpt.judged[excerpt.before]))
    if not now or not before or 1 / FASTER < now / before < FASTER:
        return ""
    if excerpt.stop - excerpt.first < CYCLES * max(now, before):
        return ""
    return f"frequency: comes again every {now:.3g} rows, before every {before:.3g}"


def _period(values: Floats) -> float:
    """Find the rows in which values come again; 0 where no rhythm is clear."""
    if len(values) < 2 * MANY:
        return 0.0
    place = np.arange(len(values))
    level = np.polyval(np.polyfit(place, values, 1), place)
    power = np.abs(np.fft.rfft((values - level) * np.hanning(len(values)))) ** 2
    peak = int(power.argmax())
    around = power[max(peak - 1, 0) : peak + 2]
    if peak < 2 or around.sum() < CLEAR * power.sum():
        return 0.0
    middle = peak - 1 + np.arange(len(around)) @ around / around.sum()
    return float(len(values) / middle)


def _spread(excerpt: Excerpt) -> str:
    """Tell of rows that vary much more, or much less, from one to the next."""
    now = np.diff(_known(excerpt.judged[excerpt.rows]))
    before = np.diff(_known(excerpt.judged[excerpt.before]))
    if min(len(before), len(now)) < MANY or not before.std():
        return ""
    times = float(now.std() / before.std())
    if 1 / WILDER < times < WILDER:
        return ""
    return f"spread: from row to row moves {times:.2g} times as much as before"


def _spread_of(values: Floats) -> float:
    return float(np.median(np.abs(values - np.median(values))))


def _known(values: Floats) -> Floats:
    return values[~np.isnan(values)]
