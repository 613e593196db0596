"""The names that `recs_anomaly.datasets` promises: complete, lazy, and real."""

import subprocess
import sys
from importlib import import_module

import pytest

from recs_anomaly import datasets


@pytest.mark.parametrize("name", datasets.__all__)
def test_public_name_is_the_one_of_its_home(name: str) -> None:
    home = import_module(datasets._HOMES[name])
    assert getattr(datasets, name) is getattr(home, name)


def test_every_listed_name_has_a_home_and_is_seen_by_dir() -> None:
    assert sorted(datasets.__all__) == sorted(datasets._HOMES)
    assert set(datasets.__all__) <= set(dir(datasets))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'fetch_netflix'"):
        datasets.fetch_netflix  # noqa: B018


def test_importing_the_folder_loads_nothing_heavy() -> None:
    script = (
        "import sys, recs_anomaly.datasets\n"
        "print({'pandas', 'pooch', 'pyarrow', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
