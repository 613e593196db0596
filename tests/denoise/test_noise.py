"""ImageDenoiser meets noise of many kinds: it helps, or leaves the picture alone."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from recs_anomaly import ImageDenoiser
from recs_anomaly.datasets import make_noise
from recs_anomaly.denoise.cleaner import DenoiserModel, NoisyPart
from recs_anomaly.denoise.images import to_planes
from recs_anomaly.denoise.noise import Noise
from recs_anomaly.exceptions import InputError
from tests.denoise.white_noise import noise_sigma

FLOWER = load_sample_images().images[1][100:228, 200:344]
GREY = FLOWER.mean(axis=2) / 255


@pytest.fixture(scope="module")
def denoiser() -> ImageDenoiser:
    return ImageDenoiser.from_pretrained("gray")


def psnr(found: np.ndarray, clean: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((found - clean) ** 2)))


@pytest.mark.parametrize(
    ("kind", "strength", "gain"),
    [
        ("gaussian", 0.1, 8.0),
        ("poisson", 10.0, 9.0),
        ("poisson", 100.0, 6.0),
        ("speckle", 0.3, 8.0),
        ("salt_and_pepper", 0.05, 15.0),
        ("salt_and_pepper", 0.4, 15.0),
    ],
)
def test_each_kind_of_noise_is_taken_out(
    denoiser: ImageDenoiser, kind: str, strength: float, gain: float
) -> None:
    noisy = make_noise(kind, GREY, strength, random_state=0)
    assert psnr(denoiser.predict(noisy), GREY) > psnr(noisy, GREY) + gain


@pytest.mark.parametrize("kind", ["poisson", "speckle"])
def test_uneven_noise_is_met_unevenly(denoiser: ImageDenoiser, kind: str) -> None:
    noisy = make_noise(kind, GREY, random_state=0)
    even = ImageDenoiser.from_pretrained("gray", sigma=noise_sigma(noisy))
    by_law = psnr(denoiser.predict(noisy), GREY)
    assert by_law > psnr(even.predict(noisy), GREY) + 0.7
    found = denoiser.estimate_sigma(noisy)[0]
    assert found == pytest.approx(np.std(noisy - GREY), rel=0.15)


def test_noise_of_a_camera_in_colour(denoiser: ImageDenoiser) -> None:
    """Counted light and then even noise, whole numbers, held to their range."""
    counted = make_noise("poisson", FLOWER, 60.0, random_state=0)
    noisy = make_noise("gaussian", counted, 8.0, random_state=1)
    cleaned = denoiser.predict(noisy)
    before, after = (psnr(image / 255, FLOWER / 255) for image in (noisy, cleaned))
    assert after > before + 7


@pytest.mark.parametrize("image", [FLOWER, np.uint8(255 * GREY)])
@pytest.mark.parametrize("sigma", [25.0, 50.0])
def test_noise_that_was_clipped(
    denoiser: ImageDenoiser, image: np.ndarray, sigma: float
) -> None:
    """Eight bits cannot hold noise around black: it is brighter there, and weaker."""
    dark = image // 2
    noisy = make_noise("gaussian", dark, sigma, random_state=0)
    assert denoiser.estimate_sigma(noisy)[0] == pytest.approx(sigma, rel=0.08)
    found = denoiser.predict(noisy)
    assert psnr(found / 255, dark / 255) > psnr(noisy / 255, dark / 255) + 10
    is_dark = dark < sigma / 3
    before, after = (
        each[is_dark].mean() - dark[is_dark].mean() for each in (noisy, found)
    )
    assert before > sigma / 5
    # In 112 pixels chance says more: half is left there, and in other draws .47 to .66.
    most = 0.5 if is_dark.sum() > 200 else 0.6
    assert abs(after) < most * before
    low, high = denoiser.predict_interval(noisy)
    assert np.mean((low <= dark) & (dark <= high)) > 0.83


def test_pairs_have_taught_what_clipping_does(eager_keras: None) -> None:
    clean = np.uint8(60 * GREY)[None]
    noisy = make_noise("gaussian", clean, 25.0, random_state=0)
    fitted = ImageDenoiser(max_iter=1, random_state=0).fit(noisy, clean)
    alone = ImageDenoiser(max_iter=1, random_state=0, sigma=25.0).fit(noisy)
    assert fitted.is_paired_
    assert not alone.is_paired_
    assert fitted.predict(noisy).mean() > alone.predict(noisy).mean() + 1


def test_salt_and_pepper_beside_other_noise(denoiser: ImageDenoiser) -> None:
    even = make_noise("gaussian", GREY, 0.05, random_state=0)
    noisy = make_noise("salt_and_pepper", np.clip(even, 0.01, 0.99), random_state=1)
    assert psnr(denoiser.predict(noisy), GREY) > 28


def scaled_up(noisy: np.ndarray) -> np.ndarray:
    file = BytesIO()
    Image.fromarray(noisy).save(file, "JPEG", quality=75)
    small = Image.open(file)
    return np.asarray(
        small.resize((2 * small.width, 2 * small.height), Image.Resampling.BICUBIC)
    )


def test_noise_that_neighbours_share_is_met_by_a_network_of_its_own(
    denoiser: ImageDenoiser,
) -> None:
    """After JPEG, in grey and in colour; bounds say that they were not made for it."""
    for clean in (np.uint8(255 * GREY), FLOWER):
        file = BytesIO()
        noisy = make_noise("gaussian", clean, 25.0, random_state=0)
        Image.fromarray(noisy).save(file, "JPEG", quality=50)
        stored = np.asarray(Image.open(file))
        found = denoiser.predict(stored)
        before, after = (psnr(each / 255, clean / 255) for each in (stored, found))
        assert after > before + 2
        with pytest.warns(UserWarning, match="1 of 1 images have noise that neigh"):
            low, high = denoiser.predict_interval(stored)
        assert (low <= high).all()


def test_a_fitted_denoiser_leaves_noise_that_neighbours_share(
    eager_keras: None,
) -> None:
    denoiser = ImageDenoiser(max_iter=1, random_state=0).fit(
        make_noise("gaussian", GREY, 0.1, random_state=0)
    )
    noisy = make_noise("gaussian", np.uint8(255 * GREY), 25.0, random_state=0)
    blotchy = scaled_up(noisy)
    with pytest.warns(UserWarning, match="1 of 1 images have noise that neighbouring"):
        found = denoiser.predict(blotchy)
    assert (found == blotchy).all()


@pytest.mark.parametrize("image", [GREY, FLOWER, np.uint8(255 * GREY), GREY > 0.4])
def test_clean_images_come_back_as_they_were(
    denoiser: ImageDenoiser, image: np.ndarray
) -> None:
    assert denoiser.score(image, image) >= 45
    low, high = denoiser.predict_interval(image)
    assert np.mean(np.abs(high.astype(float) - low)) <= 0.01 * max(1.0, image.max())


def test_images_too_small_to_tell_are_left_alone(denoiser: ImageDenoiser) -> None:
    image = np.random.default_rng(0).random((7, 9))
    assert (denoiser.predict(image) == image).all()
    assert denoiser.estimate_sigma(image).tolist() == [0.0]


def test_the_noise_that_was_found(denoiser: ImageDenoiser) -> None:
    noise = np.random.default_rng(1).standard_normal(GREY.shape)
    sigmas = denoiser.estimate_sigma([GREY + 0.1 * noise, 255 * GREY + 12 * noise])
    np.testing.assert_allclose(sigmas, [0.1, 12.0], rtol=0.1)
    colour = FLOWER + 20 * np.random.default_rng(1).standard_normal(FLOWER.shape)
    assert denoiser.estimate_sigma(colour)[0] == pytest.approx(20, rel=0.1)
    told = ImageDenoiser.from_pretrained(sigma=3.0)
    np.testing.assert_allclose(told.estimate_sigma([255 * GREY, FLOWER]), [3.0, 3.0])


@pytest.mark.parametrize("sigma", [0.04, 0.1, 0.2])
@pytest.mark.parametrize("coverage", [0.5, 0.9])
def test_intervals_hold_what_they_promise(
    denoiser: ImageDenoiser, sigma: float, coverage: float
) -> None:
    noisy = make_noise("gaussian", GREY, sigma, random_state=0)
    low, high = denoiser.predict_interval(noisy, coverage)
    assert np.mean((low <= GREY) & (high >= GREY)) == pytest.approx(coverage, abs=0.07)
    middle = denoiser.predict(noisy)
    assert ((low <= middle) & (middle <= high)).all()


def test_intervals_of_colour_and_whole_numbers(denoiser: ImageDenoiser) -> None:
    rgba = np.dstack([FLOWER, FLOWER[..., :1]])
    noisy = rgba.copy()
    noisy[..., :3] = make_noise("gaussian", FLOWER, 20.0, random_state=0)
    low, high = denoiser.predict_interval([noisy])
    assert low[0].dtype == high[0].dtype == np.uint8
    assert (low[0][..., 3] == rgba[..., 3]).all()
    inside = (low[0] <= rgba) & (rgba <= high[0])
    assert 0.83 < inside[..., :3].mean() < 0.97


@pytest.mark.parametrize("coverage", [0.0, 1.0, -1])
def test_coverage_that_is_no_share(denoiser: ImageDenoiser, coverage: float) -> None:
    with pytest.raises(
        InputError, match="coverage must be a number above 0 and below 1"
    ):
        denoiser.predict_interval(GREY, coverage)


@pytest.mark.parametrize("quality", [85, 95])
def test_a_jpeg_file_that_holds_colours_at_half_the_size(
    denoiser: ImageDenoiser, quality: int
) -> None:
    noisy = make_noise("gaussian", FLOWER, 20.0, random_state=0)
    file = BytesIO()
    Image.fromarray(noisy).save(file, "JPEG", quality=quality, subsampling=2)
    stored = np.asarray(Image.open(file))
    before, after = (
        psnr(image / 255, FLOWER / 255) for image in (stored, denoiser.predict(stored))
    )
    assert after > before + 3


@pytest.mark.parametrize("n_colours", [1, 3])
def test_flat_parts_of_pictures_whose_noise_is_shared_stay(n_colours: int) -> None:
    """A margin, or what was overexposed: there is no noise in a tile of it."""
    noise = Noise(
        (0.0,) * n_colours, has_blotches=True, shared=(0.0, 0.05, 0.05)[-n_colours:]
    )
    flat = np.full((32, 32, n_colours), 0.75, np.float32)
    [cleaned] = DenoiserModel.pretrained()._clean_parts([NoisyPart(flat, noise)])
    for found, expected in zip(cleaned.planes, to_planes(flat), strict=True):
        np.testing.assert_array_equal(found, expected)
