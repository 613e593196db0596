"""The one error that everything in this folder raises."""

from collections.abc import Iterator
from contextlib import contextmanager


class MisfitError(Exception):
    """Something that a model file cannot hold, or that no model file holds.

    Its text is a clause without a full stop. `save` and `load` make a sentence of it,
    and an error that callers know.
    """


@contextmanager
def about(subject: str) -> Iterator[None]:
    """Name the subject of any misfit that is found within."""
    try:
        yield
    except MisfitError as misfit:
        raise MisfitError(f"{subject}: {misfit}") from None
