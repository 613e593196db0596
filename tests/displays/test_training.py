"""TrainingDisplay draws the curves that estimators keep."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier

from recs_anomaly import RBM
from recs_anomaly.base.discovery import all_estimators
from recs_anomaly.displays import TrainingDisplay
from recs_anomaly.exceptions import InputError
from tests.persistence.every_estimator import fitted

QUICK = {"Autoencoder", "RBM", "RBMRecommender"}
KEEPING = [
    pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)
    for name, _ in all_estimators()
    if "Detector" not in name
]


@pytest.mark.parametrize("name", KEEPING)
def test_every_estimator_that_trains_shows_its_curve(name: str) -> None:
    model = fitted(name)
    display = TrainingDisplay.from_estimator(model)
    if name == "RBMRecommender":
        assert {view for view, _ in display.lines_} == {"user view", "item view"}
        curve, _ = model.training_history_["item"]
        drawn = display.lines_["item view", "learned"]
    else:
        curve = model.loss_curve_
        drawn = display.lines_["", "learned"]
    np.testing.assert_array_equal(drawn.get_ydata(), curve)
    np.testing.assert_array_equal(drawn.get_xdata(), np.arange(1, len(curve) + 1))
    display.figure_.canvas.draw()


def test_the_best_epoch_is_that_of_the_rows_held_out() -> None:
    curves = {"a": ([3, 2, 1], [3, 1, 2]), "b": ([1, 0], None), "c": ([1], [])}
    display = TrainingDisplay.from_predictions(curves)
    assert display.best_ == {"a": 2}
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["a, learned", "a, held out", "b, learned", "c, learned"]


def test_of_scikit_learn_too(rng: np.random.Generator) -> None:
    X = rng.normal(size=(20, 2))
    model = MLPClassifier(max_iter=3, random_state=0)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        model.fit(X, X[:, 0] > 0)
    drawn = TrainingDisplay.from_estimator(model).lines_["", "learned"]
    np.testing.assert_array_equal(drawn.get_ydata(), model.loss_curve_)


def test_what_has_no_curve_is_refused() -> None:
    with pytest.raises(InputError, match="PCA keeps no training curve"):
        TrainingDisplay.from_estimator(PCA().fit(np.eye(2)))
    with pytest.raises(NotFittedError):
        TrainingDisplay.from_estimator(RBM())
    for curves in ({}, {"a": ([], [1.0])}):
        with pytest.raises(InputError, match="curves must hold at least one"):
            TrainingDisplay.from_predictions(curves)
