"""Options that several commands share, handed to them as one thing."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

Command = Callable[..., Any]


def grouped(
    command: Command,
    name: str,
    record: Any,
    options: Sequence[Callable[[Command], Command]],
) -> Command:
    """Give a command options, whose values come as one of its parameters.

    Parameters
    ----------
    command : callable
    name : str
        Of the parameter.
    record : type of named tuple
        What the values become; its fields are called as the options are.
    options : sequence of click decorators
        The last first, as they stand in `--help`.

    Returns
    -------
    command : callable
    """

    @wraps(command)
    def called(**values: Any) -> Any:
        made = record(*(values.pop(field) for field in record._fields))
        return command(**{name: made}, **values)

    with_options: Command = called
    for option in options:
        with_options = option(with_options)
    return with_options
