"""Which axes of arrays are what: channels, slices of a stack, rows and columns.

As in scikit-image the user says it. Nothing is guessed from sizes but that the third
axis of an image holds its channels, which is so unless something is said.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.denoise.images import (
    Batch,
    as_array,
    as_batch,
    check_values,
    is_list_of_images,
    rows_as_batch,
)
from recs_anomaly.denoise.planes import Image
from recs_anomaly.exceptions import InputError


class Axes(NamedTuple):
    """What the axes of X are, or those of each array in a list.

    Attributes
    ----------
    channel : int, None or "auto", default="auto"
        Axis of the channels; None where there are none. "auto" is the last where there
        is one more than rows, columns and slices take.
    stack : int or None, default=None
        Axis of the slices of a stack.
    are_colours : bool, default=True
        Whether three channels are red, green and blue, and a fourth is alpha.
    """

    channel: int | str | None = "auto"
    stack: int | None = None
    are_colours: bool = True

    @property
    def are_told(self) -> bool:
        """Whether anything is said of where channels and slices lie."""
        return self.stack is not None or self.channel != "auto"


class _Array(NamedTuple):
    """An array as (n_slices, height, width, n_channels), and its way back."""

    slices: Image
    back: Callable[[Image], Image]


def read_batch(X: Any, axes: Axes, image_shape: Sequence[int] | None = None) -> Batch:
    """Take images apart, or slices of stacks, whichever way they came.

    Raises
    ------
    InputError
        If X does not have the axes that it is said to have.
    """
    if image_shape is not None:
        batch = rows_as_batch(np.asarray(X), image_shape)
    else:
        batch = _arranged(X, axes) if axes.are_told else as_batch(X)
    return batch if axes.are_colours else _separated(batch)


def _arranged(X: Any, axes: Axes) -> Batch:
    """Take arrays apart whose axes are told."""
    is_list = is_list_of_images(X)
    arrays = [as_array(each) for each in X] if is_list else [as_array(X)]
    is_many = not is_list and axes.stack is None and _n_left(arrays[0], axes) == 1
    for each in arrays:
        check_values(each)
        if _n_left(each, axes) != is_many or not each.size:
            raise InputError(_misfit(each, axes))
    found = [_moved(each, axes, is_many) for each in arrays]
    ends = np.cumsum([len(each.slices) for each in found]).tolist()
    places = [slice(*each) for each in zip([0, *ends], ends, strict=False)]

    def restore(images: list[Image]) -> Any:
        back = [
            one.back(np.stack(images[place])).astype(array.dtype, copy=False)
            for one, place, array in zip(found, places, arrays, strict=True)
        ]
        return back if is_list else back[0]

    images = [image for each in found for image in each.slices]
    return Batch(images, restore, [] if axes.stack is None else places)


def _has_channels(array: NDArray[Any], axes: Axes) -> bool:
    if axes.channel == "auto":
        return array.ndim > 2 + (axes.stack is not None)
    return axes.channel is not None


def _n_left(array: NDArray[Any], axes: Axes) -> int:
    """Count the axes of an array that nobody has told of."""
    n_told = 2 + (axes.stack is not None) + _has_channels(array, axes)
    return array.ndim - n_told


def _moved(array: NDArray[Any], axes: Axes, is_many: bool) -> _Array:
    """Bring the axes of an array in order."""
    told = [] if axes.stack is None else [axes.stack]
    if _has_channels(array, axes):
        told.append(-1 if isinstance(axes.channel, str) else int(axes.channel or 0))
    if not all(-array.ndim <= axis < array.ndim for axis in told):
        raise InputError(_misfit(array, axes))
    named = [axis % array.ndim for axis in told]
    if len(set(named)) < len(named):
        raise InputError(_misfit(array, axes))
    if is_many:
        named.insert(0, min({0, 1} - set(named)))
    n_first = int(is_many or axes.stack is not None)
    first, last = named[:n_first], named[n_first:]
    plane = [each for each in range(array.ndim) if each not in named]
    order = [*first, *plane, *last]
    moved = array.transpose(order)
    whole = moved.shape if last else (*moved.shape, 1)
    whole = whole if first else (1, *whole)

    def back(slices: Image) -> Image:
        return slices.reshape(moved.shape).transpose(np.argsort(order))

    return _Array(moved.reshape(whole), back)


def _misfit(array: NDArray[Any], axes: Axes) -> str:
    what = "an image" if axes.stack is None else "a stack (several go in a list)"
    return (
        f"{what} must have two axes beside channel_axis={axes.channel!r} and "
        f"stack_axis={axes.stack!r}, which are two of its axes, and none of size 0; "
        f"got an array of shape {array.shape}."
    )


def _separated(batch: Batch) -> Batch:
    """Make an image of each channel, and a stack of each of a stack's."""
    groups = batch.stacks or [slice(i, i + 1) for i in range(len(batch.images))]
    images: list[Image] = []
    places: list[list[slice]] = []  # by stack and channel
    for group in groups:
        slices = batch.images[group]
        places.append([])
        for channel in range(slices[0].shape[2]):
            first = len(images)
            images += [each[..., channel : channel + 1] for each in slices]
            places[-1].append(slice(first, len(images)))

    def restore(found: list[Image]) -> Any:
        merged = [
            np.concatenate(channels, axis=2)
            for of_stack in places
            for channels in zip(*(found[place] for place in of_stack), strict=True)
        ]
        return batch.restore(merged)

    flat = [place for of_stack in places for place in of_stack]
    return Batch(images, restore, flat if batch.stacks else [])
