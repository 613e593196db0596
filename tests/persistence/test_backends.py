"""Models fitted by one backend of Keras are served beside another to the same bit."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tests.persistence.every_estimator import SAMPLES

# The convolutions of two backends add up 32 bits in another order; of a range of 1.
TOLERANCE = 1e-5
SAVE = """
import sys
import numpy as np
import keras
from recs_anomaly import save
from tests.persistence.every_estimator import SAMPLES, answer, fitted
for key in SAMPLES:
    save(fitted(key), f"{key}.recs")
    np.save(f"{key}.npy", answer(key, fitted(key)))
assert keras.backend.backend() == sys.argv[1]
"""
LOAD = """
import sys
import numpy as np
import keras
from recs_anomaly import load
from tests.persistence.every_estimator import SAMPLES, answer
for key in SAMPLES:
    np.save(f"{key}-{sys.argv[1]}.npy", answer(key, load(f"{key}.recs")))
assert keras.backend.backend() == sys.argv[1]
"""


def run(program: str, backend: str, folder: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", program, backend],
        cwd=folder,
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
        check=True,
    )


@pytest.mark.slow
@pytest.mark.skipif(find_spec("jax") is None, reason="it needs jax")
@pytest.mark.parametrize(
    ("one", "other"), [("tensorflow", "jax"), ("jax", "tensorflow")]
)
def test_what_one_backend_fitted_another_serves(
    one: str, other: str, tmp_path: Path
) -> None:
    run(SAVE, one, tmp_path)
    run(LOAD, other, tmp_path)
    for key, sample in SAMPLES.items():
        ours = np.load(tmp_path / f"{key}.npy")
        theirs = np.load(tmp_path / f"{key}-{other}.npy")
        assert ours.size
        if sample.is_served_by_keras:
            np.testing.assert_allclose(theirs, ours, atol=TOLERANCE)
        else:
            assert (theirs.dtype, theirs.tobytes()) == (ours.dtype, ours.tobytes()), key
