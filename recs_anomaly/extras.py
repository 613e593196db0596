"""What the extras of the package bring, told where one is missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from recs_anomaly.exceptions import MissingExtraError

# The extra that brings a module: who only answers needs none of these.
EXTRAS = {
    "keras": "train",
    "tensorflow": "train",
    "skimage": "train",
    "pyarrow": "files",
    "matplotlib": "plot",
    "onnxruntime": "onnx",
    "PIL": "onnx",
    "png": "onnx",
    "tifffile": "onnx",
}


@contextmanager
def told_of_extras() -> Iterator[None]:
    """Say which extra brings a module that is not installed, in one sentence.

    Raises
    ------
    MissingExtraError
        In place of the `ModuleNotFoundError` of such a module.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in EXTRAS:
            raise
        raise MissingExtraError(
            f"{module} is not installed; pip install "
            f"'recs-anomaly[{EXTRAS[module]}]' brings it."
        ) from error
