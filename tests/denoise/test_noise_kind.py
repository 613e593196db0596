"""What kind of noise a picture has, told from the picture alone."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from skimage import data
from sklearn.datasets import load_sample_images

from recs_anomaly.datasets import make_noise
from recs_anomaly.denoise.noise_kind import (
    NoiseLaw,
    has_blotches,
    is_noise,
    noise_law,
    sure_sigma,
)
from recs_anomaly.denoise.noise_level import PatchWaves, patch_waves

GREY = load_sample_images().images[1].mean(axis=2)[:320, 150:470] / 255
NOISE = np.random.default_rng(0).standard_normal(GREY.shape)


def waves_of(image: np.ndarray) -> PatchWaves:
    waves = patch_waves(image)
    assert waves is not None
    return waves


@pytest.mark.parametrize("sigma", [0.02, 0.1, 0.2])
def test_even_noise_follows_no_law(sigma: float) -> None:
    waves = waves_of(GREY + sigma * NOISE)
    assert noise_law(waves) is None
    assert is_noise(waves)
    assert not has_blotches(waves)


@pytest.mark.parametrize(
    "law",
    [NoiseLaw(0.0, 0.03, 0.0), NoiseLaw(0.0, 0.0, 0.04), NoiseLaw(5e-4, 0.02, 0.01)],
    ids=["counted light", "speckle", "a camera"],
)
def test_the_law_is_found(law: NoiseLaw) -> None:
    noisy = GREY + np.sqrt(law.variance(GREY)) * NOISE
    found = noise_law(waves_of(noisy))
    assert found is not None
    brightness = np.quantile(GREY, [0.2, 0.5, 0.8])
    np.testing.assert_allclose(
        found.variance(brightness), law.variance(brightness), rtol=0.3
    )


def test_a_clean_picture_has_no_noise() -> None:
    waves = waves_of(GREY)
    assert not is_noise(waves)
    assert not has_blotches(waves)


def test_texture_in_brighter_parts_is_no_law_of_noise(
    rng: np.random.Generator,
) -> None:
    """As where contrast was raised: smooth in the dark, and the noise is even."""
    loud = np.clip(2 * data.camera()[128:384, 128:384] / 255, 0, 1)
    waves = waves_of(loud + 2 / 255 * rng.standard_normal(loud.shape))
    assert is_noise(waves)
    assert noise_law(waves) is None


def test_fine_texture_is_not_taken_for_more_noise(rng: np.random.Generator) -> None:
    whole = data.hubble_deep_field().mean(axis=2)
    sky = whole[308:564, 372:628] / 255
    noise = rng.standard_normal(sky.shape) / 255
    weak, strong = waves_of(sky + 2 * noise), waves_of(sky + 10 * noise)
    assert is_noise(weak)
    assert weak.sigma > 1.5 * 2 / 255
    assert sure_sigma(weak) < 1.3 * 2 / 255
    assert sure_sigma(strong) == pytest.approx(strong.sigma, rel=0.02)


def test_gravel_with_white_noise_has_no_blotches(rng: np.random.Generator) -> None:
    gravel = data.gravel()[128:384, 128:384]
    small = np.asarray(
        Image.fromarray(gravel).resize((128, 128), Image.Resampling.LANCZOS)
    )
    noisy = small / 255 + 6 / 255 * rng.standard_normal(small.shape)
    assert not has_blotches(waves_of(noisy))


def compressed(image: np.ndarray, quality: int) -> np.ndarray:
    file = BytesIO()
    values = np.uint8(np.rint(255 * np.clip(image, 0, 1)))
    Image.fromarray(values).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file), np.float32) / np.float32(255)


@pytest.mark.parametrize(
    ("sigma", "quality"), [(0.1, 30), (0.06, 50), (0.1, 50), (0.04, 75)]
)
def test_noise_that_was_compressed_is_told_from_detail(
    sigma: float, quality: int
) -> None:
    waves = waves_of(compressed(GREY + sigma * NOISE, quality))
    assert has_blotches(waves)
    assert not is_noise(waves)
    assert not has_blotches(waves_of(compressed(GREY, quality)))


@pytest.mark.parametrize("size", [16, 24, 32, 48])
def test_noise_of_small_pictures_is_noise_and_no_blotches(size: int) -> None:
    """Few patches are uneven by chance, in one of a hundred pictures at most."""
    rng = np.random.default_rng(size)
    found = [waves_of(0.5 + 0.1 * rng.standard_normal((size, size))) for _ in range(99)]
    assert sum(map(is_noise, found)) >= 97
    assert not any(map(has_blotches, found))


def test_fine_texture_is_no_noise() -> None:
    """White like noise, but stronger in some places than in others."""
    strength = np.exp(np.random.default_rng(1).standard_normal((64, 64)))
    texture = 0.02 * np.kron(strength, np.ones((5, 5))) * NOISE
    assert not is_noise(waves_of(0.5 + texture))
    assert is_noise(waves_of(0.5 + 0.02 * NOISE))


def test_noise_that_was_scaled_up_is_blotches() -> None:
    small = GREY[::2, ::2] + 0.1 * NOISE[::2, ::2]
    rows = np.linspace(0, len(small) - 1, 2 * len(small))
    taller = np.array([np.interp(rows, range(len(small)), line) for line in small.T])
    waves = waves_of(
        np.array([np.interp(rows, range(len(small)), line) for line in taller.T])
    )
    assert has_blotches(waves)
    assert not is_noise(waves)


def test_variance_by_hand() -> None:
    law = NoiseLaw(1.0, 2.0, 3.0)
    np.testing.assert_allclose(law.variance(np.array([-1.0, 0.0, 2.0])), [1, 1, 17])


def test_noise_is_told_where_jpeg_took_it_out_of_flat_patches() -> None:
    clean = np.rint(data.astronaut()[128:384, 128:384].mean(axis=2)).astype(np.uint8)
    noisy = make_noise("gaussian", clean, 25, random_state=0)
    for picture, is_noisy in ((clean, False), (noisy, True)):
        file = BytesIO()
        Image.fromarray(picture).save(file, "JPEG", quality=40)
        stored = np.asarray(Image.open(file), np.float32) / 255
        assert has_blotches(patch_waves(stored)) is is_noisy
