"""How strong the noise of an image is, from the image alone.

Patches are taken apart into cosine waves. White noise has the same variance in all of
them, independently; detail shows in the long waves first. So the patches with the
least energy in long waves hold hardly any detail, and their short waves are noise
(Ponomarenko, Lukin, Zriakhov, Kaarna & Astola, "An automatic approach to lossy
compression of AVIRIS images", IGARSS 2007).
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from recs_anomaly.core.arrays import Array, Bools, Floats, Singles
from recs_anomaly.denoise.clipping import find_clip, variance_kept
from recs_anomaly.denoise.planes import flat_areas

PATCH = 8
# Sums of both frequencies of each cosine wave in a patch.
ORDERS = np.add.outer(np.arange(PATCH), np.arange(PATCH)).ravel()
MAX_PATCHES = 40_000
MIN_PATCHES = 64
MIN_USED = 0.02  # of the patches, to be without any area: print has fewer
AREA = 3  # pixels each way that are alike where there is no noise
SHARE = 0.05  # of the patches, those with the least detail
LONGEST, SHORTEST = 6, 11  # sums of both frequencies: up to, and from
MIDDLE = 4  # waves from here up to LONGEST are neither long nor short
MIN_KEPT = 0.2  # of the variance that clipping left in patches, to look at them


class PatchWaves(NamedTuple):
    """What the waves of patches (n_patches,) tell.

    Attributes
    ----------
    brightness : ndarray
        Mean of the pixels.
    detail, long, middle, short : ndarray
        Mean square of the waves up to `LONGEST`, of those before and from `MIDDLE` on
        among these, and of those from `SHORTEST`.
    """

    brightness: Floats
    detail: Floats
    long: Floats
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
    to have one noise in common. Areas of one exact value (paper, masks, margins, what
    was overexposed) have no noise: patches that reach into one are left out. Where
    noise was clipped at an end of the range, energies are what they would be without.
    """
    if min(image.shape[-2:]) < PATCH:
        return None
    areas = flat_areas(image, AREA)
    patches = patches_without(areas, image)
    if len(patches) < max(MIN_PATCHES, MIN_USED * len(_patches(image))):
        return None
    clip = find_clip(image[~areas])
    kept = np.ones(len(patches))
    for end, is_beyond in ((clip.low, np.less_equal), (clip.high, np.greater_equal)):
        if np.isfinite(end):
            at_end = is_beyond(patches, end).mean(axis=1)
            kept *= variance_kept(_among_alike(at_end, patches.mean(axis=1)))
    is_told = kept >= MIN_KEPT
    if is_told.sum() < MIN_PATCHES:
        return None
    return _waves(patches[is_told]).scaled(1 / kept[is_told])


def patches_without(areas: Bools, image: Array) -> Singles:
    """Return the patches (n_patches, PATCH**2) of an image that reach into no area."""
    patches = _patches(image)
    return patches[~_patches(areas).any(axis=1)] if areas.any() else patches


def _among_alike(values: Floats, brightness: Array) -> Floats:
    """Average values over patches as bright: in one patch alone chance plays in."""
    order = np.argsort(brightness)
    alike = np.array_split(order, max(len(order) // MIN_PATCHES, 1))
    found = np.empty(len(values))
    for group in alike:
        found[group] = values[group].mean()
    return found


def _patches(image: NDArray[Any]) -> NDArray[Any]:
    windows = np.lib.stride_tricks.sliding_window_view(
        image, (PATCH, PATCH), axis=(-2, -1)
    )
    n_windows = float(np.prod(windows.shape[:-2]))
    stride = math.ceil(math.sqrt(n_windows / MAX_PATCHES))
    return windows[..., ::stride, ::stride, :, :].reshape(-1, PATCH**2)


def _waves(patches: Singles) -> PatchWaves:
    brightness = patches.mean(axis=1, dtype=np.float64)
    patches = patches - brightness.astype(np.float32)[:, None]  # no digits lost
    kinds = (
        (ORDERS > 0) & (ORDERS < MIDDLE),
        (ORDERS >= MIDDLE) & (ORDERS <= LONGEST),
        ORDERS >= SHORTEST,
    )
    long, middle, short = (energy(patches, kind) for kind in kinds)
    n_long, n_middle, n_short = map(np.count_nonzero, kinds)
    detail = (long + middle) / (n_long + n_middle)
    return PatchWaves(
        brightness, detail, long / n_long, middle / n_middle, short / n_short
    )


def energy(patches: Singles, kind: Bools) -> Floats:
    """Sum the squares of some of the waves in each patch (n_patches, PATCH**2)."""
    waves = np.kron(_cosines(), _cosines()).astype(np.float32)  # a row each
    found = patches @ waves[kind].T
    return np.asarray(np.einsum("ij,ij->i", found, found), np.float64)


def _cosines() -> Floats:
    """Return orthonormal cosine waves (PATCH, PATCH), one a row."""
    return np.asarray(dct(np.eye(PATCH), axis=0, norm="ortho"))
