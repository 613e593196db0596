"""Noise that was held to a range: what clipping does to its mean and variance.

A dark pixel with noise that is clipped at black is brighter on average than it was, and
its noise is weaker. Both follow from the normal distribution, so both can be undone
where the strength of the noise is known (Foi, "Clipped noisy images: heteroskedastic
modeling and practical denoising", Signal Processing 89, 2009).
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from recs_anomaly.core.arrays import Array, Floats, Singles

MIN_SHARE = 0.002  # of the pixels that stand at an end, if noise was clipped there
MIN_PIXELS = 20
MIN_PILE = 1.5  # times as many as at the values next to the end
MAX_STEP = 1 / 40  # of the range, between values: what is coarser was counted

# For noise of strength 1 around a distance from the end, from outside to far inside:
# its mean and its variance after clipping. The nearer ends share no pixel's noise as
# long as the noise is weaker than a quarter of the range; so each is seen alone.
_DISTANCE = np.linspace(-3.0, 5.0, 321)
_BELOW = ndtr(_DISTANCE)
_DENSITY = np.exp(-(_DISTANCE**2) / 2) / math.sqrt(2 * math.pi)
_MEAN = _DISTANCE * _BELOW + _DENSITY
_VARIANCE = (_DISTANCE**2 + 1) * _BELOW + _DISTANCE * _DENSITY - _MEAN**2


class Clip(NamedTuple):
    """Ends of the range that noise was held to; infinite where it was not."""

    low: float
    high: float

    @property
    def is_open(self) -> bool:
        """Whether nothing was clipped."""
        return math.isinf(self.low) and math.isinf(self.high)

    def kept_variance(self, mean: Array, sigma: Array | float) -> Singles:
        """Return the share of the variance that clipping left at these means."""
        kept = np.ones(np.shape(mean))
        for inside in self._inside(mean, sigma):
            kept *= np.interp(inside, _MEAN, _VARIANCE)
        return np.asarray(kept, np.float32)

    def undone(self, mean: Array, sigma: Array | float) -> Singles:
        """Return the mean before clipping, within the ends, of the mean after it."""
        found = np.array(mean, np.float64)
        for sign, inside in zip((1, -1), self._inside(mean, sigma), strict=True):
            distance = np.interp(inside, _MEAN, _DISTANCE)
            is_near = inside < _MEAN[-1]
            found += np.where(is_near, sign * sigma * (distance - inside), 0)
        return np.asarray(np.clip(found, self.low, self.high), np.float32)

    def _inside(self, mean: Array, sigma: Array | float) -> tuple[Array, Array]:
        """Return how many sigmas means are above the low end and below the high one."""
        scale = np.maximum(sigma, 1e-6)
        # Past the end there is nothing: rounding may have gone there.
        return (
            np.clip((mean - self.low) / scale, 0, 1e6),
            np.clip((self.high - mean) / scale, 0, 1e6),
        )


OPEN = Clip(-math.inf, math.inf)


def variance_kept(at_end: Floats) -> Floats:
    """Return the share of the variance left where so many pixels are clipped."""
    return np.asarray(np.interp(-ndtri(at_end), _DISTANCE, _VARIANCE), np.float64)


def find_clip(pixels: Array) -> Clip:
    """Tell at which ends of their values pixels were clipped: they pile up there."""
    some = pixels.ravel()[:: max(pixels.size // 10_000, 1)]
    values = np.unique(some.astype(np.float64))
    if len(values) < 2 or np.diff(values).min() > MAX_STEP * np.ptp(values):
        return OPEN
    low, high = float(pixels.min()), float(pixels.max())
    step = max((high - low) / 255, np.diff(values).min())
    n_low, n_high = (np.count_nonzero(pixels == end) for end in (low, high))
    beside_low = np.count_nonzero(pixels <= low + 1.5 * step) - n_low
    beside_high = np.count_nonzero(pixels >= high - 1.5 * step) - n_high
    least = max(MIN_SHARE * pixels.size, MIN_PIXELS)
    return Clip(
        low if n_low >= max(least, MIN_PILE * beside_low) else -math.inf,
        high if n_high >= max(least, MIN_PILE * beside_high) else math.inf,
    )
