"""What PyOD's own tests ask of every detector, asked of ours."""

import importlib.util
from functools import cache
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.adapters.pyod import PyODDetector
from recs_anomaly.exceptions import MissingExtraError

HAS_PYOD = importlib.util.find_spec("pyod") is not None
needs_pyod = pytest.mark.skipif(not HAS_PYOD, reason="PyOD is not installed")


@cache
def series() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = np.sin(np.arange(900) / 8)[:, None] + 0.05 * rng.normal(size=(900, 1))
    is_abnormal = np.zeros(900, dtype=int)
    is_abnormal[700:712] = 1
    X[is_abnormal == 1] += 2
    return X, is_abnormal


@cache
def fitted() -> Any:
    detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0)
    return PyODDetector(contamination=0.05, detector=detector).fit(series()[0])


@needs_pyod
def test_what_is_fitted_has_pyods_names_and_shares() -> None:
    model, (X, _) = fitted(), series()
    assert model.decision_scores_.shape == model.labels_.shape == (len(X),)
    assert set(np.unique(model.labels_)) == {0, 1}
    assert model.labels_.mean() == pytest.approx(0.05, abs=0.01)
    assert (model.labels_ == (model.decision_scores_ > model.threshold_)).all()
    np.testing.assert_array_equal(
        model.decision_scores_, -model.detector_.score_samples(X)
    )


@needs_pyod
def test_high_scores_are_abnormal() -> None:
    from sklearn.metrics import roc_auc_score

    model, (X, is_abnormal) = fitted(), series()
    assert roc_auc_score(is_abnormal, model.decision_function(X)) > 0.95
    assert model.predict(X)[is_abnormal == 1].mean() > 0.9
    chances = model.predict_proba(X)
    assert chances.shape == (len(X), 2)
    np.testing.assert_allclose(chances.sum(axis=1), 1.0)
    assert chances.min() >= 0
    assert chances.max() <= 1
    unified = model.predict_proba(X, method="unify")
    assert unified[is_abnormal == 1, 1].min() > unified[:600, 1].mean()
    labels, confidence = model.predict(X[:50], return_confidence=True)
    assert labels.shape == confidence.shape == (50,)
    assert ((confidence >= 0) & (confidence <= 1)).all()


@needs_pyod
def test_it_is_copied_and_set_as_scikit_learns() -> None:
    model = fitted()
    blank = clone(model)
    assert not hasattr(blank, "detector_")
    blank.set_params(contamination=0.2, detector__epochs=3)
    assert blank.get_params()["detector__epochs"] == 3
    assert model.detector.epochs == 0


@needs_pyod
def test_a_contamination_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="contamination must be in"):
        PyODDetector(contamination=0.9)


@pytest.mark.skipif(HAS_PYOD, reason="PyOD is installed")
def test_without_pyod_it_says_so() -> None:
    with pytest.raises(MissingExtraError, match="pip install pyod brings it"):
        PyODDetector()
