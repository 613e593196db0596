"""Likelihoods of tiny RBMs against the sum over all their states."""

import math

import numpy as np
import pytest

from recs_anomaly.rbm import likelihood
from recs_anomaly.rbm.energy import RBMParameters, free_energy, hidden_input
from recs_anomaly.rbm.units import BernoulliUnits, GaussianUnits
from tests import naive_rbm as naive
from tests.rbm.tiny_rbm import DISCRETE, random_rbm, visible_rows


@pytest.mark.parametrize("kind", DISCRETE)
def test_exact_log_partition_is_the_sum_over_all_states(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rbm = random_rbm(kind, n_hidden=4)
    expected = naive.log_partition(rbm)
    assert likelihood.exact_log_partition(rbm) == pytest.approx((expected, 0.0))
    monkeypatch.setattr(likelihood, "BLOCK_ENTRIES", 18)
    assert likelihood.exact_log_partition(rbm).value == pytest.approx(expected)


def test_density_of_a_gaussian_rbm_integrates_to_one() -> None:
    rbm = RBMParameters(
        np.array([[1.0, -0.5]]),
        np.array([0.3]),
        np.array([0.2, -0.4]),
        GaussianUnits(np.array([0.7])),
    )
    values = np.linspace(-8, 8, 4001)[:, None]
    partition = likelihood.exact_log_partition(rbm)
    density = np.exp(likelihood.log_likelihood(rbm, values, partition))
    assert density.sum() * (values[1] - values[0])[0] == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("kind", ["bernoulli", "gaussian", "softmax"])
def test_annealed_estimate_lies_within_its_error(kind: str) -> None:
    rbm = random_rbm(kind, n_hidden=4)
    annealing = likelihood.Annealing(np.zeros(6), n_chains=400, n_temperatures=200)
    estimate = likelihood.estimated_log_partition(
        rbm, annealing, np.random.default_rng(0)
    )
    exact = likelihood.exact_log_partition(rbm).value
    assert 0 < estimate.standard_error < 0.1
    assert estimate.value == pytest.approx(exact, abs=3 * estimate.standard_error)


def pseudo_likelihood(rbm: RBMParameters, visible: np.ndarray) -> np.ndarray:
    is_known = np.ones((len(visible), rbm.units.n_features(rbm.n_visible)))
    return likelihood.log_pseudo_likelihood(rbm, visible, is_known)


def with_feature(kind: str, row: np.ndarray, feature: int) -> list[np.ndarray]:
    """Return the row with each possible value of a feature."""
    if kind == "bernoulli":
        return [np.where(np.arange(6) == feature, value, row) for value in (0.0, 1.0)]
    group = np.arange(6) // 3 == feature
    return [np.where(group, np.arange(6) % 3 == level, row) for level in range(3)]


@pytest.mark.parametrize("kind", DISCRETE)
def test_pseudo_likelihood_compares_each_row_with_its_neighbours(kind: str) -> None:
    rbm, visible = random_rbm(kind), visible_rows(kind)
    expected = []
    for row in visible:
        total = 0.0
        for feature in range(rbm.units.n_features(6)):
            others = with_feature(kind, row, feature)
            partition = sum(math.exp(-naive.free_energy(rbm, v)) for v in others)
            total += -naive.free_energy(rbm, row) - math.log(partition)
        expected.append(total)
    actual = pseudo_likelihood(rbm, visible)
    np.testing.assert_allclose(actual, expected, rtol=1e-10)


@pytest.mark.parametrize("strength", [1.0, 8.0])  # one peak, or two far apart
def test_pseudo_likelihood_of_a_gaussian_rbm_is_a_density(strength: float) -> None:
    rbm, visible = random_rbm("gaussian"), visible_rows("gaussian")
    rbm = rbm._replace(weights=strength * rbm.weights)
    grid = np.linspace(-80, 80, 32001)
    expected = []
    for row in visible:
        total = 0.0
        for feature in range(6):
            along = np.where(np.arange(6) == feature, grid[:, None], row)
            density = np.exp(-free_energy(rbm, along))
            total -= free_energy(rbm, row[None])[0]
            total -= math.log(density.sum() * (grid[1] - grid[0]))
        expected.append(total)
    actual = pseudo_likelihood(rbm, visible)
    np.testing.assert_allclose(actual, expected, rtol=1e-9)


def test_a_probability_in_the_data_weighs_both_values() -> None:
    rbm = random_rbm("bernoulli")
    rows = np.tile(visible_rows("bernoulli")[0], (3, 1))
    rows[:, 2] = [0.0, 0.3, 1.0]
    inputs = hidden_input(rbm, rows)
    log_p = likelihood.log_conditionals(rbm, inputs, rows[:, 2], np.full(3, 2))
    assert log_p[1] == pytest.approx(0.7 * log_p[0] + 0.3 * log_p[2])


def test_pseudo_likelihood_is_likelihood_where_units_are_independent() -> None:
    rng = np.random.default_rng(0)
    rbm = RBMParameters(
        np.zeros((6, 2)), rng.normal(size=6), np.zeros(2), BernoulliUnits()
    )
    visible = visible_rows("bernoulli")
    partition = likelihood.exact_log_partition(rbm)
    np.testing.assert_allclose(
        pseudo_likelihood(rbm, visible),
        likelihood.log_likelihood(rbm, visible, partition),
        rtol=1e-10,
    )
