"""TensorFlow and JAX train the same network to the same answers.

Weights, order and batches are drawn by NumPy, so that only the rounding of 32 bits
differs. `TOLERANCE` is what a few epochs may make of it.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

TOLERANCE = 1e-3  # of a probability
PROGRAM = """
import json
import numpy as np
from recs_anomaly import SequenceClassifier
rng = np.random.default_rng(0)
X = rng.standard_normal((64, 8, 2))
X[:9, 5:] = np.nan
y = rng.integers(0, 3, 64)
model = SequenceClassifier({cell!r}, n_units=8, epochs=5, random_state=0).fit(X, y)
print(json.dumps(model.predict_proba(X).tolist()))
"""


@pytest.mark.slow
@pytest.mark.skipif(find_spec("jax") is None, reason="it needs jax")
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_backends_agree(cell: str) -> None:
    answers = []
    for backend in ("tensorflow", "jax"):
        finished = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(cell=cell)],
            env={**os.environ, "KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
            check=True,
        )
        answers.append(json.loads(finished.stdout.splitlines()[-1]))
    np.testing.assert_allclose(*answers, atol=TOLERANCE)
