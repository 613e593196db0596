"""Before version 1.9 scikit-learn has no callbacks; nothing of ours may miss them."""

import subprocess
import sys

SCRIPT = """
import sys

import sklearn
import sklearn.pipeline

sys.modules["sklearn.callback"] = None
vars(sklearn).pop("callback", None)

from tests.persistence.every_estimator import SAMPLES

rbm, recommender = SAMPLES["RBM"].fit(), SAMPLES["RBMRecommender"].fit()
print(len(SAMPLES), hasattr(rbm, "set_callbacks"), rbm.n_iter_, recommender.view)
"""


def test_all_classes_are_there_and_fit() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["12", "False", "2", "both"]
