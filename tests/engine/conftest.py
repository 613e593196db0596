"""Two processes to work in."""

from collections.abc import Iterator

import pytest
from joblib import parallel_config


@pytest.fixture
def two_processes() -> Iterator[None]:
    with parallel_config(n_jobs=2):
        yield
