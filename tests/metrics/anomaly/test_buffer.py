"""The buffer of a series: its period, or the default."""

import math

import numpy as np
import pytest

from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.anomaly import buffer_length
from tests import naive_anomaly as naive


@pytest.mark.parametrize("period", [6, 25, 303])
def test_a_wave_has_its_period(period: int) -> None:
    wave = np.sin(np.arange(20 * period) * 2 * math.pi / period)
    assert buffer_length(wave) == period


@pytest.mark.parametrize("period", [4, 5, 310, 395])
def test_a_period_out_of_bounds_is_none(period: int) -> None:
    # One tooth a period: no lag but the period, and its multiples, has a peak.
    teeth = (np.arange(20 * period) % period == 0).astype(float)
    assert buffer_length(teeth) == 125


@pytest.mark.parametrize("n_rows", [12, 300, 900])
def test_the_peak_is_that_of_the_slow_twin(n_rows: int) -> None:
    for seed in range(5):
        values = np.random.default_rng(seed).normal(size=n_rows).cumsum()
        assert buffer_length(values) == naive.autocorrelation_peak(values.tolist())


def test_only_the_first_channel_and_the_first_rows_count() -> None:
    t = np.arange(30_000)
    series = np.stack([np.sin(t * 2 * math.pi / 20), np.sin(t)], axis=1)
    series[20_000:, 0] = 1000 * np.sin(t[20_000:] * 2 * math.pi / 50)
    assert buffer_length(series) == 20


@pytest.mark.parametrize("values", [[], [1.0], [3.0] * 500, range(500)])
def test_without_a_peak_it_is_the_default(values: list[float]) -> None:
    assert buffer_length(values) == 125


def test_a_missing_value_is_refused() -> None:
    with pytest.raises(InputError, match="values must be finite; got nan in row 1"):
        buffer_length([1, math.nan, 2])


def test_a_table_of_no_channel_is_refused() -> None:
    with pytest.raises(InputError, match="got shape \\(3, 0\\)"):
        buffer_length(np.empty((3, 0)))
