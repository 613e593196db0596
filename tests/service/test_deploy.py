"""What `deploy/` holds fits the command, and serves without TensorFlow and Keras."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.gates.tree import ROOT, commands
from tests.service.running import write_detector, write_recommender

DEPLOY = ROOT / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
UNIT = configparser.ConfigParser(interpolation=None, strict=False)
UNIT.optionxform = str  # type: ignore[assignment, method-assign]
UNIT.read(DEPLOY / "recs-anomaly.service", encoding="utf-8")
ENTRYPOINT = re.findall(r"^ENTRYPOINT (.*)$", CONTAINERFILE, re.MULTILINE)
# Nothing that is imported may be of these, and what is answered must be right.
WITHOUT = """
import asyncio, json, sys
for name in ("keras", "tensorflow"):
    sys.modules[name] = None
from pathlib import Path
from recs_anomaly.service.app import make_service
from recs_anomaly.service.models import Models
from recs_anomaly.service.settings import Limits, ServiceSettings
paths = tuple(map(Path, sys.argv[1:]))
service = make_service(ServiceSettings(paths, Limits()), Models(paths))
print(json.dumps(callable(service.app)))
"""


@pytest.mark.parametrize(
    "words",
    [
        shlex.split(UNIT["Service"]["ExecStart"]),
        *map(json.loads, ENTRYPOINT),
    ],
)
def test_the_command_knows_the_options(words: list[str]) -> None:
    assert Path(words[0]).name == "recs-anomaly"
    command = commands()[words[1]]
    context = click.Context(command, resilient_parsing=True)
    given = {word for word in words if word.startswith("--")}
    assert given
    assert given <= {name for each in command.get_params(context) for name in each.opts}


def test_the_container_runs_as_nobody_and_keeps_states() -> None:
    assert len(ENTRYPOINT) == 1
    last = CONTAINERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER \d{4,}$", last, re.MULTILINE)
    assert "VOLUME /state" in last
    for copied in re.findall(r"/source/(\S+)", CONTAINERFILE):
        assert (ROOT / copied).exists()


def test_the_container_needs_no_tensorflow() -> None:
    [extras] = re.findall(r'^ARG EXTRAS="(.*)"$', CONTAINERFILE, re.MULTILINE)
    command = [sys.executable, DEPLOY / "requirements.py", ROOT / "pyproject.toml"]
    printed = subprocess.run(
        [*command, *extras.split()], capture_output=True, text=True, check=True
    ).stdout
    names = {re.split(r"[^\w-]", line)[0] for line in printed.splitlines()}
    assert {"numpy", "fastapi", "uvicorn", "onnxruntime"} <= names
    assert not names & {"tensorflow", "keras"}


def test_the_service_is_made_without_tensorflow(tmp_path: Path) -> None:
    films = write_recommender(tmp_path / "films.recs")
    pump = write_detector(tmp_path / "pump.recs")
    command = [sys.executable, "-c", WITHOUT, films, pump]
    made = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert made.stdout.strip() == "true", made.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_takes_the_unit() -> None:
    command = ["systemd-analyze", "verify", "--recursive-errors=no"]
    path = DEPLOY / "recs-anomaly.service"
    verified = subprocess.run([*command, path], capture_output=True, text=True)
    told = [x for x in verified.stderr.splitlines() if "not executable" not in x]
    assert told == []
