"""The detector's parts against slow twins, hand-worked numbers and Keras."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recs_anomaly.anomaly.autoregression import (
    Autoregression,
    fill_missing,
    fit_autoregression,
    forecast,
)
from recs_anomaly.anomaly.branches.neighbour import nearest_distance
from recs_anomaly.anomaly.channels import describe_channels, is_observed
from recs_anomaly.anomaly.levels import decayed_sum, smooth
from recs_anomaly.anomaly.networks import keras_autoencoder
from recs_anomaly.anomaly.tail import fit_tail, score_at, tail_probability
from recs_anomaly.anomaly.window_codes import (
    Memory,
    decode,
    describe_all,
    encode,
    fit_components,
    fit_decoder,
    uncorrected,
)
from recs_anomaly.anomaly.windows import overlap_sum, spread_over_rows
from recs_anomaly.core.recurrent import BLOCK, WARM_UP, run, run_in_blocks
from recs_anomaly.core.recurrent_network import build_recurrent, recurrent_arrays
from recs_anomaly.core.windows import sliding_windows
from tests import naive_detector as naive

seeds = st.integers(0, 2**31)


@given(seed=seeds, n_windows=st.integers(1, 30), width=st.integers(1, 12))
def test_windows_speak_for_their_rows(seed: int, n_windows: int, width: int) -> None:
    of_windows = np.random.default_rng(seed).random((n_windows, width))
    expected = naive.overlap_sum(of_windows)
    np.testing.assert_allclose(overlap_sum(of_windows), expected)
    one_each = np.repeat(of_windows[:, :1], width, axis=1)
    np.testing.assert_allclose(
        spread_over_rows(of_windows[:, 0], width), naive.overlap_sum(one_each)
    )


def test_sliding_windows_by_hand() -> None:
    assert sliding_windows(np.arange(4.0), 3).tolist() == [[0, 1, 2], [1, 2, 3]]
    assert sliding_windows(np.zeros((5, 2)), 3).shape == (3, 3, 2)


@given(seed=seeds, n_rows=st.integers(1, 200), constant=st.floats(0.5, 60))
@settings(max_examples=30, deadline=None)
def test_smoothing_is_an_average_by_age(
    seed: int, n_rows: int, constant: float
) -> None:
    rng = np.random.default_rng(seed)
    scores, is_known = rng.random(n_rows), rng.random(n_rows) < 0.8
    total, weight = (
        decayed_sum(values, constant) for values in (scores * is_known, 1.0 * is_known)
    )
    of_past = total / np.maximum(weight, 1e-9)
    of_both = smooth(scores[:, None], is_known[:, None], constant)[:, 0]
    for found, past in ((of_both, False), (of_past, True)):
        expected = naive.smooth(scores, is_known, constant, past)
        nearest = [
            np.abs(np.flatnonzero(is_known) - row).min(initial=n_rows)
            for row in range(n_rows)
        ]
        is_near = np.array(nearest) < 15 * constant
        np.testing.assert_allclose(found[is_near], expected[is_near], atol=1e-6)


def test_no_smoothing_leaves_scores(rng: np.random.Generator) -> None:
    scores = rng.random((9, 2))
    is_known = rng.random((9, 2)) < 0.7
    expected = np.where(is_known, scores, 0.0)
    np.testing.assert_array_equal(smooth(scores, is_known, 0.0), expected)


def test_nothing_is_forecast_for_a_channel_that_was_never_measured() -> None:
    series, is_used = np.zeros((20, 1)), np.zeros((20, 1), dtype=np.bool_)
    model = fit_autoregression(series, is_used, 3, 1.0)
    np.testing.assert_array_equal(model.weights, np.zeros((1, 3)))
    np.testing.assert_array_equal(model.intercepts, [0.0])


def test_autoregression_by_least_squares(rng: np.random.Generator) -> None:
    series = np.cumsum(rng.standard_normal((300, 2)), axis=0)
    is_used = np.ones_like(series, dtype=bool)
    model = fit_autoregression(series, is_used, 5, 1.0)
    for channel in range(2):
        weights, intercept = naive.ridge(series[:, channel], 5, 1.0)
        np.testing.assert_allclose(model.weights[channel], weights, atol=1e-8)
        assert model.intercepts[channel] == pytest.approx(intercept)
        expected = [series[t - 5 : t, channel] @ weights for t in range(5, 300)]
        found = forecast(model, series)[5:, channel] - intercept
        np.testing.assert_allclose(found, expected, atol=1e-8)


def test_gaps_are_filled_with_forecasts() -> None:
    series = np.sin(np.arange(300.0) / 5)[:, None]
    model = fit_autoregression(series, np.ones_like(series, dtype=bool), 8, 1e-9)
    gappy = series.copy()
    gappy[100:110] = np.nan
    filled = fill_missing(model, gappy, 8.0)
    np.testing.assert_allclose(filled, series, atol=1e-3)
    assert np.abs(fill_missing(model, gappy * 100, 8.0)[100:110]).max() <= 8.0


def test_an_autoregression_that_forecasts_all_leaves_nothing() -> None:
    series = np.sin(np.arange(200.0) / 7)[:, None]
    model = fit_autoregression(series, np.ones_like(series, dtype=bool), 4, 1e-10)
    assert np.abs(forecast(model, series) - series)[4:].max() < 1e-4


@pytest.mark.parametrize("is_own", [True, False])
def test_nearest_by_brute_force(is_own: bool, rng: np.random.Generator) -> None:
    described = rng.random((300, 4))  # more than a block of them
    starts = np.arange(0, 300, 7)
    kept = described[starts] if is_own else rng.random((len(starts), 4))
    found = nearest_distance(described, Memory(kept, starts), 20)
    expected = naive.nearest(described, kept, starts, 20)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_a_memory_of_one_window_knows_no_other(rng: np.random.Generator) -> None:
    described = rng.random((5, 2))
    memory = Memory(described[:1], np.array([0]))
    assert np.isinf(nearest_distance(described, memory, 20)).all()


@pytest.mark.parametrize("cell", ["gru", "lstm", "simple_rnn"])
def test_recurrent_arrays_are_the_keras_network(
    cell: str, rng: np.random.Generator
) -> None:
    network = build_recurrent(cell, 3, 5, 2, seed=0)
    draw = np.random.default_rng(1)
    network.set_weights(
        [0.5 * draw.standard_normal(w.shape) for w in network.get_weights()]
    )
    inputs = rng.standard_normal((4, 30, 3))
    theirs = keras.ops.convert_to_numpy(network(inputs.astype("float32")))
    arrays = recurrent_arrays(network)
    np.testing.assert_allclose(run(cell, arrays, inputs), theirs, atol=2e-6)


@pytest.mark.parametrize("n_rows", [1, BLOCK, BLOCK + 1, 3 * BLOCK - 7])
def test_blocks_start_a_warm_up_before(n_rows: int) -> None:
    network = build_recurrent("gru", 2, 4, 1, seed=0)
    draw = np.random.default_rng(1)
    arrays = recurrent_arrays(network)
    arrays = arrays._replace(head_kernel=draw.standard_normal((4, 1)))
    series = draw.standard_normal((n_rows, 2))
    found = run_in_blocks("gru", arrays, series)
    for row in range(n_rows):
        first = max(row // BLOCK * BLOCK - (WARM_UP if row >= BLOCK else 0), 0)
        if row in (0, n_rows // 2, n_rows - 1, BLOCK):
            whole = run("gru", arrays, series[None, first : row + 1])
            np.testing.assert_allclose(found[row], whole[0, -1], atol=1e-12)


def test_the_keras_autoencoder_is_the_arrays(rng: np.random.Generator) -> None:
    windows = rng.standard_normal((200, 20)) @ rng.standard_normal((20, 20))
    linear = fit_components(windows, 0.9, 6)
    draw = np.random.default_rng(1)
    arrays = uncorrected(linear.mean, linear.components, 8)
    random = {
        name: 0.1 * draw.standard_normal(values.shape)
        for name, values in arrays._asdict().items()
        if name.startswith(("encoder", "decoder"))
    }
    arrays = arrays._replace(**random)
    centred = (windows - linear.mean).astype("float32")
    theirs = keras.ops.convert_to_numpy(keras_autoencoder(arrays, ())(centred))
    ours = decode(arrays, encode(arrays, windows)) - linear.mean
    np.testing.assert_allclose(ours, theirs, atol=1e-3 * np.abs(theirs).max())


def test_a_decoder_learns_what_is_not_linear(rng: np.random.Generator) -> None:
    turn = rng.uniform(-1.5, 1.5, (600, 1))
    windows = np.concatenate([turn, turn**2, np.sin(3 * turn)], axis=1)
    linear = fit_components(windows, 0.5, 1)
    fitted = fit_decoder(linear, windows, 32, seed=0)
    before, after = (
        np.mean((decode(model, encode(model, windows)) - windows) ** 2)
        for model in (linear, fitted)
    )
    assert after < 0.2 * before
    np.testing.assert_array_equal(encode(linear, windows), encode(fitted, windows))


def test_a_decoder_that_learns_nothing_stays_linear(rng: np.random.Generator) -> None:
    windows = rng.standard_normal((400, 10))
    linear = fit_components(windows, 0.5, 3)
    assert fit_decoder(linear, windows, 32, seed=0) is linear


def test_components_keep_the_variance_asked_for(rng: np.random.Generator) -> None:
    windows = rng.standard_normal((500, 3)) @ rng.standard_normal((3, 30))
    model = fit_components(windows, 0.999999, 10)
    assert len(model.components) == 3
    np.testing.assert_allclose(
        decode(model, encode(model, windows)), windows, atol=1e-8
    )
    assert len(fit_components(windows, 0.999999, 2).components) == 2


@given(seed=seeds, probability=st.floats(1e-6, 0.9))
@settings(max_examples=40, deadline=None)
def test_tail_and_its_inverse(seed: int, probability: float) -> None:
    tail = fit_tail(np.random.default_rng(seed).exponential(size=2000), 1)
    score = score_at(tail, probability)
    assert tail_probability(tail, np.array([score]))[0] == pytest.approx(
        probability, rel=0.05
    )


def test_the_tail_of_exponential_scores() -> None:
    tail = fit_tail(np.random.default_rng(0).exponential(size=100_000), 1)
    assert score_at(tail, 1e-4) == pytest.approx(-np.log(1e-4), rel=0.06)


def test_channels(rng: np.random.Generator) -> None:
    series = np.column_stack(
        [rng.standard_normal(50), rng.integers(0, 2, 50), np.full(50, 7.0)]
    )
    channels = describe_channels(series)
    assert channels.targets.tolist() == [0]
    np.testing.assert_allclose(channels.scaled(series)[:, 0].std(), 1.0)
    np.testing.assert_allclose(
        channels.in_units(channels.scaled(series)[:, :1]), series[:, :1]
    )
    flat = describe_channels(series[:, 1:])
    assert flat.targets.tolist() == [1]  # no switch


def test_windows_that_say_enough() -> None:
    is_known = np.ones((40, 1), dtype=bool)
    is_known[5:9] = False
    assert is_observed(is_known, 10).all()  # a short gap is filled
    is_known[20:30] = False
    told = is_observed(is_known, 10)[:, 0]
    assert np.flatnonzero(~told).tolist() == list(range(11, 30))


def test_short_gaps_are_drawn_straight_and_long_ones_forecast() -> None:
    missing = np.nan
    model = Autoregression(np.array([[0.0, 0.5]]), np.array([3.0]))
    column = np.array([missing, 1, missing, missing, 4, *[missing] * 9, 2.0])
    filled = fill_missing(model, column[:, None], 8.0)[:, 0]
    assert filled[:5].tolist() == [3.5, 1, 2, 3, 4]
    assert filled[5:8].tolist() == [5.0, 5.5, 5.75]
    column[5] = 4.0
    filled = fill_missing(model, column[:, None], 8.0)[:, 0]
    np.testing.assert_allclose(filled[5:], np.linspace(4, 2, 10))


@given(seed=seeds, level=st.floats(-3, 3))
@settings(max_examples=20, deadline=None)
def test_what_is_left_over_of_a_window_knows_its_level(seed: int, level: float) -> None:
    rng = np.random.default_rng(seed)
    shapes = rng.standard_normal((40, 6))
    model = fit_components(shapes - shapes.mean(axis=1, keepdims=True), 0.8, 2)
    channel = rng.standard_normal(17) + level
    told = rng.random(12) < 0.8
    found = describe_all(model, channel, told)
    np.testing.assert_allclose(
        found.squared_residual, naive.left_over(model, channel, told)
    )
    at_zero = describe_all(model, channel - level, told)
    np.testing.assert_allclose(found.descriptions, at_zero.descriptions, atol=1e-12)
