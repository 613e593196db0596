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

from recs_anomaly.denoise.clipping import Clip, find_clip

PATCH = 8
MOST_PATCHES = 40_000
LEAST_PATCHES = 64
LEAST_WHOLE = 2000  # patches without clipped values, to look at no others
MOST_ENDS = 0.8  # share of the pixels, black or white, of what is no print or drawing
SHARE = 0.05  # of the patches, those with the least detail
LONGEST, SHORTEST = 6, 11  # sums of both frequencies: up to, and from
MIDDLE = 4  # waves from here up to LONGEST are neither long nor short
LEAST_KEPT = 0.8  # of the variance that clipping left in patches, to look at them
N_ROUNDS = 6  # of finding what clipping left with the strength of the round before
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
        return self.chosen(np.argpartition(self.detail, n_flat - 1)[:n_flat])

    def chosen(self, patches: NDArray[np.generic]) -> "PatchWaves":
        """Keep some patches, by their numbers or by whether they are."""
        return PatchWaves(*(values[patches] for values in self))

    def scaled(self, factor: NDArray[np.floating]) -> "PatchWaves":
        """Multiply the energies in each patch."""
        return PatchWaves(self.brightness, *(factor * each for each in self[1:]))


def patch_waves(image: NDArray[np.floating]) -> PatchWaves | None:
    """Take the patches of a plane (height, width), or of several, apart.

    None where too few of them tell anything. Planes (n_planes, height, width) are taken
    to have one noise in common. Where noise was clipped at an end of the range,
    energies are what they would be without that.
    """
    lowest_of_all, highest_of_all = np.float32(image.min()), np.float32(image.max())
    is_end = (image <= lowest_of_all) | (image >= highest_of_all)
    if min(image.shape[-2:]) < PATCH or is_end.mean() > MOST_ENDS:
        return None
    patches = _patches(image)
    # A patch of one value was drawn, and one with values at the end of the range was
    # clipped: they have less noise than the others, or none.
    highest, lowest = patches.max(axis=1), patches.min(axis=1)
    is_varied = highest > lowest
    is_whole = (lowest > lowest_of_all) & (highest < highest_of_all)
    is_enough = is_whole[is_varied].sum() >= LEAST_WHOLE
    if is_varied.sum() < LEAST_PATCHES:
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
        is_told = kept >= LEAST_KEPT
        if is_told.sum() < LEAST_PATCHES:
            return found
        restored = waves.chosen(is_told).scaled(1 / kept[is_told])
        sigma = restored.sigma
    return restored if sigma > found.sigma else found


def _patches(image: NDArray[np.floating]) -> NDArray[np.float32]:
    windows = np.lib.stride_tricks.sliding_window_view(
        image, (PATCH, PATCH), axis=(-2, -1)
    )
    n_windows = float(np.prod(windows.shape[:-2]))
    stride = max(1, round(np.sqrt(n_windows / MOST_PATCHES)))
    patches = windows[..., ::stride, ::stride, :, :].reshape(-1, PATCH**2)
    return patches.astype(np.float32)


def _waves(patches: NDArray[np.float32]) -> PatchWaves:
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
    """Orthonormal cosine waves (PATCH, PATCH), one a row."""
    places = np.arange(PATCH)
    waves = np.cos(np.pi * np.outer(places, 2 * places + 1) / (2 * PATCH))
    waves *= np.sqrt(2 / PATCH)
    waves[0] /= np.sqrt(2)
    return np.asarray(waves)
