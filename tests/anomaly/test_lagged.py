"""Networks of the last rows against slow twins, and what they learn."""

from pathlib import Path

import numpy as np
import pytest

from recs_anomaly import TimeSeriesAnomalyDetector, load, save
from recs_anomaly.anomaly.lagged import (
    INPUT_LIMIT,
    LaggedNetwork,
    LaggedStream,
    past_of,
    respond,
)
from recs_anomaly.anomaly.lagged_fitting import (
    FittedNetwork,
    Inputs,
    fit_lagged,
    hidden_units,
)

N_ROWS = 900
BLOCKS = [slice(first, first + 150) for first in range(0, N_ROWS, 150)]
RNG = np.random.default_rng(0)
SERIES = RNG.standard_normal((N_ROWS, 3))


def random_network(n_targets: int = 2, n_hidden: int = 5) -> LaggedNetwork:
    rng, n_inputs = np.random.default_rng(1), 4
    unit = (n_targets, n_hidden)
    return LaggedNetwork(
        rng.integers(3, size=(n_targets, n_inputs)),
        rng.integers(6, size=(n_targets, n_inputs)),
        rng.standard_normal((n_targets, n_inputs)),
        rng.standard_normal(n_targets),
        rng.integers(n_inputs, size=(*unit, 3)),
        rng.standard_normal((*unit, 3)),
        rng.standard_normal(unit),
        rng.standard_normal(unit),
        np.array([-2.0, -3.0, -9.0]),
        np.array([2.0, 9.0, 3.0]),
        np.ones(n_targets),
    )


def slow(network: LaggedNetwork, past: np.ndarray, target: int) -> float:
    """Add up what one output says of the last row of `past` (n_past, n_channels)."""
    seen = [
        min(max(past[-1 - lag, channel], -INPUT_LIMIT), INPUT_LIMIT)
        for lag, channel in zip(
            network.lags[target], network.channels[target], strict=True
        )
    ]
    found = network.intercepts[target] + np.dot(seen, network.linear[target])
    for unit, head in enumerate(network.head[target]):
        drive = network.bias[target, unit]
        for place, weight in zip(
            network.picked[target, unit], network.kernel[target, unit], strict=True
        ):
            channel = network.channels[target, place]
            low, high = network.lowest[channel], network.highest[channel]
            drive += weight * min(max(seen[place], low), high)
        found += head * max(drive, 0.0)
    return float(found)


def test_outputs_by_hand() -> None:
    network, series = random_network(), 5.0 * SERIES[:20]
    past = past_of(series[:1].repeat(network.reach, axis=0), series)
    expected = [[slow(network, rows, target) for target in (0, 1)] for rows in past]
    np.testing.assert_allclose(respond(network, past), expected)


def test_rows_before_the_first_are_given() -> None:
    past = past_of(np.full((2, 3), 7.0), SERIES[:4])
    assert past.shape == (4, 3, 3)
    assert (past[0, :2] == 7.0).all()
    np.testing.assert_array_equal(past[2], SERIES[:3])


@pytest.mark.parametrize("ahead", [0, 1])
def test_a_stream_says_the_same(ahead: int) -> None:
    network = random_network()
    network = network._replace(lags=network.lags + ahead)
    stream = LaggedStream(network, ahead)
    whole = respond(network, past_of(np.zeros((network.reach, 3)), SERIES[:20]))
    past = past_of(np.zeros((network.reach, 3)), SERIES[:20])[: 20 - ahead]
    found = stream.respond(past)
    np.testing.assert_allclose(found, whole[ahead:], rtol=1e-12)
    alone = [stream.respond(rows[None])[0] for rows in past]
    np.testing.assert_array_equal(found, alone)


def test_silent_outputs_say_nothing() -> None:
    network = random_network().without(np.array([True, False]))
    assert network.speaks.tolist() == [False, True]
    past = past_of(np.zeros((network.reach, 3)), SERIES[:20])
    assert not respond(network, past)[:, 0].any()
    assert not LaggedStream(network).respond(past)[:, 0].any()


def test_many_outputs_have_fewer_units() -> None:
    assert hidden_units(1) == 256
    assert hidden_units(64) == 64
    assert hidden_units(1000) == 32


def fitted(wanted: np.ndarray, n_hidden: int = 64) -> FittedNetwork:
    """Fit to two inputs: the first channel a row ago, and the second three."""
    inputs = Inputs(
        np.array([[0, 1]]), np.array([[1, 3]]), [slice(0, 2)], np.array([1.0])
    )
    is_used = np.ones((N_ROWS, 1), dtype=np.bool_)
    found = fit_lagged(inputs, SERIES, wanted[:, None], is_used, BLOCKS, n_hidden, 0)
    assert found is not None
    return found


FIRST, SECOND = np.roll(SERIES[:, 0], 1), np.roll(SERIES[:, 1], 3)


def test_what_is_linear_needs_no_unit() -> None:
    found = fitted(2.0 * FIRST - SECOND)
    np.testing.assert_allclose(found.network.linear, [[2.0, -1.0]], atol=0.01)
    assert not found.network.head.any()
    assert found.unexplained[0] < 1e-3


def test_products_and_squares_are_learned() -> None:
    for wanted in (FIRST * SECOND, FIRST**2):
        found = fitted(wanted)
        assert found.network.head.any()
        assert found.unexplained[0] < 0.1
        assert fitted(wanted, 0).unexplained[0] > 0.9


def test_noise_is_not_learned() -> None:
    found = fitted(SERIES[:, 2])
    assert found.unexplained[0] > 0.95
    assert found.that_explain(0.5) is None
    assert found.that_explain(1.5) is not None


def test_a_block_has_no_say_in_the_network_that_judges_it() -> None:
    wanted = 2.0 * FIRST - SECOND
    other = wanted.copy()
    other[BLOCKS[2]] += 5.0 * FIRST[BLOCKS[2]]
    one, two = fitted(wanted, 0), fitted(other, 0)
    for number, (before, after) in enumerate(
        zip(one.of_others, two.of_others, strict=True)
    ):
        is_same = np.allclose(before.linear, after.linear, atol=0.02)
        assert is_same == (number == 2)
    assert one.network_without(2) is one.of_others[2]


def test_too_few_rows_teach_nothing() -> None:
    inputs = Inputs(np.array([[0]]), np.array([[1]]), [slice(0, 1)], np.array([1.0]))
    few = SERIES[:60]
    is_used = np.ones((60, 1), dtype=np.bool_)
    assert fit_lagged(inputs, few, few[:, :1], is_used, [slice(0, 30)], 8, 0) is None


@pytest.mark.parametrize("window", [4, 20])
def test_a_window_shorter_than_the_lags_can_be_saved(
    window: int, tmp_path: Path
) -> None:
    rows = np.column_stack(
        [np.sin(np.arange(160) ** 1.1 / 3), np.arange(160) // 40 % 2]
    )
    detector = TimeSeriesAnomalyDetector(
        window=window, n_units=2, epochs=1, random_state=0
    ).fit(rows)
    assert detector.correction_lags_.max() >= window
    save(detector, tmp_path / "a.recs")
    found = load(tmp_path / "a.recs").score_samples(rows)
    np.testing.assert_array_equal(found, detector.score_samples(rows))
