"""The denoiser as a function, in scikit-image's manner."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.denoise.denoiser import ImageDenoiser
from recs_anomaly.exceptions import InputError


def denoise(
    image: NDArray[Any],
    *,
    sigma: float | None = None,
    channel_axis: int | None = None,
) -> NDArray[Any]:
    """Take the noise out of an image, as functions of `skimage.restoration` do.

    Parameters
    ----------
    image : ndarray of shape (height, width), or with an axis of channels
        Any float or integer range.
    sigma : float or None, default=None
        Standard deviation of the noise, in the image's own range. None means that it is
        estimated.
    channel_axis : int or None, default=None
        Axis of the channels. None means a grey image. Three channels are colours,
        cleaned together; others are cleaned one by one.

    Returns
    -------
    clean : ndarray
        In the shape, dtype and range of `image`.

    Raises
    ------
    InputError
        If `image` has not two axes beside that of the channels, or there is no such
        axis.

    Examples
    --------
    >>> import numpy as np
    >>> from recs_anomaly.adapters.images import denoise
    >>> noisy = 0.5 + 0.1 * np.random.default_rng(0).normal(size=(64, 64))
    >>> bool(denoise(noisy).std() < 0.02)
    True
    """
    given = np.asarray(image)
    n_axes = 2 if channel_axis is None else 3
    if given.ndim != n_axes:
        raise InputError(
            f"image must have {n_axes} axes with channel_axis={channel_axis}; got "
            f"{given.ndim}."
        )
    denoiser = _denoiser(sigma)
    if channel_axis is None:
        return _cleaned(denoiser, given)
    if not -3 <= channel_axis < 3:
        raise InputError(f"channel_axis must be an axis of image; got {channel_axis}.")
    last = np.moveaxis(given, channel_axis, -1)
    if last.shape[-1] == 3:
        clean = _cleaned(denoiser, last)
    else:
        planes = [_cleaned(denoiser, plane) for plane in np.moveaxis(last, -1, 0)]
        clean = np.stack(planes, axis=-1)
    return np.moveaxis(clean, -1, channel_axis)


@lru_cache(maxsize=4)
def _denoiser(sigma: float | None) -> ImageDenoiser:
    """Return a denoiser that is made once, for a network takes a while to be ready."""
    return ImageDenoiser.from_pretrained(sigma="auto" if sigma is None else sigma)


def _cleaned(denoiser: ImageDenoiser, image: NDArray[Any]) -> NDArray[Any]:
    clean: NDArray[Any] = denoiser.predict([image])[0]
    return clean
