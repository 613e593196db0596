"""What every command that trains does around it."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from tempfile import TemporaryFile
from types import ModuleType

import click

from recs_anomaly.text import printable


def load_keras() -> None:
    """Import Keras now, which takes seconds, and keep its notes off the screen."""
    if "keras" in sys.modules:
        return
    click.echo("Loading Keras ...", err=True)
    keep_keras_quiet()
    import recs_anomaly.core.training  # noqa: F401 - for Keras, which it imports


def keep_keras_quiet() -> None:
    """Keep Keras' notes off the screen, if anything comes to import it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not any(isinstance(finder, _QuietKeras) for finder in sys.meta_path):
        sys.meta_path.insert(0, _QuietKeras())


class _QuietKeras(MetaPathFinder):
    """Finds Keras, and makes it silent while it is imported."""

    _is_looking = False

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        if name != "keras" or self._is_looking:
            return None
        self._is_looking = True  # for what the other finders find
        try:
            spec = find_spec(name)
        finally:
            self._is_looking = False
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_silently(module: ModuleType) -> None:
                with _stderr_only_if_it_fails():
                    run(module)

            spec.loader.exec_module = run_silently  # type: ignore[method-assign]
        return spec


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
