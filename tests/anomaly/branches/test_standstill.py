"""How long channels stand still: numbers worked out by hand, and a slow twin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recs_anomaly.anomaly.branches.standstill import (
    StandingStill,
    StandstillCount,
    longest_standstills,
    stillness,
    stillness_so_far,
)

NAN = np.nan
# Few values, so that channels stand still as often as not; one of them is no reading.
SERIES = arrays(np.float64, (30, 2), elements=st.sampled_from([0.0, -0.0, 1.5, NAN]))


def naive_rows(channel: np.ndarray, row: int, stop: int) -> int:
    """Readings on end like that of a row, missing ones passed over, up to `stop`."""
    if np.isnan(channel[row]):
        return 0
    count = 1
    for steps in (range(row - 1, -1, -1), range(row + 1, stop)):
        for other in steps:
            if np.isnan(channel[other]):
                continue
            if channel[other] != channel[row]:
                break
            count += 1
    return count


@given(SERIES)
def test_stillness_is_what_counting_gives(series: np.ndarray) -> None:
    longest = np.array([1.0, NAN])
    of_whole, so_far = stillness(series, longest), stillness_so_far(series, longest)
    for row in range(len(series)):
        first = series[:, 0]
        assert of_whole[row, 0] == max(naive_rows(first, row, len(first)) / 2, 1)
        assert so_far[row, 0] == max(naive_rows(first, row, row) / 2, 1)
    np.testing.assert_array_equal(of_whole[:, 1], 1.0)  # how long it stays says nothing


@given(SERIES)
def test_a_count_tells_what_the_whole_series_told(series: np.ndarray) -> None:
    longest = np.array([1.0, 2.0])
    alone, together = StandstillCount(longest), StandstillCount(longest)

    def advance(count: StandstillCount, part: np.ndarray) -> StandingStill:
        return count.advance(part, is_complete=not np.isnan(part).any())

    slow = [advance(alone, readings[None]) for readings in series]
    fast = [advance(together, part) for part in np.split(series, [1]) if len(part)]
    expected = stillness_so_far(series, longest)
    for found in (slow, fast):
        stillness = np.concatenate([each.stillness for each in found])
        np.testing.assert_array_equal(stillness, expected)
        moving = np.repeat([e.is_moving for e in found], [len(e.rows) for e in found])
        assert (expected[moving] == 1.0).all()
    rows = [np.concatenate([each.rows for each in found]) for found in (slow, fast)]
    np.testing.assert_array_equal(*rows)


@pytest.mark.parametrize(
    ("lengths", "longest"),
    [
        ([1, 1, 1], 5.0),  # readings that agree by chance are no standstill
        ([9, 1, 7], 9.0),
        ([1, 40, 1], 40.0),
        ([1, *[2] * 190, 41], 5.0),  # by far longer than all others: a fault
        ([1, *[2] * 183, 41], 41.0),  # more than a tenth of the rows: none
        ([6, *[2] * 250, 24], 24.0),
        ([6, *[2] * 250, 25], 6.0),
        ([6, *[2] * 500, 40, 3, 38, 9], 9.0),  # two faults
        ([50, 1, 50], 50.0),  # what recurs is usual
        ([50, 50], NAN),  # two values: a switch
    ],
)
def test_what_is_usual(lengths: list[int], longest: float) -> None:
    channel = np.repeat(np.arange(len(lengths), dtype=float), lengths)
    found = longest_standstills(np.column_stack([channel, channel]))
    np.testing.assert_array_equal(found, [longest, longest])


def test_a_channel_that_was_never_measured_is_none_that_moves() -> None:
    np.testing.assert_array_equal(longest_standstills(np.full((9, 1), NAN)), [NAN])
