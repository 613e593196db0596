"""The group itself: finding commands, reporting mistakes, telling versions."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from recs_anomaly import __version__, cli
from recs_anomaly.cli import _versions

COMMAND_THAT_RAISES = """
import click
from recs_anomaly.exceptions import InputError

@click.command()
def breaks():
    \"\"\"Break.\"\"\"
    raise {error}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in for the folder that the group reads its commands from."""
    monkeypatch.setattr(cli, "__path__", [str(tmp_path)])
    monkeypatch.delitem(cli.__dict__, "breaks", raising=False)
    monkeypatch.delitem(sys.modules, "recs_anomaly.cli.breaks", raising=False)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.main, words)


def run_raising(folder: Path, error: str) -> Result:
    (folder / "breaks.py").write_text(COMMAND_THAT_RAISES.format(error=error))
    return run("breaks")


def test_every_public_module_of_the_folder_is_a_command(folder: Path) -> None:
    (folder / "breaks.py").write_text(COMMAND_THAT_RAISES.format(error="OSError"))
    (folder / "_options.py").touch()
    listed = run("--help").stdout.partition("Commands:\n")[2]
    assert listed.split() == ["breaks", "Break."]


def test_an_unknown_command_exits_2(folder: Path) -> None:
    result = run("breaks")
    assert result.exit_code == 2
    assert "No such command 'breaks'" in result.stderr


def test_our_errors_become_one_line_and_exit_code_2(folder: Path) -> None:
    result = run_raising(folder, "InputError('n must be\\n  at least 1; got 0.')")
    assert result.exit_code == 2
    assert result.stderr == "Error: n must be at least 1; got 0.\n"
    assert result.stdout == ""


def test_a_file_error_names_the_file_and_the_reason(folder: Path) -> None:
    result = run_raising(folder, "PermissionError(13, 'Permission denied', 'a.csv')")
    assert result.exit_code == 2
    assert result.stderr == "Error: a.csv: Permission denied\n"


@pytest.mark.parametrize("bug", ["ValueError('shape')", "KeyError(3)"])
def test_a_bug_keeps_its_traceback(folder: Path, bug: str) -> None:
    result = run_raising(folder, bug)
    assert result.exit_code == 1
    assert repr(result.exception) == bug


def test_a_reader_that_has_gone_is_no_mistake_of_the_user(folder: Path) -> None:
    result = run_raising(folder, "BrokenPipeError(32, 'Broken pipe')")
    assert result.exit_code == 1
    assert result.stderr == ""


def test_version_lists_what_a_bug_report_needs() -> None:
    lines = run("--version").stdout.splitlines()
    assert lines[0] == f"recs-anomaly {__version__}"
    assert lines[1].startswith("Python 3.")
    assert f"numpy {version('numpy')}" in lines


def test_the_package_runs_as_a_module() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "recs_anomaly", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.startswith(f"recs-anomaly {__version__}\n")


def test_version_says_which_package_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_versions, "_PACKAGES", ("no-such-package",))
    assert run("--version").stdout.splitlines()[-1] == "no-such-package not installed"


def test_the_help_of_the_group_is_a_manual() -> None:
    page = run("--help").stdout
    for head in ("What to type first:", "Exit codes:", "Environment:"):
        assert f"\n  {head}\n    " in page, "the lines below it keep their breaks"
    assert "..." not in page.partition("Commands:\n")[2], "a sentence was cut short"
