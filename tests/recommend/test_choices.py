"""The RBM of choices: greatest likelihood, sums over choices, odds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import random_array

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import make_ratings
from recs_anomaly.recommend import choices as interaction_rbm
from recs_anomaly.recommend.choices import InteractionRBM

N_ITEMS, N_UNITS = 7, 3


def spectrum(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Second moments of some visible rows, their eigenvalues and eigenvectors."""
    visible = np.random.default_rng(seed).normal(size=(30, N_ITEMS))
    moments = visible.T @ visible / len(visible)
    eigenvalues, directions = np.linalg.eigh(moments)
    return moments, eigenvalues[::-1], directions[:, ::-1]


def drawn_rbm() -> InteractionRBM:
    rng = np.random.default_rng(0)
    return InteractionRBM(
        rng.normal(size=(N_ITEMS, N_UNITS)).astype(np.float32),
        rng.normal(size=N_UNITS).astype(np.float32),
        rng.uniform(1, 3, N_ITEMS).astype(np.float32),
        np.array([-0.5, 1.5]),
    )


def test_the_likelihood_has_its_maximum_at_the_weights() -> None:
    """Data and model agree on the correlations of visible and hidden units.

    By the energy of the module, v has the covariance s^2 (I - W W')^-1 and hidden
    units the mean W'v / s. The likelihood stands still where E[v h'] is the same under
    the data and under the model.
    """
    moments, eigenvalues, directions = spectrum()
    kept = slice(0, N_UNITS + 1)
    rbm = interaction_rbm.from_spectrum(
        directions[:, kept], eigenvalues[kept], np.zeros(N_ITEMS)
    )
    weights, noise = rbm.weights.astype(float), eigenvalues[N_UNITS]
    model = noise * np.linalg.inv(np.eye(N_ITEMS) - weights @ weights.T)
    np.testing.assert_allclose(moments @ weights, model @ weights, atol=1e-5)


def test_no_other_lengths_of_the_weights_are_likelier() -> None:
    moments, eigenvalues, directions = spectrum()
    kept = slice(0, N_UNITS + 1)
    rbm = interaction_rbm.from_spectrum(
        directions[:, kept], eigenvalues[kept], np.zeros(N_ITEMS)
    )
    noise = eigenvalues[N_UNITS]

    def log_likelihood(weights: np.ndarray) -> float:
        precision = (np.eye(N_ITEMS) - weights @ weights.T) / noise
        return float(np.linalg.slogdet(precision)[1] - np.trace(precision @ moments))

    best = log_likelihood(rbm.weights.astype(float))
    for factor in (0.9, 0.99, 1.01):
        assert log_likelihood(factor * rbm.weights.astype(float)) < best


def test_a_pass_up_and_down_by_loops() -> None:
    rbm, chosen = drawn_rbm(), [4, 1, 6]
    told = interaction_rbm.messages(rbm, np.array(chosen))
    hidden = interaction_rbm.hidden_mean(rbm, told)
    for unit in range(N_UNITS):
        parts = sum(rbm.weights[item, unit] / rbm.scale[item] for item in chosen)
        assert hidden[unit] == pytest.approx(rbm.hidden_bias[unit] + parts, rel=1e-5)
    expected = [
        rbm.scale[item] * sum(rbm.weights[item] * hidden) for item in range(N_ITEMS)
    ]
    found = hidden @ interaction_rbm.expectations(rbm)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    items = np.array([5, 0, 5])
    exact = interaction_rbm.exact_presence(rbm, np.tile(hidden, (3, 1)), items)
    np.testing.assert_allclose(exact, np.array(expected)[items], rtol=1e-5)
    assert exact.dtype == np.float64


@given(st.sets(st.integers(0, N_ITEMS - 1), min_size=1), st.integers(0, N_ITEMS - 1))
def test_leaving_a_choice_out_takes_its_contribution_away(
    chosen: set[int], target: int
) -> None:
    rbm, items = drawn_rbm(), np.array(sorted(chosen))
    parts = interaction_rbm.contributions(rbm, items, np.array([target]))[:, 0]

    def presence(choices: np.ndarray) -> float:
        told = interaction_rbm.messages(rbm, choices)
        hidden = interaction_rbm.hidden_mean(rbm, told)[None]
        return float(interaction_rbm.exact_presence(rbm, hidden, np.array([target]))[0])

    for place in range(len(items)):
        without = presence(np.delete(items, place))
        assert presence(items) - without == pytest.approx(parts[place], abs=1e-9)


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=20, unique=True))
def test_log_odds_rise_with_the_presence_and_never_end(presences: list[float]) -> None:
    ordered = np.sort(np.array(presences))
    odds = interaction_rbm.log_odds(np.array([0.8, 1.2]), ordered)
    assert np.isfinite(odds).all()
    assert (np.diff(odds) >= 0).all()


def test_log_odds_by_hand() -> None:
    odds = interaction_rbm.log_odds(np.array([0.5, 2.0]), np.array([0.5, 0.8, 0.0]))
    # Below 0.01 the logarithm is a line: log 0.01 - 1 at 0; log(1 - 0) is 0.
    expected = [0.5, 0.5 + 2 * np.log(4), 0.5 + 2 * (np.log(0.01) - 1)]
    np.testing.assert_allclose(odds, expected)


def test_the_link_finds_the_odds_that_presences_were_drawn_with() -> None:
    rng = np.random.default_rng(0)
    presences = rng.uniform(0.02, 0.98, 40_000)
    link = np.array([-1.0, 0.7])
    chance = 1 / (1 + np.exp(-interaction_rbm.log_odds(link, presences)))
    is_chosen = rng.random(len(presences)) < chance
    chosen, left = presences[is_chosen], presences[~is_chosen]
    found = interaction_rbm.fit_link(chosen, left, 1.0, 1.0)
    np.testing.assert_allclose(found, link, atol=0.06)
    # Half of those left out, at double weight, say the same.
    half = interaction_rbm.fit_link(chosen, left[::2], 1.0, 2.0)
    np.testing.assert_allclose(half, link, atol=0.1)


def test_units_grow_with_what_supports_them_and_end() -> None:
    assert interaction_rbm.n_units(943, 1682, 100_000) == 62
    assert interaction_rbm.n_units(6040, 3706, 1_000_209) == 247
    assert interaction_rbm.n_units(162_000, 59_000, 25_000_000) == 256
    assert interaction_rbm.n_units(20_000, 4000, 24_000) == 96
    assert interaction_rbm.n_units(3, 3, 4) == 1


def test_popular_items_lead_where_there_are_no_choices() -> None:
    counts = np.array([9.0, 1.0, 4.0, 0.0])
    rbm = interaction_rbm.from_spectrum(np.eye(4), np.array([4.0, 3, 2, 1]), counts)
    nobody = interaction_rbm.hidden_mean(rbm, np.zeros((0, 3), np.float32))
    np.testing.assert_array_equal(nobody, rbm.hidden_bias)
    lead = np.argsort(-(nobody @ interaction_rbm.expectations(rbm)), kind="stable")
    assert lead[0] == 0


@pytest.mark.parametrize("shape", [(40, 90), (90, 40), (600, 700), (700, 600)])
def test_directions_are_those_of_the_whole_decomposition(
    shape: tuple[int, int],
) -> None:
    rng = np.random.default_rng(0)
    matrix = random_array(shape, density=0.1, rng=rng, format="csr")
    left, lengths, right = interaction_rbm.leading_directions(matrix, 5)
    expected = np.linalg.svd(matrix.toarray())
    np.testing.assert_allclose(lengths, expected[1][:5], rtol=1e-9)
    found = (left * lengths) @ right
    best = (expected[0][:, :5] * expected[1][:5]) @ expected[2][:5]
    np.testing.assert_allclose(found, best, atol=1e-7)


def test_who_chooses_what_does_not_depend_on_the_seed() -> None:
    ratings = make_ratings(700, 600, 20_000, random_state=0).ratings
    pairs = ratings[["user_id", "item_id"]]
    first, other = (RBMRecommender(random_state=seed).fit(pairs) for seed in (0, 1))
    np.testing.assert_array_equal(
        first.interaction_weights_, other.interaction_weights_
    )
