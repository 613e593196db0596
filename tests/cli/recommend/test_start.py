"""A saved model answers at once: no Keras, and hardly longer than plain imports."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.recommend_start import RATIO_BUDGET, RIVAL, recommend_command, wall_time

HEAVY = ["jax", "keras", "tensorflow", "torch"]
N_ROUNDS = 7

COMMANDS_THEN_MODULES = f"""
import sys
from recs_anomaly.cli import main
model = sys.argv[1]
for words in (
    ["user", model, "14"],
    ["visitor", model, "--rated", "whistling otter=5", "--json"],
    ["similar", model, "whistling otter", "--csv"],
):
    main(["recommend", *words], standalone_mode=False)
print(sorted(set({HEAVY}) & set(sys.modules)))
"""


def test_recommending_imports_no_keras(model_file: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", COMMANDS_THEN_MODULES, str(model_file)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.splitlines()[-1] == "[]"


@pytest.mark.slow
def test_recommending_is_within_the_budget(model_file: Path) -> None:
    """The best runs count; the first round in which they keep the budget settles it."""
    ours, rival = [], []
    for _ in range(N_ROUNDS):
        ours.append(wall_time(recommend_command(model_file)))
        rival.append(wall_time(RIVAL))
        if min(ours) <= RATIO_BUDGET * min(rival):
            break
    assert min(ours) <= RATIO_BUDGET * min(rival)
