"""Parameters of the denoiser, what is legal, and the weights that come with it."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from io import BytesIO
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.base.checks import (
    check_choice,
    check_integer,
    check_number,
    check_verbose,
    is_auto,
)
from recs_anomaly.denoise.images import Batch, as_batch, rows_as_batch
from recs_anomaly.denoise.intervals import IntervalTable
from recs_anomaly.exceptions import InputError

EXCERPT = 2048  # pixels each way that the noise of a large image is estimated from


def check_parameters(denoiser: Any) -> None:
    """Raise an InputError that names the first parameter that breaks its rule."""
    if denoiser.weights is not None:
        check_choice("weights", denoiser.weights, ("gray", "color"))
    if not is_auto(denoiser.sigma):
        check_number("sigma", denoiser.sigma, 0.0, np.inf, ", or 'auto'")
    if not is_auto(denoiser.max_iter):
        check_integer("max_iter", denoiser.max_iter, 1, ", or 'auto'")
    if not is_auto(rate := denoiser.learning_rate):
        check_number("learning_rate", rate, 0.0, np.inf, ", or 'auto'")
    check_verbose(denoiser.verbose)
    shape = denoiser.image_shape
    if shape is not None and not (
        isinstance(shape, Sequence | np.ndarray)
        and len(shape) in (2, 3)
        and all(isinstance(side, Integral) for side in shape)
        and all(side > 0 or side == -1 for side in shape)
        and list(shape).count(-1) <= 1
    ):
        raise InputError(
            "image_shape must be (height, width) or (height, width, n_channels), all "
            f"positive integers, or one of them -1; got {shape!r}."
        )


def rows_or_images(X: Any, image_shape: Sequence[int] | None) -> Batch:
    """Take images apart that come as such, or as rows where image_shape says so."""
    if image_shape is None:
        return as_batch(X)
    return rows_as_batch(np.asarray(X), image_shape)


@cache
def pretrained_weights() -> NDArray[np.float32]:
    """Weights (n_weights,) of the network that was trained on photographs."""
    weights: NDArray[np.float32] = _shipped("gray.npz")["weights"].astype(np.float32)
    weights.flags.writeable = False
    return weights


@cache
def pretrained_intervals() -> IntervalTable:
    """Half widths of intervals, measured with these weights on photographs."""
    return IntervalTable(**_shipped("intervals.npz"))


def _shipped(name: str) -> dict[str, NDArray[Any]]:
    packed = files("recs_anomaly.denoise") / "pretrained" / name
    with np.load(BytesIO(packed.read_bytes()), allow_pickle=False) as arrays:
        return dict(arrays)


def excerpt(image: NDArray[Any]) -> NDArray[Any]:
    """Cut the middle of a large image out."""
    height, width = image.shape[:2]
    top, left = max(height - EXCERPT, 0) // 2, max(width - EXCERPT, 0) // 2
    return image[top : top + EXCERPT, left : left + EXCERPT]
