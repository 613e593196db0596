"""Rows that were left out of training, put back from where the like recurs.

A hole takes with it every window that covers a row of it, and of a rhythm whole phases:
a model that has never seen them would call them abnormal. Where the rows on both sides
of a hole are found elsewhere in the series, moving in nearly the same way, what lies
between them there stands in for what is missing here.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.channels import sum_of_rows
from recs_anomaly.core.standstill import MOST_STILL, share_still
from recs_anomaly.core.windows import Bools, Floats, runs_of

BESIDE = 48  # rows on either side of a hole that must be found elsewhere
LONGEST = 200  # rows of a hole: what lies farther from both sides is a guess
KNOWN = 0.8  # of the rows beside it
ALIKE = 0.1  # of their variance: what the rows found may differ by
MOVING = 0.1  # of the channel's variance: rows that move less say little
JOINED = 4  # rows on either side whose level the rows put in must meet


class Learned(NamedTuple):
    """A series (n_rows, n_channels) to learn from, and which rows (n_rows,) count.

    The others are NaN, but for channels that could be put back in them.
    """

    series: Floats
    is_learned: Bools


def put_back(series: Floats, is_learned: Bools, targets: np.ndarray) -> Learned:
    """Fill what recurs of the rows of a series that are not learned from.

    A row counts once all `targets` are filled in it. What stands still mostly is left
    as it is: it seems to recur everywhere.
    """
    filled = np.where(is_learned[:, None], series, np.nan)
    holes = [hole for hole in runs_of(~is_learned) if hole[1] - hole[0] <= LONGEST]
    is_moving = share_still(filled) <= MOST_STILL
    for target in targets[is_moving[targets]]:
        channel = filled[:, target].copy()
        for hole in holes:
            filled[slice(*hole), target] = _recurring(channel, *hole)
    is_filled = np.isfinite(filled[:, targets]).all(axis=1)
    return Learned(filled, is_learned | is_filled)


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
    if not is_joined or apart[is_beside].var() > ALIKE * beside.var():
        return nothing
    steps = np.linspace(np.nanmean(before), np.nanmean(after), len(nothing) + 2)
    filled: Floats = there[BESIDE:-BESIDE] + steps[1:-1]
    return filled


def _most_alike(channel: Floats, here: Floats, is_asked: Bools) -> int:
    """Find where a complete stretch begins that differs least, but for its level.

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
    # Squared differences, less what is the same for all stretches.
    differs = np.correlate(centred**2, mask, "valid") - sums**2 / mask.sum()
    differs -= 2.0 * np.correlate(centred, asked, "valid")
    return int(np.where(is_complete, differs, np.inf).argmin())
