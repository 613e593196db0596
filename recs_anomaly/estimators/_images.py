"""What comes as images, and how it goes back: shapes, ranges, alpha, dtypes."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.exceptions import InputError

Image = NDArray[Any]
Images = list[Image]
COLOURS = (3, 4)  # channels of a colour image, without and with alpha
LARGEST_RANGE = 65535.0


class Batch(NamedTuple):
    """Images (height, width, n_channels), and how to put results as they came."""

    images: Images
    restore: Callable[[Images], Any]


def as_batch(X: Any, image_shape: Sequence[int] | None) -> Batch:
    """Take images apart, whichever way they came.

    Raises
    ------
    InputError
        If X is no image, list of images or array of rows that hold images.
    """
    if isinstance(X, (list, tuple)) and any(np.ndim(image) >= 2 for image in X):
        return _from_list([np.asarray(image) for image in X])
    array = np.asarray(X)
    _check_values(array)
    if image_shape is not None:
        return _from_rows(array, tuple(image_shape))
    if array.ndim == 2 or (array.ndim == 3 and array.shape[2] in COLOURS):
        return _from_list([array], single=True)
    if array.ndim in (3, 4):
        images = _from_list(list(array))
        return Batch(images.images, lambda found: np.stack(images.restore(found)))
    raise InputError(
        "X must be an image (height, width), an array of images or a list of them, or "
        f"rows of pixels with image_shape set; got an array of shape {array.shape}."
    )


def _from_list(images: Images, single: bool = False) -> Batch:
    for image in images:
        _check_values(image)
        if image.ndim not in (2, 3) or not image.size:
            raise InputError(
                "an image must have shape (height, width) or (height, width, "
                f"n_channels), none of them 0; got {image.shape}."
            )
    shapes = [image.shape for image in images]

    def restore(found: Images) -> Any:
        back = [new.reshape(shape) for new, shape in zip(found, shapes, strict=True)]
        return back[0] if single else back

    return Batch([image.reshape(*image.shape[:2], -1) for image in images], restore)


def _from_rows(array: Image, shape: tuple[int, ...]) -> Batch:
    if array.ndim != 2 or array.shape[1] != np.prod(shape):
        raise InputError(
            f"X must have shape (n_images, {np.prod(shape)}) with "
            f"image_shape={shape}; got {array.shape}."
        )
    images = [row.reshape(*shape[:2], -1) for row in array]
    return Batch(images, lambda found: np.stack(found).reshape(array.shape))


def _check_values(image: Image) -> None:
    if image.dtype.kind not in "buif":
        raise InputError(f"images must hold numbers; got dtype {image.dtype}.")
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        raise InputError("images must hold finite values; got NaN or infinity.")


class Range(NamedTuple):
    """The values that stand for black and white in an image."""

    low: float
    high: float

    @property
    def span(self) -> float:
        """What white is above black."""
        return self.high - self.low

    def to_unit(self, values: Image) -> NDArray[np.float32]:
        """Bring values to a scale from 0 to 1."""
        unit = (values.astype(np.float32) - self.low) / self.span
        return np.asarray(unit, np.float32)

    def from_unit(self, unit: Image, dtype: np.dtype[Any]) -> Image:
        """Bring values back, rounded and held to the range where dtype is whole."""
        values = unit.astype(np.float64) * self.span + self.low
        if dtype.kind == "f":
            return values.astype(dtype)
        held = np.clip(values, self.low, self.high)
        return np.asarray(np.rint(held).astype(dtype))


def range_of(image: Image) -> Range:
    """Range of an image by its dtype, and of a float image by its values.

    Floats: 0 to 1, 255 or 65535, the first that holds all but a twentieth of the
    values at each end, half of it to spare for noise; if none does, lowest to highest.
    """
    if image.dtype.kind == "b":
        return Range(0.0, 1.0)
    if image.dtype.kind in "ui":
        limits = np.iinfo(image.dtype)
        if image.dtype.itemsize <= 2:
            return Range(float(limits.min), float(limits.max))
    low, high = np.quantile(image, (0.05, 0.95))
    for white in (1.0, 255.0, LARGEST_RANGE):
        if -white / 2 <= low and high <= 1.5 * white:
            return Range(0.0, white)
    lowest, highest = float(image.min()), float(image.max())
    return Range(lowest, highest if highest > lowest else lowest + 1.0)
