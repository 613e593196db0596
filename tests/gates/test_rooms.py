"""Who may import whom: rooms of the house, families, and third parties."""

import ast
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.gates.tree import (
    APPLICATIONS,
    DOORS,
    FAMILIES,
    PACKAGE,
    ROOT,
    module_name,
    parsed,
    public_homes,
    python_files,
    relative,
)


@dataclass(frozen=True)
class Room:
    """What the files of one folder may import beside the standard library."""

    ours: set[str] = field(default_factory=set)
    third_parties: set[str] = field(default_factory=set)


# What all may use: exceptions, the text of their messages, and how files are written.
GROUND = ("exceptions", "extras", "replacing", "text")
SHARED = {"core", "base", "metrics", "datasets", "engine"}
EVERYTHING = (
    FAMILIES
    | SHARED
    | {*("adapters", "displays", "persistence", "reports", "service", "cli")}
)
FAMILY = Room(
    ours=SHARED,
    third_parties={
        "PIL",
        "keras",
        "numpy",
        "onnx",
        "onnxruntime",
        "pandas",
        "png",
        "rapidfuzz",
        "scipy",
        "skimage",
        "sklearn",
        "tifffile",
    },
)
ROOMS = {
    **dict.fromkeys(GROUND, Room()),
    "core": Room(third_parties={"keras", "numpy", "rich", "scipy"}),
    "base": Room(
        ours={"core"},
        third_parties={
            "narwhals",
            "numpy",
            "pandas",
            "scipy",
            "sklearn",
            "threadpoolctl",
        },
    ),
    "metrics": Room(
        ours={"base", "core"},
        third_parties={"lazy_loader", "numpy", "pandas", "scipy", "skimage", "sklearn"},
    ),
    "datasets": Room(
        ours={"base", "core"},
        third_parties={
            *("adbc_driver_manager", "lazy_loader", "numpy", "pandas", "pooch"),
            *("pyarrow", "scipy", "sklearn"),
        },
    ),
    "engine": Room(
        ours={"base", "core"}, third_parties={"dask", "distributed", "joblib"}
    ),
    **dict.fromkeys(sorted(FAMILIES), FAMILY),
    "persistence": Room(ours=FAMILIES | {"base"}, third_parties={"numpy"}),
    "reports": Room(
        ours=FAMILIES | SHARED, third_parties={"jinja2", "numpy", "pandas"}
    ),
    "adapters": Room(
        ours=FAMILIES | SHARED,
        third_parties={"lenskit", "numpy", "pandas", "pyod", "sklearn", "sktime"},
    ),
    "displays": Room(
        ours=FAMILIES | SHARED | {"reports"},
        third_parties={"lazy_loader", "matplotlib", "numpy", "pandas", "sklearn"},
    ),
    "service": Room(
        ours=FAMILIES | SHARED | {"persistence", "reports"},
        third_parties={
            *("PIL", "fastapi", "numpy", "pandas", "prometheus_client", "pydantic"),
            *("starlette", "uvicorn"),
        },
    ),
    "cli": Room(ours=EVERYTHING, third_parties={"click", "pandas", "rich"}),
    "__init__": Room(ours=EVERYTHING, third_parties={"lazy_loader"}),
    "__main__": Room(ours={"cli"}),
    "scripts": Room(ours=EVERYTHING, third_parties={"click", "pandas", "rich"}),
}
# In a family, Keras stands where networks are built, trained or exported, and
# scikit-learn in the doors: the estimators, their bases and what fits them.
KERAS_FILES = {"keras_model", "network", "networks", "training"}
SKLEARN_FILES = DOORS | {"_base", "assembly", "choices", "fitting", "series", "table"}
SOURCE_FILES = python_files(PACKAGE, ROOT / "scripts")
FAMILY_FILES = [
    path for path in SOURCE_FILES if path.relative_to(ROOT).parts[1] in FAMILIES
]
PUBLIC_HOMES = public_homes("recs_anomaly")
# Whose users alone import our adapters for them.
NEIGHBOURS = {"lenskit", "pyod", "sktime"}
DISTRIBUTIONS = {
    "PIL": "pillow",
    "adbc_driver_manager": "adbc-driver-manager",
    "lazy_loader": "lazy-loader",
    "png": "pypng",
    "prometheus_client": "prometheus-client",
    # FastAPI is made of these, and hands them on.
    "pydantic": "fastapi",
    "starlette": "fastapi",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
}


def test_files_import_only_what_their_rooms_may() -> None:
    for path in SOURCE_FILES:
        room = room_of(module_name(path))
        assert room in ROOMS, f"{relative(path)} stands in no room of the house"
    assert found_in(breaches, SOURCE_FILES) == {}


def test_files_of_a_family_keep_to_their_floors() -> None:
    """Keras and scikit-learn where they are needed, no application in an estimator."""
    assert found_in(misplaced, FAMILY_FILES) == {}
    assert found_in(back_imports, FAMILY_FILES) == {}


def found_in(
    rule: Callable[[ast.Module, str], Iterator[str]], files: list[Path]
) -> dict[str, list[str]]:
    """What breaks a rule, by file."""
    found = {path: list(rule(parsed(path), module_name(path))) for path in files}
    return {relative(path): broken for path, broken in found.items() if broken}


@pytest.mark.parametrize("room", ROOMS)
def test_third_parties_of_a_room_are_declared_dependencies(room: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    # What few users need is asked for where it is used, and named where it is missing.
    optional = ("dask", "onnx", "plot", "serve", "sql", "train")
    asked_for = [name for extra in optional for name in extras[extra]]
    required = [*project["dependencies"], *asked_for]
    declared = {requirement.split(">=")[0] for requirement in required} | NEIGHBOURS
    used = {DISTRIBUTIONS.get(name, name) for name in ROOMS[room].third_parties}
    assert used <= declared


@pytest.mark.parametrize(
    ("module", "source", "breach"),
    [
        ("recs_anomaly.core.training", "import sklearn.base", "sklearn.base"),
        (
            "recs_anomaly.core.training",
            "def f():\n    from recs_anomaly.metrics import rmse",
            "recs_anomaly.metrics.rmse",
        ),
        ("recs_anomaly.base.state", "import_module('keras')", "keras"),
        (
            "recs_anomaly.metrics.rating",
            "from recs_anomaly import save",
            "recs_anomaly.save",
        ),
        (
            "recs_anomaly.rbm.rbm",
            "from recs_anomaly import datasets, recommend",
            "recs_anomaly.recommend",
        ),
        (
            "recs_anomaly.recommend.model",
            "from recs_anomaly.rbm.energy import free_energy",
            "recs_anomaly.rbm.energy.free_energy",
        ),
        (
            "recs_anomaly.recommend.model",
            "from recs_anomaly import Autoencoder",
            "recs_anomaly.Autoencoder",
        ),
    ],
)
def test_a_forbidden_import_is_noticed(module: str, source: str, breach: str) -> None:
    assert list(breaches(ast.parse(source), module)) == [breach]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("recs_anomaly.core.training", "import json\nfrom keras import ops"),
        ("recs_anomaly.rbm.rbm", "from recs_anomaly.core.training import train"),
        (
            "recs_anomaly.core.training",
            "from recs_anomaly.exceptions import InputError",
        ),
        ("recs_anomaly.cli.data", "from recs_anomaly import __version__, save"),
        (
            "recs_anomaly.recommend.serving.titles",
            "from recs_anomaly.recommend.model import RatingModel",
        ),
    ],
)
def test_an_allowed_import_passes(module: str, source: str) -> None:
    assert list(breaches(ast.parse(source), module)) == []
    assert list(back_imports(ast.parse(source), module)) == []


def test_a_misplaced_import_is_noticed() -> None:
    keras = ast.parse("def f():\n    import keras")
    assert list(misplaced(keras, "recs_anomaly.rbm.energy")) == ["keras"]
    assert list(misplaced(keras, "recs_anomaly.rbm.keras_model")) == []
    sklearn = ast.parse("from sklearn.base import clone")
    assert list(misplaced(sklearn, "recs_anomaly.rbm.energy")) == ["sklearn.base.clone"]
    assert list(misplaced(sklearn, "recs_anomaly.rbm.rbm")) == []
    assert list(misplaced(sklearn, "recs_anomaly.recommend.evaluation.trial")) == []
    serving = ast.parse("from recs_anomaly.recommend.serving import titles")
    assert list(back_imports(serving, "recs_anomaly.recommend.model")) == [
        "recs_anomaly.recommend.serving.titles"
    ]


def breaches(tree: ast.Module, module: str) -> Iterator[str]:
    """Imported names, in order, that the room of a module forbids."""
    room = room_of(module)
    for name in imported_names(tree):
        package = name.partition(".")[0]
        if package == "recs_anomaly":
            allowed = {room, *GROUND, "__all__", "__version__", *ROOMS[room].ours}
            is_allowed = room_of(name) in allowed
        else:
            is_allowed = (
                package in sys.stdlib_module_names
                or package in ROOMS[room].third_parties
            )
        if not is_allowed:
            yield name


def misplaced(tree: ast.Module, module: str) -> Iterator[str]:
    """Imports of Keras and scikit-learn in files of a family that do without them."""
    parts = module.split(".")
    file = parts[-1]
    is_application = bool(APPLICATIONS & set(parts[2:-1]))
    for name in imported_names(tree):
        package = name.partition(".")[0]
        if package == "keras" and file not in KERAS_FILES:
            yield name
        is_door = file in SKLEARN_FILES or file.endswith("_fitting") or is_application
        if package == "sklearn" and not is_door:
            yield name


def back_imports(tree: ast.Module, module: str) -> Iterator[str]:
    """Imports of a family's applications in its estimators and models."""
    if APPLICATIONS & set(module.split(".")[2:]):
        return
    for name in imported_names(tree):
        parts = [*name.split("."), "", ""]
        if parts[1] in FAMILIES and parts[2] in APPLICATIONS:
            yield name


def room_of(name: str) -> str:
    """Room that a dotted name of ours belongs to; a public name goes by its home."""
    first, _, rest = name.partition(".")
    if first != "recs_anomaly":
        return first
    part = rest.partition(".")[0]
    if part in PUBLIC_HOMES:
        return room_of(PUBLIC_HOMES[part])
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
