"""Sparse training against dense training and against what units should do."""

import numpy as np
import pytest

from recs_anomaly.core.activations import sigmoid
from recs_anomaly.rbm.energy import RBMParameters
from recs_anomaly.rbm.sparse import (
    LOOSE,
    SparseRows,
    SparseTrainer,
    bounding_rates,
    draw_sparse,
)
from recs_anomaly.rbm.training import ChainSettings, DenseTrainer, to_joint
from recs_anomaly.rbm.units import BernoulliUnits
from tests.rbm.tiny_rbm import random_rbm, visible_rows


def sparse_rows(visible: np.ndarray) -> SparseRows:
    rows, columns = np.nonzero(visible)
    offsets = np.searchsorted(rows, np.arange(len(visible) + 1))
    values = visible[rows, columns].astype(np.float32)
    return SparseRows(offsets.astype(np.int64), columns, values)


def test_entries_of_rows_in_any_order() -> None:
    visible = np.array([[0, 2.0, 3.0], [0, 0, 0], [4.0, 0, 0]])
    taken = sparse_rows(visible).take(np.array([2, 1, 0]))
    assert taken.rows.tolist() == [0, 2, 2]
    assert taken.columns.tolist() == [0, 1, 2]
    assert taken.values.tolist() == [4.0, 2.0, 3.0]


def test_units_are_drawn_independently_with_their_own_chances() -> None:
    rng = np.random.default_rng(0)
    inputs = np.tile(rng.normal(-2.5, 2.0, (4, 30)).astype(np.float32), (5000, 1))
    rows, columns = draw_sparse(inputs, rng)
    drawn = np.zeros(inputs.shape)
    drawn[rows, columns] = 1.0
    drawn = drawn.reshape(5000, 4, 30)
    np.testing.assert_allclose(drawn.mean(axis=0), sigmoid(inputs[:4]), atol=0.03)
    pairs = np.cov(drawn[:, 0].T)
    np.fill_diagonal(pairs, 0.0)
    assert np.abs(pairs).max() < 0.02


@pytest.mark.parametrize("is_persistent", [True, False])
def test_a_step_is_that_of_dense_training(is_persistent: bool) -> None:
    rbm, visible = random_rbm("bernoulli"), visible_rows("bernoulli")
    visible[2] *= 0.5  # probabilities are allowed too
    n_repeats, n_chains = (1, 20_000) if is_persistent else (4000, 20_000)
    settings = ChainSettings(5 * n_repeats, n_chains, 5, is_persistent, 0.5, 0.01)
    offset = np.zeros(6)
    dense = DenseTrainer(
        rbm,
        visible,
        offset,
        settings._replace(momentum=0.0),
        np.random.default_rng(0),
    )
    sparse = SparseTrainer(
        rbm, sparse_rows(visible), settings, np.random.default_rng(1)
    )
    rows = np.tile(np.arange(5), n_repeats)
    steps = []
    for trainer, rate in ((dense, 0.02), (sparse, 0.01)):  # momentum doubles it
        trainer.step(rows, 0.0)
        trainer.step(rows, rate)
        steps.append(
            to_joint(trainer.rbm(trainer.joint), offset) - to_joint(rbm, offset)
        )
    np.testing.assert_allclose(steps[1] / 0.02, steps[0] / 0.02, atol=0.04)


def test_columns_not_in_use_stay_as_they_are() -> None:
    rbm = random_rbm("bernoulli")._replace(
        weights=np.zeros((6, 3)), visible_bias=np.full(6, -40.0)
    )
    visible = np.zeros((3, 6))
    visible[:, [1, 4]] = 1.0
    settings = ChainSettings(3, 4, 1, True, 0.0, 0.0)
    trainer = SparseTrainer(
        rbm, sparse_rows(visible), settings, np.random.default_rng(0)
    )
    trainer.step(np.arange(3), 0.1)
    moved: RBMParameters = trainer.rbm(trainer.joint)
    assert np.flatnonzero(moved.visible_bias > -39.99).tolist() == [1, 4]
    assert np.flatnonzero(np.abs(moved.weights).sum(axis=1)).tolist() == [1, 4]
    assert isinstance(moved.units, BernoulliUnits)
    assert trainer.chains().shape == (4, 3)


def test_columns_are_drawn_with_their_chances_loose_or_bounded() -> None:
    rng = np.random.default_rng(0)
    rbm = random_rbm("bernoulli")._replace(
        weights=rng.normal(0, 0.7, (6, 3)), visible_bias=np.linspace(-6.0, -2.0, 6)
    )
    n_chains = 400_000
    settings = ChainSettings(1, n_chains, 1, True, 0.0, 0.0)
    trainer = SparseTrainer(rbm, sparse_rows(np.eye(6)), settings, rng)
    hidden = np.resize([[0, 1, 1], [1, 0, 1]], (n_chains, 3)).astype(np.float32)
    trainer.set_chains(hidden)
    is_loose = bounding_rates(trainer.joint[:-1]) > LOOSE
    assert set(is_loose) == {True, False}
    drawn = trainer._draw_visible(trainer._chains)
    visible = np.zeros((n_chains, 6))
    visible[drawn.rows, drawn.columns] = drawn.values
    expected = sigmoid(hidden[:2] @ rbm.weights.T + rbm.visible_bias)
    found = visible.reshape(-1, 2, 6).mean(axis=0)
    error = np.sqrt(expected / (n_chains / 2))
    np.testing.assert_array_less(np.abs(found - expected), 4 * error)
