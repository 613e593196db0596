"""Autoencoders as people use them: what they learn, answer and refuse."""

import pickle
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError

from recs_anomaly import Autoencoder, VariationalAutoencoder, load, save
from recs_anomaly.exceptions import InputError

AnyAutoencoder: TypeAlias = Autoencoder | VariationalAutoencoder
QUICK: dict[str, Any] = {"epochs": 2, "random_state": 0}
KINDS: dict[str, AnyAutoencoder] = {
    "plain": Autoencoder((12, 5), noise=0.3, **QUICK),
    "gaussian": VariationalAutoencoder((12, 5), **QUICK),
    "bernoulli": VariationalAutoencoder((12, 5), visible="bernoulli", **QUICK),
}
DIGITS = load_digits().data[:300] / 16
FEW = DIGITS[:64]  # two steps a pass, for what depends on no learning


def fresh(kind: str) -> AnyAutoencoder:
    return pickle.loads(pickle.dumps(KINDS[kind]))


@pytest.fixture(scope="module", params=KINDS)
def fitted(request: pytest.FixtureRequest) -> AnyAutoencoder:
    return fresh(request.param).fit(DIGITS)


@pytest.fixture(scope="module")
def trained() -> Autoencoder:
    model = Autoencoder(
        (32, 8), epochs=25, batch_size=32, learning_rate=0.01, random_state=0
    )
    return model.fit(DIGITS)


def test_the_textbook_network_is_one_line() -> None:
    images = np.random.default_rng(0).random((4, 784))
    model = Autoencoder(hidden_layer_sizes=(128, 64), epochs=0).fit(images)
    encoder, decoder = model.to_keras().layers
    units = [layer.units for part in (encoder, decoder) for layer in part.layers]
    assert units == [128, 64, 128, 784]


def test_numpy_answers_what_keras_answers(fitted: AnyAutoencoder) -> None:
    rows = DIGITS.astype(np.float32)
    encoder, decoder = (network := fitted.to_keras()).layers
    codes = fitted.transform(rows)
    largest = np.abs(codes).max()
    given = np.asarray(encoder(rows)) / largest
    np.testing.assert_allclose(given, codes / largest, atol=1e-6)
    rebuilt = fitted.inverse_transform(codes)
    np.testing.assert_allclose(np.asarray(decoder(codes)), rebuilt, atol=1e-6)
    np.testing.assert_array_equal(fitted.reconstruct(rows), rebuilt)
    np.testing.assert_allclose(np.asarray(network(rows)), rebuilt, atol=2e-6)


def test_rows_are_rebuilt_better_than_by_as_many_components(
    trained: Autoencoder,
) -> None:
    components = PCA(8).fit(DIGITS)
    linear = components.inverse_transform(components.transform(DIGITS))
    assert trained.score(DIGITS) > -((DIGITS - linear) ** 2).mean()
    error = ((DIGITS - trained.reconstruct(DIGITS)) ** 2).mean(axis=1)
    np.testing.assert_allclose(trained.score_samples(DIGITS), -error)


def test_a_linear_network_finds_the_principal_components() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 2)) @ rng.normal(size=(2, 6)) * 50 + 1000
    model = Autoencoder((2,), epochs=50, batch_size=20, learning_rate=0.04)
    model.set_params(random_state=0).fit(rows)
    assert model.score(rows) > -1e-3 * rows.var()


def test_what_is_strange_is_rebuilt_worse(trained: Autoencoder) -> None:
    strange = np.random.default_rng(0).permuted(DIGITS, axis=1)
    scores = [trained.score_samples(rows).mean() for rows in (DIGITS, strange)]
    assert scores[1] < 3 * scores[0]


def test_noise_makes_a_network_that_takes_noise_out() -> None:
    settings: dict[str, Any] = {"epochs": 30, "batch_size": 32, "random_state": 0}
    plain = Autoencoder((64, 32), **settings).fit(DIGITS)
    denoising = Autoencoder((64, 32), noise=1.0, **settings).fit(DIGITS)
    noise = plain.scale_ * np.random.default_rng(0).normal(size=DIGITS.shape)
    errors = [
        ((model.reconstruct(DIGITS + noise) - DIGITS) ** 2).mean()
        for model in (plain, denoising)
    ]
    assert errors[1] < 0.8 * errors[0]
    assert errors[1] < 0.5 * (noise**2).mean()


@pytest.mark.parametrize(("visible", "nats"), [("gaussian", 5), ("bernoulli", 1)])
def test_samples_and_bounds_tell_training_rows_from_others(
    visible: str, nats: float
) -> None:
    model = VariationalAutoencoder(
        (64, 8), visible=visible, epochs=20, batch_size=32, random_state=0
    ).fit(DIGITS)
    drawn = model.sample(200)
    assert np.corrcoef(drawn.mean(axis=0), DIGITS.mean(axis=0))[0, 1] > 0.9
    assert drawn.std(axis=0).mean() > 0.3 * DIGITS.std(axis=0).mean()
    np.testing.assert_array_equal(model.sample(200), drawn)
    assert not np.array_equal(model.sample(200, random_state=1), drawn)
    shuffled = np.random.default_rng(0).permuted(DIGITS, axis=1)
    for others in (shuffled, DIGITS[:, ::-1]):
        assert model.score(DIGITS) > model.score(others) + nats
    if visible == "gaussian":
        error = ((model.reconstruct(DIGITS) - DIGITS) ** 2).mean()
        assert model.noise_variance_ == pytest.approx(error, rel=0.4)


@pytest.mark.usefixtures("eager_keras")
def test_gaussian_bounds_are_densities_in_the_rows_own_units() -> None:
    model = fresh("gaussian").fit(FEW)
    moved = fresh("gaussian").fit(8 * FEW + 3)
    expected = model.score_samples(FEW) - 64 * np.log(8)
    np.testing.assert_allclose(moved.score_samples(8 * FEW + 3), expected, rtol=1e-3)


@pytest.mark.usefixtures("eager_keras")
@pytest.mark.parametrize("kind", KINDS)
def test_refits_are_equal_to_the_last_bit(kind: str) -> None:
    first = fresh(kind).fit(FEW)
    weights, losses = first.weights_.tobytes(), first.loss_curve_
    other = fresh("plain").set_params(random_state=7).fit(FEW[:50])
    again = first.fit(FEW)
    assert again.weights_.tobytes() == weights != other.weights_.tobytes()
    assert again.loss_curve_ == losses


@pytest.mark.usefixtures("eager_keras")
@pytest.mark.parametrize("kind", KINDS)
def test_partial_fit_goes_on_also_after_a_pickle_or_a_file(
    kind: str, tmp_path: Path
) -> None:
    model = fresh(kind)
    assert model.partial_fit(FEW) is model
    assert model.n_iter_ == 1
    save(model, tmp_path / "model.recs")
    copy = pickle.loads(pickle.dumps(load(tmp_path / "model.recs")))
    weights = [each.partial_fit(FEW).weights_ for each in (model, copy)]
    assert weights[0].tobytes() == weights[1].tobytes()
    assert model.loss_curve_[1] < model.loss_curve_[0]
    assert model.n_iter_ == len(model.loss_curve_) == 2


def test_a_model_file_answers_as_before(fitted: AnyAutoencoder, tmp_path: Path) -> None:
    save(fitted, tmp_path / "model.recs")
    again = load(tmp_path / "model.recs")
    for method in ("transform", "reconstruct", "score_samples"):
        answers = [getattr(each, method)(DIGITS).tobytes() for each in (fitted, again)]
        assert answers[0] == answers[1]


@pytest.mark.usefixtures("eager_keras")
def test_warm_start_goes_on_from_the_last_fit() -> None:
    model = fresh("plain").set_params(warm_start=True).fit(FEW)
    once = model.weights_
    np.testing.assert_array_equal(once, fresh("plain").fit(FEW).weights_)
    assert model.fit(FEW).n_iter_ == 4
    assert model.loss_curve_[2] < model.loss_curve_[0]


def test_early_stopping_holds_rows_out_and_keeps_the_best() -> None:
    noise = np.random.default_rng(0).normal(size=(40, 30))
    model = Autoencoder(
        (60, 20), epochs=80, batch_size=36, learning_rate=0.01, early_stopping=True
    )
    model.set_params(random_state=0).fit(noise)
    best = int(np.argmin(model.validation_loss_curve_))
    assert model.n_iter_ == best + 11 < 80
    assert len(model.validation_loss_curve_) == len(model.loss_curve_)


def test_names_of_the_codes_and_frames() -> None:
    frame = pd.DataFrame(DIGITS[:, 10:14], columns=list("abcd"))
    model = Autoencoder((3, 2), epochs=0, random_state=0).fit(frame)
    assert model.get_feature_names_out().tolist() == ["autoencoder0", "autoencoder1"]
    assert model.feature_names_in_.tolist() == list("abcd")
    codes = model.set_output(transform="pandas").transform(frame)
    assert codes.columns.tolist() == ["autoencoder0", "autoencoder1"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_layer_sizes": ()}, r"hidden_layer_sizes must be .*; got \(\)"),
        ({"hidden_layer_sizes": (3, 0)}, r"hidden_layer_sizes\[1\] must be .*; got 0"),
        ({"hidden_layer_sizes": 5}, "hidden_layer_sizes must be a sequence.*; got 5"),
        ({"activation": "swish"}, "activation must be one of .*; got 'swish'"),
        ({"noise": -1}, "noise must be a number of at least 0; got -1"),
        ({"epochs": 1.5}, "epochs must be an integer of at least 0; got 1.5"),
        ({"batch_size": 0}, "batch_size must be an integer of at least 1; got 0"),
        ({"learning_rate": np.inf}, "learning_rate must be a number of at least 0"),
    ],
)
def test_wrong_settings_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Autoencoder(**changes).fit(DIGITS)


def test_wrong_rows_and_calls_are_named(fitted: AnyAutoencoder) -> None:
    with pytest.raises(InputError, match="X must have 5 columns, the size of the code"):
        fitted.inverse_transform(np.zeros((2, 4)))
    with pytest.raises(InputError, match=r"visible must be one of .*; got 'softmax'"):
        VariationalAutoencoder(visible="softmax").fit(DIGITS)
    with pytest.raises(NotFittedError):
        VariationalAutoencoder().sample()
    model = VariationalAutoencoder((2,), visible="bernoulli", epochs=0)
    with pytest.warns(UserWarning, match="expects values from 0 to 1, but X ranges"):
        model.fit(16 * DIGITS)
    with pytest.raises(InputError, match=r"n_samples must be an integer .*; got 0"):
        model.sample(0)


def test_a_file_whose_weights_are_not_those_of_its_layers_is_refused(
    tmp_path: Path,
) -> None:
    model = fresh("plain").fit(DIGITS)
    model.model_ = model.model_._replace(layer_sizes=[64, 12, 4])
    save(model, tmp_path / "model.recs")
    with pytest.raises(InputError, match=r"its layers have .* weights"):
        load(tmp_path / "model.recs")
