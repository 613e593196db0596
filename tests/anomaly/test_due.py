"""What was due: forecasts from before an event, and how well they did before."""

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.anomaly.due import LEAST, find_due

N_ROWS, FIRST, STOP = 1500, 1200, 1260
WAVE = np.sin(np.arange(N_ROWS) * 2 * np.pi / 25)


@pytest.fixture(scope="module")
def detector() -> TimeSeriesAnomalyDetector:
    noise = np.random.default_rng(0).normal(0, 0.05, N_ROWS)
    series = np.column_stack([WAVE + noise, noise[::-1]])
    return TimeSeriesAnomalyDetector(random_state=0, epochs=0).fit(series[:1000])


def faulty() -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, 0.05, N_ROWS)
    series = np.column_stack([WAVE + noise, noise[::-1]])
    series[FIRST:STOP, 0] += 3.0
    return series


def test_a_rhythm_goes_on_where_the_level_was_another(
    detector: TimeSeriesAnomalyDetector,
) -> None:
    due = find_due(detector.model_, faulty(), [(FIRST, STOP)])
    values = detector.model_.channels.in_units(due.values)
    np.testing.assert_allclose(values[FIRST:STOP, 0], WAVE[FIRST:STOP], atol=0.3)
    assert (due.departure[:FIRST] == 0).all()
    np.testing.assert_array_equal(due.usual, np.maximum(due.usual, LEAST))
    far, near = due.off(0, (FIRST, STOP))
    assert far > 10 > 3 > near


def test_the_fault_says_nothing_of_what_was_due(
    detector: TimeSeriesAnomalyDetector,
) -> None:
    series = faulty()
    due = find_due(detector.model_, series, [(FIRST, STOP)])
    series[FIRST:STOP, 0] = 99.0
    again = find_due(detector.model_, series, [(FIRST, STOP)])
    np.testing.assert_array_equal(due.values, again.values)


def test_the_band_does_not_follow_the_fault(
    detector: TimeSeriesAnomalyDetector,
) -> None:
    series = faulty()
    found = detector.assess(series)
    band, explained = found.band(), found.explanation()
    inside = slice(FIRST + 30, STOP - 5)
    assert (band["upper"].iloc[inside, 0] < series[inside, 0] - 1).all()
    follows = explained["upper"].iloc[inside, 0]
    assert follows.mean() > band["upper"].iloc[inside, 0].mean() + 0.3
    outside = slice(0, FIRST - 60)
    pd.testing.assert_frame_equal(band[outside], explained[["lower", "upper"]][outside])
