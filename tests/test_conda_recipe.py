"""The recipe for conda-forge says what pyproject.toml says."""

import re
import tomllib
from typing import Any

import pytest
import yaml

import recs_anomaly
from tests.gates.tree import ROOT

RECIPE = ROOT / "deploy" / "conda" / "recipe.yaml"
# What conda-forge calls otherwise.
CALLED = {"matplotlib": "matplotlib-base", "prometheus-client": "prometheus_client"}
OF_CONDA = {"python", "pip"}
# Not for who uses the package: to test it, to judge it, to build its pages.
FOR_US = {"test", "bench", "docs"}


@pytest.fixture(scope="module")
def recipe() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def stated(lines: list[str]) -> dict[str, str]:
    """Split requirements into names, as conda-forge has them, and least versions."""
    pairs = [re.fullmatch(r"([\w.-]+)\s*(\S*).*", line) for line in lines]
    found = {pair[1].lower(): pair[2].rstrip(";") for pair in pairs if pair}
    assert len(found) == len(lines)
    return {CALLED.get(name, name): rule for name, rule in found.items()}


def of_recipe(lines: list[str]) -> dict[str, str]:
    named = [line for line in lines if not line.startswith("${{ pin_subpackage")]
    return {k: v for k, v in stated(named).items() if k not in OF_CONDA}


def test_each_package_needs_what_the_project_needs(
    recipe: dict[str, Any], project: dict[str, Any]
) -> None:
    light, train = (output["requirements"] for output in recipe["outputs"])
    extras = project["project"]["optional-dependencies"]
    assert of_recipe(light["run"]) == stated(project["project"]["dependencies"])
    assert of_recipe(train["run"]) == stated(extras["train"])
    built = of_recipe(light["host"])
    assert built == stated(project["build-system"]["requires"])


def test_other_extras_constrain_what_is_installed_beside_it(
    recipe: dict[str, Any], project: dict[str, Any]
) -> None:
    extras = project["project"]["optional-dependencies"]
    light, train = (output["requirements"] for output in recipe["outputs"])
    others = {
        name: rule
        for extra, lines in extras.items()
        if extra not in FOR_US
        for name, rule in stated(lines).items()
        if name not in of_recipe(train["run"])
    }
    assert of_recipe(light["run_constraints"]) == others


def test_version_pythons_command_and_words_are_the_projects(
    recipe: dict[str, Any], project: dict[str, Any]
) -> None:
    project = project["project"]
    assert recipe["context"]["version"] == recs_anomaly.__version__
    assert f">={recipe['context']['python_min']}" == project["requires-python"]
    [python] = recipe["outputs"][0]["build"]["python"]["entry_points"]
    [(name, target)] = project["scripts"].items()
    assert python == f"{name} = {target}"
    assert recipe["about"]["summary"] == project["description"]
    assert recipe["about"]["license"] == project["license"]
    assert (ROOT / recipe["about"]["license_file"]).is_file()


def test_the_newest_python_is_the_last_that_is_supported(
    recipe: dict[str, Any], project: dict[str, Any]
) -> None:
    minors = re.findall(r"Python :: 3\.(\d+)", str(project["project"]["classifiers"]))
    [python] = [
        line
        for line in recipe["outputs"][0]["requirements"]["run"]
        if line.startswith("python ")
    ]
    assert python.endswith(f"<3.{max(map(int, minors)) + 1}")


def test_the_source_is_this_repository(recipe: dict[str, Any]) -> None:
    source = (RECIPE.parent / recipe["source"]["path"]).resolve()
    assert (source / "pyproject.toml").is_file()
