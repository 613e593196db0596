"""Fewer points for the screen, and never a peak less."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.reports import display


@given(
    values=st.lists(
        st.one_of(st.just(np.nan), st.floats(-1e6, 1e6)), min_size=1, max_size=60
    ),
    most=st.integers(1, 20),
)
def test_every_extreme_is_still_there(values: list[float], most: int) -> None:
    array = np.array(values)
    n_buckets = min(most, len(array))
    starts = np.arange(n_buckets) * len(array) // n_buckets
    low, high = display.extent(array, starts)
    for first, last, least, greatest in zip(
        starts, [*starts[1:], len(array)], low, high, strict=True
    ):
        part = array[first:last]
        if np.isnan(part).all():
            assert np.isnan([least, greatest]).all()
        else:
            assert (least, greatest) == (np.nanmin(part), np.nanmax(part))


def test_short_series_are_shown_whole() -> None:
    assert display.bucket_starts(5).tolist() == [0, 1, 2, 3, 4]
    starts = display.bucket_starts(100_000)
    assert len(starts) == display.MAX_BUCKETS
    assert np.diff(starts).min() >= 1


def test_numbers() -> None:
    written = display.numbers(np.array([1.2345678, np.nan, -3e-9, 1e12]))
    assert written == [1.2346, None, -3e-9, 1e12]
