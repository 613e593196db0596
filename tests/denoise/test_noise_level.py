"""The strength of noise, estimated from the image alone."""

import numpy as np
import pytest
from sklearn.datasets import load_sample_images

from recs_anomaly.denoise.noise_level import _cosines
from tests.denoise.white_noise import noise_sigma


@pytest.mark.parametrize("sigma", [10, 25, 50])
@pytest.mark.parametrize("number", [0, 1])
def test_within_five_percent_on_photographs(sigma: int, number: int) -> None:
    grey = load_sample_images().images[number].mean(axis=2)
    noisy = grey + sigma * np.random.default_rng(0).standard_normal(grey.shape)
    assert noise_sigma(noisy) == pytest.approx(sigma, rel=0.05)


def test_noise_alone() -> None:
    noise = 3.0 * np.random.default_rng(0).standard_normal((200, 300))
    assert noise_sigma(noise) == pytest.approx(3.0, rel=0.03)
    small = noise[:64, :96].reshape(8, 8, 12, 8).swapaxes(1, 2).reshape(96, 8, 8)
    assert noise_sigma(small) == pytest.approx(3.0, rel=0.15)
    assert noise_sigma(noise[:12, :12]) == 0  # too small to tell


def test_the_estimate_scales_with_the_image() -> None:
    image = np.random.default_rng(0).random((60, 70))
    assert noise_sigma(7 * image + 3) == pytest.approx(7 * noise_sigma(image), rel=1e-4)


def test_no_noise() -> None:
    assert noise_sigma(np.ones((40, 40))) == 0
    assert noise_sigma(np.ones((1, 1))) == 0
    ramp = np.add.outer(np.arange(64.0), np.arange(64.0))
    assert noise_sigma(ramp) < 0.1


def test_flat_areas_do_not_count() -> None:
    """Half of the image is clipped to white: its patches hold no noise."""
    image = 5.0 * np.random.default_rng(0).standard_normal((200, 200))
    image[:, 100:] = 255.0
    assert noise_sigma(image) == pytest.approx(5.0, rel=0.05)


def test_waves_are_orthonormal() -> None:
    np.testing.assert_allclose(_cosines() @ _cosines().T, np.eye(8), atol=1e-12)
