"""What commands that train do around it: warnings, and a quiet start of Keras."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from recs_anomaly.cli._training import _stderr_only_if_it_fails, warnings_in_one_line

ROOT = Path(__file__).resolve().parents[2]
LOAD = "from recs_anomaly.cli._training import load_keras; load_keras(); load_keras()"


def test_warnings_for_users_become_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings_in_one_line():
        warnings.warn("3 pairs occur twice.", UserWarning, stacklevel=1)
    assert capsys.readouterr().err == "Warning: 3 pairs occur twice.\n"


def test_warnings_for_developers_stay_warnings() -> None:
    @warnings_in_one_line()
    def overflow() -> None:
        warnings.simplefilter("always", RuntimeWarning)
        warnings.warn("overflow", RuntimeWarning, stacklevel=1)

    with pytest.warns(RuntimeWarning, match="overflow"):
        overflow()


def test_start_up_notes_are_held_back(capfd: pytest.CaptureFixture[str]) -> None:
    with _stderr_only_if_it_fails():
        os.write(2, b"a note of a library that is not Python\n")
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"


def test_notes_of_a_start_that_fails_are_shown(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        os.write(2, b"the reason\n")
        raise ImportError("no keras")

    with pytest.raises(ImportError, match="no keras"), _stderr_only_if_it_fails():
        fail()
    assert capfd.readouterr().err == "the reason\n"


def test_keras_is_silent_when_something_imports_it(tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text("import os; os.write(2, b'notes'); name = 'me'")
    program = (
        "from importlib.util import find_spec;"
        "from recs_anomaly.cli._training import keep_keras_quiet;"
        "keep_keras_quiet(); keep_keras_quiet(); find_spec('keras');"
        "import keras; print(keras.name)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
    )
    assert finished.stdout == "me\n"
    assert finished.stderr == ""


@pytest.mark.slow
def test_keras_is_announced_once_and_starts_silently() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", LOAD], capture_output=True, text=True, check=True
    )
    assert finished.stderr == "Loading Keras ...\n"
    assert finished.stdout == ""
