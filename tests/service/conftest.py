"""One service for all tests that change nothing in it."""

from collections.abc import Iterator

import pytest

from tests.reports.conftest import browser  # noqa: F401
from tests.service.running import Running, running, write_detector, write_recommender


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("service")
    films = write_recommender(folder / "films.recs")
    pump = write_detector(folder / "pump.recs")
    with running(folder / "run", films, pump) as service:
        yield service
