"""What a branch is, and what it is given.

A branch is one of the things that make a row abnormal. It is stated once, in a file of
its own, and named in the list `branches.BRANCHES`. Scores of a series, of its past and
of a stream, explanations, events, drift and reports follow.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.model import AnomalyModel
from recs_anomaly.anomaly.window_codes import (
    BLOCK,
    Described,
    Memory,
    describe_all,
    describe_each,
)
from recs_anomaly.anomaly.windows import mean_over_rows
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.windows import sliding_windows


class Rows(NamedTuple):
    """Readings of the judged channels, and what they differ by from what is expected.

    All have shape (..., n_targets). `values`, and `residual` from their forecasts, are
    in training standard deviations, `deviation` from what the other channels say in
    units of what is usual. What was not measured is filled in `values` and 0 in the
    others; a `deviation` is NaN where the other channels were not measured, and 0 where
    they have nothing to say.
    """

    values: Floats
    residual: Floats
    deviation: Floats


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows (n_channels, n_windows, width), each looked at by itself.

    They are those of some judged channels, in training standard deviations. `memory`
    holds as many channels' normal windows, none of which is one of them.
    """

    model: AnomalyModel
    memory: Memory
    values: Floats

    @cached_property
    def described(self) -> Described:
        """Their descriptions, and what these leave over."""
        return describe_each(self.model.autoencoder, self.values)


class ChannelErrors(NamedTuple):
    """Errors (n_rows,) of one channel; they mean something where `is_known` says so."""

    errors: Floats
    is_known: Bools


@dataclass(frozen=True, eq=False)
class Channel:
    """One judged channel of a whole series, with all its windows.

    `values` (n_rows,) are in training standard deviations, with gaps filled; windows of
    which enough was measured `is_observed` (n_windows,).
    """

    model: AnomalyModel
    memory: Memory
    values: Floats
    is_observed: Bools

    @cached_property
    def described(self) -> Described:
        """Descriptions of all windows, and what these leave over of each row."""
        return describe_all(self.model.autoencoder, self.values, self.is_observed)

    def some(self, windows: Floats) -> Windows:
        """Take some of its windows (n_windows, width) each by itself."""
        memory = Memory(self.memory.descriptions[None], self.memory.starts)
        return Windows(self.model, memory, windows[None])

    def over_rows(self, of_windows: Floats) -> ChannelErrors:
        """Average what all windows say (n_windows,) over those that cover a row."""
        width = self.model.width
        return ChannelErrors(*mean_over_rows(of_windows, self.is_observed, width))


@dataclass(frozen=True)
class Branch:
    """One of the things that make a row abnormal.

    A branch looks at rows, by `of_rows`, or at windows, by `of_windows`. Standstill,
    which multiplies what the branches find, does neither.

    Attributes
    ----------
    name : str
        Key in the detector's `weights`, column of `explain`.
    weight : float
        By default.
    cause : str
        Words for an event in which it leads, and of which nothing better is known.
    meaning : str
        Words of the report for what it finds.
    of_rows : callable, optional
        Takes `Rows`, and gives an error of at least 0 for each value; NaN if it cannot
        tell.
    of_windows : callable, optional
        Takes `Windows`, and gives an error of at least 0 for each; infinite if it
        cannot tell.
    of_series : callable, optional
        Takes a `Channel` of a series that is known to its end, and gives errors of its
        rows. By default, a row has the mean error of the windows that cover it.
    needs : str, optional
        Part of an `AnomalyModel` without which it has nothing to say, and weighs
        nothing beside the others.
    close_by : str, optional
        Part of an `AnomalyModel` that comes so close to the rows that it learned from
        that errors must be measured elsewhere.
    by_itself : float, default=1.0
        How many times the error of one normal row in a thousand a row must err by to
        be abnormal by itself: more where the errors of normal rows come in stretches.
    spreads : bool, default=True
        Of windows: whether one abnormal row makes all rows abnormal that are in a
        window with it, and not that row alone.
    """

    name: str
    weight: float
    cause: str
    meaning: str
    of_rows: Callable[[Rows], Floats] | None = None
    of_windows: Callable[[Windows], Floats] | None = None
    of_series: Callable[[Channel], ChannelErrors] | None = None
    needs: str | None = None
    close_by: str | None = None
    by_itself: float = 1.0
    spreads: bool = True

    def has_say(self, model: AnomalyModel) -> bool:
        """Tell whether a model has what it needs."""
        return self.needs is None or getattr(model, self.needs) is not None

    @property
    def is_exact(self) -> bool:
        """Whether the errors tell which rows are abnormal."""
        return self.of_rows is not None or not self.spreads

    def in_series(self, channel: Channel) -> ChannelErrors:
        """Compute the errors of a channel's rows from the windows around them."""
        if self.of_series is not None:
            return self.of_series(channel)
        assert self.of_windows is not None
        windows = sliding_windows(channel.values, channel.model.width)
        blocks = [
            self.of_windows(channel.some(windows[first : first + BLOCK]))[0]
            for first in range(0, len(windows), BLOCK)
        ]
        return channel.over_rows(np.concatenate(blocks))
