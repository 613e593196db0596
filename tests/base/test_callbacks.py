"""scikit-learn's callbacks (1.9 and later) on everything that is trained in passes."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from recs_anomaly import (
    RBM,
    Autoencoder,
    ImageDenoiser,
    RBMRecommender,
    SequenceClassifier,
    SequenceForecaster,
    TextGenerator,
    TimeSeriesAnomalyDetector,
    VariationalAutoencoder,
)
from recs_anomaly.base.discovery import all_estimators
from tests.eager import untraced

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9")

RNG = np.random.default_rng(0)
ROWS = (RNG.random((40, 6)) < 0.5).astype(float)
LABELS = (ROWS[:, 0] > 0).astype(int)
SEED: dict[str, Any] = {"random_state": 0}
N_PASSES, STOP_AFTER = 3, 2


class Recorder:
    """Keeps what callbacks are told, and asks for the end after some passes."""

    def __init__(self, answer: str, stop_after: int | None = None) -> None:
        self.answer = answer
        self.stop_after = stop_after
        self.events: list[str] = []
        self.answers: list[Any] = []

    def setup(self, estimator: Any, context: Any) -> None:
        self.events.append("setup")

    def teardown(self, estimator: Any, context: Any) -> None:
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        self.events.append(f"begin {context.task_name}")

    def on_fit_task_end(
        self, estimator: Any, context: Any, *, X: Any = None, fitted_estimator: Any
    ) -> bool:
        self.events.append(f"end {context.task_name}")
        self.answers.append(answer_of(fitted_estimator, self.answer, X))
        return len(self.answers) == self.stop_after


def answer_of(model: Any, method: str, X: Any) -> np.ndarray:
    return np.asarray(getattr(model, method)(X))


ITERATIVE = {
    "rbm": (RBM(3, n_iter=N_PASSES, **SEED), "transform", ROWS),
    "gaussian rbm": (
        RBM(3, n_iter=N_PASSES, visible="gaussian", **SEED),
        "transform",
        ROWS,
    ),
    "autoencoder": (Autoencoder((3,), epochs=N_PASSES, **SEED), "transform", ROWS),
    "variational": (
        VariationalAutoencoder((4, 2), epochs=N_PASSES, **SEED),
        "score_samples",
        ROWS,
    ),
    "classifier": (
        SequenceClassifier(n_units=3, epochs=N_PASSES, **SEED),
        "predict_proba",
        ROWS,
    ),
    "forecaster": (
        SequenceForecaster(n_units=8, learning_rate=0.1, epochs=N_PASSES, **SEED),
        "predict",
        RNG.standard_normal((300, 5)),
    ),
    "text": (
        TextGenerator(n_units=3, epochs=N_PASSES, validation_fraction=0.0, **SEED),
        "score_samples",
        ["abab", "baba"] * 20,
    ),
}


@pytest.fixture(params=ITERATIVE)
def case(request: pytest.FixtureRequest) -> Iterator[tuple[Any, str, Any]]:
    model, method, X = ITERATIVE[request.param]
    # Recurrent networks are traced once for all fits of theirs, and quick from then on.
    is_dense = isinstance(model, Autoencoder | VariationalAutoencoder)
    with untraced() if is_dense else nullcontext():
        yield clone(model), method, X


def targets_for(X: Any) -> Any:
    return LABELS if len(X) == len(LABELS) else np.abs(X[:, -1])


def test_each_pass_is_a_task_with_a_model_as_if_fit_had_stopped_there(
    case: tuple[Any, str, Any],
) -> None:
    model, method, X = case
    watched = Recorder(method)
    model.set_callbacks(watched).fit(X, targets_for(X))
    assert watched.events == [
        "setup",
        "begin fit",
        *["begin epoch", "end epoch"] * N_PASSES,
        "end fit",
        "teardown",
    ]
    quiet = clone(model).set_callbacks().fit(X, targets_for(X))
    found = answer_of(model, method, X)
    np.testing.assert_array_equal(found, answer_of(quiet, method, X))
    np.testing.assert_array_equal(watched.answers[-2], found)
    np.testing.assert_array_equal(watched.answers[-1], found)
    assert not np.array_equal(watched.answers[0], found)


def test_a_callback_ends_the_fit(case: tuple[Any, str, Any]) -> None:
    model, method, X = case
    stopping = Recorder(method, STOP_AFTER)
    model.set_callbacks(stopping).fit(X, targets_for(X))
    assert model.n_iter_ == len(model.loss_curve_) == STOP_AFTER
    assert stopping.events.count("end epoch") == STOP_AFTER
    assert stopping.events.count("begin epoch") == STOP_AFTER
    found = answer_of(model, method, X)
    np.testing.assert_array_equal(stopping.answers[STOP_AFTER - 1], found)


def test_at_a_constant_rate_a_pass_leaves_what_a_shorter_fit_would() -> None:
    watched = Recorder("transform")
    model = RBM(3, n_iter=3, schedule="constant", **SEED).set_callbacks(watched)
    model.fit(ROWS)
    for n_passes in (1, 2, 3):
        shorter = RBM(3, n_iter=n_passes, schedule="constant", **SEED).fit(ROWS)
        expected = shorter.transform(ROWS)
        np.testing.assert_array_equal(watched.answers[n_passes - 1], expected)


def test_callbacks_are_torn_down_after_an_error() -> None:
    watched = Recorder("no_such_method")
    with pytest.raises(AttributeError, match="no_such_method"):
        RBM(3, **SEED).set_callbacks(watched).fit(ROWS)
    assert watched.events[-1] == "teardown"
    assert "end fit" not in watched.events


@pytest.mark.usefixtures("eager_keras")
def test_scoring_monitor_scores_each_pass() -> None:
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = SequenceClassifier(n_units=3, epochs=3, learning_rate=0.1, **SEED)
    model.set_callbacks(monitor).fit(ROWS, LABELS)
    scores = [row["accuracy"] for row in monitor.get_logs().data]
    assert len(scores) == 4  # of the whole, which stands first, and of three passes
    assert (
        scores[0] == scores[-1] == model.score(ROWS, LABELS)
    )  # the whole stands first


def test_progress_bars_go_through_pipelines_and_searches() -> None:
    pipeline = make_pipeline(
        StandardScaler(), RBM(3, visible="gaussian", n_iter=2, **SEED)
    )
    search = GridSearchCV(pipeline, {"rbm__n_components": [2, 3]}, cv=2)
    search.set_callbacks(callback.ProgressBar(max_propagation_depth=None)).fit(ROWS)
    assert search.best_estimator_[-1].n_iter_ == 2


PAIRS = np.column_stack([np.repeat(np.arange(6), 4), np.tile(np.arange(4), 6)])
WHOLE = {
    "recommender": lambda: RBMRecommender(n_hidden=2, epochs=1, **SEED),
    "detector": lambda: TimeSeriesAnomalyDetector(epochs=0, **SEED),
    "denoiser": lambda: ImageDenoiser(
        image_shape=(8, 8), weights=None, max_iter=1, sigma=0.3, **SEED
    ),
}


def test_every_estimator_is_looked_at() -> None:
    followed = [type(model) for model, _, _ in ITERATIVE.values()]
    whole = [type(make()) for make in WHOLE.values()]
    assert {*followed, *whole} == {estimator for _, estimator in all_estimators()}


@pytest.mark.parametrize("name", WHOLE)
def test_other_fits_are_one_task(
    name: str, eager_keras: None, rng: np.random.Generator
) -> None:
    X, y, method = {
        "recommender": (PAIRS, np.tile([1.0, 2.0, 3.0, 2.0], 6), "predict"),
        "detector": (rng.standard_normal((120, 2)), None, "score_samples"),
        "denoiser": (rng.random((3, 64)), None, "predict"),
    }[name]
    watched = Recorder(method)
    make: Callable[[], Any] = WHOLE[name]
    model = make().set_callbacks(watched).fit(X, y)
    assert watched.events == ["setup", "begin fit", "end fit", "teardown"]
    np.testing.assert_array_equal(watched.answers[0], answer_of(model, method, X))
