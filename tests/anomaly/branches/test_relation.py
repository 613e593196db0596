"""Relations between channels: what breaks them is found, and named."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.anomaly.branches.relation import (
    choose_inputs,
    deviations,
    leading_partners,
    within,
)
from recs_anomaly.anomaly.dependence import dependence

N_ROWS, HALF = 3000, 1500
FAULT = slice(2200, 2300)
RNG = np.random.default_rng(0)


def wandering(seed: int) -> np.ndarray:
    steps = np.random.default_rng(seed).standard_normal(N_ROWS)
    found = np.zeros(N_ROWS)
    for row in range(1, N_ROWS):
        found[row] = 0.95 * found[row - 1] + steps[row]
    return found / found.std()


A, B, OTHER = wandering(1), wandering(2), wandering(3)
NOISE = 0.05 * RNG.standard_normal(N_ROWS)
IS_BROKEN = np.zeros(N_ROWS, dtype=np.bool_)
IS_BROKEN[FAULT] = True
DRIVER = np.where(IS_BROKEN, OTHER, A)
SERIES = {
    "linear": np.stack([A, B, 0.7 * DRIVER + 0.7 * B + NOISE], axis=1),
    "square": np.stack([A, DRIVER**2 + NOISE], axis=1),
    "late": np.stack([A, np.roll(DRIVER, 30) + NOISE], axis=1),
    "copies": np.stack([A, DRIVER, A], axis=1),
}
LATE = slice(FAULT.start + 30, FAULT.stop + 30)


@cache
def detector_of(name: str, epochs: int = 1) -> TimeSeriesAnomalyDetector:
    detector = TimeSeriesAnomalyDetector(window=50, epochs=epochs, random_state=0)
    return detector.fit(SERIES[name][:HALF])


@pytest.mark.parametrize("name", SERIES)
def test_a_broken_relation_stands_out(name: str) -> None:
    scores = detector_of(name).score_samples(SERIES[name])
    fault = LATE if name == "late" else FAULT
    usual = np.delete(scores, np.r_[fault.start - 100 : fault.stop + 100])[HALF:]
    assert np.median(scores[fault]) < 1.2 * usual.min()
    causal = detector_of(name).score_samples_causal(SERIES[name])
    assert np.median(causal[fault]) < np.quantile(causal[HALF : fault.start], 0.001)


def test_without_networks_relations_are_linear() -> None:
    assert detector_of("linear", 0).model_.relation is not None
    assert not detector_of("linear", 0).model_.relation.bias.size
    assert detector_of("square", 0).model_.relation is None


@pytest.mark.parametrize("name", SERIES)
def test_a_stream_knows_it(name: str) -> None:
    series, detector = SERIES[name][1800:2400].copy(), detector_of(name)
    series[100:103, 0] = np.nan
    series[200:230, 0] = np.nan  # others cannot be compared with a long gap
    series[300:320] = np.nan
    np.testing.assert_allclose(
        detector.stream().score_many(series),
        detector.score_samples_causal(series),
        rtol=1e-8,
    )


def test_a_partner_that_is_gone_breaks_no_relation() -> None:
    detector, series = detector_of("linear"), SERIES["linear"].copy()
    quiet = slice(1600, 1700)
    series[quiet, 0] = np.nan
    scores = detector.score_samples(series)
    assert (scores[quiet] >= detector.offset_).all()
    causal, whole = (
        detector.score_samples_causal(values)[quiet]
        for values in (series, SERIES["linear"])
    )
    assert causal.min() > whole.min() - 0.1


def test_independent_channels_have_none() -> None:
    series = np.stack([A, B], axis=1)
    detector = TimeSeriesAnomalyDetector(window=50, epochs=1, random_state=0)
    detector.fit(series[:HALF])
    assert detector.model_.relation is None
    assert detector.explain(series)["branch", "relation"].max() == 0.0


def test_it_takes_nothing_from_the_others_where_there_is_none() -> None:
    """A single channel scores as if there were no such branch."""
    weights = {"forecast": 1.0, "reconstruction": 0.5, "neighbour": 1.0}
    weights["standstill"] = 1.0
    by_default, without = (
        TimeSeriesAnomalyDetector(window=50, epochs=0, weights=of)
        .fit(A[:HALF, None])
        .score_samples(A[:, None])
        for of in (None, weights)
    )
    np.testing.assert_array_equal(by_default, without)


def test_the_leading_partner_is_the_one_that_speaks() -> None:
    relation = detector_of("linear").model_.relation
    assert relation is not None
    assert leading_partners(relation)[2] in (0, 1)
    relation = detector_of("copies").model_.relation
    assert relation is not None
    assert leading_partners(relation)[0] in (1, 2)
    network = relation._replace(
        linear=np.where(relation.channels == 2, 3.0, relation.linear)
    )
    assert leading_partners(network)[0] == 2


def test_partners_are_seen_at_their_delay() -> None:
    inputs = choose_inputs(SERIES["late"][:HALF], np.arange(2), 50)
    assert {29, 30, 31} <= {*inputs.lags[1].tolist()}
    assert (inputs.channels[1] == 0).all()
    assert inputs.shares.sum() == pytest.approx(1.0)


def test_of_many_channels_the_closest_are_seen(rng: np.random.Generator) -> None:
    series = rng.standard_normal((800, 40))
    series[:, 7] = series[:, 33] ** 2
    inputs = choose_inputs(series, np.arange(40), 50)
    assert inputs.channels.shape == (40, 9 * 16)
    assert inputs.channels[7, 0] == 33
    assert (inputs.channels != np.arange(40)[:, None]).all()


def test_dependence_by_hand(rng: np.random.Generator) -> None:
    first = rng.standard_normal(5000)
    series = np.stack([first, np.roll(first, 2), np.roll(first, 1) ** 2], axis=1)
    found = dependence(series, np.array([1, 2]), np.array([0, 1, 2]))
    np.testing.assert_allclose(found[2, 0, 0], 1.0, atol=1e-5)
    np.testing.assert_allclose(found[1, 1, 0], 1.0, atol=1e-5)
    assert found[0, 0, 0] < 0.1


def test_flags_last_for_some_rows() -> None:
    flags = np.zeros((6, 1), dtype=np.bool_)
    flags[3] = True
    assert within(flags, 2)[:, 0].tolist() == [True, False, False, True, True, False]


def test_deviations_by_hand() -> None:
    detector, series = detector_of("copies"), SERIES["copies"]
    model = detector.model_
    scaled = model.channels.scaled(series)
    is_lost = np.zeros(series.shape, dtype=np.bool_)
    is_lost[1700, 0] = True
    apart = deviations(model, scaled[:1], scaled, is_lost)
    assert model.relation is not None
    reach = model.relation.reach
    assert np.isnan(apart[:reach]).all()
    assert np.isnan(apart[1700 : 1700 + reach + 1, 1]).all()
    apart = apart * model.relation.spread
    np.testing.assert_allclose(apart[1000:1500, 0], 0.0, atol=0.02)
    expected = (scaled[:, 1] - scaled[:, 0])[FAULT]
    np.testing.assert_allclose(apart[FAULT, 1], expected, atol=0.05)


def test_an_event_names_the_channel_that_is_not_followed() -> None:
    frame = pd.DataFrame(SERIES["square"], columns=["speed", "power"])
    detector = TimeSeriesAnomalyDetector(
        window=50, epochs=1, random_state=0, contamination=0.001
    )
    events = detector.fit(frame[:HALF]).events(frame[HALF:])
    event = events.loc[events["severity"].idxmax()]
    assert event.branch == "relation"
    assert event.channel == "power"
    assert event.cause == "relation: does not follow speed as it did"
    assert FAULT.start - 10 <= event.start < FAULT.start + 30
    assert FAULT.stop - 30 < event.end <= FAULT.stop + 10
