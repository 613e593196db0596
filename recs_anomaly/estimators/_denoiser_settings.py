"""Parameters of the denoiser, what is legal, and the weights that come with it."""

from functools import cache
from importlib.resources import files
from io import BytesIO
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.estimators._detector_settings import (
    check_choice,
    check_integer,
    check_number,
)
from recs_anomaly.exceptions import InputError

EXCERPT = 2048  # pixels each way that the noise of a large image is estimated from


def check_parameters(denoiser: Any) -> None:
    """Raise an InputError that names the first parameter that breaks its rule."""
    if denoiser.weights is not None:
        check_choice("weights", denoiser.weights, ("gray", "color"))
    if denoiser.sigma != "auto":
        check_number("sigma", denoiser.sigma, 0.0, np.inf, ", or 'auto'")
    check_integer("max_iter", denoiser.max_iter, 1)
    check_number("learning_rate", denoiser.learning_rate, 0.0, np.inf)
    shape = denoiser.image_shape
    if shape is not None and not (
        len(shape) in (2, 3)
        and all(isinstance(side, Integral) and int(side) > 0 for side in shape)
    ):
        raise InputError(
            "image_shape must be (height, width) or (height, width, n_channels), all "
            f"positive integers; got {shape!r}."
        )


@cache
def pretrained_weights() -> NDArray[np.float32]:
    """Weights (n_weights,) of the network that was trained on photographs."""
    packed = files("recs_anomaly.estimators") / "pretrained" / "gray.npz"
    with np.load(BytesIO(packed.read_bytes()), allow_pickle=False) as arrays:
        weights: NDArray[np.float32] = arrays["weights"].astype(np.float32)
    weights.flags.writeable = False
    return weights


def excerpt(image: NDArray[Any]) -> NDArray[Any]:
    """Cut the middle of a large image out."""
    height, width = image.shape[:2]
    top, left = max(height - EXCERPT, 0) // 2, max(width - EXCERPT, 0) // 2
    return image[top : top + EXCERPT, left : left + EXCERPT]
