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
from scipy.fft import dct

from recs_anomaly.core.arrays import Array, Floats, Singles
from recs_anomaly.denoise.clipping import Clip, find_clip

PATCH = 8
MAX_PATCHES = 40_000
MIN_PATCHES = 64
MIN_WHOLE = 2000  # patches without clipped values, to look at no others
MAX_ENDS = 0.8  # share of the pixels, black or white, of what is no print or drawing
SHARE = 0.05  # of the patches, those with the least detail
LONGEST, SHORTEST = 6, 11  # sums of both frequencies: up to, and from
MIDDLE = 4  # waves from here up to LONGEST are neither long nor short
MIN_KEPT = 0.8  # of the variance that clipping left in patches, to look at them
N_ROUNDS = 6  # of finding what clipping left with the strength of the round before


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
        """Return the standard deviation of white noise."""
        return float(np.sqrt(np.mean(self.flattest().short)))

    def flattest(self, share: float = SHARE) -> "PatchWaves":
        """Keep the share of the patches that has the least detail."""
        n_flat = max(round(share * len(self.detail)), MIN_PATCHES // 2)
        if n_flat >= len(self.detail):
            return self
        return self.chosen(np.argpartition(self.detail, n_flat - 1)[:n_flat])

    def chosen(self, patches: NDArray[np.generic]) -> "PatchWaves":
        """Keep some patches, by their numbers or by whether they are."""
        return PatchWaves(*(values[patches] for values in self))

    def scaled(self, factor: Array) -> "PatchWaves":
        """Multiply the energies in each patch."""
        return PatchWaves(self.brightness, *(factor * each for each in self[1:]))


def patch_waves(image: Array) -> PatchWaves | None:
    """Take the patches of a plane (height, width), or of several, apart.

    None where too few of them tell anything. Planes (n_planes, height, width) are taken
    to have one noise in common. Where noise was clipped at an end of the range,
    energies are what they would be without that.
    """
    lowest_of_all, highest_of_all = np.float32(image.min()), np.float32(image.max())
    is_end = (image <= lowest_of_all) | (image >= highest_of_all)
    if min(image.shape[-2:]) < PATCH or is_end.mean() > MAX_ENDS:
        return None
    patches = _patches(image)
    # A patch of one value was drawn, and one with values at the end of the range was
    # clipped: they have less noise than the others, or none.
    highest, lowest = patches.max(axis=1), patches.min(axis=1)
    is_varied = highest > lowest
    is_whole = (lowest > lowest_of_all) & (highest < highest_of_all)
    is_enough = is_whole[is_varied].sum() >= MIN_WHOLE
    if is_varied.sum() < MIN_PATCHES:
        return None
    waves = _waves(patches[is_varied])
    found = waves.chosen(is_whole[is_varied]) if is_enough else waves
    clip = find_clip(image)
    return found if clip.is_open else _unclipped(waves, found, clip)


def _unclipped(waves: PatchWaves, found: PatchWaves, clip: Clip) -> PatchWaves:
    """Make up for what clipping took, in all patches that it left enough of.

    Patches without clipped values have weaker noise than others where the image is
    near an end, by chance: they stay only if the others do not tell of more.
    """
    restored, sigma = found, found.sigma
    for _ in range(N_ROUNDS):
        kept = clip.kept_variance(waves.brightness, sigma)
        is_told = kept >= MIN_KEPT
        if is_told.sum() < MIN_PATCHES:
            return found
        restored = waves.chosen(is_told).scaled(1 / kept[is_told])
        sigma = restored.sigma
    return restored if sigma > found.sigma else found


def _patches(image: Array) -> Singles:
    windows = np.lib.stride_tricks.sliding_window_view(
        image, (PATCH, PATCH), axis=(-2, -1)
    )
    n_windows = float(np.prod(windows.shape[:-2]))
    stride = max(1, round(np.sqrt(n_windows / MAX_PATCHES)))
    patches = windows[..., ::stride, ::stride, :, :].reshape(-1, PATCH**2)
    return patches.astype(np.float32)


def _waves(patches: Singles) -> PatchWaves:
    brightness = patches.mean(axis=1, dtype=np.float64)
    order = np.add.outer(np.arange(PATCH), np.arange(PATCH)).ravel()
    waves = np.kron(_cosines(), _cosines()).astype(np.float32)  # a row each
    patches = patches - brightness[:, None].astype(np.float32)  # no digits lost to it
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
    """Return orthonormal cosine waves (PATCH, PATCH), one a row."""
    return np.asarray(dct(np.eye(PATCH), axis=0, norm="ortho"))
