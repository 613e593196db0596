"""Differences of colour at half the size: where, and what becomes of them."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from recs_anomaly import ImageDenoiser
from recs_anomaly.denoise import applying
from recs_anomaly.denoise.applying import shared_network
from recs_anomaly.denoise.colours import LOST, WEAKEST, Differences, denoise_coarse
from recs_anomaly.denoise.images import to_planes
from recs_anomaly.denoise.planes import doubled, halved
from recs_anomaly.denoise.settings import FIRST_OF_COLOURS, difference_weights

SIGMA = 25.0
LEVEL = SIGMA / 255


def from_camera(picture: np.ndarray) -> np.ndarray:
    """Store a picture as cameras do, with colours at half the size."""
    file = BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=95, subsampling=2)
    return np.asarray(Image.open(file)).astype(float)


PHOTO = from_camera(load_sample_images().images[0])[100:356, 200:456]


def noise_like(picture: np.ndarray) -> np.ndarray:
    return SIGMA * np.random.default_rng(3).standard_normal(picture.shape)


def noisy_planes(picture: np.ndarray) -> list[np.ndarray]:
    return to_planes(((picture + noise_like(picture)) / 255).astype(np.float32))


def by_planes(**parameters: object) -> ImageDenoiser:
    """Return a denoiser that cleans each plane as a grey image."""
    denoiser = ImageDenoiser.from_pretrained(**parameters)
    denoiser.model_ = denoiser.model_._replace(
        brightness_weights=None, difference_weights=None
    )
    return denoiser


@pytest.fixture(scope="module")
def drawing() -> np.ndarray:
    """Thin lines that differ in colour and not in brightness."""
    picture = np.full((128, 128, 3), 128.0)
    picture[::4, :, 0] += 100
    picture[::4, :, 2] -= 100
    return picture


def test_so_much_of_white_noise_is_lost() -> None:
    noise = np.random.default_rng(0).standard_normal((800, 800)).astype(np.float32)
    assert np.var(noise - doubled(halved(noise))) == pytest.approx(LOST, rel=0.01)


def test_colours_of_photographs_are_coarse_and_those_of_drawings_are_not(
    drawing: np.ndarray,
) -> None:
    for picture, expected in ((PHOTO, True), (drawing, False)):
        bright = to_planes((picture / 255).astype(np.float32))[0]
        planes = noisy_planes(picture)[1:]
        level = np.full(planes[0].shape, LEVEL, np.float32)
        for levels in ([LEVEL, LEVEL], [level, level]):
            assert Differences.of(planes, levels).are_coarse(bright) == expected
        weak = Differences.of(planes, [LEVEL, 0.9 * WEAKEST])
        assert not weak.are_coarse(bright)


@pytest.mark.parametrize("is_masked", [False, True])
def test_weak_detail_that_goes_with_the_brightness_is_found(is_masked: bool) -> None:
    """Weaker than the noise at each pixel, it is as fine as that of the brightness."""
    rng = np.random.default_rng(0)
    fine = rng.standard_normal((256, 256)).astype(np.float32)
    level = np.full(fine.shape, LEVEL, np.float32)
    if is_masked:  # three quarters of the picture
        level[:, 64:] = 0
    for share, expected in ((0.0, True), (0.3, False)):
        noisy = [
            level * (share * fine + rng.standard_normal(fine.shape, np.float32))
            for _ in range(2)
        ]
        differences = Differences.of(noisy, [level, level])
        assert differences.are_coarse(0.1 * fine) == expected


def test_colours_of_a_photograph_are_cleaner_than_each_plane_alone() -> None:
    clean = to_planes((PHOTO / 255).astype(np.float32))
    noisy = PHOTO + noise_like(PHOTO)
    lost = []
    for denoiser in (ImageDenoiser.from_pretrained(), by_planes()):
        found = to_planes((denoiser.predict(noisy) / 255).astype(np.float32))
        errors = [np.mean((a - b) ** 2) for a, b in zip(found, clean, strict=True)]
        lost.append(errors)
    ours, alone = np.array(lost)
    assert (ours < (0.99 * alone[0], *(0.97 * alone[1:]))).all()


def test_colours_of_a_drawing_are_cleaned_as_they_are(drawing: np.ndarray) -> None:
    noisy = drawing + noise_like(drawing)
    ours, alone = (
        to_planes(each.predict(noisy).astype(np.float32))
        for each in (ImageDenoiser.from_pretrained(sigma=SIGMA), by_planes(sigma=SIGMA))
    )
    for one, other in zip(ours[1:], alone[1:], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)


def test_detail_in_one_place_is_kept() -> None:
    """As fine as pixels, and far stronger than the noise."""
    picture = np.tile(PHOTO, (2, 2, 1))
    picture[100:112:2, 100:112] = 255, 128, 0
    picture[101:112:2, 100:112] = 0, 128, 255
    brightness, *differences = noisy_planes(picture)
    assert Differences.of(differences, [LEVEL, LEVEL]).are_coarse(brightness)
    noisy = picture + noise_like(picture)
    found = ImageDenoiser.from_pretrained(sigma=SIGMA).predict(noisy)
    place = np.s_[102:110, 102:110]
    assert np.abs(found[place] - picture[place]).mean() < 2 * SIGMA
    by_row = np.diff(found[place][..., 0] - found[place][..., 2], axis=0)
    assert np.abs(by_row).min() > 0.7 * 2 * 255


def test_levels_of_pixels_are_those_of_all_where_they_are_alike() -> None:
    network = shared_network(difference_weights(), FIRST_OF_COLOURS)
    planes = noisy_planes(PHOTO[:97, :101])  # sides may be odd
    maps = [np.full(planes[0].shape, LEVEL, np.float32)] * 2
    brightness, *planes = planes
    [even], [uneven] = (
        denoise_coarse(network, [brightness], [Differences.of(planes, levels)])
        for levels in ([LEVEL, LEVEL], maps)
    )
    for one, other in zip(even, uneven, strict=True):
        assert one.shape == planes[0].shape
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_where_there_is_no_noise_nothing_changes() -> None:
    network = shared_network(difference_weights(), FIRST_OF_COLOURS)
    brightness, *planes = noisy_planes(PHOTO)
    level = np.full(planes[0].shape, LEVEL, np.float32)
    level[:40] = 0
    differences = Differences.of(planes, [level, level])
    [found] = denoise_coarse(network, [brightness], [differences])
    for before, after in zip(planes, found, strict=True):
        np.testing.assert_array_equal(after[:40], before[:40])
        assert (after[40:] != before[40:]).all()


def test_tiles_give_what_the_whole_picture_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picture = np.tile(PHOTO[:112], (1, 3, 1))
    noisy = picture + noise_like(picture)
    denoiser = ImageDenoiser.from_pretrained(sigma=SIGMA)
    # Small tiles tell less of their colours than large ones.
    monkeypatch.setattr(Differences, "are_coarse", lambda *_: True)
    whole = denoiser.predict(noisy)
    monkeypatch.setattr(applying, "TILE", 112)
    monkeypatch.setattr(applying, "TILE_TO_HALVE", 112)
    np.testing.assert_allclose(denoiser.predict(noisy), whole, atol=255e-5)


def test_small_pictures_are_as_in_any_company() -> None:
    rng = np.random.default_rng(0)
    pictures = list(0.5 + 0.1 * rng.standard_normal((9, 26, 22, 3)))
    denoiser = ImageDenoiser.from_pretrained(sigma=0.1)
    together = denoiser.predict(pictures)
    for picture, found in zip(pictures, together, strict=True):
        np.testing.assert_array_equal(denoiser.predict([picture])[0], found)
    alone = by_planes(sigma=0.1).predict(pictures)
    assert not all(map(np.array_equal, together, alone))
