"""Reads the parameters, and their defaults, that a numpydoc docstring states."""

import ast
import re
from inspect import Parameter, cleandoc

_TITLE = re.compile(r"^(?P<title>[A-Z][A-Za-z ]+)\n-{3,}$", re.MULTILINE)
_ENTRY = re.compile(r"^(?P<names>\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: : (?P<kind>.*))?$")
_DEFAULT = re.compile(r"default=(?P<value>.+)$")


def sections(docstring: str) -> dict[str, str]:
    """Text below each underlined title, by title."""
    _, *pieces = _TITLE.split(cleandoc(docstring))
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def documented_parameters(docstring: str, title: str = "Parameters") -> dict[str, str]:
    """Type text of each parameter, by name and in order."""
    entries = map(_ENTRY.match, sections(docstring).get(title, "").splitlines())
    return {
        name.lstrip("*"): entry["kind"] or ""
        for entry in entries
        if entry
        for name in entry["names"].split(", ")
    }


def states_default(kind: str, parameter: Parameter) -> bool:
    """Whether a type text states the parameter's default, or rightly none.

    ``optional`` may stand for ``default=None``.
    """
    stated = _DEFAULT.search(kind)
    if parameter.default is Parameter.empty:
        return stated is None
    if stated is None:
        return parameter.default is None and "optional" in kind
    return stated["value"] == repr(parameter.default) or (
        _literal(stated["value"]) == parameter.default
    )


def _literal(text: str) -> object:
    """Value of a Python literal; any other text stands for itself."""
    try:
        value: object = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text
    return value
