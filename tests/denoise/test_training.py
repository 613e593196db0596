"""Targets that are made of noisy images, and the error measured against them."""

import keras
import numpy as np
import pytest

from recs_anomaly.denoise import training as denoising_fit
from recs_anomaly.denoise.network import build_denoising_network
from recs_anomaly.denoise.settings import (
    COLOURS,
    FIRST_OF_COLOURS,
    GREY,
    Planes,
    count_weights,
)
from recs_anomaly.denoise.training import NoisyPlane, unit_error

SIGMA = 0.1


def test_the_error_of_a_target_with_other_noise_is_unbiased(
    rng: np.random.Generator,
) -> None:
    noise, found, other = rng.standard_normal((3, 1, 400, 400, 1)).astype(np.float32)
    found = 0.7 * noise + 0.2 * found
    expected = np.mean((found - noise) ** 2)
    with_clean = keras.ops.convert_to_numpy(unit_error(noise, found))
    without = keras.ops.convert_to_numpy(unit_error(noise + 3 * other, found))
    assert with_clean.mean() == pytest.approx(expected, abs=0.02)
    assert without.mean() == pytest.approx(expected, abs=0.05)


def test_input_and_target_share_no_noise(rng: np.random.Generator) -> None:
    noisy = (SIGMA * rng.standard_normal((600, 600))).astype(np.float32)
    level = np.full(noisy.shape, SIGMA, np.float32)
    both = denoising_fit._recorrupted(noisy, level, np.random.default_rng(1))
    for given, wanted, its_level in both:
        assert np.corrcoef(given.ravel(), wanted.ravel())[0, 1] == pytest.approx(
            0, abs=0.01
        )
        np.testing.assert_allclose(its_level, given.std(), rtol=0.02)


def test_noise_is_added_with_either_sign_in_one_batch(rng: np.random.Generator) -> None:
    noisy = rng.random((40, 40)).astype(np.float32)
    planes = [NoisyPlane(noisy, None, SIGMA)]
    inputs, targets = denoising_fit._Patches(planes, seed=0).batch(0)
    assert len(inputs) % 2 == 0
    for first in range(0, len(inputs), 2):
        # Half way between the two inputs, and between the two targets, is the patch.
        level = inputs[first, ..., 1]
        middle = inputs[first : first + 2, ..., 0].mean(axis=0)
        wanted = (
            inputs[first : first + 2, ..., 0]
            - level * targets[first : first + 2, ..., 0]
        )
        np.testing.assert_allclose(wanted.mean(axis=0), middle, atol=1e-5)
        assert np.abs(inputs[first, ..., 0] - middle).max() > 0.01


@pytest.mark.parametrize("planes", [GREY, COLOURS, FIRST_OF_COLOURS])
def test_weights_are_counted(planes: Planes) -> None:
    network = build_denoising_network(0, planes=planes)
    assert network.count_params() == count_weights(planes)
