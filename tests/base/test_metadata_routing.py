"""Metadata routing: weights and classes reach the step that asked for them."""

from collections.abc import Generator

import numpy as np
import pytest
import sklearn
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from recs_anomaly import SequenceClassifier, SequenceForecaster

X = np.random.default_rng(0).standard_normal((30, 6))
Y = np.where(X[:, 0] > 0, "up", "down")
# Half of the sequences weigh nothing: a fit that hears of it is one on the other half.
WEIGHTS = np.arange(30) % 2.0
COUNTED = WEIGHTS > 0


@pytest.fixture(autouse=True)
def routing(eager_keras: None) -> Generator[None]:
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def classifier() -> SequenceClassifier:
    return SequenceClassifier("simple_rnn", n_units=3, epochs=1, random_state=0)


def test_weights_reach_a_classifier_in_a_pipeline() -> None:
    asking = classifier().set_fit_request(sample_weight=True)
    scaler = StandardScaler().set_fit_request(sample_weight=True)
    model = make_pipeline(scaler, asking).fit(X, Y, sample_weight=WEIGHTS)
    half = make_pipeline(StandardScaler(), classifier()).fit(X[COUNTED], Y[COUNTED])
    np.testing.assert_allclose(model.predict_proba(X), half.predict_proba(X), rtol=1e-4)


def test_weights_are_cut_like_the_rows_in_a_search() -> None:
    asking = (
        classifier()
        .set_fit_request(sample_weight=True)
        .set_score_request(sample_weight=True)
    )
    cut = KFold(2)
    search = GridSearchCV(asking, {"learning_rate": [0.003]}, cv=cut)
    search.fit(X, Y, sample_weight=WEIGHTS)
    expected = [
        classifier()
        .fit(X[train][COUNTED[train]], Y[train][COUNTED[train]])
        .score(X[test][COUNTED[test]], Y[test][COUNTED[test]])
        for train, test in cut.split(X)
    ]
    found = [search.cv_results_[f"split{fold}_test_score"][0] for fold in range(2)]
    np.testing.assert_allclose(found, expected)


def test_weights_that_nobody_asked_for_are_an_error_and_not_lost() -> None:
    model = make_pipeline(StandardScaler(), classifier())
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        model.fit(X, Y, sample_weight=WEIGHTS)
    scaler = StandardScaler().set_fit_request(sample_weight=True)
    deaf = make_pipeline(scaler, classifier().set_fit_request(sample_weight=False))
    rows = scaler.fit_transform(X, sample_weight=WEIGHTS)
    deaf.fit(X, Y, sample_weight=WEIGHTS)
    expected = classifier().fit(rows, Y).predict_proba(rows)
    np.testing.assert_array_equal(deaf.predict_proba(X), expected)


def test_weights_reach_partial_fit() -> None:
    asking = classifier().set_partial_fit_request(sample_weight=True)
    each = OneVsRestClassifier(asking)
    each.partial_fit(X, Y, classes=["down", "up"], sample_weight=WEIGHTS)
    alone = classifier().partial_fit(X, Y == "up", [False, True], WEIGHTS)
    np.testing.assert_allclose(each.predict_proba(X), alone.predict_proba(X))


def test_a_forecaster_is_scored_by_weighted_windows() -> None:
    targets = X.sum(axis=1)
    model = SequenceForecaster(epochs=0).set_score_request(sample_weight=True)
    fitted = make_pipeline(StandardScaler(), model).fit(X, targets)
    weighted = fitted.score(X, targets + 1, sample_weight=WEIGHTS)
    assert weighted == pytest.approx(fitted.score(X[COUNTED], targets[COUNTED] + 1))
    assert weighted != pytest.approx(fitted.score(X, targets + 1))
