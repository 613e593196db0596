"""Weak noise of cameras, which developing has smeared, told from fine detail.

Neither its strength nor the colour of its waves tell: clean photographs have both. But
noise is everywhere, and detail is not: how the energies of long, middle and short waves
rise from the flattest patches to the middling ones is another. A support vector machine
has learned that from real photographs with their noise, from means of hundreds of the
same, and from clean ones of other kinds (benchmarks/train_camera_detector.py).
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.arrays import Floats
from recs_anomaly.denoise.noise_level import PatchWaves

SHARES = (0.02, 0.1, 0.3, 0.5, 0.7)  # of the patches, with less energy
WEAKEST = 0.1  # of 255: what quantising does


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

    def likeness(self, waves: PatchWaves) -> float:
        """Return how much a picture looks like one with noise; clean is below 0."""
        features = (described(waves) - self.mean) / self.scale
        distances = np.sum((self.examples - features) ** 2, axis=1)
        return float(self.weights @ np.exp(-self.gamma * distances) + self.bias)


def described(waves: PatchWaves) -> Floats:
    """Return logarithms of quantiles of the strengths of long, middle, short waves."""
    energies = [waves.long, waves.middle, waves.short]
    strengths = 255 * np.sqrt(np.quantile(energies, SHARES, axis=1).T.ravel())
    return np.asarray(np.log(np.maximum(strengths, WEAKEST)))
