"""The names that the package and its folders promise: complete, lazy, and real."""

import pickle
import subprocess
import sys
from importlib import import_module

import pytest

import recs_anomaly
from tests.gates.tree import public_homes

# What must not be imported along with a folder of public names.
LAZY = {
    "recs_anomaly": {"numpy", "pandas", "sklearn"},
    "recs_anomaly.displays": {"matplotlib", "numpy", "pandas"},
    "recs_anomaly.datasets": {"pandas", "pooch", "pyarrow", "numpy"},
    "recs_anomaly.metrics.anomaly": {"pandas"},
    "recs_anomaly.metrics.ranking": {"pandas"},
}
PUBLIC = [
    (package, name, home)
    for package in LAZY
    for name, home in public_homes(package).items()
]


@pytest.mark.parametrize(("package", "name", "home"), PUBLIC)
def test_public_name_is_the_one_of_its_home(package: str, name: str, home: str) -> None:
    known = getattr(import_module(package), name)
    assert known is getattr(import_module(home), name)


@pytest.mark.parametrize("package", LAZY)
def test_what_is_listed_is_what_type_checkers_see(package: str) -> None:
    module = import_module(package)
    assert sorted(module.__all__) == sorted(public_homes(package))
    assert set(module.__all__) <= set(dir(module))


@pytest.mark.parametrize("package", LAZY)
def test_importing_a_folder_loads_nothing_heavy(package: str) -> None:
    script = f"import sys, {package}\nprint({LAZY[package]!r} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="RBMRecomender"):
        recs_anomaly.RBMRecomender  # noqa: B018


def test_errors_of_ours_pickle_with_their_message() -> None:
    from recs_anomaly.exceptions import InputError, RecsAnomalyError

    error = pickle.loads(pickle.dumps(InputError("n must be at least 1; got 0.")))
    assert isinstance(error, RecsAnomalyError)
    assert isinstance(error, ValueError)
    assert str(error) == "n must be at least 1; got 0."
