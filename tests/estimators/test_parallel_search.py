"""Searches on two workers: Keras trains in processes and in threads, and none waits."""

import json
import subprocess
import sys

import pytest

# In a process of its own, so that a deadlock is a failure and not the end of the run.
SCRIPT = """
import json
import sys

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from recs_anomaly import Autoencoder, SequenceClassifier

rng = np.random.default_rng(0)
X = rng.standard_normal((40, 6))
y = (X[:, -1] > 0).astype(int)
sequences = SequenceClassifier(n_units=4, epochs=2, random_state=0)
# TensorFlow's threads run before the workers start.
sequences.fit(X, y)
autoencoder = Autoencoder((3,), epochs=2, random_state=0)
codes = make_pipeline(autoencoder, LogisticRegression())
scores = []
for model, grid in (
    (sequences, {"learning_rate": [0.01, 0.1]}),
    (codes, {"autoencoder__learning_rate": [0.01, 0.1]}),
):
    with joblib.parallel_config(sys.argv[1], n_jobs=int(sys.argv[2])):
        search = GridSearchCV(model, grid, cv=2, scoring="neg_log_loss").fit(X, y)
    scores.append(search.cv_results_["mean_test_score"].tolist())
print(json.dumps(scores))
"""
LONGEST = 240.0  # seconds


def scores(backend: str, n_jobs: int) -> list[list[float]]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, backend, str(n_jobs)],
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
def test_searches_in_processes_and_threads_give_what_one_after_another_gives() -> None:
    expected = scores("threading", 1)
    assert scores("loky", 2) == expected
    assert scores("threading", 2) == expected
