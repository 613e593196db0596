"""Parameters of the denoiser, what is legal, and the weights that come with it."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from io import BytesIO
from itertools import pairwise
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.base.checks import (
    check_choice,
    check_integer,
    check_number,
    check_verbose,
    is_auto,
)
from recs_anomaly.core.arrays import Singles
from recs_anomaly.denoise.camera_noise import CameraDetector
from recs_anomaly.denoise.intervals import IntervalTable
from recs_anomaly.exceptions import InputError

N_COLOURS = 3
WIDTHS = (64, 80, 96)  # feature maps of the network at each resolution
MULTIPLE = 2 ** len(WIDTHS)  # of pixels, that the sides of what it sees are
MAX_SIGMA = 75 / 255  # that training showed
CENTRE = 0.5
FINE = 1 / 4  # of the usual step


class Planes(NamedTuple):
    """How many planes a network sees at once, and how many of them it cleans.

    Those are the first; the others help.
    """

    n_seen: int
    n_cleaned: int


GREY, COLOURS, FIRST_OF_COLOURS = Planes(1, 1), Planes(3, 3), Planes(3, 1)


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
    _check_axes(denoiser)
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


def _check_axes(denoiser: Any) -> None:
    channel, stack = denoiser.channel_axis, denoiser.stack_axis
    if channel is not None and not is_auto(channel):
        check_integer("channel_axis", channel, -4, ", None or 'auto'")
    if stack is not None:
        check_integer("stack_axis", stack, -4, ", or None")
    check_choice("channels", denoiser.channels, ("colors", "separate"))
    if denoiser.image_shape is not None and not (stack is None and is_auto(channel)):
        raise InputError(
            "image_shape must be None where channel_axis or stack_axis is set; got "
            f"image_shape={denoiser.image_shape!r}."
        )


def count_weights(planes: Planes) -> int:
    """Count the weights of the network for so many planes."""
    return sum(map(sum, _layers(planes)))


def _layers(planes: Planes) -> Iterator[tuple[int, int]]:
    """Yield the numbers of weights of each layer, in its kernel and in its bias."""

    def layer(side: int, n_in: int, n_out: int) -> tuple[int, int]:
        return side**2 * n_in * n_out, n_out

    yield layer(6, 2 * planes.n_seen, WIDTHS[0])
    for width, deeper in pairwise(WIDTHS):
        yield from [layer(3, width, width)] * 2
        yield layer(2, width, deeper)
    yield from [layer(3, WIDTHS[-1], WIDTHS[-1])] * 4
    for deeper, width in pairwise(WIDTHS[::-1]):
        yield layer(2, deeper, width)
        yield from [layer(3, width, width)] * 2
    yield layer(6, WIDTHS[0], planes.n_cleaned)


def parts_of_step(planes: Planes) -> Singles:
    """Return of how much of a step each shipped weight is counted in whole numbers.

    A coarse weight of the first or the last layer, or a coarse bias, costs far more
    than one inside; there are few of them.
    """
    layers = list(_layers(planes))
    counts: list[int] = []
    parts: list[float] = []
    for number, layer in enumerate(layers):
        is_outer = number in (0, len(layers) - 1)
        counts += layer
        parts += [FINE if is_outer else 1.0, FINE]
    return np.repeat(np.asarray(parts, np.float32), counts)


@cache
def pretrained_weights() -> Singles:
    """Return the weights (n_weights,) that were trained on photographs."""
    weights = _in_steps("gray.npz", GREY)
    weights.flags.writeable = False
    return weights


@cache
def shared_weights() -> Singles:
    """Return the weights that were trained on strong noise that neighbours share."""
    return _changed("shared.npz", COLOURS)


@cache
def camera_weights() -> Singles:
    """Return the weights (2, n_weights) trained on the weak noise of cameras.

    The first are for brightness, the others for colours at half the size.
    """
    names = ("camera_brightness.npz", "camera_colours.npz")
    weights = np.stack([_changed(name, GREY) for name in names])
    weights.flags.writeable = False
    return weights


@cache
def brightness_weights() -> Singles:
    """Return the weights for white noise in the brightness of colours."""
    return _changed("colour_brightness.npz", FIRST_OF_COLOURS)


@cache
def difference_weights() -> Singles:
    """Return the weights for white noise in differences of colour at half the size."""
    return _changed("colour_differences.npz", FIRST_OF_COLOURS)


def _changed(name: str, planes: Planes) -> Singles:
    weights = begun_as_grey(planes) + _in_steps(name, planes)
    weights.flags.writeable = False
    return weights


def begun_as_grey(planes: Planes) -> Singles:
    """Return what the weights that are shipped as changes are changes of.

    They are those of the network for grey images, whatever sees more planes than one
    having its first and last layer for itself.
    """
    grey = pretrained_weights()
    if planes == GREY:
        return grey
    begun = np.zeros(count_weights(planes), np.float32)
    begun[_inner_layers(planes)] = grey[_inner_layers(GREY)]
    return begun


def _inner_layers(planes: Planes) -> slice:
    """Place of the layers that do not depend on the number of planes."""
    first, *_, last = _layers(planes)
    return slice(first[0], -sum(last))


def _in_steps(name: str, planes: Planes) -> Singles:
    return weights_of_steps(_shipped(name), planes)


def weights_of_steps(shipped: Mapping[str, NDArray[Any]], planes: Planes) -> Singles:
    """Return the weights, or changes of weights, that are shipped as `n_steps`."""
    steps = shipped["step"] * parts_of_step(planes)
    return np.asarray(steps * unpacked(shipped["n_steps"].tobytes()), np.float32)


def packed(numbers: NDArray[Any]) -> bytes:
    """Pack whole numbers (n,), most of them small, as small as they can be read fast.

    The lower bytes stand before the higher ones, which are zero where a number is from
    -128 to 127. Looking for what repeats in them only makes them longer.
    """
    halves = (numbers + 128).astype("<u2").view(np.uint8).reshape(-1, 2).T
    compressor = zlib.compressobj(9, strategy=zlib.Z_RLE)
    return compressor.compress(halves.tobytes()) + compressor.flush()


def unpacked(compressed: bytes) -> NDArray[np.int16]:
    """Return the whole numbers (n,) that were packed."""
    halves = np.frombuffer(zlib.decompress(compressed), np.uint8).reshape(2, -1)
    numbers: NDArray[np.int16] = halves.T.copy().view("<u2")[:, 0].astype(np.int16)
    return numbers - np.int16(128)


@cache
def camera_detector() -> CameraDetector:
    """Return what tells the weak noise of cameras from the detail of photographs."""
    return CameraDetector(**_shipped("camera_noise.npz"))


@cache
def pretrained_intervals() -> IntervalTable:
    """Return half widths of intervals, measured with these weights on photographs."""
    return IntervalTable(**_shipped("intervals.npz"))


def _shipped(name: str) -> dict[str, NDArray[Any]]:
    packed = files("recs_anomaly.denoise") / "pretrained" / name
    with np.load(BytesIO(packed.read_bytes()), allow_pickle=False) as arrays:
        return dict(arrays)
