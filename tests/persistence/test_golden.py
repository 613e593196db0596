"""Files of earlier versions load for ever, and answer as they did."""

import json
from pathlib import Path

import numpy as np
import pytest

from recs_anomaly import load
from recs_anomaly.persistence import inspect
from tests.persistence.golden import make_golden

FILES = sorted(make_golden.HOME.glob("*.recs"))


def test_there_are_files_of_every_kind() -> None:
    kinds = {path.stem.partition("-")[0] for path in FILES}
    assert kinds == make_golden.QUESTIONS.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_of_an_earlier_version_answers_as_it_did(path: Path) -> None:
    kind = path.stem.partition("-")[0]
    expected = json.loads(path.with_suffix(".json").read_text())
    # Other processors may round the last digit in another way.
    np.testing.assert_allclose(
        make_golden.answer(kind, load(path)), expected, rtol=1e-9, atol=1e-12
    )
    assert inspect(path).metrics == {"made for": "tests"}
