"""What the extras of the package bring, told where one is missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

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
# What the extra train brings, but for TensorFlow, which JAX may stand in for.
_OF_TRAINING = ("keras", "pyarrow", "skimage", "PIL", "png", "tifffile")


def refuse_without_training(what: str) -> None:
    """Say at once that something needs the extra train, where it does.

    Parameters
    ----------
    what : str
        The thing, as a sentence begins with it.

    Raises
    ------
    MissingExtraError
        If a module of the extra is not installed.
    """
    missing = [module for module in _OF_TRAINING if find_spec(module) is None]
    if missing:
        raise MissingExtraError(
            f"{what} fits networks and judges pictures, for which {missing[0]} is not "
            "installed; pip install 'recs-anomaly[train]' brings all of it."
        )


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
