"""The strength of white noise, for tests of what finds it and of what changes it."""

import numpy as np

from recs_anomaly.denoise.noise_level import patch_waves


def noise_sigma(image: np.ndarray) -> float:
    """Standard deviation, 0 where there are too few patches to tell."""
    waves = patch_waves(image)
    return 0.0 if waves is None else waves.sigma
