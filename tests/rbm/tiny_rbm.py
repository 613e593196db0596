"""RBMs small enough for a sum over all their states, and rows for them."""

import numpy as np

from recs_anomaly.rbm.energy import RBMParameters
from recs_anomaly.rbm.units import BernoulliUnits, GaussianUnits, SoftmaxUnits
from tests import naive_rbm as naive

UNITS = {
    "bernoulli": BernoulliUnits(),
    "gaussian": GaussianUnits(np.array([0.5, 1.0, 2.0, 0.25, 1.5, 1.0])),
    "softmax": SoftmaxUnits(3),
}
DISCRETE = ("bernoulli", "softmax")


def random_rbm(kind: str, n_hidden: int = 3, seed: int = 0) -> RBMParameters:
    rng = np.random.default_rng(seed)
    return RBMParameters(
        rng.normal(0, 0.8, (6, n_hidden)),
        rng.normal(0, 0.5, 6),
        rng.normal(0, 0.5, n_hidden),
        UNITS[kind],
    )


def visible_rows(kind: str, n_rows: int = 5) -> np.ndarray:
    rng = np.random.default_rng(1)
    if kind == "gaussian":
        return rng.normal(size=(n_rows, 6))
    states = naive.visible_states(random_rbm(kind))
    return np.array(states)[rng.integers(0, len(states), n_rows)]
