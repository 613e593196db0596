"""What clipping does to noise, and how it is undone."""

import math

import numpy as np
import pytest

from recs_anomaly.denoise.clipping import OPEN, Clip, find_clip
from tests.denoise.white_noise import noise_sigma

SIGMA = 0.1


@pytest.mark.parametrize("mean", [0.0, 0.05, 0.1, 0.3, 0.5, 0.88, 0.97, 1.0])
def test_mean_and_variance_are_those_of_many_draws(mean: float) -> None:
    draws = mean + SIGMA * np.random.default_rng(0).standard_normal(1_000_000)
    clipped = np.clip(draws, 0, 1)
    clip = Clip(0.0, 1.0)
    kept = clip.kept_variance(np.array([clipped.mean()]), SIGMA)[0]
    assert kept == pytest.approx(clipped.var() / SIGMA**2, rel=0.02)
    assert clip.undone(np.array([clipped.mean()]), SIGMA)[0] == pytest.approx(
        mean, abs=0.005
    )


def test_one_end_alone() -> None:
    means = np.array([0.02, 0.5, 0.98])
    clip = Clip(0.0, math.inf)
    assert clip.kept_variance(means, SIGMA)[0] < 0.5
    np.testing.assert_allclose(clip.kept_variance(means, SIGMA)[1:], 1, atol=1e-5)
    assert clip.undone(means, SIGMA)[0] == 0
    np.testing.assert_allclose(clip.undone(means, SIGMA)[1:], means[1:], atol=1e-6)


def test_without_clipping_nothing_changes() -> None:
    means = np.array([-3.0, 0.2, 7.0])
    assert OPEN.is_open
    np.testing.assert_allclose(OPEN.kept_variance(means, SIGMA), 1, atol=1e-5)
    np.testing.assert_allclose(OPEN.undone(means, SIGMA), means)


def test_without_noise_nothing_changes_but_what_is_outside() -> None:
    clip = Clip(0.0, 1.0)
    found = clip.undone(np.array([-0.1, 0.0, 0.4, 1.0, 1.2]), 0.0)
    np.testing.assert_allclose(found, [0, 0, 0.4, 1, 1], atol=1e-5)


def test_order_is_kept() -> None:
    means = np.linspace(-0.1, 1.1, 500)
    assert (np.diff(Clip(0.0, 1.0).undone(means, SIGMA)) >= 0).all()


def test_ends_are_found_where_many_pixels_stand() -> None:
    rng = np.random.default_rng(0)
    noisy = 0.3 + 0.2 * rng.standard_normal((80, 80))
    assert find_clip(noisy) == OPEN
    assert find_clip(np.clip(noisy, 0, 1)) == Clip(0.0, math.inf)
    assert find_clip(np.clip(noisy, 0, 0.6)) == Clip(0.0, 0.6)
    assert find_clip(rng.integers(0, 256, (80, 80)) / 255) == OPEN  # as many as others
    assert find_clip(np.zeros((80, 80))) == OPEN  # nothing but one value
    assert find_clip(noisy > 0) == OPEN  # print
    assert find_clip(np.eye(4)) == OPEN  # too few to tell


@pytest.mark.parametrize("sigma", [25, 50])
def test_the_strength_before_clipping_is_found(sigma: int) -> None:
    """A picture of which half is near black, and a part near white."""
    ramp = np.minimum(np.linspace(-200, 250, 300), 250).clip(8)
    picture = np.add.outer(np.linspace(0, 5, 200), ramp)
    rng = np.random.default_rng(0)
    noisy = np.clip(picture + sigma * rng.standard_normal(picture.shape), 0, 255)
    found = noise_sigma(np.rint(noisy) / 255) * 255
    assert found == pytest.approx(sigma, rel=0.05)
