"""SequenceClassifier: what it learns, what it refuses, and how it goes on."""

import pickle
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_score

from recs_anomaly import SequenceClassifier, load, save

QUICK: dict[str, Any] = {"n_units": 6, "learning_rate": 0.02, "random_state": 0}


def first_sign(n_samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two channels of noise; the label is the sign of the first channel's start."""
    X = np.random.default_rng(seed).standard_normal((n_samples, 6, 2))
    return X * [1.0, 50.0] + [3.0, -400.0], np.where(X[:, 0, 0] > 0, "up", "down")


@pytest.fixture(scope="module")
def task() -> tuple[np.ndarray, np.ndarray]:
    return first_sign(120, 0)


@pytest.fixture(scope="module")
def fitted(task: tuple[np.ndarray, np.ndarray]) -> SequenceClassifier:
    return SequenceClassifier(epochs=40, **QUICK).fit(*task)


def test_it_remembers_the_first_step(fitted: SequenceClassifier) -> None:
    X, y = first_sign(500, 1)
    scores = fitted.predict_proba(X)[:, 1]
    assert fitted.classes_.tolist() == ["down", "up"]
    assert roc_auc_score(y, scores) > 0.95
    assert fitted.score(X, y) > 0.85
    assert fitted.n_iter_ == len(fitted.loss_curve_) == 40
    assert fitted.loss_curve_[-1] < fitted.loss_curve_[0] / 2


@pytest.mark.usefixtures("eager_keras")
@pytest.mark.parametrize(
    ("cell", "activation"),
    [("gru", "tanh"), ("lstm", "tanh"), ("simple_rnn", "tanh"), ("simple_rnn", "relu")],
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_numpy_answers_as_keras_does(
    cell: str, activation: str, n_classes: int, rng: np.random.Generator
) -> None:
    X = rng.standard_normal((40, 5, 3))
    X[:8, 3:] = np.nan  # padding
    X[8:12, :2] = np.nan  # padding at the start, which counts for nothing too
    X[20:24, 2, 1] = np.nan  # one channel is unknown
    y = rng.integers(0, n_classes, 40)
    model = SequenceClassifier(cell, activation=activation, epochs=2, **QUICK).fit(X, y)
    network = model.to_keras()
    theirs = keras.ops.convert_to_numpy(network(X.astype("float32")))
    ours = model.predict_proba(X)
    np.testing.assert_allclose(
        ours if n_classes > 2 else ours[:, 1:], theirs, atol=2e-6
    )


def test_padding_counts_for_nothing(
    fitted: SequenceClassifier, task: tuple[np.ndarray, np.ndarray]
) -> None:
    X = task[0][:20]
    padded = np.full((20, 11, 2), np.nan)
    padded[:, 2:5], padded[:, 6:9] = X[:, :3], X[:, 3:]
    np.testing.assert_allclose(
        fitted.predict_proba(padded), fitted.predict_proba(X), rtol=1e-12
    )


@pytest.mark.usefixtures("eager_keras")
def test_one_channel_needs_no_third_axis(rng: np.random.Generator) -> None:
    X, y = rng.standard_normal((30, 4)), rng.integers(0, 3, 30)
    flat = SequenceClassifier(epochs=2, **QUICK).fit(X, y)
    deep = SequenceClassifier(epochs=2, **QUICK).fit(X[:, :, None], y)
    np.testing.assert_array_equal(
        flat.predict_proba(X), deep.predict_proba(X[:, :, None])
    )
    assert (flat.n_features_in_, deep.n_features_in_, deep.n_channels_) == (4, 1, 1)


def test_the_textbook_network_is_one_line(rng: np.random.Generator) -> None:
    X = rng.standard_normal((64, 10, 50))
    y = (X[:, -1, :5].sum(axis=1) > 0).astype(int)
    model = SequenceClassifier(
        "simple_rnn", n_units=128, activation="relu", epochs=15, random_state=0
    ).fit(X, y)
    assert model.score(X, y) > 0.9
    kinds = [type(layer).__name__ for layer in model.to_keras().layers]
    assert kinds[-2:] == ["SimpleRNN", "Dense"]
    assert [w.shape for w in model.to_keras().weights][:2] == [(50, 128), (128, 128)]


def test_weights_are_copies_to_the_last_bit(
    task: tuple[np.ndarray, np.ndarray], rng: np.random.Generator
) -> None:
    X, y = task[0][:40], task[1][:40]
    weights = rng.integers(0, 4, 40)
    order = rng.permutation(int(weights.sum()))
    options: dict[str, Any] = {"epochs": 3, "early_stopping": True, **QUICK}
    weighted = SequenceClassifier(**options).fit(X, y, sample_weight=weights)
    copied = SequenceClassifier(**options).fit(
        X.repeat(weights, axis=0)[order], y.repeat(weights)[order]
    )
    np.testing.assert_array_equal(weighted.kernel_, copied.kernel_)


def test_class_weights_move_the_probabilities(rng: np.random.Generator) -> None:
    X = rng.standard_normal((120, 6, 2))
    y = (np.arange(120) < 24).astype(int)

    def mean_probability(class_weight: Any) -> float:
        model = SequenceClassifier(
            class_weight=class_weight, epochs=15, **{**QUICK, "learning_rate": 0.04}
        )
        return float(model.fit(X, y).predict_proba(X)[:, 1].mean())

    assert mean_probability(None) == pytest.approx(0.2, abs=0.05)
    assert mean_probability("balanced") == pytest.approx(0.5, abs=0.08)
    of_one = mean_probability({1: 4.0})
    assert of_one == mean_probability({0: 1, 1: 4})
    assert of_one == pytest.approx(0.5, abs=0.08)


@pytest.mark.usefixtures("eager_keras")
def test_gradients_are_shortened(task: tuple[np.ndarray, np.ndarray]) -> None:
    """Adam hardly moves for a gradient far shorter than its epsilon, 1e-7."""
    X, y = task[0][:, :3], task[1]
    quick = {**QUICK, "cell": "simple_rnn"}
    first = SequenceClassifier(epochs=0, **quick).fit(X, y).recurrent_kernel_
    moved = {
        clip_norm: SequenceClassifier(epochs=2, clip_norm=clip_norm, **quick)
        .fit(X, y)
        .recurrent_kernel_
        - first
        for clip_norm in (None, 1e6, 1e-12)
    }
    assert np.abs(moved[None]).max() > 0.01
    np.testing.assert_allclose(moved[1e6], moved[None], atol=1e-5)
    np.testing.assert_allclose(moved[1e-12], 0.0, atol=1e-5)


def test_early_stopping_keeps_the_best_epoch(rng: np.random.Generator) -> None:
    X, y = rng.standard_normal((60, 6, 2)), rng.integers(0, 2, 60)
    model = SequenceClassifier(
        epochs=200, early_stopping=True, validation_fraction=0.3, patience=4, **QUICK
    ).fit(X, y)
    losses = model.validation_loss_curve_
    assert model.n_iter_ == len(losses) == int(np.argmin(losses)) + 5 < 100
    plain = SequenceClassifier(epochs=2, **QUICK).fit(X, y)
    assert plain.validation_loss_curve_ == []


def test_refits_are_equal_to_the_last_bit(task: tuple[np.ndarray, np.ndarray]) -> None:
    models = [SequenceClassifier(epochs=2, **QUICK).fit(*task) for _ in range(2)]
    SequenceClassifier(epochs=1, n_units=6, random_state=9).fit(*task)
    again = models[0].fit(*task)
    assert again.kernel_.tobytes() == models[1].kernel_.tobytes()
    assert again.n_iter_ == 2
    other = SequenceClassifier(epochs=2, **{**QUICK, "random_state": 1}).fit(*task)
    assert (other.kernel_ != again.kernel_).any()


def test_partial_fit_goes_on_also_after_a_pickle(
    task: tuple[np.ndarray, np.ndarray],
) -> None:
    X, y = task
    model = SequenceClassifier(**QUICK)
    assert model.partial_fit(X, y, classes=["up", "down", "level"]) is model
    assert model.predict_proba(X).shape == (120, 3)
    before = model.loss_curve_[0]
    for _ in range(10):
        model.partial_fit(X, y)
    assert model.loss_curve_[-1] < before - 0.3
    assert model.n_iter_ == 11
    copy = pickle.loads(pickle.dumps(model)).partial_fit(X, y)
    np.testing.assert_array_equal(copy.kernel_, model.partial_fit(X, y).kernel_)


def test_warm_start_goes_on_from_the_last_fit(
    task: tuple[np.ndarray, np.ndarray],
) -> None:
    warm = SequenceClassifier(epochs=5, warm_start=True, **QUICK).fit(*task)
    cold = SequenceClassifier(epochs=5, **QUICK).fit(*task)
    np.testing.assert_array_equal(warm.kernel_, cold.kernel_)
    assert warm.fit(*task).n_iter_ == 10
    assert warm.loss_curve_[9] < cold.loss_curve_[4]
    with pytest.raises(ValueError, match="y must hold classes that are known"):
        warm.fit(task[0], np.where(task[1] == "up", "left", "right"))


def test_among_scikit_learns_tools(task: tuple[np.ndarray, np.ndarray]) -> None:
    X = task[0]
    y = np.where(X[:, -1, 0] > 3.0, "up", "down")
    model = SequenceClassifier(epochs=12, **QUICK)
    assert cross_val_score(model, X, y, cv=2, scoring="roc_auc").mean() > 0.9
    calibrated = CalibratedClassifierCV(model, cv=2).fit(X, y)
    assert calibrated.score(X, y) > 0.7
    flat = X[:, :, 0]
    voting = VotingClassifier(
        [("rnn", model), ("line", LogisticRegression())], voting="soft"
    ).fit(flat, y)
    assert voting.score(flat, y) > 0.9


def test_a_model_file_answers_and_goes_on_as_before(
    task: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    X, y = task
    model = SequenceClassifier(**QUICK).partial_fit(X, y, classes=["down", "up"])
    save(model, tmp_path / "model.recs")
    again = load(tmp_path / "model.recs")
    assert again.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    np.testing.assert_array_equal(
        again.partial_fit(X, y).kernel_, model.partial_fit(X, y).kernel_
    )


def test_a_file_whose_cell_does_not_fit_its_arrays_is_refused(
    fitted: SequenceClassifier,
) -> None:
    other = pickle.loads(pickle.dumps(fitted)).set_params(cell="lstm")
    with pytest.raises(
        ValueError, match=r"bias_ must have shape \(1, 24\) for 6 units"
    ):
        other._check_parameters()


def test_a_users_own_network_survives(task: tuple[np.ndarray, np.ndarray]) -> None:
    start = keras.initializers.GlorotUniform(0)
    layer = keras.layers.Dense(1, kernel_initializer=start)
    network = keras.Sequential([keras.Input((3,)), layer])
    network.compile("sgd", "mse")
    before = network.get_weights()
    SequenceClassifier(epochs=1, **QUICK).fit(*task)
    np.testing.assert_array_equal(network.get_weights()[0], before[0])
    keras.backend.clear_session()
    # Networks that wait for their next fit outlive what the user clears.
    SequenceClassifier(epochs=1, **QUICK).fit(*task)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"cell": "rnn"}, "cell must be one of .*; got 'rnn'"),
        ({"activation": "relu"}, "activation='relu' is for cell='simple_rnn'"),
        ({"activation": "elu"}, "activation must be one of"),
        ({"epochs": -1}, "epochs must be an integer of at least 0; got -1"),
        ({"clip_norm": "no"}, "clip_norm must be a number .* or None; got 'no'"),
        ({"class_weight": "even"}, "class_weight must be .*; got 'even'"),
    ],
)
def test_settings_that_break_a_rule(
    parameters: dict[str, Any], message: str, task: tuple[np.ndarray, np.ndarray]
) -> None:
    with pytest.raises(ValueError, match=message):
        SequenceClassifier(**parameters).fit(*task)


def test_data_that_breaks_a_rule(
    fitted: SequenceClassifier, task: tuple[np.ndarray, np.ndarray]
) -> None:
    X, y = task
    for wrong, message in [
        (X[:, :, 0], "X must have 3 dimensions as in fit; it has 2"),
        (X[:, :, :1], "X must have 2 channels as in fit; it has 1"),
        (X[None], r"X must have shape \(n_samples, steps\) or .* got 4 dimensions"),
        (X[:, :0], "X must have steps and channels"),
        ([[1.0], [1.0, 2.0]], "sequences of one length; fill shorter ones up with NaN"),
    ]:
        with pytest.raises(ValueError, match=message):
            fitted.predict(wrong)
    with pytest.raises(ValueError, match="at least two classes; it holds one class"):
        SequenceClassifier().fit(X, ["up"] * 120)
    with pytest.raises(ValueError, match="classes must name all labels in the first"):
        SequenceClassifier().partial_fit(X, y)
    assert fitted.predict(X[:, :3]).shape == (120,)  # any number of steps will do
