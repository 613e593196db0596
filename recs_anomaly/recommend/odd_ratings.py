"""Ratings that can hardly be meant: slips of the finger, and codes for "not rated"."""

import warnings

import numpy as np
import pandas as pd

from recs_anomaly.core.arrays import Bools, Floats, Ints

MAX_NAMED = 3
# A level that so few have given, and so far from all others, is a slip of the finger.
WILD_SHARE = 0.01
MIN_SCALE = 3  # levels that the others must have
UNRATED_CODES = (0.0, -1.0)
MANY = 1.5  # times as often as any other level
FEW_RATINGS = 20


def wild_ratings(values: Floats) -> Bools:
    """Mask of ratings that few gave and that lie farther off than the scale is long.

    They would stretch the scale: a 99 among stars, or a code for "missing".
    """
    levels, counts = np.unique(values, return_counts=True)
    low, high = 0, len(levels)
    while high - low > MIN_SCALE:
        scale = levels[low:high]
        gaps = np.diff(scale)
        place = int(gaps.argmax()) + 1
        behind = counts[low + place : high].sum() <= WILD_SHARE * len(values)
        before = counts[low : low + place].sum() <= WILD_SHARE * len(values)
        rest = scale[:place] if behind else scale[place:]
        if not (behind or before) or len(rest) < MIN_SCALE:
            break
        if gaps[place - 1] <= np.ptp(rest):
            break
        low, high = (low, low + place) if behind else (low + place, high)
    if high - low == len(levels):
        return np.zeros(len(values), bool)
    return np.asarray((values < levels[low]) | (values > levels[high - 1]))


def tell_wild(values: Floats, is_wild: Bools) -> None:
    """Warn of ratings that are left out because they are far from all others."""
    found = ", ".join(f"{v:g}" for v in np.unique(values[is_wild])[:MAX_NAMED])
    kept = values[~is_wild]
    warnings.warn(
        f"{is_wild.sum()} of {len(values)} ratings are far from all others "
        f"({kept.min():g} to {kept.max():g}) and were left out: {found}.",
        UserWarning,
        stacklevel=4,
    )


def without_wild(ratings: pd.DataFrame) -> pd.DataFrame:
    """Leave out the rows whose rating `fit` would leave out, with a warning."""
    values = ratings["rating"].to_numpy(dtype=np.float64)
    if (is_wild := wild_ratings(values)).any():
        tell_wild(values, is_wild)
        return ratings[~is_wild].reset_index(drop=True)
    return ratings


def tell_doubts(values: Floats) -> None:
    """Warn of levels that look like codes, and of too few ratings."""
    levels, counts = np.unique(values, return_counts=True)
    for code in _codes(levels, counts):
        others = levels[levels != code]
        warnings.warn(
            f"{counts[levels == code][0] / len(values):.0%} of the ratings are "
            f"{code:g}, where the others are {others[0]:g} to {others[-1]:g}: if that "
            "means 'not rated', leave these rows out (--unrated on the command line).",
            UserWarning,
            stacklevel=5,
        )
    if len(values) < FEW_RATINGS:
        warnings.warn(
            f"{len(values)} ratings are too few to learn tastes from: predictions are "
            "little more than means, and their intervals are not calibrated.",
            UserWarning,
            stacklevel=5,
        )


def _codes(levels: Floats, counts: Ints) -> list[float]:
    """Levels at the ends of a scale that look like words for "not rated"."""
    if len(levels) < MIN_SCALE or counts.sum() < FEW_RATINGS:
        return []
    gaps = np.diff(levels)
    codes = []
    if levels[0] in UNRATED_CODES and len(levels) > MIN_SCALE:
        is_apart = gaps[0] > np.median(gaps[1:])
        is_below = levels[0] < 0 <= levels[1]
        if is_apart or is_below or counts[0] > MANY * counts[1:].max():
            codes.append(float(levels[0]))
    if gaps[0] > np.ptp(levels[1:]):
        codes.append(float(levels[0]))
    if gaps[-1] > np.ptp(levels[:-1]):
        codes.append(float(levels[-1]))
    return list(dict.fromkeys(codes))
