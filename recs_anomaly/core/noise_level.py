"""How strong the noise of an image is, from the image alone.

Patches are taken apart into cosine waves. White noise has the same variance in all of
them, independently; detail shows in the long waves first. So the patches with the
least energy in long waves hold hardly any detail, and their short waves are noise
(Ponomarenko, Lukin, Zriakhov, Kaarna & Astola, "An automatic approach to lossy
compression of AVIRIS images", IGARSS 2007).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PATCH = 8
MOST_PATCHES = 40_000
LEAST_PATCHES = 64
LEAST_WHOLE = 2000  # patches without clipped values, to look at no others
MOST_ENDS = 0.8  # share of the pixels, black or white, of what is no print or drawing
SHARE = 0.05  # of the patches, those with the least detail
LONGEST, SHORTEST = 6, 11  # sums of both frequencies: up to, and from
MIDDLE = 4  # waves from here up to LONGEST are neither long nor short
Floats = NDArray[np.float64]


class PatchWaves(NamedTuple):
    """What the waves of patches (n_patches,) tell.

    Attributes
    ----------
    brightness : ndarray
        Mean of the pixels.
    detail, middle, short : ndarray
        Mean square of the waves up to `LONGEST`, of the shorter ones among these, and
        of those from `SHORTEST`.
    """

    brightness: Floats
    detail: Floats
    middle: Floats
    short: Floats

    @property
    def sigma(self) -> float:
        """Standard deviation of white noise."""
        return float(np.sqrt(np.mean(self.flattest().short)))

    def flattest(self, share: float = SHARE) -> "PatchWaves":
        """Keep the share of the patches that has the least detail."""
        n_flat = max(round(share * len(self.detail)), LEAST_PATCHES // 2)
        if n_flat >= len(self.detail):
            return self
        kept = np.argpartition(self.detail, n_flat - 1)[:n_flat]
        return PatchWaves(*(values[kept] for values in self))


def noise_sigma(image: NDArray[np.floating]) -> float:
    """Estimate the standard deviation of white noise in a plane (height, width).

    Of several planes (n_planes, height, width), their common one. 0 where there are
    too few patches to tell.
    """
    waves = patch_waves(image)
    return 0.0 if waves is None else waves.sigma


def patch_waves(image: NDArray[np.floating]) -> PatchWaves | None:
    """Take the patches of planes apart; None where too few of them tell anything."""
    lowest_of_all, highest_of_all = np.float32(image.min()), np.float32(image.max())
    is_end = (image <= lowest_of_all) | (image >= highest_of_all)
    if min(image.shape[-2:]) < PATCH or is_end.mean() > MOST_ENDS:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(
        image, (PATCH, PATCH), axis=(-2, -1)
    )
    n_windows = float(np.prod(windows.shape[:-2]))
    stride = max(1, round(np.sqrt(n_windows / MOST_PATCHES)))
    patches = windows[..., ::stride, ::stride, :, :].reshape(-1, PATCH**2)
    patches = patches.astype(np.float32)
    # A patch of one value was drawn, and one with values at the end of the range was
    # clipped: they have less noise than the others, or none.
    highest, lowest = patches.max(axis=1), patches.min(axis=1)
    is_whole = (lowest > lowest_of_all) & (highest < highest_of_all)
    patches = patches[is_whole if is_whole.sum() >= LEAST_WHOLE else highest > lowest]
    if len(patches) < LEAST_PATCHES:
        return None
    brightness = patches.mean(axis=1, dtype=np.float64)
    order = np.add.outer(np.arange(PATCH), np.arange(PATCH)).ravel()
    waves = np.kron(_cosines(), _cosines()).astype(np.float32)  # a row each
    patches -= brightness[:, None].astype(np.float32)  # no digits lost to it
    detail, middle, short = (
        np.asarray(np.mean((patches @ waves[chosen].T) ** 2, axis=1), np.float64)
        for chosen in (
            (order > 0) & (order <= LONGEST),
            (order >= MIDDLE) & (order <= LONGEST),
            order >= SHORTEST,
        )
    )
    return PatchWaves(brightness, detail, middle, short)


def _cosines() -> Floats:
    """Orthonormal cosine waves (PATCH, PATCH), one a row."""
    places = np.arange(PATCH)
    waves = np.cos(np.pi * np.outer(places, 2 * places + 1) / (2 * PATCH))
    waves *= np.sqrt(2 / PATCH)
    waves[0] /= np.sqrt(2)
    return np.asarray(waves)
