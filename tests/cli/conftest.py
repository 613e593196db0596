"""A saved model and a way to call commands, for all tests of the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from recs_anomaly.cli import main
from recs_anomaly.persistence import save
from tests.fitted import sample_recommender


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Model file of the sample's 400 users and 600 films; nobody may change it."""
    path = tmp_path_factory.mktemp("model") / "sample.recs"
    save(sample_recommender(), path)
    return path


@pytest.fixture
def run() -> Callable[..., Result]:
    """Call recs-anomaly with some words."""

    def call(*words: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words])

    return call
