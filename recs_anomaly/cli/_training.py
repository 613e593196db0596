"""What every command that trains does around it."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

import click

from recs_anomaly.text import printable


def load_keras() -> None:
    """Import Keras now, which takes seconds, and keep its notes off the screen."""
    if "keras" in sys.modules:
        return
    click.echo("Loading Keras ...", err=True)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _stderr_only_if_it_fails():
        import recs_anomaly.core.training  # noqa: F401 - for Keras, which it imports


@contextmanager
def warnings_in_one_line() -> Iterator[None]:
    """Show warnings for users as messages, without file names and line numbers."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield
    for warning in caught:
        if issubclass(warning.category, UserWarning):
            click.echo(printable(f"Warning: {warning.message}"), err=True)
        else:
            warnings.showwarning(
                warning.message, warning.category, warning.filename, warning.lineno
            )


@contextmanager
def _stderr_only_if_it_fails() -> Iterator[None]:
    """Hold back what is written to stderr, by libraries that are not Python too."""
    sys.stderr.flush()
    own = os.dup(2)
    with TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(own, kept.read())
            raise
        finally:
            os.dup2(own, 2)
            os.close(own)
