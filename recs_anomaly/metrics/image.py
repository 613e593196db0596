"""How near an image comes to the clean one, as scikit-image measures it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.exceptions import InputError
from recs_anomaly.extras import told_of_extras

MAX_DECIBELS = 100.0  # of images that are equal, or nearly so
WINDOW = 7  # pixels each way that structural similarity compares at a time


def psnr(found: NDArray[Any], clean: NDArray[Any], span: float) -> float:
    """Peak signal-to-noise ratio in decibels, at most 100.

    Parameters
    ----------
    found : ndarray of any shape
    clean : ndarray of the shape of `found`
    span : float
        What white is above black.

    Returns
    -------
    psnr : float

    Raises
    ------
    InputError
        If the shapes differ.

    Examples
    --------
    >>> import numpy as np
    >>> psnr(np.full((2, 2), 0.1), np.zeros((2, 2)), span=1.0)
    20.0
    """
    with told_of_extras():
        from skimage.metrics import peak_signal_noise_ratio

    one, other = _two_images(found, clean)
    if np.array_equal(one, other):
        return MAX_DECIBELS
    ratio = peak_signal_noise_ratio(other, one, data_range=span)
    return float(min(ratio, MAX_DECIBELS))


def structural_similarity(
    found: NDArray[Any], clean: NDArray[Any], span: float
) -> float:
    """Structural similarity, at most 1: do the two look alike, window by window.

    Parameters
    ----------
    found : ndarray of shape (height, width) or (height, width, n_channels)
    clean : ndarray of the shape of `found`
    span : float
        What white is above black.

    Returns
    -------
    similarity : float
        NaN for images less than 7 pixels wide or high.

    Raises
    ------
    InputError
        If the shapes differ.

    References
    ----------
    .. [1] Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli. Image quality
       assessment: from error visibility to structural similarity. IEEE Transactions on
       Image Processing 13 (2004).

    Examples
    --------
    >>> import numpy as np
    >>> image = np.eye(8)
    >>> structural_similarity(image, image, span=1.0)
    1.0
    """
    with told_of_extras():
        from skimage import metrics

    one, other = _two_images(found, clean)
    if min(one.shape[:2]) < WINDOW:
        return float("nan")
    channels = 2 if one.ndim == 3 else None
    return float(
        metrics.structural_similarity(
            other, one, win_size=WINDOW, data_range=span, channel_axis=channels
        )
    )


def _two_images(
    found: NDArray[Any], clean: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if found.shape != clean.shape:
        raise InputError(
            "found and clean must have the same shape; "
            f"got {found.shape} and {clean.shape}."
        )
    return found.astype(np.float64), clean.astype(np.float64)
