"""scikit-learn's own checks on the estimators of sequences: none expected to fail."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from recs_anomaly import SequenceClassifier, SequenceForecaster
from tests.eager import untraced

JUDGING_WHAT_IS_LEARNED = {"check_classifiers_train", "check_class_weight_classifiers"}


@parametrize_with_checks(
    [
        SequenceClassifier(
            "simple_rnn",
            n_units=4,
            epochs=12,
            learning_rate=0.1,
            batch_size=64,
            random_state=0,
        ),
        SequenceForecaster(epochs=0, random_state=0),
    ]
)
def test_scikit_learn_contract(estimator: Any, check: Callable[[Any], None]) -> None:
    if getattr(check, "func", check).__name__ in JUDGING_WHAT_IS_LEARNED:
        _check(estimator, check)
        return
    # For all others one step will do, which takes less time than tracing it.
    hardly_trained = clone(estimator).set_params(epochs=min(1, estimator.epochs))
    with untraced():
        _check(hardly_trained, check)


# With a network a forecaster keeps the same contract: `fit` and `predict` differ in
# what they add to the linear part, which other tests look at.
@pytest.mark.slow
@parametrize_with_checks(
    [SequenceForecaster("simple_rnn", n_units=4, epochs=1, random_state=0)]
)
def test_contract_of_a_network(estimator: Any, check: Callable[[Any], None]) -> None:
    _check(estimator, check)


def _check(estimator: Any, check: Callable[[Any], None]) -> None:
    # One check shuffles by NumPy's global generator, which our own tests must not.
    before = np.random.get_state()  # noqa: NPY002
    check(estimator)
    np.random.set_state(before)  # noqa: NPY002
