"""The wheel holds every module and every sample, and nothing of the checkout else."""

import re
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.gates.tree import PACKAGE, ROOT

CACHES = {"__pycache__"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [path] = folder.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def wheel_names(wheel: zipfile.ZipFile) -> set[str]:
    return set(wheel.namelist())


def files_below(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not CACHES & set(path.parts)
    }


def test_every_file_of_the_package_is_in_the_wheel(wheel_names: set[str]) -> None:
    expected = {f"recs_anomaly/{name}" for name in files_below(PACKAGE)}
    assert "recs_anomaly/py.typed" in expected
    assert expected <= wheel_names


def test_every_sample_and_card_is_in_the_wheel(wheel_names: set[str]) -> None:
    samples = {n for n in files_below(ROOT / "datasets") if not n.endswith(".py")}
    assert "README.md" in samples
    assert {f"recs_anomaly/datasets/samples/{name}" for name in samples} <= wheel_names


def test_the_wheel_holds_the_package_only(wheel_names: set[str]) -> None:
    tops = {name.partition("/")[0].partition("-")[0] for name in wheel_names}
    assert tops == {"recs_anomaly"}


def test_the_description_needs_no_file_of_the_repository(
    wheel: zipfile.ZipFile, wheel_names: set[str]
) -> None:
    """A package index shows it alone: a relative link would lead nowhere."""
    [name] = [name for name in wheel_names if name.endswith("/METADATA")]
    metadata = message_from_bytes(wheel.read(name))
    assert metadata["Description-Content-Type"] == "text/markdown"
    description = wheel.read(name).decode().partition("\n\n")[2]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.compile(r"\]\((?!https?:)")
    assert links.search(readme)
    assert not links.search(description)
    assert description.count("*In the repository a picture: ") == readme.count("![")
    changed = set(description.splitlines()) - set(readme.splitlines())
    assert len(changed) == sum(bool(links.search(line)) for line in readme.splitlines())
    assert "SECURITY.md says what that promises" in description
