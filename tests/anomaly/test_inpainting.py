"""Rows left out of training come back where the like recurs, and only there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recs_anomaly.anomaly.training_rows import BESIDE, MAX_HOLE, _most_alike, put_back

N_ROWS, PERIOD = 1000, 144
TARGETS = np.array([0])


def rhythm(seed: int = 0) -> np.ndarray:
    """A wave and its overtone, a little noise and a slow rise: (n_rows, 1)."""
    phase = 2 * np.pi * np.arange(N_ROWS) / PERIOD
    noise = 0.02 * np.random.default_rng(seed).standard_normal(N_ROWS)
    wave = np.sin(phase) + 0.5 * np.sin(3 * phase)
    return (wave + noise + np.arange(N_ROWS) / 500)[:, None]


def hole(first: int, stop: int) -> np.ndarray:
    is_learned = np.ones(N_ROWS, dtype=np.bool_)
    is_learned[first:stop] = False
    return is_learned


def test_a_rhythm_is_put_back_at_its_level() -> None:
    series, is_learned = rhythm(), hole(400, 460)
    dirty = series.copy()
    dirty[400:460] += 9.0  # what stood there has no say
    learned = put_back(dirty, is_learned, TARGETS)
    assert learned.is_learned.all()
    np.testing.assert_array_equal(learned.series[is_learned], series[is_learned])
    assert np.abs(learned.series - series).max() < 0.15


@pytest.mark.parametrize(
    "is_learned",
    [
        hole(BESIDE - 1, 100),  # too near to the start
        hole(900, N_ROWS - BESIDE + 1),
        hole(400, 401 + MAX_HOLE),
    ],
)
def test_what_is_too_uncertain_is_left_out(is_learned: np.ndarray) -> None:
    learned = put_back(rhythm(), is_learned, TARGETS)
    np.testing.assert_array_equal(learned.is_learned, is_learned)
    assert np.isnan(learned.series[~is_learned]).all()


def test_noise_does_not_recur() -> None:
    series = np.random.default_rng(0).standard_normal((N_ROWS, 1))
    is_learned = hole(400, 460)
    learned = put_back(series, is_learned, TARGETS)
    np.testing.assert_array_equal(learned.is_learned, is_learned)


def test_a_standstill_seems_to_recur_everywhere() -> None:
    # Still beside the hole, in a channel that moves; and a channel that hardly does.
    partly, hardly = rhythm(), np.zeros((N_ROWS, 1))
    partly[300:600] = 0.5
    hardly[::100] = 1.0
    for series in (partly, hardly):
        is_learned = hole(400, 460)
        learned = put_back(series, is_learned, TARGETS)
        np.testing.assert_array_equal(learned.is_learned, is_learned)


def test_a_row_counts_once_all_targets_are_back() -> None:
    noise = np.random.default_rng(1).standard_normal((N_ROWS, 1))
    series, is_learned = np.hstack([rhythm(), noise]), hole(400, 460)
    both = put_back(series, is_learned, np.array([0, 1]))
    np.testing.assert_array_equal(both.is_learned, is_learned)
    first = put_back(series, is_learned, TARGETS)
    assert first.is_learned.all()
    assert np.isnan(first.series[~is_learned, 1]).all()


@given(arrays(np.float64, 40, elements=st.sampled_from([-1.0, 0.5, 2.0, np.nan])))
def test_the_stretch_found_is_the_most_alike(channel: np.ndarray) -> None:
    here = channel[10:18]
    is_asked = np.isfinite(here)
    is_asked[3:5] = False
    apart = {}
    for place in range(len(channel) - 7):
        there = channel[place : place + 8]
        if np.isfinite(there).all() and is_asked.any():
            differs = (here - there)[is_asked]
            apart[place] = ((differs - differs.mean()) ** 2).sum()
    found = _most_alike(channel, here, is_asked)
    if apart:
        assert apart[found] == pytest.approx(min(apart.values()), abs=1e-9)
    else:
        assert found == -1
