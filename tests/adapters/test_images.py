"""The function gives what the estimator gives, whichever axis the channels are."""

import numpy as np
import pytest

from recs_anomaly import ImageDenoiser
from recs_anomaly.adapters.images import denoise
from recs_anomaly.exceptions import InputError


@pytest.fixture
def colours(rng: np.random.Generator) -> np.ndarray:
    ramp = np.linspace(60, 200, 24)[:, None, None] * [1.0, 0.8, 0.5]
    noisy = np.tile(ramp, (1, 20, 1)) + rng.normal(0, 12, (24, 20, 3))
    return np.clip(noisy, 0, 255).round().astype(np.uint8)


def test_a_grey_image_is_cleaned_as_by_the_estimator(colours: np.ndarray) -> None:
    grey = colours[..., 0]
    expected = ImageDenoiser.from_pretrained("gray", sigma=12.0).predict(grey)
    clean = denoise(grey, sigma=12.0)
    assert clean.dtype == grey.dtype
    np.testing.assert_array_equal(clean, expected)
    floats = denoise(grey / 255, sigma=12 / 255)
    np.testing.assert_allclose(floats * 255, clean, atol=0.6)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_channels_may_be_any_axis(colours: np.ndarray, axis: int) -> None:
    expected = denoise(colours, channel_axis=2)
    assert expected.std() < colours.std()
    moved = np.moveaxis(colours, 2, axis)
    clean = denoise(moved, channel_axis=axis)
    np.testing.assert_array_equal(np.moveaxis(clean, axis, 2), expected)


def test_channels_that_are_no_colours_are_cleaned_one_by_one(
    colours: np.ndarray,
) -> None:
    two = denoise(colours[..., :2], sigma=12.0, channel_axis=-1)
    for place in range(2):
        alone = denoise(colours[..., place], sigma=12.0)
        np.testing.assert_array_equal(two[..., place], alone)


def test_what_is_no_image_is_refused(colours: np.ndarray) -> None:
    with pytest.raises(InputError, match="image must have 2 axes with channel_axis"):
        denoise(colours)
    with pytest.raises(InputError, match="channel_axis must be an axis of image"):
        denoise(colours, channel_axis=5)
