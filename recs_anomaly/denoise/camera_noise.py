"""Weak noise of cameras, which developing has smeared, told from fine detail.

Neither its strength nor the colour of its waves tell: clean photographs have both. But
noise is everywhere, and detail is not: how the energies of waves rise from the flattest
patches to the middling ones is another, and so is how they differ among the flattest. A
support vector machine has learned that from real photographs with their noise, from
means of hundreds of the same, and from clean ones of other kinds
(benchmarks/train_camera_detector.py).
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.arrays import Floats, Singles
from recs_anomaly.denoise.noise_kind import MIN_TO_TELL
from recs_anomaly.denoise.noise_level import (
    AREA,
    LONGEST,
    ORDERS,
    SHARE,
    energy,
    patches_without,
)
from recs_anomaly.denoise.planes import flat_areas

# Orders of the waves of each band. JPEG files keep few of the shortest of weak noise:
# without those from 7 to 10, and without how uneven the bands are, 81 of 100 noisy
# photographs of scenes not seen were told, of cameras not seen 73; with them 88 and 85,
# and fewer clean ones were taken for noisy.
BANDS = ((3, 3), (4, 4), (5, 6), (7, 8), (9, 10), (11, 14))
SHARES = (0.005, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9)  # of the patches, with less energy
WEAKEST = 0.1  # of 255: what quantising does
LEAST_UNEVEN = 0.01


class CameraDetector(NamedTuple):
    """A support vector machine with Gaussian kernels.

    Attributes
    ----------
    mean, scale : ndarray of shape (n_features,)
        Of the features of what it learned from.
    examples : ndarray of shape (n_examples, n_features)
        Scaled features of the pictures that matter, and their `weights`.
    weights : ndarray of shape (n_examples,)
    bias, gamma : ndarray of shape ()
    """

    mean: Floats
    scale: Floats
    examples: Floats
    weights: Floats
    bias: Floats
    gamma: Floats

    def likeness(self, features: Floats) -> float:
        """Return how much a picture looks like one with noise; clean is below 0."""
        distances = np.sum(
            (self.examples - (features - self.mean) / self.scale) ** 2, axis=1
        )
        return float(self.weights @ np.exp(-self.gamma * distances) + self.bias)


def described(plane: Singles) -> Floats | None:
    """Return what the waves of a plane tell, or None where it has too few patches.

    Logarithms of quantiles of the strengths of each band, and of how uneven each is
    among the patches without detail.
    """
    patches = patches_without(flat_areas(plane, AREA), plane)
    if len(patches) < MIN_TO_TELL:
        return None
    patches = patches - patches.mean(axis=1, keepdims=True)
    kinds = [(first <= ORDERS) & (last >= ORDERS) for first, last in BANDS]
    energies = np.array([energy(patches, kind) / kind.sum() for kind in kinds])
    strengths = 255 * np.sqrt(np.quantile(energies, SHARES, axis=1).T.ravel())
    detail = energy(patches, (ORDERS > 0) & (ORDERS <= LONGEST))
    flat = energies[:, detail <= np.quantile(detail, SHARE)]
    uneven = flat.var(axis=1) / np.maximum(flat.mean(axis=1), 1e-12) ** 2
    return np.concatenate(
        [np.log(np.maximum(strengths, WEAKEST)), np.log(uneven + LEAST_UNEVEN)]
    )
