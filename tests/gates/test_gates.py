"""A gate that checks an empty list is open; none of ours may be."""

import pytest

from tests.gates import (
    test_commands,
    test_docstrings,
    test_import_budget,
    test_rooms,
    test_shape,
)

# The least number of cases each gate had when it was built; they only grow.
CASES = {
    "rooms: files": (test_rooms.SOURCE_FILES, 200),
    "rooms: table": (test_rooms.ROOMS, 17),
    "rooms: families": (test_rooms.FAMILY_FILES, 100),
    "docstrings: names": (test_docstrings.PUBLIC, 3),
    "commands": (test_commands.COMMANDS, 1),
    "import budget": (test_import_budget.PROGRAMS, 3),
    "shape: files": (test_shape.FILES, 20),
}


@pytest.mark.parametrize("gate", CASES)
def test_gate_has_cases(gate: str) -> None:
    cases, least = CASES[gate]
    assert len(cases) >= least
