"""Training without tracing, which takes longer than a tiny model needs to train."""

from typing import Any

import pytest


def train_eagerly(patch: pytest.MonkeyPatch) -> None:
    """Let Keras run models as they are, as long as the patch lasts.

    JAX is left as it is, because operation by operation it takes longer still.
    """
    import keras

    if keras.backend.backend() == "jax":
        return
    compiled = keras.Model.compile

    def compile_eagerly(model: keras.Model, **options: Any) -> None:
        compiled(model, **options, run_eagerly=True)

    patch.setattr(keras.Model, "compile", compile_eagerly)
