"""Who only answers needs no extra; who trains is told which one, in a sentence."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recs_anomaly.extras import EXTRAS, told_of_extras
from tests.gates.tree import ROOT
from tests.persistence.golden.make_golden import GOLDEN

# Its network is run by Keras; with the extra onnx it is not.
BY_KERAS = {"denoiser"}
LIGHT = f"""
import gzip, json, sys, tempfile
from pathlib import Path
import numpy as np

ABSENT = {set(EXTRAS)!r}

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, NotInstalled())
"""
ANSWER = """
from recs_anomaly import load
from tests.persistence.golden.make_golden import GOLDEN, HOME

kinds = sys.argv[1:]
for kind in kinds:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.recs"
        path.write_bytes(gzip.decompress((HOME / f"{kind}-1.recs.gz").read_bytes()))
        answer = GOLDEN[kind].ask(load(path))
    expected = json.loads((HOME / f"{kind}-1.json").read_text())
    np.testing.assert_allclose(answer, expected, 1e-9, 1e-12)
assert not ABSENT & set(sys.modules)
print("answered", *kinds)
"""


# Each program has a fork of one process, which has imported what all of them need.
EACH = """
import os
import pandas, sklearn.base, recs_anomaly

for program in sys.argv[1:]:
    if (child := os.fork()) == 0:
        exec(program)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(f"ended with {code}", file=sys.stderr, flush=True)
"""


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LIGHT + program, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_every_saved_model_answers_without_any_extra() -> None:
    kinds = sorted(GOLDEN.keys() - BY_KERAS)
    done = run(ANSWER, *kinds)
    assert done.stdout.split() == ["answered", *kinds], done.stderr


def test_samples_lists_and_what_there_is_need_no_extra(tmp_path: Path) -> None:
    lists = tmp_path / "lists.csv"
    program = f"""
from recs_anomaly import RBMRecommender, save
from recs_anomaly.cli import main
from recs_anomaly.datasets import make_ratings

ratings = make_ratings(30, 20, 300, random_state=0).ratings
model = RBMRecommender(n_hidden=2, epochs=1, random_state=0)
model.fit(ratings, ratings["rating"])
save(model, {str(tmp_path / "films.recs")!r})
main(["data", "list"], standalone_mode=False)
main(["recommend", "all", {str(tmp_path / "films.recs")!r}, "-o", {str(lists)!r}])
"""
    done = run(program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("sample")
    assert len(lists.read_text().splitlines()) > 100


WANTS = [
    (
        "from recs_anomaly.displays import TrainingDisplay\n"
        "TrainingDisplay.from_predictions({'': ([2, 1], None)})",
        "matplotlib",
        "plot",
    ),
    (
        "from recs_anomaly import Autoencoder\nAutoencoder().fit(np.eye(20))",
        "keras",
        "train",
    ),
    (
        "from recs_anomaly import SequenceClassifier\n"
        "SequenceClassifier().fit(np.eye(20), np.arange(20) % 2)",
        "keras",
        "train",
    ),
    ("from recs_anomaly.datasets import read_ratings", "pyarrow", "files"),
    (
        "from recs_anomaly.metrics.image import psnr\n"
        "psnr(np.eye(3), np.zeros((3, 3)), 1.0)",
        "skimage",
        "train",
    ),
    (
        "from recs_anomaly.cli import main\n"
        "main(['recommend', 'evaluate', 'pyproject.toml'])",
        "pyarrow",
        "files",
    ),
]


def test_who_wants_more_is_told_what_brings_it() -> None:
    done = run(EACH, *[program for program, _, _ in WANTS])
    assert done.returncode == 0, done.stderr
    *told, nothing = re.split(r"ended with (-?\d+)\n", done.stderr)
    assert not nothing
    for (_, module, extra), message, code in zip(
        WANTS, told[::2], told[1::2], strict=True
    ):
        sentence = f"{module} is not installed; pip install 'recs-anomaly[{extra}]'"
        assert message.splitlines()[-1].endswith(f"{sentence} brings it."), message
        assert code != "0"


def test_other_modules_are_missing_as_ever() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module"), told_of_extras():
        import no_such_module  # noqa: F401


def test_every_extra_is_one_of_the_project() -> None:
    project = (Path(ROOT) / "pyproject.toml").read_text(encoding="utf-8")
    assert all(f"\n{extra} = [" in project for extra in set(EXTRAS.values()))
    assert np.isin(["keras", "pyarrow"], list(EXTRAS)).all()
