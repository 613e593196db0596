"""What all tests share: the real data sets, seeds, and quiet third parties."""

import os
from pathlib import Path

# Read by TensorFlow when it is first imported; its start-up notes hide our output.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest

NO_REAL_DATA = "set RECS_ANOMALY_DATA to the folder that holds the real data sets"


def _real_data_home() -> Path | None:
    home = os.environ.get("RECS_ANOMALY_DATA")
    return Path(home).resolve() if home and Path(home).is_dir() else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("realdata") and _real_data_home() is None:
        pytest.skip(NO_REAL_DATA)


@pytest.fixture(scope="session")
def real_data_home() -> Path:
    """Folder of the real data sets, for tests marked realdata."""
    home = _real_data_home()
    if home is None:
        pytest.skip(NO_REAL_DATA)
    return home


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
