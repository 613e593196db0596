"""Bins of predictions: by hand, by laws, and by a library for the intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from recs_anomaly.metrics.calibration import reliability_bins
from recs_anomaly.metrics.rating import calibration_error

predictions = st.lists(
    st.tuples(st.booleans(), st.integers(0, 8).map(lambda n: n / 8)),
    min_size=1,
    max_size=40,
)


def test_two_bins_worked_out_by_hand() -> None:
    chances = [0.8, 0.1, 1.0, 0.3, 0.6, 0.2]
    events = [True, False, True, True, False, False]
    bins = reliability_bins(events, chances, n_bins=2)
    assert bins.probability.tolist() == pytest.approx([0.2, 0.8])
    assert bins.frequency.tolist() == pytest.approx([1 / 3, 2 / 3])
    assert bins.n_predictions.tolist() == [3, 3]


@given(rows=predictions, n_bins=st.integers(1, 12))
def test_bins_hold_every_prediction_once(
    rows: list[tuple[bool, float]], n_bins: int
) -> None:
    events, chances = zip(*rows, strict=True)
    bins = reliability_bins(events, chances, n_bins)
    assert len(bins.n_predictions) <= n_bins
    assert bins.n_predictions.sum() == len(rows)
    assert bins.frequency @ bins.n_predictions == pytest.approx(sum(events))
    assert bins.probability @ bins.n_predictions == pytest.approx(sum(chances))
    assert (np.diff(bins.probability) > 0).all()
    gaps = np.abs(bins.probability - bins.frequency) @ bins.n_predictions / len(rows)
    assert calibration_error(events, chances, n_bins) == pytest.approx(gaps)


@given(rows=predictions)
def test_intervals_are_those_of_the_library(rows: list[tuple[bool, float]]) -> None:
    events, chances = zip(*rows, strict=True)
    bins = reliability_bins(events, chances, 3)
    for frequency, low, high, count in zip(*bins[1:], strict=True):
        expected = binomtest(round(frequency * count), int(count)).proportion_ci(
            method="wilson"
        )
        assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_nothing_predicted_is_no_bin() -> None:
    assert [len(column) for column in reliability_bins([], [])] == [0] * 5
