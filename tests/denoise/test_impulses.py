"""Salt and pepper: found where it is, and nowhere else."""

import numpy as np
import pytest
from sklearn.datasets import load_sample_images

from recs_anomaly.denoise.impulses import find_ends, find_impulses, without_impulses

GREY = np.float32(load_sample_images().images[1].mean(axis=2)[100:260, 200:360] / 255)


def peppered(share: float) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(0).random(GREY.shape)
    noisy = np.where(draw < share / 2, 0, np.where(draw < share, 1, GREY))
    return noisy.astype(np.float32), draw < share


@pytest.mark.parametrize("share", [0.01, 0.1, 0.4, 0.8])
def test_impulses_are_found_and_filled(share: float) -> None:
    noisy, is_hit = peppered(share)
    ends = find_ends(noisy)
    assert ends is not None
    assert (ends.black, ends.white) == (0.0, 1.0)
    found = find_impulses(noisy, ends)
    assert not (found & ~is_hit).any()
    # Where the picture is nearly black or white itself, an impulse does no harm.
    assert np.abs(noisy - GREY)[is_hit & ~found].sum() <= 0.15 * (is_hit & ~found).sum()
    filled = without_impulses(noisy, ends)
    assert (filled[~found] == noisy[~found]).all()
    before, after = (np.mean((image - GREY) ** 2) for image in (noisy, filled))
    assert after < before / 20


def test_medians_by_hand() -> None:
    noisy = np.full((40, 40), 0.5, np.float32)
    noisy[10, 10:13] = 0.3, 1.0, 0.6
    noisy[9:12, 11] = 0.2, 1.0, 0.8
    noisy[30, 30] = 0.0
    noisy[20, 3:9:2], noisy[20, 15:21:2] = 0.0, 1.0
    ends = find_ends(noisy)
    assert ends is not None
    filled = without_impulses(noisy, ends)
    assert filled[10, 11] == 0.5  # of 0.2, 0.3, 0.5 four times, 0.6, 0.8
    assert filled[30, 30] == 0.5


@pytest.mark.parametrize("sigma", [0.0, 0.1, 0.2])
def test_clipped_noise_is_no_salt(sigma: float) -> None:
    noise = sigma * np.random.default_rng(0).standard_normal(GREY.shape)
    assert find_ends(np.clip(GREY + noise, 0, 1).astype(np.float32)) is None


def test_print_is_no_pepper() -> None:
    page = np.full((60, 60), 0.9, np.float32)
    page[::7, ::5] = 0.0
    assert find_ends(page) is None
    assert find_ends(np.float32(np.indices((8, 8)).sum(axis=0) % 2)) is None


def test_impulses_and_raised_contrast_are_told_apart() -> None:
    """Black and white areas have edges; impulses stand alone."""
    assert find_ends(np.clip(3 * GREY - 0.8, 0, 1)) is None
    raised = np.clip(1.5 * GREY - 0.25, 0, 1)
    assert find_ends(raised) is None
    draw = np.random.default_rng(0).random(GREY.shape)
    noisy = np.where(draw < 0.05, 0, np.where(draw < 0.1, 1, raised)).astype(np.float32)
    ends = find_ends(noisy)
    assert ends is not None
    before, after = (
        np.mean((image - raised) ** 2)
        for image in (noisy, without_impulses(noisy, ends))
    )
    assert after < before / 4
