"""What all tests share: the real data sets, seeds, and quiet third parties."""

import gc
import os
import random
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

# Read by TensorFlow when it is first imported; its start-up notes hide our output.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import hypothesis
import numpy as np
import pytest

from tests.eager import untraced

# How long an example takes says more about the machine than about us. `make test` tries
# a quarter as many as is usual, `make test-all` twice as many.
hypothesis.settings.register_profile("quick", deadline=None, max_examples=25)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=200)
hypothesis.settings.load_profile("quick")

# Imports, and building networks, make so many objects that looking for garbage as often
# as is usual took a tenth of all time.
gc.set_threshold(50_000, 20, 50)

# These draw from `random` themselves, once, while they are imported.
DRAWING_IMPORTS = {"keras", "rich.style", "sklearn.datasets"}
NO_REAL_DATA = "set RECS_ANOMALY_DATA to the folder that holds the real data sets"


def _real_data_home() -> Path | None:
    home = os.environ.get("RECS_ANOMALY_DATA")
    return Path(home).resolve() if home and Path(home).is_dir() else None


def pytest_collection_finish() -> None:
    """Look for garbage no more among what has been imported, which stays."""
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("realdata") and _real_data_home() is None:
        pytest.skip(NO_REAL_DATA)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Hold every test to the rule that nothing of ours draws from a global seed."""
    before, had = _global_random_state(), DRAWING_IMPORTS & set(sys.modules)
    outcome = yield
    is_ours = had == DRAWING_IMPORTS & set(sys.modules)
    if is_ours and _global_random_state() != before:
        pytest.fail("the global random state was used", pytrace=False)
    return outcome


def _global_random_state() -> tuple[object, ...]:
    _, keys, *rest = np.random.get_state()  # noqa: NPY002 - the legacy one is meant
    return random.getstate(), keys.tobytes(), *rest


@pytest.fixture(scope="session")
def real_data_home() -> Path:
    """Folder of the real data sets, for tests marked realdata."""
    home = _real_data_home()
    if home is None:
        pytest.skip(NO_REAL_DATA)
    return home


@pytest.fixture
def rng() -> np.random.Generator:
    """Return a generator of the test's own: what it draws hangs on no other test."""
    return np.random.default_rng(0)


@pytest.fixture
def eager_keras() -> Iterator[None]:
    """Train without tracing: it takes longer than a tiny model needs to train."""
    with untraced():
        yield
