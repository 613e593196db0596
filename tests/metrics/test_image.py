"""PSNR and structural similarity: worked out by hand, and by a slow twin."""

import math

import numpy as np
import pytest

from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.image import psnr, structural_similarity


def test_psnr_by_hand() -> None:
    clean = np.zeros((2, 5), np.uint8)
    found = clean.copy()
    found[0, 0] = 51  # a fifth of white, squared, over ten pixels: 1 / 250
    assert psnr(found, clean, 255.0) == pytest.approx(10 * math.log10(250))
    assert psnr(clean, found, 255.0) == psnr(found, clean, 255.0)


def test_equal_images_have_a_hundred_decibels(rng: np.random.Generator) -> None:
    image = rng.random((4, 4))
    assert psnr(image, image, 1.0) == 100.0
    assert psnr(image + 1e-9, image, 1.0) == 100.0


def similarity_by_windows(found: np.ndarray, clean: np.ndarray, span: float) -> float:
    ratios = []
    for top in range(found.shape[0] - 6):
        for left in range(found.shape[1] - 6):
            one = found[top : top + 7, left : left + 7].ravel()
            other = clean[top : top + 7, left : left + 7].ravel()
            (one_var, both), (_, other_var) = np.cov(one, other)
            light, contrast = (0.01 * span) ** 2, (0.03 * span) ** 2
            ratios.append(
                (2 * one.mean() * other.mean() + light)
                * (2 * both + contrast)
                / (one.mean() ** 2 + other.mean() ** 2 + light)
                / (one_var + other_var + contrast)
            )
    return float(np.mean(ratios))


def test_similarity_equals_its_slow_twin(rng: np.random.Generator) -> None:
    clean = 255 * rng.random((12, 15))
    found = clean + 40 * rng.standard_normal(clean.shape)
    expected = similarity_by_windows(found, clean, 255.0)
    assert structural_similarity(found, clean, 255.0) == pytest.approx(expected)
    colour = structural_similarity(
        np.dstack([found, clean]), np.dstack([clean, clean]), 255.0
    )
    assert colour == pytest.approx((expected + 1) / 2)


def test_images_too_small_for_a_window() -> None:
    assert math.isnan(structural_similarity(np.ones((6, 9)), np.ones((6, 9)), 1.0))


@pytest.mark.parametrize("measure", [psnr, structural_similarity])
def test_shapes_that_differ(measure: object) -> None:
    with pytest.raises(InputError, match=r"got \(2, 2\) and \(2, 3\)"):
        measure(np.ones((2, 2)), np.ones((2, 3)), 1.0)
