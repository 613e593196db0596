"""Before version 1.9 scikit-learn has no callbacks; nothing of ours may miss them."""

import subprocess
import sys

SCRIPT = """
import sys

import numpy as np
import sklearn
import sklearn.pipeline

sys.modules["sklearn.callback"] = None
vars(sklearn).pop("callback", None)

from recs_anomaly import RBM, RBMRecommender
from recs_anomaly.base.discovery import all_estimators

rbm = RBM(2, n_iter=2).fit(np.eye(4))  # in passes, which callbacks hear of
whole = RBMRecommender().fit([["a", "x"], ["b", "x"], ["a", "y"]])  # at one go
print(len(all_estimators()), hasattr(rbm, "set_callbacks"), rbm.n_iter_, whole.view)
"""


def test_all_classes_are_there_and_fit() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["9", "False", "2", "both"]
