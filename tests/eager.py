"""Training without tracing, which takes longer than a tiny model needs to train."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock


@contextmanager
def untraced() -> Iterator[None]:
    """Let Keras run models as they are; within another such context, too.

    JAX is left as it is, because operation by operation it takes longer still.
    """
    import keras

    compiled, is_eager = keras.Model.compile, keras.backend.backend() != "jax"

    def compile_eagerly(model: keras.Model, **options: Any) -> None:
        compiled(model, **{**options, "run_eagerly": is_eager})

    with mock.patch.object(keras.Model, "compile", compile_eagerly):
        yield
