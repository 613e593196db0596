"""The package and every --help answer at once, and load nothing heavy."""

import subprocess
import sys

import pytest

from tests.children import processor_seconds
from tests.gates.tree import commands

BUDGET_S = 0.5  # processor time of a whole process, the interpreter's start included
RUNS = 3  # the best one counts: a cold cache only ever adds time
HEAVY = ["jax", "keras", "pandas", "scipy", "sklearn", "tensorflow", "torch"]

IMPORT_PACKAGE = "import recs_anomaly"
SHOW_HELP = """
from recs_anomaly.cli import main
main({words!r} + ["--help"], standalone_mode=False)
"""
SHOW_VERSION = """
from recs_anomaly.cli import main
main(["--version"], standalone_mode=False)
"""
PROGRAMS = {
    "import": IMPORT_PACKAGE,
    "--version": SHOW_VERSION,
    **{
        f"{words} --help".strip(): SHOW_HELP.format(words=words.split())
        for words in commands()
    },
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_nothing_heavy_is_imported_and_the_best_run_is_within_the_budget(
    program: str,
) -> None:
    loaded, seconds = measured(program)
    assert loaded == "loaded []"
    # The first run within the budget settles it.
    for _ in range(RUNS - 1):
        if seconds < BUDGET_S:
            break
        seconds = min(seconds, measured(program)[1])
    assert seconds < BUDGET_S


def measured(program: str) -> tuple[str, float]:
    """What heavy a process loads, and the processor time of all of it."""
    report = f"import sys; print('\\nloaded', sorted(set({HEAVY}) & set(sys.modules)))"
    start = processor_seconds()
    finished = subprocess.run(
        [sys.executable, "-c", f"{program}\n{report}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return finished.stdout.splitlines()[-1], processor_seconds() - start
