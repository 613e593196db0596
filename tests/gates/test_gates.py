"""A gate that checks an empty list is open; none of ours may be."""

import pytest

from tests.gates import (
    test_commands,
    test_docstrings,
    test_floors,
    test_import_budget,
    test_shape,
)

# The least number of cases each gate had when it was built; they only grow.
CASES = {
    "floors: files": (test_floors.SOURCE_FILES, 10),
    "floors: table": (test_floors.FLOORS, 11),
    "docstrings: names": (test_docstrings.PUBLIC, 3),
    "commands": (test_commands.COMMANDS, 1),
    "import budget": (test_import_budget.PROGRAMS, 3),
    "shape: files": (test_shape.FILES, 20),
}


@pytest.mark.parametrize("gate", CASES)
def test_gate_has_cases(gate: str) -> None:
    cases, least = CASES[gate]
    assert len(cases) >= least
