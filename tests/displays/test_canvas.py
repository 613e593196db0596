"""Displays draw where they are told to, and say what they lack."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from recs_anomaly.displays import RatingDisplay, TrainingDisplay
from recs_anomaly.displays._canvas import line_of
from recs_anomaly.exceptions import InputError
from recs_anomaly.reports.display import MAX_BUCKETS

OBSERVED = [1.0, 2.0]
CHANCES = np.eye(2)
INTERVALS = {0.9: [[1, 1], [2, 2]]}


def rated(**options: object) -> RatingDisplay:
    return RatingDisplay.from_predictions(
        OBSERVED,
        CHANCES,
        [1.0, 2.0],
        INTERVALS,
        **options,  # type: ignore[arg-type]
    )


def test_panels_take_the_place_of_axes() -> None:
    figure, (left, right) = plt.subplots(1, 2)
    display = rated(ax=right)
    assert display.figure_ is figure
    assert len(figure.axes) == 4
    assert not right.axison
    assert left.axison
    middle = right.get_position().x0
    assert all(axes.get_position().x0 >= middle - 0.01 for axes in display.axes_)


def test_panels_are_drawn_on_axes_of_the_caller() -> None:
    _, axes = plt.subplots(2, 1)
    display = rated(ax=axes)
    assert display.axes_.tolist() == axes.tolist()
    again = display.plot()
    assert again is display
    assert display.axes_[0] is not axes[0]


def test_a_wrong_number_of_axes_is_refused() -> None:
    _, axes = plt.subplots(1, 3)
    with pytest.raises(InputError, match="ax must hold the 2 axes of RatingDisplay"):
        rated(ax=axes)


def test_axes_that_stand_alone_are_not_divided() -> None:
    alone = plt.figure().add_axes((0, 0, 1, 1))
    with pytest.raises(InputError, match="ax must be axes of a grid of subplots"):
        rated(ax=alone)
    display = TrainingDisplay.from_predictions({"": ([2, 1], None)}, ax=alone)
    assert display.ax_ is alone


def test_a_long_line_keeps_its_peaks_and_a_gap_stays_empty() -> None:
    values = np.zeros(3 * MAX_BUCKETS)
    values[12345] = 7.0
    x, shown = line_of(pd.RangeIndex(len(values)), values)
    assert len(shown) == 2 * MAX_BUCKETS
    assert shown.max() == 7.0
    assert abs(x[shown.argmax()] - 12345) <= 3
    days = pd.DatetimeIndex(["2026-01-01", "2026-01-02", "2026-01-05", "2026-01-06"])
    x, shown = line_of(days, np.arange(4.0))
    np.testing.assert_array_equal(shown, [0, 1, np.nan, 2, 3])
    assert list(x) == [days[0], days[1], days[1], days[2], days[3]]
