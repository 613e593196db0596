"""Files of earlier versions load for ever, and answer as they did.

When one of these fails before the first release, because a class now keeps other state,
`python -m tests.persistence.golden.make_golden KIND` makes the file of that kind again.
"""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from recs_anomaly import load
from recs_anomaly.persistence import inspect
from tests.persistence.golden.make_golden import GOLDEN, HOME

FILES = sorted(HOME.glob("*.recs.gz"))
# Other processors may round the last digit in another way; the denoiser computes in 32
# bits, which Keras adds up in any order.
TOLERANCE = {"denoiser": 1e-5}


def kind_of(path: Path) -> str:
    return path.name.rpartition("-")[0]


def test_there_are_files_of_every_kind() -> None:
    assert {kind_of(path) for path in FILES} == GOLDEN.keys()


@pytest.mark.parametrize("packed", FILES, ids=lambda path: path.name.partition(".")[0])
def test_a_file_of_an_earlier_version_answers_as_it_did(
    packed: Path, tmp_path: Path
) -> None:
    path = tmp_path / packed.stem
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    expected = json.loads(packed.with_suffix("").with_suffix(".json").read_text())
    tolerance = TOLERANCE.get(kind_of(packed), 1e-9)
    np.testing.assert_allclose(
        GOLDEN[kind_of(packed)].ask(load(path)), expected, tolerance, tolerance / 1000
    )
    assert inspect(path).metrics == {"made for": "tests"}
