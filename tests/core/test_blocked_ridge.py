"""Ridge regression on blocks against scikit-learn, block by block."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from recs_anomaly.core.blocked_ridge import BlockedRidge

RNG = np.random.default_rng(0)
INPUTS, NOISE = RNG.standard_normal((60, 5)), RNG.standard_normal((60, 2))
WANTED = INPUTS[:, :2] @ RNG.standard_normal((2, 2)) + 3.0 + 0.1 * NOISE
BLOCK = np.repeat([0, 1, 2, -1], 15)


@pytest.mark.parametrize("without", [None, 1])
def test_weights_are_those_of_scikit_learn(without: int | None) -> None:
    ridge = BlockedRidge(INPUTS, WANTED, BLOCK, 3)
    found = ridge.weights(np.full(5, 0.02), without)
    # The centre is that of all rows, and the penalty a share of them.
    rows = BLOCK != 1 if without == 1 else BLOCK < 9
    twin = Ridge(0.02 * 60, fit_intercept=False)
    twin.fit((INPUTS - INPUTS.mean(axis=0))[rows], (WANTED - WANTED.mean(axis=0))[rows])
    np.testing.assert_allclose(found, twin.coef_.T)
    if without is None:
        expected = Ridge(0.02 * 60).fit(INPUTS, WANTED)
        np.testing.assert_allclose(ridge.intercepts(found), expected.intercept_)


def test_inputs_without_a_penalty_are_not_used() -> None:
    found = BlockedRidge(INPUTS, WANTED, BLOCK, 3).weights(np.full(2, 0.02))
    expected = BlockedRidge(INPUTS[:, :2], WANTED, BLOCK, 3).weights(np.full(2, 0.02))
    np.testing.assert_allclose(found[:2], expected)
    assert not found[2:].any()


def test_what_is_left_over_is_that_of_rows_not_fitted_to() -> None:
    ridge = BlockedRidge(INPUTS, WANTED, BLOCK, 3)
    penalty = np.full(5, 0.02)
    left = total = 0.0
    for block in range(3):
        weights = ridge.weights(penalty, block)
        here = block == BLOCK
        apart = WANTED - INPUTS @ weights - ridge.intercepts(weights)
        left += (apart[here] ** 2).sum()
        total += ((WANTED - WANTED.mean(axis=0))[here] ** 2).sum()
    assert ridge.unexplained(penalty, range(3)) == pytest.approx(left / total)
    assert left / total < 0.02


def test_noise_is_left_over_whole() -> None:
    ridge = BlockedRidge(INPUTS, NOISE, BLOCK, 3)
    assert ridge.unexplained(np.full(5, 0.02), range(3)) > 0.9


def test_nothing_is_left_over_of_nothing() -> None:
    ridge = BlockedRidge(INPUTS, np.zeros((60, 1)), BLOCK, 3)
    assert ridge.unexplained(np.full(5, 0.02), range(3)) == 1.0
