"""The causal score: batch and stream against a slow twin, and against each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recs_anomaly.anomaly.autoregression import Autoregression
from recs_anomaly.anomaly.branches import (
    FORECAST,
    NEIGHBOUR,
    RECONSTRUCTION,
    RELATION,
)
from recs_anomaly.anomaly.channels import Channels
from recs_anomaly.anomaly.lagged import LaggedNetwork
from recs_anomaly.anomaly.levels import combine
from recs_anomaly.anomaly.live.causal import (
    CausalSettings,
    average_past,
    causal_settings,
    is_observed_so_far,
    look_back,
)
from recs_anomaly.anomaly.live.causal_stream import (
    CausalStream,
    KnownPast,
    RecurrentStream,
)
from recs_anomaly.anomaly.live.widths import shared_weights
from recs_anomaly.anomaly.model import AnomalyModel
from recs_anomaly.anomaly.window_codes import fit_components
from recs_anomaly.core.recurrent import BLOCK, Recurrent, run_in_blocks
from recs_anomaly.core.windows import sliding_windows
from tests import naive_causal as naive

seeds = st.integers(0, 2**31)
USUAL = np.array([[0.5], [0.2], [3.0]])
WEIGHTS = np.array([1.0, 0.5, 2.0])
BRANCHES = [FORECAST, RECONSTRUCTION, NEIGHBOUR]
SPEAKING = [*BRANCHES, RELATION]
WIDTH, NARROW, LAGS, UNITS = 12, 6, 5, 4
GATES = {"simple_rnn": 1, "gru": 3, "lstm": 4}


def recurrent(cell: str, n_channels: int, n_targets: int, seed: int = 0) -> Recurrent:
    rng = np.random.default_rng(seed)
    gates = GATES[cell] * UNITS
    return Recurrent(
        rng.normal(0, 0.5, (n_channels, gates)),
        rng.normal(0, 0.5, (UNITS, gates)),
        rng.normal(0, 0.5, (2 if cell == "gru" else 1, gates)),
        rng.normal(0, 0.5, (UNITS, n_targets)),
        rng.normal(0, 0.5, n_targets),
    )


def model_of(
    n_channels: int, cell: str | None = None, width: int = WIDTH
) -> AnomalyModel:
    """Give a model whose last channel, if it has several, is context."""
    rng = np.random.default_rng(n_channels)
    targets = np.arange(max(n_channels - 1, 1))
    channel = np.sin(np.arange(300) / 3) + 0.1 * rng.standard_normal(300)
    windows = sliding_windows(channel, width)
    autoencoder = fit_components(
        windows - windows.mean(axis=1, keepdims=True), 0.9, width // 3
    )
    return AnomalyModel(
        Channels(np.zeros(n_channels), np.ones(n_channels), targets),
        Autoregression(rng.normal(0, 0.2, (n_channels, LAGS)), np.zeros(n_channels)),
        cell or "gru",
        recurrent(cell, n_channels, len(targets)) if cell else None,
        autoencoder,
        rng.normal(0, 1, (len(targets), 20, len(autoencoder.components) + 1)),
        np.zeros(20, np.int64),
    )


def views_of(n_channels: int, cell: str | None = None) -> list[AnomalyModel]:
    """Give a model, and the same with narrow windows."""
    wide, narrow = (model_of(n_channels, cell, width) for width in (WIDTH, NARROW))
    return [
        wide,
        wide._replace(autoencoder=narrow.autoencoder, memory=narrow.memory),
    ]


def series_with_gaps(n_rows: int, n_channels: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    series = rng.normal(0, 1, (n_rows, n_channels))
    series[rng.random(series.shape) < rng.choice([0.0, 0.1, 0.5])] = np.nan
    for _ in range(rng.integers(0, 3)):
        start = rng.integers(0, n_rows)
        series[start : start + rng.integers(1, 25)] = np.nan
    return series


def batch(
    views: list[AnomalyModel],
    series: np.ndarray,
    causal: CausalSettings,
    scale: np.ndarray,
) -> np.ndarray:
    errors = look_back(views, series, causal)
    averages = average_past(errors, causal, usual_of(scale))
    weights = shared_weights(WEIGHTS, BRANCHES, len(views))
    ratios = combine(averages / scale[:, :, None], weights)
    return np.where(errors.is_judged(), ratios, np.nan)


def usual_of(scale: np.ndarray) -> np.ndarray:
    return np.concatenate([USUAL, USUAL[1:]])[: scale.shape[1]] + 0 * scale


def stream_of(
    views: list[AnomalyModel], causal: CausalSettings, scale: np.ndarray
) -> CausalStream:
    weights = shared_weights(WEIGHTS, BRANCHES, len(views))
    return CausalStream(views, causal, usual_of(scale), scale, weights)


def streamed(stream: CausalStream, series: np.ndarray) -> np.ndarray:
    blocks = np.split(series, range(stream.most_rows, len(series), stream.most_rows))
    found = [stream.advance(each, not np.isnan(each).any()) for each in blocks]
    return np.array([ratio for judged in found for ratio in judged.ratio])


@given(seed=seeds, n_rows=st.integers(1, 120), stride=st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_causal_ratios_are_those_of_the_slow_twin(
    seed: int, n_rows: int, stride: int
) -> None:
    series = series_with_gaps(n_rows, 1, seed)
    causal = CausalSettings(stride, 35.0, 0, BRANCHES)
    both = np.array([[1.0, 0.3, 10.0, 0.2, 5.0], [2.0, 0.1, 5.0, 0.3, 8.0]])[..., None]
    for views in (views_of(1)[:1], views_of(1)):
        scale = both[:, : 1 + 2 * len(views)]
        expected = naive.ratios(
            views,
            series[:, 0],
            usual_of(scale)[0, :, 0],
            scale[:, :, 0],
            shared_weights(WEIGHTS, BRANCHES, len(views)),
            stride,
            [7.0, 35.0],
        )
        found = batch(views, series, causal, scale)
        np.testing.assert_allclose(found, expected, rtol=1e-9)


@given(seed=seeds, n_rows=st.integers(1, 500), n_channels=st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_a_stream_says_what_the_batch_says(
    seed: int, n_rows: int, n_channels: int
) -> None:
    series = series_with_gaps(n_rows, n_channels, seed)
    rng = np.random.default_rng(seed)
    cell = rng.choice(["", *GATES])
    views = views_of(n_channels, str(cell) or None)[: rng.integers(1, 3)]
    side, constant = int(rng.integers(-1, 2)), float(rng.choice([0.0, 2.0, 30.0]))
    causal = causal_settings(views, constant, side, BRANCHES)._replace(stride=3)
    n_targets = len(views[0].channels.targets)
    shape = (len(causal.time_constants), 1 + 2 * len(views), n_targets)
    scale = 1.0 / rng.random(shape)
    found = streamed(stream_of(views, causal, scale), series)
    expected = batch(views, series, causal, scale)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("cut", [1, 130, 191, 192, 200])
def test_what_a_stream_packs_goes_on_to_the_bit(cut: int) -> None:
    series, views = series_with_gaps(400, 2, seed=3), views_of(2, "lstm")
    causal = causal_settings(views, 5.0, 0, BRANCHES)
    first, second = (stream_of(views, causal, np.ones((2, 5, 1))) for _ in range(2))
    streamed(first, series[:cut])
    second.unpack(first.packed())
    assert second.n_rows == cut
    np.testing.assert_array_equal(
        streamed(first, series[cut:]), streamed(second, series[cut:])
    )
    np.testing.assert_array_equal(first.packed(), second.packed())


@given(seed=seeds, cuts=st.lists(st.integers(1, 200), max_size=12), data=st.data())
def test_how_rows_are_cut_changes_no_bit(
    seed: int, cuts: list[int], data: st.DataObject
) -> None:
    n_channels = data.draw(st.integers(1, 3))
    series = series_with_gaps(200, n_channels, seed)
    cell = data.draw(st.sampled_from([None, *GATES]))
    views = views_of(n_channels, cell)[: data.draw(st.integers(1, 2))]
    if n_channels > 1 and data.draw(st.booleans()):
        views = [with_networks(view) for view in views]
    constant = data.draw(st.sampled_from([0.0, 30.0]))
    causal = causal_settings(views, constant, 0, SPEAKING)._replace(stride=3)
    n_targets = len(views[0].channels.targets)
    weights = shared_weights(np.ones(len(SPEAKING)), SPEAKING, len(views))
    shape = (len(causal.time_constants), len(weights), n_targets)
    usual = np.full(shape, 0.5)
    one_by_one, in_blocks = (
        CausalStream(views, causal, usual, np.ones(shape), weights) for _ in range(2)
    )
    slow = [told for row in series for told in judged_rows(one_by_one, row[None])]
    parts = np.split(series, sorted(cuts))
    fast = [told for rows in parts for told in judged_rows(in_blocks, rows)]
    np.testing.assert_array_equal(fast, slow)
    assert one_by_one.packed().tobytes() == in_blocks.packed().tobytes()


def with_networks(model: AnomalyModel) -> AnomalyModel:
    """Let channels have relations, and let networks correct the forecasts."""
    n_channels, n_targets = len(model.channels.centre), len(model.channels.targets)
    rng = np.random.default_rng(n_channels)
    correction, relation = (
        LaggedNetwork(
            channels=rng.integers(0, n_channels, (n_targets, 4)),
            lags=rng.integers(first, LAGS, (n_targets, 4)),
            linear=rng.normal(0, 0.3, (n_targets, 4)),
            intercepts=rng.normal(0, 0.1, n_targets),
            picked=rng.integers(0, 4, (n_targets, 6, 3)),
            kernel=rng.normal(0, 1, (n_targets, 6, 3)),
            bias=rng.normal(0, 1, (n_targets, 6)),
            head=rng.normal(0, 0.3, (n_targets, 6)),
            lowest=np.full(n_channels, -2.0),
            highest=np.full(n_channels, 2.0),
            spread=np.ones(n_targets),
        )
        for first in (1, 0)
    )
    return model._replace(correction=correction, relation=relation)


def judged_rows(stream: CausalStream, rows: np.ndarray) -> list[np.ndarray]:
    """Tell all that a stream knows of each of some rows."""
    blocks = np.split(rows, range(stream.most_rows, len(rows), stream.most_rows))
    found = []
    for block in blocks:
        if not len(block):
            continue
        judged = stream.advance(block, not np.isnan(block).any())
        for place, ratio in enumerate(judged.ratio):
            errors, levels = judged.row_errors(place), judged.levels(place)
            arrays = judged.filled[place], judged.residual[place], errors, levels
            found.append(np.concatenate([[ratio], *(each.ravel() for each in arrays)]))
    return found


def test_a_state_of_version_0_1_goes_on() -> None:
    """Its history was twice as long as what is looked at, and began anywhere."""
    series, views = series_with_gaps(300, 2, seed=3), [model_of(2, "lstm")]
    causal = causal_settings(views, 5.0, 0, BRANCHES)
    first, second = (stream_of(views, causal, np.ones((2, 3, 1))) for _ in range(2))
    streamed(first, series[:150])
    packed, longest = first.packed(), max(WIDTH, LAGS)
    n_before = longest * 2
    history = np.full((2 * longest, 2), 7.0)
    history[3 : longest + 3] = packed[:n_before].reshape(longest, 2)
    cursor = [longest + 3.0]
    old = [history.ravel(), packed[n_before:-2], cursor, packed[-2:]]
    second.unpack(np.concatenate(old))
    assert second.packed().tobytes() == packed.tobytes()
    with pytest.raises(ValueError, match="packed must be what a stream has packed"):
        second.unpack(np.concatenate([*old[:2], [longest - 1.0], old[3]]))


def test_what_another_stream_packed_is_refused() -> None:
    views = [model_of(1)], [model_of(2)], views_of(1)
    causal = causal_settings(views[0], 5.0, 0, BRANCHES)
    one, *others = (
        stream_of(each, causal, np.ones((2, 1 + 2 * len(each), 1))) for each in views
    )
    for other in others:
        with pytest.raises(ValueError, match="packed must have"):
            one.unpack(other.packed())


@pytest.mark.parametrize("cell", GATES)
def test_two_states_are_enough_for_blocks(cell: str) -> None:
    model = recurrent(cell, 2, 3)
    series = np.random.default_rng(1).normal(0, 1, (3 * BLOCK + 17, 2))
    stream = RecurrentStream(cell, model)
    found = [stream.advance(row, number) for number, row in enumerate(series)]
    np.testing.assert_allclose(found, run_in_blocks(cell, model, series), atol=1e-12)


@given(seed=seeds, n_rows=st.integers(1, 80), width=st.integers(1, 20))
@settings(deadline=None)
def test_what_the_past_tells(seed: int, n_rows: int, width: int) -> None:
    is_known = ~np.isnan(series_with_gaps(n_rows, 2, seed))
    known, observed = KnownPast(20, (width,), 2), is_observed_so_far(is_known, width)
    cut = n_rows // 3
    found = [*known.add(is_known[:cut])[0][1:]] if cut else []
    found += [*known.add(is_known[cut:])[0][1:]]
    for row in range(n_rows):
        expected = [
            naive.is_observed(column[: row + 1], width) for column in is_known.T
        ]
        assert found[row].tolist() == expected
        assert observed[row].tolist() == expected
    assert known.is_settled == is_known[-20:].all() & (n_rows >= 20)


def test_one_side_alone_counts() -> None:
    series = np.zeros((60, 1))
    series[40], series[50] = 4.0, -4.0
    for side, row in ((1, 40), (-1, 50)):
        causal = CausalSettings(100, 0.0, side, BRANCHES)
        found = batch([model_of(1)], series, causal, np.ones((1, 3, 1)))
        assert np.nanargmax(found) == row
        assert found[90 - row] < found[row] / 2
