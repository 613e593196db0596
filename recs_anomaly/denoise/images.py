"""What comes as images, and how it goes back: shapes, ranges, dtypes."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from recs_anomaly.core.arrays import Singles
from recs_anomaly.denoise.planes import Image
from recs_anomaly.exceptions import InputError

Images = list[Image]
COLOURS = (3, 4)  # channels of a colour image, without and with alpha
MIN_WIDTH = 8  # of images in an array of them
MAX_PIXELS = 1_000_000
NARROW = 10  # times the distance of the quartiles, to each side of them
MIN_NARROWED = 4  # times as wide is the whole range, at least
OPPONENT = np.array(
    [
        [1 / np.sqrt(3), 1 / np.sqrt(3), 1 / np.sqrt(3)],
        [1 / np.sqrt(2), 0.0, -1 / np.sqrt(2)],
        [1 / np.sqrt(6), -2 / np.sqrt(6), 1 / np.sqrt(6)],
    ],
    dtype=np.float32,
)
# Each plane as a grey image: grey of 1 in brightness is sqrt(3), and differences of
# colour lie around 0.
SCALE = np.array([1 / np.sqrt(3), 1.0, 1.0], dtype=np.float32)
SHIFT = np.array([0.0, 0.5, 0.5], dtype=np.float32)


class Batch(NamedTuple):
    """Images (height, width, n_channels), and how to put results as they came.

    Attributes
    ----------
    images : list of ndarray
    restore : callable
    stacks : sequence of slice, default=()
        Which of the images are slices of one stack; none where they are no stacks.
    """

    images: Images
    restore: Callable[[Images], Any]
    stacks: Sequence[slice] = ()


def as_batch(X: Any) -> Batch:
    """Take images apart, whichever way they came.

    Raises
    ------
    InputError
        If X is no image, list of images or array of images.
    """
    if is_list_of_images(X):
        return _from_list([as_array(image) for image in X])
    array = as_array(X)
    if array.ndim in (3, 4) and not len(array):
        raise InputError("X must hold at least one image; got none.")
    check_values(array)
    if array.ndim == 2 or (array.ndim == 3 and array.shape[2] in COLOURS):
        return _from_list([array], single=True)
    if array.ndim in (3, 4):
        _refuse_misread(array)
        images = _from_list(list(array))
        return Batch(
            images.images,
            lambda found: np.stack(images.restore(found), dtype=array.dtype),
        )
    raise InputError(
        "X must be an image (height, width), an array of images or a list of them, or "
        f"rows of pixels with image_shape set; got an array of shape {array.shape}."
    )


def as_array(X: Any) -> NDArray[Any]:
    """Return X as an array."""
    if isinstance(X, np.ma.MaskedArray):
        raise InputError(
            "images must be plain arrays; got a masked array. Put NaN where nothing "
            "was measured: X.astype(float).filled(np.nan)."
        )
    return np.asarray(X)


def _refuse_misread(array: NDArray[Any]) -> None:
    """Refuse an array of images that is more likely one image, or channels first."""
    height, width, n_channels = (*array.shape[1:], 1)[:3]
    if array.ndim == 3 and width < MIN_WIDTH <= min(array.shape[:2]):
        raise InputError(
            f"X of shape {array.shape} would be {array.shape[0]} images of "
            f"{height} x {width} pixels. Give one image of {width} channels as [X], "
            "and images that small as a list."
        )
    if n_channels > min(height, width):
        raise InputError(
            f"X of shape {array.shape} would be images of {height} x {width} pixels "
            f"with {n_channels} channels. Channels come last: np.moveaxis(X, 1, -1). "
            "Give images that small as a list."
        )


def is_list_of_images(X: Any) -> bool:
    """Whether X is a list whose entries are images, of one size or of many."""
    return isinstance(X, (list, tuple)) and any(np.ndim(image) >= 2 for image in X)


def rows_as_batch(rows: NDArray[Any], image_shape: Sequence[int]) -> Batch:
    """Take images apart that stand flattened in rows (n_images, n_values).

    Raises
    ------
    InputError
        If the rows do not have as many values as an image.
    """
    shape = _without_unknown(tuple(image_shape), rows.shape[1])
    if rows.shape[1] != np.prod(shape):
        raise InputError(
            f"X must have shape (n_images, {np.prod(shape)}) with "
            f"image_shape={tuple(image_shape)}; got {rows.shape}."
        )
    images = [row.reshape(*shape[:2], -1) for row in rows]
    return Batch(images, lambda found: np.stack(found).reshape(rows.shape))


def _without_unknown(shape: tuple[int, ...], n_values: int) -> tuple[int, ...]:
    """Put the side that follows from the others in the place of -1."""
    known = int(np.prod([side for side in shape if side != -1]))
    return tuple(max(n_values // known, 1) if side == -1 else side for side in shape)


def _from_list(images: Images, single: bool = False) -> Batch:
    for image in images:
        check_values(image)
        if image.ndim not in (2, 3) or not image.size:
            raise InputError(
                "an image must have shape (height, width) or (height, width, "
                f"n_channels), none of them 0; got {image.shape}."
            )

    def restore(found: Images) -> Any:
        # Byte order belongs to the dtype, and most of NumPy brings it to its own.
        back = [
            new.reshape(image.shape).astype(image.dtype, copy=False)
            for new, image in zip(found, images, strict=True)
        ]
        return back[0] if single else back

    return Batch([image.reshape(*image.shape[:2], -1) for image in images], restore)


def check_values(image: Image) -> None:
    """Raise an InputError unless an array holds finite numbers, or NaN among them."""
    if image.dtype.kind not in "buif":
        raise InputError(f"images must hold numbers; got dtype {image.dtype}.")
    is_known = np.isfinite(image) if image.dtype.kind == "f" else np.True_
    if not is_known.all() and (np.isinf(image).any() or not is_known.any()):
        raise InputError(
            "images must hold finite values, or NaN where some are not known; got "
            "infinity, or nothing but NaN."
        )


def refuse_unknown(images: Images) -> Images:
    """Return images to learn from, all of whose pixels must be known."""
    if any(image.dtype.kind == "f" and np.isnan(image).any() for image in images):
        raise InputError("images to fit to must hold no NaN; got some.")
    return images


class Range(NamedTuple):
    """The values that are 0 and 1 to the network."""

    low: float
    high: float

    @property
    def span(self) -> float:
        """What 1 is above 0."""
        return self.high - self.low

    def to_unit(self, values: Image) -> Singles:
        """Bring values to a scale from 0 to 1."""
        return np.asarray((_exact(values) - self.low) / self.span, np.float32)

    def from_unit(self, unit: Image, dtype: np.dtype[Any]) -> Image:
        """Bring values back, rounded and held to what dtype holds where it is whole."""
        values = unit.astype(np.float64) * self.span + self.low
        if dtype.kind == "f":
            return values.astype(dtype)
        held = np.clip(values, *limits_of(dtype))
        return np.asarray(np.rint(held).astype(dtype))


def range_of(image: Image) -> Range:
    """Find the range of an image: that of its dtype, or 0 to 1 or 255 for floats.

    An image of floats has that range in which half of its values lie, give or take a
    quarter, and all of them give or take three for the noise. Images that fit none, or
    use less than a quarter of theirs, have the range of their own values.
    """
    values = image[:: _stride(image), :: _stride(image)]
    low, first, third, high = np.quantile(_exact(values), (0.001, 0.25, 0.75, 0.999))
    for black, white in _usual_ranges(image.dtype):
        span = white - black
        is_inside = black - span / 4 <= first and third <= white + span / 4
        is_near = black - 3 * span <= low and high <= white + 3 * span
        if is_inside and is_near and high - low >= span / 4:
            return Range(black, white)
    return Range(float(low), float(high) if high > low else float(low) + 1.0)


def working_range(image: Image, found: Range) -> Range:
    """Return the range of an image, or the small part in which most of it happens.

    Stars on a dark sky need sixteen bits, and the noise of the sky is a few of their
    steps: nothing on the scale of the stars.
    """
    values = image[:: _stride(image), :: _stride(image)]
    first, third = np.quantile(_exact(values), (0.25, 0.75))
    margin = NARROW * float(third - first)
    narrow = Range(float(first) - margin, float(third) + margin)
    is_narrower = 0 < MIN_NARROWED * narrow.span < found.span
    return narrow if is_narrower else found


def simplified(image: Image) -> Image:
    """Return an image of numbers, and of one channel where three colours are alike.

    NaN, where nothing was measured, become what is around them, or one value where
    nothing is known around.
    """
    if image.shape[2] in COLOURS and _are_alike(image):
        image = np.delete(image, (1, 2), axis=2)
    is_unknown = np.isnan(image) if image.dtype.kind == "f" else np.False_
    if not is_unknown.any():
        return image
    known = np.where(is_unknown, 0, image).astype(np.float64)
    size = (3, 3, 1)
    share = uniform_filter((~is_unknown).astype(np.float64), size)
    around = uniform_filter(known, size) / np.maximum(share, 1e-9)
    filled = np.where(share > 0.05, around, np.nanmedian(image))
    return np.where(is_unknown, filled, image).astype(image.dtype)


def restored(found: Image, image: Image, seen: Image) -> Image:
    """Give what was found for the simplified image the channels of the one that came.

    It may be more than one image, one after the other in the channels.
    """
    n_kept, n_channels = seen.shape[2], image.shape[2]
    parts = np.split(found, found.shape[2] // n_kept, axis=2)
    if n_kept != n_channels:
        parts = [each[..., [0, 0, 0, *range(1, n_kept)]] for each in parts]
    if image.dtype.kind == "f" and np.isnan(image).any():
        parts = [np.where(np.isnan(image), image, each) for each in parts]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)


def _are_alike(image: Image) -> bool:
    few = image[:: _stride(image), :: _stride(image)]
    return all(
        bool((part[..., 0] == part[..., i]).all())
        for part in (few, image)
        for i in (1, 2)
    )


def _exact(values: Image) -> Image:
    """Return values as floats, in 64 bits where 32 might lose some of them."""
    is_narrow = values.dtype.itemsize <= 2 or values.dtype == np.float32
    return values.astype(np.float32 if is_narrow else np.float64)


def limits_of(dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return the lowest and highest value of a whole-number dtype; 0 and 1 of bool."""
    if dtype.kind == "b":
        return 0.0, 1.0
    limits = np.iinfo(dtype)
    high = float(limits.max)
    if high > limits.max:  # 64 bits: the nearest float is one too many
        high = float(np.nextafter(high, 0))
    return float(limits.min), high


def _usual_ranges(dtype: np.dtype[Any]) -> list[tuple[float, float]]:
    return [(0.0, 1.0), (0.0, 255.0)] if dtype.kind == "f" else [limits_of(dtype)]


def _stride(image: Image) -> int:
    """Rows and columns to go on by: a million pixels tell enough."""
    return max(1, int(np.sqrt(image.shape[0] * image.shape[1] / MAX_PIXELS)))


def n_colours(image: Image) -> int:
    """Channels that are not alpha: 1 of (grey, alpha), 3 of (red, ..., alpha)."""
    n_channels: int = image.shape[2]
    return n_channels - 1 if n_channels in (2, 4) else n_channels


def to_planes(unit: Image) -> list[Image]:
    """Take colours (..., height, width, n_colours) apart into planes."""
    if unit.shape[-1] == 3:
        unit = unit @ OPPONENT.T * SCALE + SHIFT
    return list(np.moveaxis(unit, -1, 0))


def noise_scales(n_planes: int) -> list[float]:
    """Tell what noise of strength 1 in the colours is in each plane."""
    return SCALE.tolist() if n_planes == 3 else [1.0] * n_planes


def plane_variances(variances: Image) -> list[Image]:
    """Return the variances in planes of colours (height, width, n_colours)."""
    if variances.shape[-1] == 3:
        variances = variances @ (OPPONENT.T * SCALE) ** 2
    return list(np.moveaxis(variances, -1, 0))


def colour_variances(planes: list[Image]) -> Image:
    """Return the variances in colours (height, width, n_colours) of planes."""
    stacked = np.stack(planes, axis=2)
    if stacked.shape[2] != 3:
        return stacked
    return np.asarray(stacked @ (OPPONENT / SCALE[:, None]) ** 2)


def from_planes(planes: list[Image]) -> Image:
    """Put planes back together as colours (height, width, n_colours)."""
    stacked = np.stack(planes, axis=2)
    if stacked.shape[2] != 3:
        return stacked
    return np.asarray((stacked - SHIFT) / SCALE @ OPPONENT)
