"""Training steps against the gradient that a sum over all states gives."""

from collections.abc import Callable

import numpy as np
import pytest

from recs_anomaly.rbm.energy import RBMParameters, free_energy
from recs_anomaly.rbm.likelihood import exact_log_partition, log_likelihood
from recs_anomaly.rbm.training import (
    ChainSettings,
    DenseTrainer,
    RBMSchedule,
    from_joint,
    rate_at,
    standardised,
    to_joint,
    train,
    unstandardised,
)
from recs_anomaly.rbm.units import BernoulliUnits, GaussianUnits
from tests import naive_rbm as naive
from tests.rbm.tiny_rbm import DISCRETE, UNITS, random_rbm, visible_rows

OFFSET = np.array([0.1, 0.9, 0.5, 0.3, 0.2, 0.4])
RATE = 0.01


def settings(n_chains: int, **changes: object) -> ChainSettings:
    usual = ChainSettings(
        batch_size=5,
        n_chains=n_chains,
        n_gibbs_steps=1,
        is_persistent=True,
        momentum=0.0,
        weight_decay=0.0,
    )
    return usual._replace(**changes)  # type: ignore[arg-type]


def likelihood_by_summing(rbm: RBMParameters, visible: np.ndarray) -> float:
    free = [naive.free_energy(rbm, row) for row in visible]
    return -float(np.mean(free)) - naive.log_partition(rbm)


def slope(rbm: RBMParameters, visible: np.ndarray) -> np.ndarray:
    """Gradient of the likelihood in the coordinates of the joint matrix."""
    joint = to_joint(rbm, OFFSET).astype(np.float64)
    gradient = np.zeros_like(joint)
    for place in np.ndindex(joint.shape):
        ends = []
        for side in (1e-4, -1e-4):
            moved = joint.copy()
            moved[place] += side
            ends.append(
                likelihood_by_summing(from_joint(moved, OFFSET, rbm.units), visible)
            )
        gradient[place] = (ends[0] - ends[1]) / 2e-4
    return gradient


@pytest.mark.parametrize("kind", DISCRETE)
@pytest.mark.parametrize("is_persistent", [True, False])
def test_a_step_follows_the_gradient_of_the_likelihood(
    kind: str, is_persistent: bool
) -> None:
    rbm, visible = random_rbm(kind, n_hidden=2), visible_rows(kind)
    n_repeats = 1 if is_persistent else 4000
    chosen = settings(
        20_000,
        is_persistent=is_persistent,
        n_gibbs_steps=10,
        batch_size=5 * n_repeats,
    )
    trainer = DenseTrainer(rbm, visible, OFFSET, chosen, np.random.default_rng(0))
    rows = np.tile(np.arange(5), n_repeats)
    trainer.step(rows, 0.0)  # lets the chains forget where they began
    trainer.step(rows, RATE)
    moved = to_joint(trainer.rbm(trainer.joint), OFFSET) - to_joint(rbm, OFFSET)
    np.testing.assert_allclose(moved / RATE, slope(rbm, visible), atol=0.02)


def test_coordinates_measured_from_the_mean_are_the_same_machine() -> None:
    rbm = random_rbm("bernoulli")
    again = from_joint(to_joint(rbm, OFFSET), OFFSET, rbm.units)
    for expected, actual in zip(rbm[:3], again[:3], strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_an_rbm_on_standardised_values_gives_the_same_density() -> None:
    rbm, visible = random_rbm("gaussian"), visible_rows("gaussian")
    mean, scale = np.linspace(-2, 3, 6), np.linspace(0.5, 4, 6)
    other = standardised(rbm, mean, scale)
    expected = log_likelihood(rbm, visible, exact_log_partition(rbm))
    moved = (visible - mean) / scale
    actual = log_likelihood(other, moved, exact_log_partition(other))
    np.testing.assert_allclose(actual - np.log(scale).sum(), expected, rtol=1e-5)
    again = unstandardised(other, mean, scale)
    for before, after in zip(rbm[:3], again[:3], strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-5)


def test_momentum_and_decay_by_hand() -> None:
    rbm, visible = random_rbm("bernoulli"), visible_rows("bernoulli")
    plain = DenseTrainer(rbm, visible, OFFSET, settings(8), np.random.default_rng(0))
    chosen = settings(8, momentum=0.5, weight_decay=2.0)
    trainer = DenseTrainer(rbm, visible, OFFSET, chosen, np.random.default_rng(0))
    start = to_joint(rbm, OFFSET)
    for each in (plain, trainer):
        each.step(np.arange(5), RATE)
    first = to_joint(plain.rbm(plain.joint), OFFSET) - start
    after = to_joint(trainer.rbm(trainer.joint), OFFSET)
    kept = np.full((7, 4), 1.0)
    kept[:-1, :-1] = 1 - 2.0 * RATE
    np.testing.assert_allclose(after, kept * (start + first), atol=1e-5)
    trainer.step(np.arange(5), 0.0)  # what is left is half of the first step
    moved = to_joint(trainer.rbm(trainer.joint), OFFSET)
    np.testing.assert_allclose(moved, after + 0.5 * first, atol=1e-5)


@pytest.mark.parametrize("kind", UNITS)
def test_the_last_short_batch_and_several_steps_keep_parameters_finite(
    kind: str,
) -> None:
    rbm, visible = random_rbm(kind), visible_rows(kind, 13)
    trainer = DenseTrainer(rbm, visible, OFFSET, settings(4), np.random.default_rng(0))
    schedule = RBMSchedule(2, 5, 0.1, is_decaying=True)
    trained = train(
        trainer,
        schedule,
        np.random.default_rng(0),
        lambda rbm: float(free_energy(rbm, visible).mean()),
        lambda *_: False,
    )
    assert len(trained.losses) == 2
    assert all(np.isfinite(each).all() for each in trained.rbm[:3])
    assert trainer.chains().shape == (4, 3)
    assert set(np.unique(trainer.chains())) <= {0.0, 1.0}


def fitted(
    build: Callable[..., DenseTrainer],
    start: RBMParameters,
    visible: np.ndarray,
    n_epochs: int,
) -> RBMParameters:
    offset = np.nan_to_num(np.nanmean(visible, axis=0))
    if isinstance(start.units, GaussianUnits):
        offset = np.zeros_like(offset)
    trainer = build(
        start,
        visible,
        offset,
        settings(50, batch_size=20),
        np.random.default_rng(0),
    )
    schedule = RBMSchedule(n_epochs, 20, 0.2, is_decaying=True)
    return train(
        trainer, schedule, np.random.default_rng(1), lambda _: 0.0, lambda *_: False
    ).rbm


def blank(n_visible: int, n_hidden: int, units: object) -> RBMParameters:
    weights = np.random.default_rng(0).normal(0, 0.01, (n_visible, n_hidden))
    return RBMParameters(weights, np.zeros(n_visible), np.zeros(n_hidden), units)  # type: ignore[arg-type]


def test_training_comes_close_to_the_entropy_of_the_data() -> None:
    rng = np.random.default_rng(0)
    cause = rng.random((600, 1)) < 0.4
    visible = (cause ^ (rng.random((600, 5)) < 0.1)).astype(float)
    rbm = fitted(DenseTrainer, blank(5, 2, BernoulliUnits()), visible, 60)
    reached = log_likelihood(rbm, visible, exact_log_partition(rbm)).mean()
    _, counts = np.unique(visible, axis=0, return_counts=True)
    best = (counts * np.log(counts / 600)).sum() / 600
    independent = np.log(
        np.where(visible == 1, visible.mean(axis=0), 1 - visible.mean(axis=0))
    )
    assert best - 0.08 < reached < best
    assert independent.sum(axis=1).mean() < reached - 0.5


def test_gaussian_units_learn_two_clusters_and_their_width() -> None:
    rng = np.random.default_rng(0)
    cause = rng.integers(0, 2, (800, 1))
    visible = (2.0 * cause - 1.0) + 0.3 * rng.normal(size=(800, 2))
    visible /= visible.std(axis=0)
    start = blank(2, 1, GaussianUnits(np.ones(2, np.float32)))
    rbm = fitted(DenseTrainer, start, visible - visible.mean(axis=0), 60)
    width = 0.3 / np.sqrt(1.09)
    np.testing.assert_allclose(
        np.sqrt(rbm.units.variance),  # type: ignore[attr-defined]
        width,
        rtol=0.15,
    )


def test_missing_values_are_left_out_of_what_is_learned() -> None:
    rng = np.random.default_rng(0)
    whole = np.repeat(rng.integers(0, 2, (600, 1)), 3, axis=1).astype(float)
    visible = np.where(rng.random(whole.shape) < 0.3, np.nan, whole)
    rbm = fitted(DenseTrainer, blank(3, 1, BernoulliUnits()), visible, 60)
    whole_rows = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    partition = exact_log_partition(rbm)
    probability = np.exp(log_likelihood(rbm, whole_rows, partition))
    assert probability.min() > 0.3
    assert probability.sum() > 0.8
    assert np.isnan(visible).any()


def test_a_decaying_rate_is_level_then_falls_to_nothing() -> None:
    schedule = RBMSchedule(10, 5, 0.4, is_decaying=True)
    rates = [rate_at(schedule, share) for share in (0.0, 0.5, 0.75, 1.0)]
    assert rates == pytest.approx([0.4, 0.4, 0.2, 0.0])
    assert rate_at(schedule._replace(is_decaying=False), 0.9) == 0.4


class Counting:
    """A trainer that only counts its steps, as a visible bias."""

    n_rows = 4

    def __init__(self) -> None:
        self.joint = np.zeros((2, 2))

    def step(self, rows: np.ndarray, rate: float) -> None:
        self.joint[0, 1] += 1

    def rbm(self, joint: np.ndarray) -> RBMParameters:
        bias = joint[:1, 1].copy()
        return blank(1, 1, BernoulliUnits())._replace(visible_bias=bias)


def test_training_stops_and_goes_back_to_the_best_epoch() -> None:
    curve = iter([3.0, 1.0, 2.0, 2.0, 0.0])
    trained = train(
        Counting(),
        RBMSchedule(5, 2, 0.1, is_decaying=False, patience=2),
        np.random.default_rng(0),
        lambda _: next(curve),
        lambda *_: False,
    )
    assert trained.losses == [3.0, 1.0, 2.0, 2.0]
    assert trained.rbm.visible_bias.tolist() == [4.0]  # two epochs of two batches


def test_a_decaying_schedule_returns_the_mean_of_the_last_steps() -> None:
    trained = train(
        Counting(),
        RBMSchedule(10, 2, 0.1, is_decaying=True),
        np.random.default_rng(0),
        lambda _: 0.0,
        lambda *_: False,
    )
    assert trained.rbm.visible_bias.tolist() == [np.mean([15, 16, 17, 18, 19, 20])]


def test_a_loss_that_is_no_number_says_what_helps() -> None:
    with pytest.raises(FloatingPointError, match="smaller learning_rate helps"):
        train(
            Counting(),
            RBMSchedule(1, 2, 0.1, is_decaying=False),
            np.random.default_rng(0),
            lambda _: float("nan"),
            lambda *_: False,
        )
