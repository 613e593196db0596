"""Channels of a series: which are judged, their scale, what was measured when."""

from typing import Annotated, NamedTuple

import numpy as np

from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Bools, Floats

MAX_FILLED = 8  # rows of a gap that forecasts can stand in for
MIN_SCALE = 1e-6  # of a channel's largest value


class Channels(NamedTuple):
    """What training says of the channels.

    `centre` and `scale`, both (n_channels,), are mean and standard deviation of the
    training values; `targets` (n_targets,) the positions of the channels that are
    judged. The others took at most two values in training: they are context.
    """

    centre: Annotated[Floats, ArraySpec("float64", ("n_features_in_",))]
    scale: Annotated[
        Floats, ArraySpec("float64", ("n_features_in_",), is_positive=True)
    ]
    targets: Annotated[
        np.ndarray, ArraySpec("int64", ("n_targets",), below="n_features_in_")
    ]

    @property
    def judged(self) -> np.ndarray | slice:
        """What `targets` picks, without a copy where that is all channels."""
        is_all = len(self.targets) == len(self.centre)
        return slice(None) if is_all else self.targets

    def scaled(self, series: Floats) -> Floats:
        """Values in training standard deviations from the training mean."""
        scaled: Floats = (series - self.centre) / self.scale
        return scaled

    def in_units(self, scaled: Floats) -> Floats:
        """Values of the targets in the units in which they came."""
        units: Floats = scaled * self.scale[self.targets] + self.centre[self.targets]
        return units


def describe_channels(series: Floats) -> Channels:
    """Describe channels by what is known of a training series (n_rows, n_channels).

    If no channel took more than two values, those are judged that are no switches
    (0 or 1), and if there is none, all.
    """
    columns = [column[np.isfinite(column)] for column in series.T]
    columns = [column if len(column) else np.zeros(1) for column in columns]
    centre = np.array([column.mean() for column in columns])
    largest = np.array([np.abs(column).max() for column in columns])
    spread = np.array([column.std() for column in columns])
    scale = np.maximum(spread, MIN_SCALE * largest)
    return Channels(centre, np.where(scale > 0, scale, 1.0), _targets(columns))


def _targets(columns: list[Floats]) -> np.ndarray:
    values = [np.unique(column) for column in columns]
    varies = np.array([len(found) > 2 for found in values])
    is_no_switch = np.array([not np.isin(found, (0.0, 1.0)).all() for found in values])
    for is_judged in (varies, is_no_switch):
        if is_judged.any():
            return np.flatnonzero(is_judged)
    return np.arange(len(columns))


def is_observed(is_known: Bools, width: int) -> Bools:
    """Tell whether enough was measured in the `width` rows from each row on.

    At least half must be known, and none may lie in a gap of more than `MAX_FILLED`
    rows: what is filled in there is a guess. Shape (n_rows, n_columns) becomes
    (n_rows - width + 1, n_columns).
    """
    n_known = sum_of_rows(is_known, width)
    n_lost = sum_of_rows(in_long_gap(is_known), width)
    observed: Bools = (n_known >= 0.5 * width) & (n_lost == 0)
    return observed


def in_long_gap(is_known: Bools) -> Bools:
    """Say which rows lie in `MAX_FILLED + 1` unknown rows or more on end."""
    length = min(MAX_FILLED + 1, len(is_known) + 1)
    is_gap = sum_of_rows(~is_known, length) == length  # (n_rows - length + 1, ...)
    padded = np.zeros((len(is_known) + length - 1, is_known.shape[1]), dtype=np.bool_)
    padded[length - 1 : length - 1 + len(is_gap)] = is_gap
    is_inside: Bools = sum_of_rows(padded, length) > 0
    return is_inside


def sum_of_rows(flags: Bools, width: int) -> Floats:
    """Count True in the `width` rows from each row on: (n_rows - width + 1, ...)."""
    counts = np.zeros((len(flags) + 1, flags.shape[1]))
    np.cumsum(flags, axis=0, out=counts[1:])
    return counts[width:] - counts[:-width]
