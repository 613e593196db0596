"""How strong the noise of an image is, from the image alone.

Patches are taken apart into cosine waves. White noise has the same variance in all of
them, independently; detail shows in the long waves first. So the patches with the
least energy in long waves hold hardly any detail, and their short waves are noise
(Ponomarenko, Lukin, Zriakhov, Kaarna & Astola, "An automatic approach to lossy
compression of AVIRIS images", IGARSS 2007).
"""

import numpy as np
from numpy.typing import NDArray

PATCH = 8
MOST_PATCHES = 40_000
LEAST_PATCHES = 64
SHARE = 0.05  # of the patches, those with the least detail
LONGEST, SHORTEST = 6, 11  # sums of both frequencies: up to, and from


def noise_sigma(image: NDArray[np.floating]) -> float:
    """Estimate the standard deviation of white noise in a plane (height, width).

    A plane with too few patches gives that of the differences between neighbours,
    which takes some detail for noise.
    """
    if min(image.shape) < 2 * PATCH:
        return _sigma_of_differences(image)
    windows = np.lib.stride_tricks.sliding_window_view(image, (PATCH, PATCH))
    stride = max(1, round(np.sqrt(windows.shape[0] * windows.shape[1] / MOST_PATCHES)))
    patches = windows[::stride, ::stride].reshape(-1, PATCH, PATCH).astype(np.float64)
    # A patch of one value was drawn or clipped: it tells nothing of the noise.
    patches = patches[np.ptp(patches, axis=(1, 2)) > 0]
    if len(patches) < LEAST_PATCHES:
        return 0.0
    waves = _cosines() @ patches @ _cosines().T
    order = np.add.outer(np.arange(PATCH), np.arange(PATCH))
    detail = np.sum(waves[:, (order > 0) & (order <= LONGEST)] ** 2, axis=1)
    n_flat = max(round(SHARE * len(patches)), LEAST_PATCHES // 2)
    flattest = np.argpartition(detail, n_flat - 1)[:n_flat]
    return float(np.sqrt(np.mean(waves[flattest][:, order >= SHORTEST] ** 2)))


def _cosines() -> NDArray[np.float64]:
    """Orthonormal cosine waves (PATCH, PATCH), one a row."""
    places = np.arange(PATCH)
    waves = np.cos(np.pi * np.outer(places, 2 * places + 1) / (2 * PATCH))
    waves *= np.sqrt(2 / PATCH)
    waves[0] /= np.sqrt(2)
    return np.asarray(waves)


def _sigma_of_differences(image: NDArray[np.floating]) -> float:
    steps = np.concatenate([np.diff(image, axis=axis).ravel() for axis in (0, 1)])
    # Of normal values, the median of absolute differences is 0.954 sigma.
    return float(np.median(np.abs(steps)) / 0.954) if len(steps) else 0.0
