"""Training without tracing, which takes longer than a tiny model needs to train."""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

# Networks that wait for a fit that is not traced either.
_waiting: OrderedDict[Hashable, list[Any]] = OrderedDict()


@contextmanager
def untraced() -> Iterator[None]:
    """Let Keras run models as they are; within another such context, too.

    JAX is left as it is, because operation by operation it takes longer still.
    """
    import keras

    from recs_anomaly.core import training

    compiled, is_eager = keras.Model.compile, keras.backend.backend() != "jax"

    def compile_eagerly(model: keras.Model, *parts: Any, **options: Any) -> None:
        compiled(model, *parts, **{**options, "run_eagerly": is_eager})

    with (
        mock.patch.object(keras.Model, "compile", compile_eagerly),
        mock.patch.object(training, "_waiting", _waiting),
    ):
        yield
