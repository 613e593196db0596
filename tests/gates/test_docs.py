"""What is public stands in the reference, and what our pages name is there."""

import re
from importlib import import_module

import pytest

import recs_anomaly
from tests.gates.tree import ROOT

REFERENCE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
LISTED = set(re.findall(r"^   (?:\w+\.)*(\w+)$", REFERENCE, re.MULTILINE))
MODULES = ("recs_anomaly", "recs_anomaly.datasets", "recs_anomaly.metrics.anomaly")
MODULES += ("recs_anomaly.metrics.ranking", "recs_anomaly.displays")
PUBLIC = [
    (module, name) for module in MODULES for name in import_module(module).__all__
]
_BLOCK = re.compile(r"currentmodule:: (\S+)\n(.*?)```", re.DOTALL)
REFERRED = [
    f"{module}.{name}"
    for module, block in _BLOCK.findall(REFERENCE)
    for name in re.findall(r"^   ([\w.]+)$", block, re.MULTILINE)
]
_PLACES = "recs_anomaly|tests|benchmarks|docs|scripts|datasets|[.]ci|[.]github"
PATH = re.compile(rf"(?<![\w/.-])((?:{_PLACES})/[\w./-]*\w)")
PAGES = [
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
    if path.name != "CHANGELOG.md" and "_build" not in path.parts
]
BENCHMARKS = sorted(path.name for path in (ROOT / "benchmarks").glob("[!_]*.py"))


@pytest.mark.parametrize(("module", "name"), PUBLIC)
def test_public_name_is_in_the_reference(module: str, name: str) -> None:
    is_value = not callable(getattr(import_module(module), name))
    assert is_value or name in LISTED


@pytest.mark.parametrize("name", BENCHMARKS)
def test_benchmark_is_in_the_documentation(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    missing = [path for path in PATH.findall(text) if not (ROOT / path).exists()]
    assert missing == []


def test_the_pages_name_paths_of_the_package() -> None:
    named = PATH.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert any(path.startswith("recs_anomaly/") for path in named)
    assert PATH.findall("`recs_anomaly/core/nothing.py`, ../shared/data") == [
        "recs_anomaly/core/nothing.py"
    ]


@pytest.mark.parametrize("name", REFERRED)
def test_the_reference_names_what_there_is(name: str) -> None:
    module, _, member = name.rpartition(".")
    assert hasattr(import_module(module), member)


def test_hosted_checks_run_on_every_supported_python() -> None:
    workflow = (ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    supported = re.findall(r"Python :: (3\.\d+)", project)
    [matrix] = re.findall(r"python: \[(.*)\]", workflow)
    assert re.findall(r"3\.\d+", matrix) == supported
    for command in (".ci/run ${{ matrix.dependencies }}", "make docs", "make test-jax"):
        assert f"- run: {command}\n" in workflow


def test_the_lists_are_not_empty() -> None:
    assert recs_anomaly.__all__
    assert len(PUBLIC) > len(recs_anomaly.__all__)
    assert BENCHMARKS
    assert PAGES
    assert REFERRED
