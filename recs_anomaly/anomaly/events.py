"""Events: runs of abnormal rows, where they begin and end, and how rare they are."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.ndimage import maximum_filter1d

from recs_anomaly.anomaly.branches import BRANCHES, signs_of
from recs_anomaly.anomaly.branches.branch import Branch
from recs_anomaly.anomaly.branches.relation import RELATION
from recs_anomaly.anomaly.causes import (
    APART,
    ECHO_ROWS,
    Excerpt,
    cause_of,
    direction_of,
)
from recs_anomaly.anomaly.due import Due
from recs_anomaly.anomaly.tail import Tail, tail_probability
from recs_anomaly.anomaly.windows import runs_of
from recs_anomaly.core.arrays import Bools, Floats

RAREST = 1e9  # normal rows; beyond it a tail fitted to some thousands says nothing
LEADING = 0.5  # of the leading channel's share: so much makes a channel lead too
# What is abnormal also spoils what is made of the rows around it: up to this share.
LEAKAGE, ECHO = 0.6, 0.15  # ... of a window; of a forecast
# Errors of rows, where 1 is what one normal row in a thousand reaches: what most do
# not, what counts at most, and what the rest of a stretch must and may add up to; of
# another than the worst of a run beyond the threshold, more is asked.
USUAL, MOST, ADDS_UP, ENOUGH, ANOTHER = 0.3, 3.0, 0.6, 5.0, 2.0
EDGE = 0.4  # of a short run of rows with windows unlike normal ones: an edge


class RowEvidence(NamedTuple):
    """What is known of the rows of a series, of shape (n_rows, n_targets) if not said.

    `ratio` (n_rows,) says how many times a row is as abnormal as one normal row in a
    thousand, `shares` (n_signs, n_rows, n_targets) what each sign adds to its
    logarithm; `errors` (n_branches, n_rows, n_targets) are those of the rows
    themselves, in units of what one in a thousand reaches. `stillness` says how much
    longer than is usual a channel stands still, 1 where it does not do so for longer.
    `values` and `expected` are in the channels' own units,
    `residual` in training standard deviations. `window` is the rows of a window;
    `branches` are those of the errors. `partners` (n_targets,) are the names of the
    channels that each one follows, where there are relations; `followed` (n_rows,
    n_targets) is what those say, in the channels' own units, and `deviation` what
    differs from it, in what usually does.
    """

    ratio: Floats
    shares: Floats
    errors: Floats
    stillness: Floats
    values: Floats
    expected: Floats
    residual: Floats
    window: int
    branches: Sequence[Branch] = BRANCHES
    partners: Sequence[str] = ()
    followed: Floats | None = None
    deviation: Floats | None = None


@dataclass(frozen=True)
class Event:
    """A row of the table that `events` returns."""

    start: Any
    end: Any
    peak: Any
    n_rows: int
    severity: float
    direction: str
    channel: str
    channels: str
    branch: str
    cause: str


def event_table(
    evidence: RowEvidence,
    due: Due,
    runs: list[tuple[int, int]],
    tail: Tail,
    names: list[str],
    index: pd.Index,
) -> pd.DataFrame:
    """Describe each run (first row, row after the last) as an event."""
    events = [
        _event(evidence, due, number, run, tail, names, index)
        for number, run in enumerate(runs)
    ]
    columns = list(Event.__dataclass_fields__)
    return pd.DataFrame([asdict(event) for event in events], columns=columns)


def merged_runs(
    is_core: Bools, merge_gap: int, min_duration: int
) -> list[tuple[int, int]]:
    """Find the rows of each event: first row and row after the last.

    Events with at most `merge_gap` rows between them are one; then those of fewer than
    `min_duration` rows are dropped.
    """
    merged: list[tuple[int, int]] = []
    for first, stop in runs_of(is_core):
        if merged and first - merged[-1][1] <= merge_gap:
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((first, stop))
    return [run for run in merged if run[1] - run[0] >= min_duration]


def event_rows(evidence: RowEvidence, threshold: float) -> Bools:
    """Rows beyond the threshold, less those that only others have put there.

    Of each run of rows beyond the threshold those stretches count whose rows err by
    themselves, in the forecast or as they are rebuilt, on the whole: a level that has
    shifted, a rhythm that has changed. One abnormal row makes all windows around it
    unlike normal ones: of a run of rows with such windows the middle counts, where
    nothing errs by itself. Of an unusual standstill all rows count, if one does or if
    the row after it does.
    """
    is_beyond = evidence.ratio > threshold
    is_core = np.zeros_like(is_beyond)
    for first, stop in runs_of(is_beyond):
        is_core[first:stop] = _core(evidence, first, stop)
    # That a sensor was frozen may show only when it wakes up.
    for first, stop in runs_of(evidence.stillness.max(axis=1) > 1):
        if is_core[first : stop + 1].any():
            is_core[first:stop] = True
            is_core[stop + 1 : stop + ECHO_ROWS] = False
    return is_core


def _core(evidence: RowEvidence, first: int, stop: int) -> Bools:
    """Choose rows of a run beyond the threshold: those that err by themselves."""
    is_core: Bools = np.zeros(stop - first, dtype=np.bool_)
    shares = evidence.shares[:, first:stop].max(axis=(0, 1))
    leads = shares >= LEADING * shares.max()
    start = max(first - evidence.window, 0)
    errors = evidence.errors[:, start : stop + evidence.window, leads].max(axis=2)
    spread = np.array([not each.is_exact for each in evidence.branches])
    is_of_rows = np.array([each.of_rows is not None for each in evidence.branches])
    around = maximum_filter1d(errors, 2 * evidence.window - 1, axis=1)
    before = maximum_filter1d(errors, ECHO_ROWS, axis=1, origin=ECHO_ROWS // 2 - 1)
    spoilt = np.where(is_of_rows[:, None], ECHO * before, LEAKAGE * around)
    own = np.where(errors >= spoilt, errors, 0.0)
    inside = slice(first - start, stop - start)
    err = own[~spread, inside].max(axis=0, initial=0.0)
    found = _stretches(np.minimum(err, MOST) - USUAL)
    most = max((sums_to for _, _, sums_to in found), default=0.0)
    for begin, end, sums_to in found:
        is_core[begin:end] = sums_to >= min(most, ANOTHER)
    if is_core.any():
        return is_core
    is_strange = errors[:, inside] >= 1.0
    for begin, end in chain(*(runs_of(each) for each in is_strange[spread])):
        edge = _edge(end - begin, evidence.window)
        is_core[begin + edge : end - edge] = True
    if is_core.any():
        return is_core
    is_any: Bools = is_strange.any(axis=0)
    return is_any if is_any.any() else ~is_any


def _stretches(excess: Floats) -> list[tuple[int, int, float]]:
    """Find stretches of rows whose excess adds up; what follows takes it off again.

    They come as first row, row after the last, and what they add up to.
    """
    found: list[tuple[int, int, float]] = []
    total, most, first, stop = 0.0, 0.0, 0, 0
    for row, more in enumerate([*excess.tolist(), -np.inf]):
        if total == 0.0:
            first = row
        total = min(max(total + more, 0.0), ENOUGH)
        if more > 0.0 and total >= most:
            most, stop = total, row + 1
        if total == 0.0:
            found.extend([(first, stop, most)] if most >= ADDS_UP else [])
            most = 0.0
    return found


def _edge(n_rows: int, window: int) -> int:
    """Count the rows at each end of a run that only the width of windows made unlike.

    Windows that hold little of what is abnormal may be like normal ones: the run is
    then a short one.
    """
    return window - 1 if n_rows > 2 * (window - 1) else int(EDGE * n_rows)


def _event(
    evidence: RowEvidence,
    due: Due,
    number: int,
    run: tuple[int, int],
    tail: Tail,
    names: list[str],
    index: pd.Index,
) -> Event:
    first, stop = run
    shares = evidence.shares[:, first:stop].mean(axis=1)
    signs, off_due = signs_of(evidence.branches), due.off(number, run)
    channel, leading = _leading_channels(shares, off_due, signs)
    sign = signs[int(shares[:, channel].argmax())]
    peak = first + int(evidence.ratio[first:stop].argmax())
    probability = tail_probability(tail, evidence.ratio[peak : peak + 1])[0]
    excerpt = Excerpt(
        first,
        stop,
        sign,
        evidence.stillness[:, channel],
        evidence.values[:, channel],
        evidence.expected[:, channel],
        due.values[:, channel],
        evidence.residual[:, channel],
        due.judged[:, channel],
        due.departure[:, channel],
        float(due.usual[number, channel]),
        evidence.partners[channel] if evidence.partners else "",
    )
    if sign is RELATION and evidence.followed is not None:
        assert evidence.deviation is not None
        excerpt = excerpt._replace(
            due=evidence.followed[:, channel],
            departure=evidence.deviation[:, channel],
            usual=1.0,
        )
    return Event(
        start=index[first],
        end=index[stop - 1],
        peak=index[peak],
        n_rows=stop - first,
        severity=float(min(1.0 / probability, RAREST)),
        direction=direction_of(excerpt),
        channel=names[channel],
        channels=", ".join(names[number] for number in leading),
        branch=sign.name,
        cause=cause_of(excerpt),
    )


def _leading_channels(
    shares: Floats, off_due: Floats, signs: Sequence[Branch]
) -> tuple[int, list[int]]:
    """Choose the channel that leads an event, and list those that do too.

    Of channels that no longer follow one another, that one leads which is not what was
    due. `shares` is (n_signs, n_targets), `off_due` (n_targets,) how far each channel
    was from that, in what is usual.
    """
    by_channel = shares.max(axis=0)
    ordered = np.argsort(-by_channel, kind="stable")
    first, most = ordered[0], by_channel[ordered[0]]
    leading = ordered[by_channel[ordered] >= LEADING * most]
    if signs[int(shares[:, first].argmax())] is RELATION:
        farthest = leading[off_due[leading].argmax()]
        first = farthest if off_due[farthest] >= APART else first
    return int(first), [int(first), *(int(one) for one in leading if one != first)]
