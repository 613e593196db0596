"""Searches on two workers: Keras trains in processes and in threads, and none waits."""

import json
import subprocess
import sys
from typing import Any

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
from sklearn.preprocessing import MinMaxScaler

from recs_anomaly import RBM, Autoencoder, SequenceClassifier, SequenceForecaster
from recs_anomaly.core import training as core_training

rng = np.random.default_rng(0)
X = rng.standard_normal((40, 6))
y = (X[:, -1] > 0).astype(int)
sequences = SequenceClassifier(n_units=4, epochs=2, random_state=0)
# TensorFlow's threads run before the workers start.
sequences.fit(X, y)
autoencoder = Autoencoder((3,), epochs=2, random_state=0)
codes = make_pipeline(autoencoder, LogisticRegression())
features = make_pipeline(
    MinMaxScaler(clip=True), RBM(4, n_iter=3, random_state=0), LogisticRegression()
)
forecaster = SequenceForecaster(n_units=4, epochs=2, random_state=0)
rates = [0.01, 0.1]


def searched(model, parameter, target, scoring):
    with joblib.parallel_config(sys.argv[1], n_jobs=int(sys.argv[2])):
        search = GridSearchCV(model, {parameter: rates}, cv=2, scoring=scoring)
        return search.fit(X, target).cv_results_["mean_test_score"].tolist()


scores = [
    searched(sequences, "learning_rate", y, "neg_log_loss"),
    searched(codes, "autoencoder__learning_rate", y, "neg_log_loss"),
    searched(features, "rbm__learning_rate", y, "neg_log_loss"),
    searched(forecaster, "learning_rate", X.sum(axis=1), "r2"),
]
# Networks that wait for the next fit: at most one a worker for each shape.
waiting = [len(models) for models in core_training._waiting.values()]
print(json.dumps({"scores": scores, "waiting": waiting}))
"""
# Seconds. Half a minute is usual; only a deadlock takes an hour on the slowest machine.
LONGEST = 3600.0


def found(backend: str, n_jobs: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, backend, str(n_jobs)],
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.slow
def test_searches_in_processes_and_threads_give_what_one_after_another_gives() -> None:
    expected = found("threading", 1)
    for backend in ("loky", "threading"):
        together = found(backend, 2)
        assert together["scores"] == expected["scores"]
        assert max(together["waiting"]) <= 2
