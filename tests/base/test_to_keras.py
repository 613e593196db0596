"""Networks handed to Keras answer what estimators answer, also once Keras saved them.

SequenceClassifier and the autoencoders have their tests beside the others of theirs.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from recs_anomaly import (
    RBM,
    ImageDenoiser,
    RBMRecommender,
    SequenceForecaster,
    TextGenerator,
    TimeSeriesAnomalyDetector,
)
from recs_anomaly.anomaly.judging import judge
from recs_anomaly.anomaly.window_codes import WindowAutoencoder, uncorrected
from recs_anomaly.core.recurrent import Recurrent, starting_weights
from recs_anomaly.datasets import make_ratings
from recs_anomaly.exceptions import InputError
from recs_anomaly.persistence._registry import class_of
from recs_anomaly.sequences.text import EDGE, encode
from tests.persistence.every_estimator import SAMPLES, fitted

RATINGS = make_ratings(40, 25, 500, random_state=0).ratings
PAIRS = RATINGS[["user_id", "item_id"]]
TABLE = RATINGS.pivot_table("rating", "user_id", "item_id")


def said(network: Any, *inputs: np.ndarray) -> Any:
    """Output of a network, as NumPy has it."""
    given = [part.astype(np.float32) for part in inputs]
    outputs = network(given if len(given) > 1 else given[0], training=False)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, outputs)


@pytest.fixture(scope="module", params=["gru", "lstm"])
def detector(request: pytest.FixtureRequest) -> TimeSeriesAnomalyDetector:
    rng = np.random.default_rng(0)
    slow = np.sin(np.arange(600) / 7)
    series = np.column_stack([slow, 5 + slow**2, np.arange(600) % 50 < 9])
    series[:, :2] += 0.1 * rng.normal(size=(600, 2))
    cell = request.param
    detector = TimeSeriesAnomalyDetector(cell=cell, epochs=0, random_state=0)
    detector.fit(series)
    assert detector.targets_.tolist() == [0, 1]
    # Any networks will do, trained or not.
    network = any_network(cell, 3, 4, 2, rng)
    linear = detector.model_.autoencoder
    corrected = uncorrected(linear.mean, linear.components, 5)
    added = [0.3 * rng.normal(size=array.shape) for array in corrected[2:]]
    detector.model_ = detector.model_._replace(
        recurrent=network, autoencoder=WindowAutoencoder(*corrected[:2], *added)
    )
    return detector


def any_network(
    cell: str, n_inputs: int, n_units: int, n_outputs: int, rng: np.random.Generator
) -> Recurrent:
    """Weights that say something."""
    arrays = starting_weights(cell, n_inputs, n_units, n_outputs, rng)
    return Recurrent(*(array + 0.3 * rng.normal(size=array.shape) for array in arrays))


def test_networks_of_a_detector(detector: TimeSeriesAnomalyDetector) -> None:
    rng = np.random.default_rng(1)
    series = rng.normal([0, 5, 0.5], size=(2, 120, 3))
    outputs = said(detector.to_keras(), series)
    for each, expected, left_over in zip(
        series, outputs["expected"], outputs["left_over"], strict=True
    ):
        ours = detector.explain(each)["expected"].to_numpy()
        np.testing.assert_allclose(expected, ours, atol=1e-4)
        errors = judge(detector.model_, each, 0).errors[1]
        np.testing.assert_allclose(left_over, errors, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("width", [5, 60])
def test_network_of_a_forecaster(width: int, rng: np.random.Generator) -> None:
    series = np.sin(np.arange(400) / 5)[:, None] ** [1, 3] + 0.05 * rng.normal(
        size=(400, 2)
    )
    forecaster = SequenceForecaster(window=width, horizon=3, n_units=3, epochs=0)
    forecaster.fit_series(series)
    forecaster._store_recurrent(any_network("gru", 2, 3, 6, rng))
    windows = rng.normal(size=(20, width, 2))
    windows[:10][rng.random((10, width, 2)) < 0.6] = np.nan
    ours = forecaster.predict(windows)
    assert ours.shape == (20, 3, 2)
    np.testing.assert_allclose(said(forecaster.to_keras(), windows), ours, atol=1e-4)


@pytest.mark.usefixtures("eager_keras")
@pytest.mark.parametrize("cell", ["gru", "lstm", "simple_rnn"])
def test_network_of_a_text_generator(cell: str) -> None:
    generator = TextGenerator(cell, n_units=5, epochs=2, random_state=0)
    generator.fit(["to be or not to be"] * 4)
    symbols = encode("not to ?e", generator.alphabet_)
    inputs = np.concatenate([[EDGE], symbols[:-1]])[None]
    chances = said(generator.to_keras(), inputs)[0]
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, atol=1e-6)
    bits = -np.log2(chances[np.arange(len(symbols)), symbols]).mean()
    assert generator.score_samples(["not to ?e"]) == pytest.approx(bits, abs=1e-5)


@pytest.mark.parametrize("sigma", [0.05, 0.4])
def test_network_of_a_denoiser(sigma: float, rng: np.random.Generator) -> None:
    rows = np.linspace(0.2, 0.8, 16)[:, None]
    images = (rows + 0.05 * rng.standard_normal((2, 16, 24))).astype(np.float32)
    ours = ImageDenoiser.from_pretrained(sigma=sigma).predict(images)
    network = ImageDenoiser.from_pretrained().to_keras()
    theirs = said(network, images[..., None], np.full((2, 1), sigma))
    np.testing.assert_allclose(theirs[..., 0], ours, atol=1e-5)


def test_network_of_a_denoiser_leaves_clean_images(rng: np.random.Generator) -> None:
    images = rng.random((2, 8, 8, 1)).astype(np.float32)
    network = ImageDenoiser.from_pretrained().to_keras()
    np.testing.assert_array_equal(said(network, images, np.zeros((2, 1))), images)


@pytest.mark.filterwarnings("ignore:In the future `np:FutureWarning")  # tf2onnx
def test_network_of_a_denoiser_is_ready_to_be_exported(tmp_path: Path) -> None:
    network = ImageDenoiser.from_pretrained().to_keras()
    assert network._called  # else Keras refuses to export it to ONNX
    pytest.importorskip("tf2onnx")
    runtime = pytest.importorskip("onnxruntime")
    network.export(tmp_path / "denoiser.onnx", format="onnx", verbose=False)
    session = runtime.InferenceSession(tmp_path / "denoiser.onnx")
    assert [each.name for each in session.get_inputs()] == ["noisy", "sigma"]


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_network_of_an_rbm(visible: str, rng: np.random.Generator) -> None:
    rows = rng.integers(0, 2, (30, 7)).astype(float)
    machine = RBM(4, visible=visible, n_iter=20, random_state=0).fit(rows)
    ours = machine.transform(rows)
    np.testing.assert_allclose(said(machine.to_keras(), rows), ours, atol=1e-6)
    np.testing.assert_allclose(said(machine.to_keras_layer(), rows), ours, atol=1e-6)


def test_a_stack_of_rbms_starts_a_network_that_trains_on(
    rng: np.random.Generator,
) -> None:
    rows = rng.integers(0, 2, (40, 7)).astype(float)
    stack = make_pipeline(RBM(5, random_state=0), RBM(3, random_state=1)).fit(rows)
    network = keras.Sequential([rbm.to_keras_layer() for _, rbm in stack.steps])
    np.testing.assert_allclose(said(network, rows), stack.transform(rows), atol=1e-6)
    start = keras.initializers.GlorotUniform(0)
    network.add(keras.layers.Dense(1, "sigmoid", kernel_initializer=start))
    network.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    before = network.layers[0].get_weights()[0]
    network.train_on_batch(rows.astype(np.float32), rows[:, :1])
    assert np.abs(network.layers[0].get_weights()[0] - before).max() > 1e-3
    np.testing.assert_array_equal(stack[0].components_.T.astype("float32"), before)


def test_network_of_an_rbm_of_levels(rng: np.random.Generator) -> None:
    rows = rng.choice([1.0, 2.0, 5.0], (20, 3))
    machine = RBM(4, visible="softmax", n_iter=20, random_state=0).fit(rows)
    units = (rows[..., None] == machine.levels_).reshape(20, 9)
    np.testing.assert_allclose(
        said(machine.to_keras(), units), machine.transform(rows), atol=1e-6
    )


@pytest.mark.usefixtures("eager_keras")
@pytest.mark.parametrize("view", ["both", "user", "item"])
def test_network_of_a_recommender(view: str) -> None:
    model = RBMRecommender(n_hidden=3, epochs=2, view=view, random_state=0)
    model.fit(PAIRS, RATINGS["rating"])
    people = TABLE.reindex(columns=model.items_).to_numpy(copy=True)[:6]
    people[4, np.flatnonzero(~np.isnan(people[4]))[1:]] = np.nan  # one rating is left
    people[5] = np.nan
    ours = [
        model.recommend_for(
            {
                item: rating
                for item, rating in zip(model.items_, person, strict=True)
                if not np.isnan(rating)
            },
            n=len(model.items_),
            exclude_seen=False,
        )
        .set_index("item_id")["rating_mean"]
        .reindex(model.items_)
        for person in people
    ]
    np.testing.assert_allclose(said(model.to_keras(), people), ours, atol=1e-4)


def test_choices_alone_make_no_network() -> None:
    model = RBMRecommender(random_state=0).fit(PAIRS)
    with pytest.raises(InputError, match="predicting ratings needs a fit with ratings"):
        model.to_keras()


@pytest.mark.parametrize(
    "key", [key for key in SAMPLES if hasattr(class_of(key), "to_keras")]
)
def test_keras_alone_saves_and_loads_the_network(key: str, tmp_path: Path) -> None:
    network = fitted(key).to_keras()
    network.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    shapes = [[2, *(64 if n is None else n for n in i.shape[1:])] for i in again.inputs]
    inputs = [np.random.default_rng(0).random(shape) for shape in shapes]
    keras.tree.map_structure(
        np.testing.assert_array_equal, said(again, *inputs), said(network, *inputs)
    )


def test_who_has_a_network() -> None:
    without = {key for key in SAMPLES if not hasattr(class_of(key), "to_keras")}
    assert without == {"Recommender", "SeriesWatcher", "StreamScorer"}
