"""What is public stands in the reference, and every benchmark says what it asks."""

import re
from importlib import import_module

import pytest

import recs_anomaly
from tests.gates.tree import ROOT

REFERENCE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
LISTED = set(re.findall(r"^   (?:\w+\.)*(\w+)$", REFERENCE, re.MULTILINE))
MODULES = ("recs_anomaly", "recs_anomaly.datasets", "recs_anomaly.metrics.anomaly")
MODULES += ("recs_anomaly.metrics.ranking",)
PUBLIC = [
    (module, name) for module in MODULES for name in import_module(module).__all__
]
BENCHMARKS = sorted(path.name for path in (ROOT / "benchmarks").glob("[!_]*.py"))


@pytest.mark.parametrize(("module", "name"), PUBLIC)
def test_public_name_is_in_the_reference(module: str, name: str) -> None:
    is_value = not callable(getattr(import_module(module), name))
    assert is_value or name in LISTED


@pytest.mark.parametrize("name", BENCHMARKS)
def test_benchmark_is_in_the_documentation(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")


def test_the_lists_are_not_empty() -> None:
    assert recs_anomaly.__all__
    assert len(PUBLIC) > len(recs_anomaly.__all__)
    assert BENCHMARKS
