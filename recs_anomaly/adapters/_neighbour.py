"""Classes of libraries that may not be installed, to inherit from."""

from importlib import import_module
from typing import Any

from recs_anomaly.exceptions import MissingExtraError


def base_class(module: str, name: str) -> Any:
    """Return a class of another library; where it is not installed, one that says so.

    The module that defines an adapter can be imported either way, by tools that look at
    all modules.
    """
    library = module.partition(".")[0]
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        lacking = error.name or library

    class NotInstalled:
        def __init__(self, *arguments: object, **options: object) -> None:
            raise MissingExtraError(
                f"adapters for {library} need {lacking}, which is not installed; "
                f"pip install {library} brings it."
            )

    return NotInstalled
