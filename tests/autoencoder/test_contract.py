"""scikit-learn's own checks on the autoencoders: all of them, none expected to fail."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from recs_anomaly import Autoencoder, VariationalAutoencoder

pytestmark = pytest.mark.usefixtures("eager_keras")
QUICK: dict[str, Any] = {"epochs": 1, "batch_size": 1000, "random_state": 0}


# A variational one keeps the same contract by the same code; the few lines that train
# it otherwise have tests of their own.
@parametrize_with_checks(
    [
        Autoencoder((2,), noise=0.5, early_stopping=True, **QUICK),
        VariationalAutoencoder((2,), **{**QUICK, "epochs": 0}),
    ]
)
def test_scikit_learn_contract(
    estimator: Autoencoder | VariationalAutoencoder, check: Callable[[Any], None]
) -> None:
    _check(estimator, check)


@pytest.mark.slow
@parametrize_with_checks([VariationalAutoencoder((2,), **QUICK)])
def test_contract_of_a_variational_one(
    estimator: VariationalAutoencoder, check: Callable[[Any], None]
) -> None:
    _check(estimator, check)


def _check(estimator: Any, check: Callable[[Any], None]) -> None:
    # One check shuffles by NumPy's global generator, which our own tests must not.
    before = np.random.get_state()  # noqa: NPY002
    check(estimator)
    np.random.set_state(before)  # noqa: NPY002
