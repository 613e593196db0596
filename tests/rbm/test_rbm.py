"""RBM as people use it: what it learns, answers and refuses."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import BernoulliRBM

from recs_anomaly import RBM
from recs_anomaly.core.activations import sigmoid
from recs_anomaly.exceptions import InputError
from recs_anomaly.rbm.energy import free_energy
from tests.rbm.rbm_rows import KINDS, black_and_white_digits, kind_rows


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return black_and_white_digits()


@pytest.fixture(scope="module")
def fitted(digits: np.ndarray) -> RBM:
    return RBM(12, n_iter=10, random_state=0).fit(digits)


def test_parameters_of_bernoulli_rbm_are_ours_too() -> None:
    theirs = BernoulliRBM(
        7, learning_rate=0.05, batch_size=20, n_iter=3, verbose=0, random_state=0
    )
    ours = RBM(**theirs.get_params())
    assert ours.get_params().items() >= theirs.get_params().items()
    rows = kind_rows("bernoulli")
    for name in ("components_", "intercept_hidden_", "intercept_visible_"):
        mine, other = (getattr(each.fit(rows), name) for each in (ours, theirs))
        assert mine.shape == other.shape
        assert mine.dtype == other.dtype


def test_transform_is_the_chance_of_each_hidden_unit(
    fitted: RBM, digits: np.ndarray
) -> None:
    inputs = digits @ fitted.components_.T + fitted.intercept_hidden_
    np.testing.assert_allclose(fitted.transform(digits), 1 / (1 + np.exp(-inputs)))
    sparse = fitted.transform(scipy.sparse.csr_array(digits))
    np.testing.assert_allclose(sparse, fitted.transform(digits))


def test_digits_are_learned_better_than_by_bernoulli_rbm(digits: np.ndarray) -> None:
    train, test = digits[:300], digits[300:]
    ours = RBM(12, random_state=0).fit(train)
    theirs = BernoulliRBM(12, n_iter=30, random_state=0).fit(train)
    transplanted = clone(ours).fit(train[:20])
    names = ("components", "intercept_hidden", "intercept_visible")
    organs = {name: getattr(theirs, f"{name}_") for name in names}
    transplanted.model_ = transplanted.model_._replace(**organs)
    assert ours.log_likelihood(test).mean > transplanted.log_likelihood(test).mean + 1
    assert ours.score(test) > transplanted.score(test) + 0.5


def test_likelihoods_agree_with_each_other(fitted: RBM, digits: np.ndarray) -> None:
    exact = fitted.log_likelihood(digits)
    assert exact.standard_error == 0.0
    assert exact.mean == pytest.approx(exact.samples.mean())
    differences = exact.samples + free_energy(fitted.model_.parameters(), digits)
    np.testing.assert_allclose(differences, differences[0])
    # A pseudo-likelihood conditions on more than the likelihood's chain rule does.
    assert fitted.score(digits) > exact.mean
    np.testing.assert_array_equal(
        fitted.score_samples(digits), fitted.score_samples(digits)
    )


def test_beyond_twenty_hidden_units_the_likelihood_has_an_error(
    digits: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted = RBM(16, n_iter=5, random_state=0).fit(digits)
    exact = fitted.log_likelihood(digits).mean
    monkeypatch.setattr("recs_anomaly.rbm.rbm.MAX_SUMMED", 10)
    estimate = fitted.log_likelihood(digits)
    assert 0 < estimate.standard_error < 0.1
    assert estimate.mean == pytest.approx(exact, abs=4 * estimate.standard_error)
    assert fitted.log_likelihood(digits).mean == estimate.mean


@pytest.mark.parametrize("kind", KINDS)
def test_samples_and_reconstructions_are_rows_of_that_kind(kind: str) -> None:
    rows = kind_rows(kind)
    model = RBM(4, visible=kind, n_iter=5, random_state=0).fit(rows)
    drawn = [model.sample(40, n_steps=5), model.gibbs(rows)]
    for sample in drawn:
        assert sample.shape[1] == 5
        if kind == "gaussian":
            assert np.abs(sample.mean() - 3.0) < 1.5
        else:
            assert set(np.unique(sample)) <= set(np.unique(rows))
    np.testing.assert_array_equal(model.sample(40, n_steps=5), drawn[0])
    assert not np.array_equal(model.sample(40, n_steps=5, random_state=9), drawn[0])
    assert not np.array_equal(model.gibbs(rows), drawn[1])
    back = model.inverse_transform(model.transform(rows))
    assert back.shape == rows.shape
    if kind == "bernoulli":
        hidden = model.transform(rows)
        inputs = hidden @ model.components_ + model.intercept_visible_
        np.testing.assert_allclose(back, sigmoid(inputs))


@pytest.mark.parametrize("kind", KINDS)
def test_missing_values_are_filled_by_what_goes_with_them(kind: str) -> None:
    rng = np.random.default_rng(0)
    low, high = {"gaussian": (-2.0, 2.0)}.get(kind, (0.0, 1.0))
    rows = np.repeat(np.where(rng.random((300, 1)) < 0.5, low, high), 4, axis=1)
    if kind == "gaussian":
        rows += rng.normal(0, 0.3, rows.shape)
    holes = np.where(rng.random(rows.shape) < 0.2, np.nan, rows)
    model = RBM(4, visible=kind, n_iter=20, random_state=0).fit(holes)
    asked = np.array([[low, low, np.nan, low], [high, np.nan, high, np.nan]])
    back = model.inverse_transform(model.transform(asked))
    assert abs(back[0, 2] - low) < 0.3 * (high - low)
    assert abs(back[1, 1] - high) < 0.3 * (high - low)
    scores = model.score_samples(asked)
    assert np.isfinite(scores).all()
    with pytest.raises(InputError, match="X must hold no NaN"):
        model.log_likelihood(asked)


def test_sparse_rows_teach_what_dense_rows_teach() -> None:
    rng = np.random.default_rng(0)
    topics = rng.integers(0, 3, 400)
    chance = np.full((3, 60), 0.02)
    for topic in range(3):
        chance[topic, topic * 20 : topic * 20 + 20] = 0.4
    rows = (rng.random((400, 60)) < chance[topics]).astype(float)
    dense = RBM(6, random_state=0).fit(rows[:300])
    sparse = RBM(6, random_state=0).fit(scipy.sparse.csr_matrix(rows[:300]))
    independent = RBM(6, n_iter=0, random_state=0).fit(rows[:300])
    held_out = [
        model.log_likelihood(rows[300:]).mean for model in (dense, sparse, independent)
    ]
    assert held_out[1] == pytest.approx(held_out[0], abs=0.5)
    assert min(held_out[:2]) > held_out[2] + 3
    np.testing.assert_allclose(
        sparse.score_samples(scipy.sparse.csr_matrix(rows[300:])),
        sparse.score_samples(rows[300:]),
    )


def test_gaussian_units_take_any_scale() -> None:
    rng = np.random.default_rng(0)
    cause = rng.integers(0, 2, (500, 1)) * 2 - 1.0
    rows = cause + 0.5 * rng.normal(size=(500, 3))
    model = RBM(1, visible="gaussian", random_state=0).fit(rows)
    moved = clone(model).fit(rows * [1.0, 1e3, 1e-3] + [5.0, -400.0, 0.0])
    density = model.log_likelihood(rows).mean
    np.testing.assert_allclose(model.variance_, 0.25, rtol=0.2)
    expected = density - np.log(1e3) - np.log(1e-3)
    assert moved.log_likelihood(
        rows * [1.0, 1e3, 1e-3] + [5.0, -400.0, 0.0]
    ).mean == pytest.approx(expected, abs=0.05)
    normal = -0.5 * np.linalg.slogdet(2 * np.pi * np.e * np.cov(rows.T))[1]
    assert density > normal + 0.1


def test_many_hidden_units_on_gaussian_units_do_not_make_the_steps_too_long() -> None:
    digits = load_digits().data
    curve = RBM(256, visible="gaussian", n_iter=5, random_state=0).fit(digits)
    assert curve.loss_curve_[-1] < curve.loss_curve_[0] - 10


def test_gaussian_units_that_diverge_say_so_at_once() -> None:
    model = RBM(8, visible="gaussian", learning_rate=50.0, random_state=0)
    with pytest.raises(FloatingPointError, match="a smaller learning_rate helps"):
        model.fit(load_digits().data[:200])


def test_softmax_levels_are_known_values() -> None:
    model = RBM(3, visible="softmax", n_iter=2, random_state=0)
    model.fit(kind_rows("softmax"))
    assert model.levels_.tolist() == [1.0, 2.0, 5.0]
    assert model.components_.shape == (3, 15)
    with pytest.raises(InputError, match=r"levels that fit has seen.*got 3\.0"):
        model.transform([[1.0, 2.0, 3.0, 5.0, 5.0]])
    with pytest.raises(InputError, match="at most 101 different values"):
        model.fit(np.arange(102.0)[:, None])


def test_large_initial_weights_keep_all_hidden_units_in_use(
    digits: np.ndarray,
) -> None:
    default = RBM(64, random_state=0).fit(digits)
    spread = RBM(64, initial_spread=1.5, learning_rate=0.01, random_state=0).fit(digits)
    in_use = [
        np.median(model.transform(digits).std(axis=0)) for model in (default, spread)
    ]
    assert in_use[0] < 0.25
    assert in_use[1] > 0.38


def test_values_that_are_no_probabilities_are_pointed_out(digits: np.ndarray) -> None:
    with pytest.warns(UserWarning, match="expects values from 0 to 1, but X ranges"):
        RBM(2, n_iter=1).fit(16 * digits)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"visible": "poisson"}, "visible must be one of .*; got 'poisson'"),
        ({"n_components": 0}, "n_components must be an integer of at least 1; got 0"),
        ({"n_chains": 2.5}, "n_chains must be an integer of at least 1, or None; got"),
        ({"learning_rate": -1}, "learning_rate must be a number of at least 0"),
        ({"initial_spread": np.nan}, "initial_spread must be a number of at least 0"),
        ({"momentum": 1.0}, "momentum must be .* below 1; got 1.0"),
        ({"schedule": "cosine"}, "schedule must be one of"),
    ],
)
def test_wrong_settings_are_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        RBM(**changes).fit(kind_rows("bernoulli"))  # type: ignore[arg-type]


def test_wrong_rows_are_named(fitted: RBM, digits: np.ndarray) -> None:
    with pytest.raises(InputError, match="X must have 12 columns, one a hidden unit"):
        fitted.inverse_transform(np.zeros((2, 11)))
    with pytest.raises(InputError, match=r"n_samples must be an integer .*; got 0"):
        fitted.sample(0)
    holes = scipy.sparse.csr_matrix([[np.nan, 0.0], [1.0, 0.0]])
    with pytest.raises(InputError, match="X must hold no NaN where it is sparse"):
        RBM().fit(holes)
    with pytest.raises(NotFittedError):
        RBM().transform(digits)
