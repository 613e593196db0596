"""The floors: by hand, by slow twins, and what each can and cannot see."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.anomaly_floors import (
    moving_average,
    random_score,
    ridge_autoregression,
    smoothed_squared_difference,
)
from tests import naive_anomaly as naive

# Steps of whole numbers, so that channels stand still as often as not.
CHANNEL = st.lists(st.integers(-2, 2).map(float), min_size=20, max_size=20)


def noisy_waves(n_rows: int, seed: int) -> np.ndarray:
    """Two channels with rhythms of their own, in very different units."""
    rng = np.random.default_rng(seed)
    t = np.arange(n_rows)
    channels = [np.sin(t * 0.3), 1000 * np.cos(t * 0.7) + 5]
    return np.stack(channels, axis=1) + rng.normal(size=(n_rows, 2)) * [0.1, 100]


@given(channels=st.lists(CHANNEL, min_size=1, max_size=3), width=st.integers(1, 30))
def test_squared_difference_is_that_of_the_slow_twin(
    channels: list[list[float]], width: int
) -> None:
    many_valued = [each for each in channels if len(set(each)) > 2] or channels
    worst = naive.worst_of([naive.squared_difference(each) for each in many_valued])
    np.testing.assert_allclose(
        smoothed_squared_difference(np.transpose(channels), width),
        naive.moving_average(worst, width),
        rtol=1e-12,
    )


@pytest.mark.parametrize(
    ("train_length", "window", "width"),
    [(60, 5, 1), (60, 5, 4), (100, 1, 7), (30, 20, 500)],
)
def test_autoregression_is_that_of_the_slow_twin(
    train_length: int, window: int, width: int
) -> None:
    series = noisy_waves(n_rows=100, seed=0)
    errors = [
        naive.autoregression_errors(channel, train_length, window)
        for channel in series.T.tolist()
    ]
    np.testing.assert_allclose(
        ridge_autoregression(series, train_length, window, width),
        naive.moving_average(naive.worst_of(errors), width),
        rtol=1e-9,
    )


@given(scores=st.lists(st.floats(0, 1e6), max_size=30), width=st.integers(1, 40))
def test_moving_average_is_that_of_the_slow_twin(
    scores: list[float], width: int
) -> None:
    expected = naive.moving_average(scores, width)
    np.testing.assert_allclose(moving_average(scores, width), expected, rtol=1e-12)


def test_one_huge_score_leaves_the_others_as_they_are() -> None:
    scores = np.array([1e300, 0.0, 0.0, 0.1, 0.1, 0.1])
    assert moving_average(scores, 3)[-1] == pytest.approx(0.1)


def test_random_scores_are_uniform_and_repeatable() -> None:
    scores = random_score(2000, random_state=1)
    assert stats.kstest(scores, "uniform").pvalue > 0.01
    np.testing.assert_array_equal(scores, random_score(2000, np.random.default_rng(1)))
    assert random_score(0).shape == (0,)


def test_random_scores_have_no_echo() -> None:
    scores = random_score(2000, random_state=2)
    assert abs(np.corrcoef(scores[1:], scores[:-1])[0, 1]) < 0.06


@pytest.mark.parametrize(
    "floor",
    [
        lambda X: smoothed_squared_difference(X, width=5),
        lambda X: ridge_autoregression(X, train_length=200, window=10, width=5),
    ],
)
class TestSeries:
    def test_a_jump_in_either_channel_is_the_worst_place(
        self, floor: Callable[[object], np.ndarray]
    ) -> None:
        for channel, jump in ((0, 3.0), (1, 5000.0)):
            series = noisy_waves(n_rows=400, seed=1)
            series[300, channel] += jump
            scores = floor(series)
            assert scores.shape == (400,)
            assert scores.dtype == np.float64
            assert abs(int(scores.argmax()) - 300) <= 3

    def test_units_do_not_count(self, floor: Callable[[object], np.ndarray]) -> None:
        series = noisy_waves(n_rows=300, seed=2)
        in_other_units = series * [1e6, 1e-6] + [-3, 7]
        np.testing.assert_allclose(floor(in_other_units), floor(series), rtol=1e-6)

    def test_a_constant_channel_changes_nothing(
        self, floor: Callable[[object], np.ndarray]
    ) -> None:
        series = noisy_waves(n_rows=300, seed=3)
        with_constant = np.column_stack([series, np.full(300, 0.1)])
        np.testing.assert_array_equal(floor(with_constant), floor(series))
        assert not floor(np.full(300, 0.1)).any()

    def test_commands_count_only_where_there_is_nothing_else(
        self, floor: Callable[[object], np.ndarray]
    ) -> None:
        series = noisy_waves(n_rows=300, seed=3)
        command = (np.arange(300) % 90 < 30).astype(float)
        with_command = np.column_stack([command, series])
        np.testing.assert_array_equal(floor(with_command), floor(series))
        assert floor(command).any()

    def test_one_channel_may_have_one_dimension(
        self, floor: Callable[[object], np.ndarray]
    ) -> None:
        series = noisy_waves(n_rows=300, seed=4)[:, :1]
        np.testing.assert_array_equal(floor(series[:, 0]), floor(series))

    @pytest.mark.parametrize("X", [np.zeros((300, 0)), np.zeros((300, 1, 1))])
    def test_what_is_no_series_is_refused(
        self, floor: Callable[[object], np.ndarray], X: np.ndarray
    ) -> None:
        with pytest.raises(InputError, match="X must have one dimension, or two"):
            floor(X)

    def test_a_missing_reading_is_refused(
        self, floor: Callable[[object], np.ndarray]
    ) -> None:
        with pytest.raises(InputError, match=r"X must be finite; got nan"):
            floor(np.append(np.zeros(299), math.nan))


def test_a_rhythm_without_noise_is_no_anomaly_of_rounding() -> None:
    wave = np.sin(np.arange(1000) * 0.2)
    scores = ridge_autoregression(wave, train_length=900, window=40, width=1)
    assert scores.max() < 20


def test_a_channel_that_starts_after_training_is_left_out() -> None:
    series = np.zeros(100)
    series[80:] = 1
    assert not ridge_autoregression(series, train_length=50, window=5, width=1).any()


def test_a_series_of_no_row_has_no_score() -> None:
    assert smoothed_squared_difference([], width=3).shape == (0,)


def test_rows_without_a_forecast_score_0() -> None:
    series = noisy_waves(n_rows=100, seed=5)
    scores = ridge_autoregression(series, train_length=50, window=10, width=1)
    assert not scores[:10].any()
    assert scores[10:].all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: random_score(-1),
            "n_timestamps must .* least 0; got -1",
        ),
        (
            lambda: moving_average([1], 0),
            "width must .* least 1; got 0",
        ),
        (
            lambda: smoothed_squared_difference([1, 2], 0),
            "width must .* least 1",
        ),
        (
            lambda: ridge_autoregression([1, 2], 2, 0, 1),
            "window must .* least 1",
        ),
        (
            lambda: ridge_autoregression([1, 2], 2, 1, 0),
            "width must .* least 1",
        ),
        (
            lambda: ridge_autoregression([1, 2, 3], 2, 2, 1),
            "train_length must be more than window=2 and at most the 3 rows of X",
        ),
        (lambda: ridge_autoregression([1, 2, 3], 4, 1, 1), "the 3 rows of X; got 4"),
    ],
)
def test_a_broken_rule_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
