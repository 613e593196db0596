"""First, do no harm: what has no noise stays, and what cannot be noise is left."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage
from sklearn.datasets import load_sample_images

from recs_anomaly import ImageDenoiser
from recs_anomaly.cli import main
from recs_anomaly.denoise.noise import plausible
from recs_anomaly.exceptions import InputError

GREY = np.uint8(load_sample_images().images[1].mean(axis=2)[100:260, 200:360])


@pytest.fixture(scope="module")
def denoiser() -> ImageDenoiser:
    return ImageDenoiser.from_pretrained()


def rms(found: np.ndarray, clean: np.ndarray) -> float:
    return float(np.sqrt(np.mean((found.astype(float) - clean) ** 2)))


def page() -> np.ndarray:
    image = Image.new("L", (300, 240), 255)
    pen = ImageDraw.Draw(image)
    for y in range(6, 220, 17):
        words = "liquor jugs of 0123456789 dozen boxes, said the fox"[y % 20 :]
        pen.text((6, y), words, font=ImageFont.load_default(13), fill=0)
    return np.asarray(image)


def matrix_code() -> np.ndarray:
    rng = np.random.default_rng(0)
    bits = np.pad(rng.integers(0, 2, (33, 33)), 4, constant_values=1).astype(np.uint8)
    large = Image.fromarray(np.kron(255 * bits, np.ones((20, 20), np.uint8)))
    return np.asarray(large.resize((301, 301), Image.Resampling.BOX))


def chessboard() -> np.ndarray:
    board = np.kron(np.indices((8, 8)).sum(axis=0) % 2, np.ones((25, 25)))
    return np.uint8(255 * ndimage.gaussian_filter(board, 0.5))


def hatching() -> np.ndarray:
    lines = np.indices((200, 200)).sum(axis=0) % 4 == 0
    return np.where(lines, 0, 255).astype(np.uint8)


CLEAN: dict[str, Callable[[], np.ndarray]] = {
    "contrast raised": lambda: np.uint8(np.clip(3.0 * GREY - 180, 0, 255)),
    "print": page,
    "matrix code": matrix_code,
    "chessboard": chessboard,
    "hatching": hatching,
}


@pytest.mark.parametrize("kind", CLEAN)
def test_clean_pictures_of_true_black_and_white_stay(
    denoiser: ImageDenoiser, kind: str
) -> None:
    clean = CLEAN[kind]()
    assert rms(denoiser.predict(clean), clean) < 1.4  # 45 dB
    assert denoiser.estimate_sigma(clean)[0] < 3


def test_what_grows_with_the_ink_is_no_noise(
    denoiser: ImageDenoiser, rng: np.random.Generator
) -> None:
    """Of bright print on black: the more ink, the more its patches vary."""
    clean = 255.0 - page()
    noisy = clean + 2 * rng.standard_normal(clean.shape)
    assert denoiser.estimate_sigma(noisy)[0] < 4
    assert rms(denoiser.predict(noisy), clean) <= 1.01 * rms(noisy, clean)


@pytest.mark.parametrize("kind", ["print", "hatching", "chessboard"])
@pytest.mark.parametrize("sigma", [3, 10])
def test_drawings_with_noise_do_not_get_worse(
    denoiser: ImageDenoiser, kind: str, sigma: int, rng: np.random.Generator
) -> None:
    clean = CLEAN[kind]()
    noise = sigma * rng.standard_normal(clean.shape)
    noisy = np.uint8(np.rint(np.clip(clean + noise, 0, 255)))
    assert rms(denoiser.predict(noisy), clean) <= 1.01 * rms(noisy, clean)
    assert denoiser.estimate_sigma(noisy)[0] <= 1.5 * sigma


def test_a_stuck_pixel_stays_where_it_is(
    denoiser: ImageDenoiser, rng: np.random.Generator
) -> None:
    """What it was worth to the network spoilt a disc of eighty pixels."""
    clean = 100 + GREY.astype(float)
    noisy = np.rint(clean + 7 * rng.standard_normal(clean.shape)).astype(np.uint16)
    stuck = noisy.copy()
    stuck[80, 80] = 65535
    others = np.ones(clean.shape, bool)
    others[78:83, 78:83] = False
    without, with_it = (
        rms(denoiser.predict(each)[others], clean[others]) for each in (noisy, stuck)
    )
    assert with_it < 1.05 * without


def test_the_sky_between_stars_is_cleaned(
    denoiser: ImageDenoiser, rng: np.random.Generator
) -> None:
    sky = np.full((200, 200), 1000.0)
    for peak in 400.0 * np.arange(1, 60) ** 1.2:
        y, x = rng.integers(5, 195, 2)
        sky[y - 1 : y + 2, x - 1 : x + 2] += peak
    noisy = np.uint16(np.clip(sky + 30 * rng.standard_normal(sky.shape), 0, 65535))
    dark = sky < 1100
    found = denoiser.predict(noisy)
    assert rms(found[dark], sky[dark]) < 0.5 * rms(noisy[dark], sky[dark])
    assert (found[sky > 9000] == noisy[sky > 9000]).all()


@pytest.mark.parametrize("outside", [0, 128, 255])
def test_what_a_mask_left_is_cleaned_and_the_mask_is_kept(
    denoiser: ImageDenoiser, outside: int, rng: np.random.Generator
) -> None:
    y, x = np.indices(GREY.shape) - 80
    inside = np.hypot(y, x) < 70
    noisy = GREY + 20 * rng.standard_normal(GREY.shape)
    masked = np.uint8(np.where(inside, np.clip(np.rint(noisy), 0, 255), outside))
    found = denoiser.predict(masked)
    assert rms(found[inside], GREY[inside]) < 0.5 * rms(masked[inside], GREY[inside])
    deep = np.hypot(y, x) > 80
    assert (found[deep] == outside).all()


@pytest.mark.parametrize("mean", [1, 5, 20])
def test_counts_keep_their_mean(
    denoiser: ImageDenoiser, mean: int, rng: np.random.Generator
) -> None:
    expected = mean * GREY / GREY.mean()
    counts = rng.poisson(expected).astype(np.float32)
    found = denoiser.predict(counts)
    assert found.mean() == pytest.approx(counts.mean(), rel=0.03)
    assert rms(found, expected) < rms(counts, expected) + 1e-9


def test_grey_saved_as_colours_is_cleaned_as_grey(
    denoiser: ImageDenoiser, rng: np.random.Generator
) -> None:
    noisy = np.uint8(np.clip(GREY + 20 * rng.standard_normal(GREY.shape), 0, 255))
    alone = denoiser.predict(noisy)
    for n_channels in (3, 4):
        image = np.repeat(noisy[..., None], n_channels, axis=2)
        image[..., 3:] = 77
        found = denoiser.predict([image])[0]
        assert (found[..., :3] == alone[..., None]).all()
        assert (found[..., 3:] == 77).all()
        low, high = denoiser.predict_interval([image])
        assert low[0].shape == high[0].shape == image.shape
        assert (low[0] <= high[0]).all()


def test_unknown_pixels_stay_unknown(
    denoiser: ImageDenoiser, rng: np.random.Generator
) -> None:
    noisy = (GREY + 20 * rng.standard_normal(GREY.shape)).astype(np.float32)
    noisy[60, 60] = np.nan
    noisy[:, :20] = np.nan
    found = denoiser.predict(noisy)
    known = ~np.isnan(noisy)
    assert (np.isnan(found) == ~known).all()
    assert rms(found[known], GREY[known]) < 0.5 * rms(noisy[known], GREY[known])
    with pytest.raises(InputError, match="to fit to must hold no NaN"):
        ImageDenoiser().fit(noisy)
    with pytest.raises(InputError, match="masked array"):
        denoiser.predict(np.ma.masked_invalid(noisy))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((64, 64, 5), "64 images of 64 x 5 pixels. Give one image of 5 channels as"),
        ((1, 3, 64, 64), "3 x 64 pixels with 64 channels. Channels come last"),
    ],
)
def test_shapes_that_are_more_likely_another(
    denoiser: ImageDenoiser, shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        denoiser.predict(np.zeros(shape))


def test_what_cannot_have_been_noise_is_put_back(rng: np.random.Generator) -> None:
    noisy = rng.standard_normal((40, 40)).astype(np.float32)
    noisy = np.clip(noisy, -2, 2)  # nothing so strong that it is held by itself
    strong = np.zeros_like(noisy)
    strong[:20] = -2 * noisy[:20]  # three times the noise is taken out
    kept = plausible(noisy, strong, 1.0, is_told=True)
    assert kept is not None
    assert (kept[:16] == noisy[:16]).all()
    assert (kept[24:] == 0).all()
    nothing = 0.9 * noisy
    assert plausible(noisy, nothing, 1.0, is_told=False) is None
    assert plausible(noisy, nothing, 1.0, is_told=True) is not None


def test_weak_noise_beside_edges_is_left(rng: np.random.Generator) -> None:
    level = 2 / 255
    step = np.repeat([0.2, 0.8], 32)[None] * np.ones((48, 1))
    noisy = (step + level * rng.standard_normal(step.shape)).astype(np.float32)
    found = plausible(noisy, step.astype(np.float32), level, is_told=True)
    assert found is not None
    np.testing.assert_allclose(found[:, 30:34], noisy[:, 30:34], atol=1e-6)
    taken = np.abs(noisy - found)
    assert taken[:, :24].mean() > 0.4 * level


@pytest.mark.realdata
def test_a_photograph_of_a_camera_from_file_to_file(
    real_data_home: Path, tmp_path: Path
) -> None:
    folder = real_data_home / "images" / "polyu"
    name = "Canon600D_3-5_125_1600_waterhouse_11"
    noisy, mean = folder / f"{name}_real.JPG", folder / f"{name}_mean.JPG"
    main(["denoise", str(noisy), str(tmp_path / "clean.jpg")], standalone_mode=False)
    before, after, wanted = (
        np.asarray(Image.open(path), float)
        for path in (noisy, tmp_path / "clean.jpg", mean)
    )
    gain = 10 * np.log10(
        np.mean((before - wanted) ** 2) / np.mean((after - wanted) ** 2)
    )
    assert gain > 2


def test_tables_of_a_denoiser_that_was_never_fitted(rng: np.random.Generator) -> None:
    rows = rng.random((3, 256))
    denoiser = ImageDenoiser.from_pretrained(image_shape=(16, 16))
    table = denoiser.set_output(transform="pandas").transform(rows)
    assert list(table.columns[:2]) == ["x0", "x1"]
    assert not hasattr(ImageDenoiser.from_pretrained(), "set_output")
    unknown = ImageDenoiser.from_pretrained(image_shape=(16, -1))
    with pytest.raises(InputError, match="image_shape without -1"):
        unknown.get_feature_names_out()
