"""Noise of each kind has the strength that its name and its number promise."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.datasets import load_sample_digits, load_sample_images, make_noise
from recs_anomaly.exceptions import InputError

GREY = np.tile(np.linspace(0.2, 0.8, 400), (400, 1))
KINDS = ("gaussian", "poisson", "salt_and_pepper", "speckle")


def test_samples() -> None:
    for photograph in load_sample_images().values():
        assert photograph.dtype == np.uint8
        assert photograph.max() > 250
    images, labels = load_sample_digits()
    assert (images.min(), images.max()) == (0.0, 1.0)
    assert np.unique(labels).tolist() == list(range(10))


def test_gaussian_noise_has_its_standard_deviation() -> None:
    noise = make_noise("gaussian", 255 * GREY, 25.0, random_state=0) - 255 * GREY
    assert noise.std() == pytest.approx(25.0, rel=0.01)
    assert noise.mean() == pytest.approx(0.0, abs=0.3)
    by_default = make_noise("gaussian", GREY, random_state=0) - GREY
    assert by_default.std() == pytest.approx(0.1, rel=0.01)


def test_poisson_noise_has_a_variance_that_grows_with_light() -> None:
    noise = make_noise("poisson", GREY, 50.0, random_state=0) - GREY
    # The mean count is 50 x grey, and so is its variance.
    np.testing.assert_allclose(
        noise.var(axis=0).reshape(8, 50).mean(axis=1),
        (GREY[0] / 50).reshape(8, 50).mean(axis=1),
        rtol=0.05,
    )


def test_speckle_has_a_deviation_that_grows_with_light() -> None:
    noise = make_noise("speckle", GREY, 0.3, random_state=0) - GREY
    assert (noise / GREY).std() == pytest.approx(0.3, rel=0.01)


def test_salt_and_pepper_come_in_equal_shares() -> None:
    noisy = make_noise("salt_and_pepper", GREY, 0.1, random_state=0)
    assert (noisy == 0).mean() == pytest.approx(0.05, abs=0.002)
    assert (noisy == 1).mean() == pytest.approx(0.05, abs=0.002)
    assert (noisy == GREY).mean() == pytest.approx(0.9, abs=0.004)


@pytest.mark.parametrize("kind", KINDS)
@given(
    dtype=st.sampled_from(["uint8", "uint16", "int32", "float32", "float64", "bool"]),
    seed=st.integers(0, 99),
)
def test_shape_and_dtype_stay_and_the_seed_decides(
    kind: str, dtype: str, seed: int
) -> None:
    image = np.zeros((3, 4, 2), dtype)
    image[1] = 1
    first, second = (make_noise(kind, image, random_state=seed) for _ in range(2))
    assert first.shape == image.shape
    assert first.dtype == image.dtype
    assert (first == second).all()


def test_whole_numbers_are_held_to_their_range() -> None:
    noisy = make_noise("gaussian", np.full((99, 99), 250, np.uint8), random_state=0)
    assert noisy.max() == 255
    assert (noisy == 255).mean() > 0.3  # and not wrapped around to black


def test_white_may_be_said() -> None:
    twelve_bits = np.full((300, 300), 4095, np.uint16)
    noisy = make_noise("poisson", twelve_bits, 100.0, white=4095, random_state=0)
    assert noisy.std() == pytest.approx(409.5, rel=0.02)


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (("fog", GREY), "kind must be one of"),
        (("gaussian", GREY, -1.0), "strength of gaussian noise must be from 0"),
        (("salt_and_pepper", GREY, 1.5), "must be from 0 to 1; got 1.5"),
        (("gaussian", ["a"]), "image must hold numbers"),
        (("poisson", -GREY), "no values below 0 for poisson"),
    ],
)
def test_bad_arguments(arguments: Any, rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        make_noise(*arguments)


def test_white_must_be_positive() -> None:
    with pytest.raises(InputError, match="white must be a positive number"):
        make_noise("poisson", GREY, white=0)
