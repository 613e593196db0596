"""Tiny RBMs against the sum over all their states."""

import math
from collections import Counter
from itertools import product

import numpy as np
import pytest

from recs_anomaly.rbm import energy as core
from recs_anomaly.rbm.energy import RBMParameters
from recs_anomaly.rbm.units import BernoulliUnits, VisibleUnits
from tests import naive_rbm as naive
from tests.rbm.tiny_rbm import DISCRETE, UNITS, random_rbm, visible_rows


@pytest.mark.parametrize("kind", UNITS)
def test_energy_is_the_sum_over_units_and_pairs(kind: str) -> None:
    rbm, visible = random_rbm(kind), visible_rows(kind)
    hidden = np.array(naive.hidden_states(rbm))[[0, 3, 5, 6, 7]]
    expected = [naive.energy(rbm, v, h) for v, h in zip(visible, hidden, strict=True)]
    np.testing.assert_allclose(core.energy(rbm, visible, hidden), expected, rtol=1e-12)


@pytest.mark.parametrize("kind", UNITS)
@pytest.mark.parametrize("n_hidden", [1, 4])
def test_free_energy_is_the_sum_over_all_hidden_states(
    kind: str, n_hidden: int
) -> None:
    rbm, visible = random_rbm(kind, n_hidden), visible_rows(kind)
    expected = [naive.free_energy(rbm, row) for row in visible]
    np.testing.assert_allclose(core.free_energy(rbm, visible), expected, rtol=1e-12)


@pytest.mark.parametrize("kind", DISCRETE)
def test_conditionals_are_those_of_the_joint_distribution(kind: str) -> None:
    rbm, visible = random_rbm(kind), visible_rows(kind, 1)
    hidden = np.array([[1.0, 0.0, 1.0]])
    joint = naive.probabilities(rbm)
    given_visible = {h: p for (v, h), p in joint.items() if v == tuple(visible[0])}
    given_hidden = {v: p for (v, h), p in joint.items() if h == tuple(hidden[0])}
    for mean, known in (
        (core.sigmoid(core.hidden_input(rbm, visible)), given_visible),
        (core.reconstruct(rbm, hidden), given_hidden),
    ):
        expected = sum(p * np.array(state) for state, p in known.items())
        np.testing.assert_allclose(mean[0], expected / sum(known.values()), rtol=1e-10)


@pytest.mark.parametrize("kind", UNITS)
def test_mean_is_the_slope_of_the_log_partition(kind: str) -> None:
    units: VisibleUnits = UNITS[kind]
    inputs = np.random.default_rng(2).normal(size=(1, 6))
    step = 1e-6 * np.eye(6)
    slope = units.log_partition(inputs + step) - units.log_partition(inputs - step)
    np.testing.assert_allclose(units.mean(inputs)[0], slope / 2e-6, rtol=1e-6)


@pytest.mark.parametrize("kind", UNITS)
def test_drawn_values_have_the_mean_of_the_units(kind: str) -> None:
    inputs = np.tile(np.random.default_rng(3).normal(size=6), (40_000, 1))
    expected = UNITS[kind].mean(inputs[:1])[0]
    UNITS[kind].draw(inputs, np.random.default_rng(4), np.empty_like(inputs))
    np.testing.assert_allclose(inputs.mean(axis=0), expected, atol=0.03)
    if kind == "gaussian":
        variance = UNITS[kind].variance  # type: ignore[attr-defined]
        np.testing.assert_allclose(inputs.var(axis=0), variance, rtol=0.05)
    if kind == "softmax":
        assert (inputs.reshape(-1, 2, 3).sum(axis=2) == 1).all()


def test_binary_units_with_huge_inputs_are_drawn_without_warning() -> None:
    inputs = np.array([[-1e4, 1e4, -200.0]], np.float32)
    BernoulliUnits().draw(inputs, np.random.default_rng(0), np.empty_like(inputs))
    assert inputs.tolist() == [[0.0, 1.0, 0.0]]


def test_a_long_gibbs_chain_visits_states_as_often_as_they_are_probable() -> None:
    rng = np.random.default_rng(5)
    weights = rng.normal(0, 1.0, (3, 2))
    rbm = RBMParameters(
        weights, rng.normal(size=3), rng.normal(size=2), BernoulliUnits()
    )
    visible = np.zeros((2000, 3))
    visits: Counter[tuple[float, ...]] = Counter()
    for step in range(60):
        visible = core.gibbs_step(rbm, visible, rng)
        if step >= 10:
            visits.update(map(tuple, visible.tolist()))
    joint = naive.probabilities(rbm)
    for state in product((0.0, 1.0), repeat=3):
        probability = sum(p for (v, _), p in joint.items() if v == state)
        assert visits[state] / visits.total() == pytest.approx(probability, abs=0.01)


def test_missing_units_take_the_mean_that_the_others_give_them() -> None:
    # One hidden unit that repeats what any visible unit says.
    rbm = RBMParameters(
        np.full((3, 1), 8.0), np.full(3, -4.0), np.array([-8.0]), BernoulliUnits()
    )
    visible = np.array([[1.0, 1.0, np.nan], [0.0, 0.0, np.nan], [1.0, 0.0, 1.0]])
    filled = core.fill_missing(rbm, visible)
    on = 1 / (1 + math.exp(-4))
    np.testing.assert_allclose(filled[0], [1.0, 1.0, on], atol=1e-3)
    np.testing.assert_allclose(filled[1], [0.0, 0.0, 1 - on], atol=1e-2)
    np.testing.assert_array_equal(filled[2], visible[2])
    assert np.isnan(visible[:2, 2]).all()
