"""What kind of noise a plane has: even, growing with brightness, or no white noise.

Counted light has a variance that grows with brightness, a laser's speckle has one that
grows with its square, and a camera has all of it at once: a constant, a linear and a
quadratic part (Foi, Trimeche, Katkovnik & Egiazarian, "Practical Poissonian-Gaussian
noise modeling and fitting", IEEE Transactions on Image Processing 17, 2008).
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from recs_anomaly.core.arrays import Array, Floats, Singles
from recs_anomaly.denoise.noise_level import MIN_PATCHES, PATCH, PatchWaves

N_BINS = 8  # of brightness, each with as many patches
SHARE = 0.08  # of the patches of a bin, those with the least detail
N_FITS = 4  # each weighs the bins by the variance that the last one found
# Both were met by at most 3 of 100 photographs with even noise, and by 92 of 100 with
# counted light or speckle.
MIN_RATIO = 1.7  # of the largest variance to the smallest
MIN_SHARE = 0.85  # of the differences between bins that the law explains
# Of middle to short waves in the flattest patches of a bin. Noise has 0.8, and the
# textures that made clean parts look as if noise grew with brightness 1.3 and more.
MAX_COLOUR_OF_BIN = 1.3

# White noise has the same energy in middle and short waves: in the flattest patches of
# photographs with noise from 5 of 255, at most 1.34 times (in standard deviations, 95
# of 100); without noise, at least 1.8 times; with noise that was scaled up, 13 times.
MAX_COLOUR = 1.6
# The mean square of ten short waves of white noise has a variance of 0.2 of its squared
# mean from patch to patch: in photographs with noise from 3 of 255 on, at most 0.37 (99
# of 100). Fine texture is here and not there: of 32 of 400 photographs that else looked
# like noise, one is left.
MAX_UNEVEN = 0.38
# Added where the patches, which overlap, hold just one that is wholly its own; it falls
# with the square root of their number. Without it 3 of 100 small noisy pictures, 24 or
# 32 wide, were taken for texture; with it 1, and 1 more of 100 without noise for noisy.
CHANCE_UNEVEN = 0.2
# Patterns that repeat, such as hatching and rings, have the same waves in all patches:
# at most 0.03. White noise has 0.15 or more, clipped noise too.
MIN_UNEVEN = 0.08
MIN_UNEVEN_MIDDLE = 0.02
MAX_UNEVEN_MIDDLE = 0.13
MIN_MIDDLE = 0.65  # times the short waves, in the flattest patches of white noise
MAX_TEXTURE = 2.0  # times: noise that is sure, under a texture; print has 2.2
MIN_GROUP = 32  # patches as bright as each other that it is measured in
# Strong noise leaves nothing to see in the flattest patches; dense print has more.
STRONG_NOISE, MAX_DETAIL = 15 / 255, 1.5
MAX_NOISE = 0.4  # line art has more
SURE_NOISE = 4 / 255  # 97 of 100 photographs without noise have weaker short waves
# Tissue under a microscope and a sky of faint stars have fine texture everywhere, and
# weak noise looks up to twice as strong as it is. Even the flattest patches have more
# middle waves there than noise has, and hardly more long ones, as other things have.
WEAK_NOISE = (7 / 255, 11 / 255)
DOUBTED_MIDDLE, DOUBTED_LONG = (0.8, 1.05), (1.05, 1.15)  # over short; over middle
COARSE_MIDDLE = (1.4, 1.8)  # over short, whatever long ones there are
MIN_SURE = 0.5
MIN_SMEARED = 2.0
BLOTCHES = 6.0
MIN_BLOTCHES = 3 / 255  # strength of middle waves that can be seen as noise
SURE_BLOTCHES = 8 / 255
# Blurring or JPEG takes the short waves of noise away and leaves middle ones, which are
# nearly as even as those of white noise; the stronger they are, the surer that is.
# Noise of 15 of 255 at a JPEG quality of 50, or of 25 at 20, is told from detail so in
# 9 of 10 photographs; of 200 without noise, in 3 after weak compression, 1 without any,
# and none after strong.
EVEN_MIDDLE = ((6 / 255, 0.12), (12 / 255, 0.16))  # stronger and more even than this
# Blotches rise at most so much from the flattest patches to middling ones. Blurring
# leaves long waves, and JPEG takes short ones out of flat patches first; texture does
# neither.
EVERYWHERE = (0.02, 0.1, 0.3, 0.5)  # shares of the patches
MAX_RISE = 1.67
MAX_BLOTCHES = (80 / 255, 45 / 255)  # of long and middle waves; print has more
MIN_LONG, MIN_QUANTISED = 2.0, 2.2
# JPEG takes middle waves out of flat patches too where it is strong: they may rise by
# more if they are strong and even. Of photographs with noise of 25 at a quality of 30,
# 94 of 100 are told so, 81 without; of 863 clean pictures, JPEGs among them, none.
MAX_RISE_OF_JPEG, MIN_OF_JPEG, MAX_UNEVEN_JPEG = 2.1, (10 / 255, 2.6), 0.12
# Parts of photographs less than 50 wide are as even by chance: of 100 that are 24 wide
# and have no noise, 20 would be told to have such.
MIN_TO_TELL = 2000  # patches


class NoiseLaw(NamedTuple):
    """Variance of the noise where a plane is as bright as m: c + l m + q m^2."""

    constant: float
    linear: float
    quadratic: float

    def variance(self, brightness: Array) -> Singles:
        """Return the variance at each brightness, on a scale from 0 to 1."""
        m = np.maximum(brightness, 0)
        return np.asarray(
            self.constant + m * (self.linear + m * self.quadratic), np.float32
        )


def noise_law(waves: PatchWaves) -> NoiseLaw | None:
    """Fit how the variance grows with brightness; None where it is as good as even."""
    brightness, variance = _bins(waves)
    if len(variance) < N_BINS // 2 or not variance.min() > 0:
        return None
    m = np.maximum(brightness, 0)
    powers = np.stack([np.ones_like(m), m, m**2], axis=1)
    weight = 1 / variance
    for _ in range(N_FITS):
        parts, _ = nnls(powers * weight[:, None], variance * weight)
        fitted = powers @ parts
        weight = 1 / fitted
    if fitted.max() < MIN_RATIO * fitted.min():
        return None
    unexplained = np.var(np.log(variance / fitted)) / np.var(np.log(variance))
    return NoiseLaw(*parts.tolist()) if 1 - unexplained >= MIN_SHARE else None


def is_noise(waves: PatchWaves) -> bool:
    """Whether what the flattest patches hold is white noise, not detail or blotches."""
    middle, short = _middle_and_short(waves)
    flat = waves.flattest()
    chance = CHANCE_UNEVEN * PATCH / np.sqrt(len(waves.detail))
    uneven = _unevenness(flat.brightness, flat.short)
    is_sure = short > SURE_NOISE
    most = MAX_TEXTURE if is_sure else MAX_COLOUR
    is_white = middle <= most * short
    is_pattern = len(waves.detail) >= MIN_TO_TELL and (
        middle < MIN_MIDDLE * short
        or uneven < MIN_UNEVEN
        or (short > STRONG_NOISE and flat.detail.mean() > (MAX_DETAIL * short) ** 2)
    )
    is_even = uneven <= MAX_UNEVEN + chance
    return bool(is_white and is_even and not is_pattern and short <= MAX_NOISE)


def sure_sigma(waves: PatchWaves) -> float:
    """Return the strength of white noise, less what may be a fine texture."""
    sigma = waves.sigma
    flat = waves.flattest()
    long, middle, short = np.sqrt([each.mean() for each in flat[2:]])
    fine = np.interp(middle / short, DOUBTED_MIDDLE, (0, 1)) * np.interp(
        long / middle, DOUBTED_LONG, (1, 0)
    )
    coarse = np.interp(middle / short, COARSE_MIDDLE, (0, 1))
    doubt = np.interp(short, WEAK_NOISE, (1, 0)) * max(fine, coarse)
    return float(sigma * (1 - (1 - MIN_SURE) * doubt))


def has_blotches(waves: PatchWaves) -> bool:
    """Whether there is noise that neighbouring pixels share: scaled up, or JPEG's."""
    middle, short = _middle_and_short(waves)
    is_large = len(waves.detail) >= MIN_TO_TELL
    if not is_large or middle < MIN_BLOTCHES or is_noise(waves):
        return False
    flat = waves.flattest()
    unevenness = _unevenness(flat.brightness, flat.middle)
    if not _is_everywhere(waves, is_even=unevenness < MAX_UNEVEN_JPEG):
        return False
    if unevenness < MIN_UNEVEN_MIDDLE:
        return False
    # Short waves as even as those of white noise, over middle ones that are not: gravel
    # with white noise on it.
    is_textured = short > SURE_NOISE and unevenness > MAX_UNEVEN_MIDDLE
    if is_textured and _unevenness(flat.brightness, flat.short) <= MAX_UNEVEN:
        return False
    if middle > BLOTCHES * short or (
        short > SURE_BLOTCHES and middle > MAX_COLOUR * short
    ):
        return True
    return any(
        middle > strength and unevenness < limit for strength, limit in EVEN_MIDDLE
    )


def _is_everywhere(waves: PatchWaves, *, is_even: bool) -> bool:
    """Whether middle waves are in all patches alike, as noise is and texture is not."""
    least, tenth, third, half = np.sqrt(
        np.quantile([waves.long, waves.middle, waves.short], EVERYWHERE, axis=1)
    )
    is_blurred = tenth[0] > MIN_LONG * tenth[1]
    is_quantised = half[2] > MIN_QUANTISED * tenth[2]
    strong, quantised = MIN_OF_JPEG
    is_of_jpeg = is_even and least[1] > strong and half[2] > quantised * tenth[2]
    return bool(
        third[1] <= (MAX_RISE_OF_JPEG if is_of_jpeg else MAX_RISE) * least[1]
        and (third[:2] <= MAX_BLOTCHES).all()
        and (is_blurred or is_quantised)
    )


def middling_sigma(waves: PatchWaves) -> float:
    """Return the strength of white noise at brightness that is neither low nor high.

    What JPEG files hold of clipped noise no longer stands at the ends of the range; and
    the flattest patches are where most was clipped.
    """
    _, variance = _bins(waves)
    if not len(variance):
        return waves.sigma
    return max(float(np.sqrt(np.median(variance))), waves.sigma)


def is_smeared(waves: PatchWaves) -> bool:
    """Whether the flattest patches have hardly any short waves beside middle ones."""
    middle, short = _middle_and_short(waves)
    return middle > MIN_SMEARED * short


def _unevenness(brightness: Floats, energy: Floats) -> float:
    """Return var / mean^2 of waves among flat patches that are as bright."""
    by_brightness = energy[np.argsort(brightness)]
    n_groups = min(max(len(by_brightness) // MIN_GROUP, 1), N_BINS)
    groups = np.array_split(by_brightness, n_groups)
    means = np.array([max(group.mean(), 1e-30) for group in groups])
    variances = np.array([group.var() for group in groups])
    return float(np.mean(variances / means**2))


def _middle_and_short(waves: PatchWaves) -> tuple[float, float]:
    flat = waves.flattest()
    return float(np.sqrt(flat.middle.mean())), float(np.sqrt(flat.short.mean()))


def _bins(waves: PatchWaves) -> tuple[Floats, Floats]:
    """Return brightness and variance of the flattest patches of each bin.

    Bins in which even those hold print or texture are left out.
    """
    edges = np.quantile(waves.brightness, np.linspace(0, 1, N_BINS + 1))
    found = []
    for low, high in pairwise(edges):
        inside = (waves.brightness >= low) & (waves.brightness <= high)
        if inside.sum() >= MIN_PATCHES:
            flat = waves.chosen(inside).flattest(SHARE)
            if flat.middle.mean() <= MAX_COLOUR_OF_BIN**2 * flat.short.mean():
                found.append((flat.brightness.mean(), flat.short.mean()))
    both = np.asarray(found, np.float64).reshape(-1, 2)
    return both[:, 0], both[:, 1]
