"""scikit-learn's own checks on RBM: all of them, none expected to fail."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from recs_anomaly import RBM

# The checks fit values that are no probabilities; RBM says so and goes on.
pytestmark = pytest.mark.filterwarnings("ignore:visible='bernoulli' expects")


@parametrize_with_checks(
    [
        RBM(4, n_iter=3, random_state=0),
        RBM(4, n_iter=3, persistent=False, early_stopping=True, random_state=0),
        RBM(4, n_iter=3, visible="gaussian", random_state=0),
    ]
)
def test_scikit_learn_contract(estimator: RBM, check: Callable[[Any], None]) -> None:
    # One check shuffles by NumPy's global generator, which our own tests must not.
    before = np.random.get_state()  # noqa: NPY002
    check(estimator)
    np.random.set_state(before)  # noqa: NPY002
