"""Who may import whom: the table of floors, ours and third parties alike."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import recs_anomaly
from tests.gates.tree import PACKAGE, ROOT, module_name, parsed, python_files, relative


@dataclass(frozen=True)
class Floor:
    """What the files of one floor may import beside the standard library."""

    ours: set[str] = field(default_factory=set)
    third_parties: set[str] = field(default_factory=set)


EVERYTHING = {
    *("core", "metrics", "datasets", "estimators", "applications"),
    *("persistence", "reports", "cli"),
}
# Read downwards: a floor imports from floors above it, never sideways, never back up.
# All stand on the ground: exceptions, the text of their messages, and how files are
# written. `__init__` only names what is public.
GROUND = {"exceptions", "replacing", "text"}
FLOORS = {
    **dict.fromkeys(GROUND, Floor()),
    "core": Floor(third_parties={"keras", "numpy"}),
    "metrics": Floor(third_parties={"numpy", "pandas", "scipy", "skimage"}),
    "datasets": Floor(
        third_parties={"numpy", "pandas", "pooch", "pyarrow", "scipy", "sklearn"}
    ),
    "estimators": Floor(
        ours={"core", "metrics"},
        third_parties={"numpy", "pandas", "scipy", "sklearn", "threadpoolctl"},
    ),
    "applications": Floor(
        ours={"estimators", "metrics", "datasets"},
        third_parties={"PIL", "numpy", "pandas"},
    ),
    "persistence": Floor(ours={"estimators", "applications"}, third_parties={"numpy"}),
    "reports": Floor(
        ours={"metrics", "applications"},
        third_parties={"jinja2", "numpy", "pandas"},
    ),
    "cli": Floor(ours=EVERYTHING, third_parties={"click", "rich"}),
    "__init__": Floor(ours=EVERYTHING),
    "__main__": Floor(ours={"cli"}),
    "scripts": Floor(ours=EVERYTHING, third_parties={"click", "rich"}),
}
SOURCE_FILES = python_files(PACKAGE, ROOT / "scripts")
DISTRIBUTIONS = {
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
}


@pytest.mark.parametrize("path", SOURCE_FILES, ids=relative)
def test_a_file_imports_only_what_its_floor_may(path: Path) -> None:
    floor = floor_of(module_name(path))
    assert floor in FLOORS, f"{relative(path)} stands on no floor of the house"
    assert list(breaches(parsed(path), module_name(path))) == []


@pytest.mark.parametrize("floor", FLOORS)
def test_third_parties_of_a_floor_are_declared_dependencies(floor: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {requirement.split(">=")[0] for requirement in project["dependencies"]}
    used = {DISTRIBUTIONS.get(name, name) for name in FLOORS[floor].third_parties}
    assert used <= declared


@pytest.mark.parametrize(
    ("module", "source", "breach"),
    [
        ("recs_anomaly.core.rbm", "import sklearn.base", "sklearn.base"),
        (
            "recs_anomaly.core.rbm",
            "def f():\n    from recs_anomaly.metrics import rmse",
            "recs_anomaly.metrics.rmse",
        ),
        ("recs_anomaly.estimators.rbm", "import_module('keras')", "keras"),
        (
            "recs_anomaly.metrics.rating",
            "from recs_anomaly import save",
            "recs_anomaly.save",
        ),
        (
            "recs_anomaly.metrics.rating",
            "from recs_anomaly import datasets",
            "recs_anomaly.datasets",
        ),
        (
            "recs_anomaly.applications.recommend",
            "from recs_anomaly.applications import anomaly",
            "recs_anomaly.applications.anomaly",
        ),
    ],
)
def test_a_forbidden_import_is_noticed(module: str, source: str, breach: str) -> None:
    assert list(breaches(ast.parse(source), module)) == [breach]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("recs_anomaly.core.rbm", "import json\nfrom keras import ops"),
        ("recs_anomaly.core.rbm", "from recs_anomaly.core.training import train"),
        ("recs_anomaly.core.rbm", "from recs_anomaly.exceptions import InputError"),
        ("recs_anomaly.cli.data", "from recs_anomaly import __version__, save"),
        (
            "recs_anomaly.applications.recommend",
            "from recs_anomaly.applications._titles import match",
        ),
    ],
)
def test_an_allowed_import_passes(module: str, source: str) -> None:
    assert list(breaches(ast.parse(source), module)) == []


def breaches(tree: ast.Module, module: str) -> Iterator[str]:
    """Imported names, in order, that the floor of a module forbids."""
    floor = floor_of(module)
    for name in imported_names(tree):
        package = name.partition(".")[0]
        if package == "recs_anomaly":
            is_allowed = _may_import_ours(module, name)
        else:
            is_allowed = (
                package in sys.stdlib_module_names
                or package in FLOORS[floor].third_parties
            )
        if not is_allowed:
            yield name


def _may_import_ours(module: str, name: str) -> bool:
    own, other = floor_of(module), floor_of(name)
    if own == other == "applications":
        same_job = name.split(".")[2:3] == module.split(".")[2:3]
        return same_job or name.split(".")[2].startswith("_")
    return other in {own, *GROUND, "__version__", *FLOORS[own].ours}


def floor_of(name: str) -> str:
    """Floor that a dotted name of ours belongs to; a public name goes by its home."""
    first, _, rest = name.partition(".")
    if first != "recs_anomaly":
        return first
    part = rest.partition(".")[0]
    if part in recs_anomaly._HOMES:
        return floor_of(recs_anomaly._HOMES[part])
    return part or "__init__"


def imported_names(tree: ast.Module) -> Iterator[str]:
    """Dotted names that a module imports anywhere, lazily or by string included."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.Call(
                func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name
