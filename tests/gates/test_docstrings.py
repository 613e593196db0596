"""Documented parameters and defaults are those of the signature, everywhere."""

import inspect
from collections.abc import Iterator
from dataclasses import is_dataclass
from inspect import Parameter
from pathlib import Path

import pytest

from tests.gates.numpydoc import documented_parameters, states_default
from tests.gates.test_docs import LISTED
from tests.gates.tree import (
    APPLICATIONS,
    DOORS,
    FAMILIES,
    PACKAGE,
    public_definitions,
    python_files,
    relative,
    resolve,
)

PUBLIC = {
    path: names for path in python_files(PACKAGE) if (names := public_definitions(path))
}


@pytest.mark.parametrize("path", PUBLIC, ids=relative)
def test_docstrings_state_the_real_parameters(path: Path) -> None:
    wrong = {name: list(drifted(path, name)) for name in PUBLIC[path]}
    assert {name: found for name, found in wrong.items() if found} == {}


def drifted(path: Path, name: str) -> Iterator[str]:
    """What a docstring says that the signature does not, or the other way round."""
    subject = resolve(path, name)
    docstring = inspect.getdoc(subject)
    if not docstring:
        yield "has no docstring"
        return
    real = parameters(subject)
    documented = documented_parameters(docstring)
    has_fields = is_dataclass(subject) or hasattr(subject, "_fields")
    if has_fields and not documented:
        documented = documented_parameters(docstring, title="Attributes")
    must = documented or must_document(path, name)
    if must and list(documented) != list(real):
        yield f"documents {list(documented)}, takes {list(real)}"
        return
    for parameter, kind in documented.items():
        if not states_default(kind, real[parameter]):
            default = real[parameter].default
            yield f"{parameter} : {kind!r}, but its default is {default!r}"


def parameters(subject: object) -> dict[str, Parameter]:
    """Parameters that a caller passes; none where another package defines them."""
    if isinstance(subject, property) or not callable(subject):
        return {}
    if isinstance(subject, type) and not defines_construction(subject):
        return {}
    signature = inspect.signature(subject).parameters
    return {
        name: each for name, each in signature.items() if name not in ("self", "cls")
    }


def defines_construction(cls: type) -> bool:
    is_protocol = getattr(cls, "_is_protocol", False)
    return not is_protocol and bool({"__init__", "_fields"} & vars(cls).keys())


def must_document(path: Path, name: str) -> bool:
    """Private modules are ours; of models and what they share, the reference counts."""
    parts = path.relative_to(PACKAGE).parts
    if parts[0] in FAMILIES | {"core", "base"} and not APPLICATIONS & set(parts):
        return path.stem in DOORS and name.partition(".")[0] in LISTED
    return not any(p.startswith("_") and p != "__init__.py" for p in parts)


def test_most_of_the_package_is_read() -> None:
    assert sum(map(len, PUBLIC.values())) > 1000


def test_drifted_names_and_defaults_are_noticed() -> None:
    def fetch(name: str, timeout: float = 30.0, retries: int | None = None) -> None: ...

    real = inspect.signature(fetch).parameters
    documented = documented_parameters(
        """Fetch.

        Parameters
        ----------
        name : {"a", "b"}
            Which one; a colon : in the text is no entry.
        timeout : float, default=10.0
            Seconds.
        retries : int, optional
            How often.

        Returns
        -------
        path : Path
        """
    )
    assert list(documented) == list(real)
    right = [name for name in real if states_default(documented[name], real[name])]
    assert right == ["name", "retries"]


@pytest.mark.parametrize(
    ("kind", "default", "is_right"),
    [
        ("int, default=3", 3, True),
        ("int, default=3", 4, False),
        ("int", 3, False),
        ("int, default=3", Parameter.empty, False),
        ('{"mean", "median"}, default="mean"', "mean", True),
        ("tuple of int, default=(0, 1)", (0, 1), True),
        ("int or None, default=None", None, True),
        ("float, default=inf", float("inf"), True),
    ],
)
def test_a_stated_default_is_compared_by_value(
    kind: str, default: object, is_right: bool
) -> None:
    parameter = Parameter("n", Parameter.POSITIONAL_OR_KEYWORD, default=default)
    assert states_default(kind, parameter) is is_right
