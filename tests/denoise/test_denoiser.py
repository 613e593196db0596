"""ImageDenoiser: what comes back, for every kind of image."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_sample_images

from recs_anomaly import ImageDenoiser
from recs_anomaly.denoise import applying as denoising
from recs_anomaly.denoise.images import from_planes, noise_scales, range_of, to_planes
from recs_anomaly.exceptions import InputError

PHOTO = load_sample_images().images[1][120:216, 200:312]
GREY = PHOTO.mean(axis=2)
NOISE = 25.0 * np.random.default_rng(1).standard_normal(GREY.shape)


@pytest.fixture(scope="module")
def denoiser() -> ImageDenoiser:
    return ImageDenoiser.from_pretrained("gray")


def test_a_photograph_becomes_far_cleaner(denoiser: ImageDenoiser) -> None:
    blind = denoiser.score(GREY + NOISE, GREY)
    given = ImageDenoiser.from_pretrained("gray", sigma=25.0)
    assert blind > 28.0  # the noise alone leaves 20.2
    assert abs(given.score(GREY + NOISE, GREY) - blind) < 0.1


def test_colours(denoiser: ImageDenoiser) -> None:
    noise = 25.0 * np.random.default_rng(1).standard_normal(PHOTO.shape)
    in_colour = denoiser.score(PHOTO + noise, PHOTO.astype(float))
    by_channel = np.mean(
        [
            denoiser.score((PHOTO + noise)[..., i], PHOTO[..., i].astype(float))
            for i in range(3)
        ]
    )
    assert in_colour > by_channel


def test_clean_images_stay_as_they_are(denoiser: ImageDenoiser) -> None:
    for image in (GREY, PHOTO, GREY.astype(np.uint8)):
        assert denoiser.score(image, image) >= 45


@pytest.mark.parametrize(
    "image",
    [
        GREY.astype(np.uint8),
        (257 * GREY).astype(np.uint16),
        (257 * GREY).astype(">u2"),
        np.stack([GREY, GREY]).astype(">f4"),
        (GREY - 128).astype(np.int8),
        (GREY / 255).astype(np.float32),
        GREY,
        1e4 * GREY - 3e6,
        GREY > 100,
        PHOTO,
    ],
    ids=lambda image: str(image.dtype),
)
def test_dtype_shape_and_range_stay(denoiser: ImageDenoiser, image: Any) -> None:
    span = float(image.max()) - float(image.min())
    told = ImageDenoiser.from_pretrained("gray", sigma=0.05 * span)
    for found in (denoiser.predict(image), told.predict(image)):
        assert found.dtype == image.dtype
        assert found.shape == image.shape
        assert abs(found.mean() - image.mean()) < 0.01 * span
    assert (found != image).any() or image.dtype == bool


def test_the_range_does_not_matter(denoiser: ImageDenoiser) -> None:
    unit = (GREY + NOISE) / 255
    np.testing.assert_allclose(
        denoiser.predict(255 * unit), 255 * denoiser.predict(unit), atol=0.01
    )


@pytest.mark.parametrize(
    ("scale", "offset", "dtype"),
    [(1e300, 0, "f8"), (1e-300, 0, "f8"), (1, 1e9, "f8"), (10, 10**15, "i8")],
)
def test_no_range_loses_digits(
    denoiser: ImageDenoiser, scale: float, offset: float, dtype: str
) -> None:
    """Values that fit no usual range have their own, wherever it lies."""
    noisy = 100 * (GREY + NOISE) - 9000
    plain = denoiser.predict(noisy)
    image = (scale * noisy + offset).astype(dtype)
    found = (denoiser.predict(image) - np.asarray(offset, dtype)) / scale
    np.testing.assert_allclose(found, plain, rtol=0, atol=1.0)


def test_white_of_64_bits_stays_white() -> None:
    white = np.full((24, 24), np.iinfo(np.int64).max)
    white[::2] //= 4
    found = ImageDenoiser.from_pretrained(sigma=1e17).predict(white)
    assert found.min() > 0


@settings(deadline=None, max_examples=10)
@given(height=st.integers(1, 20), width=st.integers(1, 20), colours=st.integers(0, 4))
def test_every_size(height: int, width: int, colours: int) -> None:
    denoiser = ImageDenoiser.from_pretrained("gray", sigma=10.0)
    shape = (height, width, colours) if colours else (height, width)
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    (found,) = denoiser.predict([image])
    assert found.shape == shape
    if colours in (2, 4):
        assert (found[..., -1] == image[..., -1]).all()  # alpha


def test_all_the_ways_to_hand_images_over(denoiser: ImageDenoiser) -> None:
    noisy = GREY + NOISE
    single = denoiser.predict(noisy)
    halves = denoiser.predict(np.stack([noisy, noisy[::-1]]))
    assert (halves[0] == single).all()
    listed = denoiser.predict([noisy, noisy[:50]])
    assert (listed[0] == single).all()
    assert listed[1].shape == (50, noisy.shape[1])
    deep = denoiser.predict(noisy[None, :, :, None])
    assert (deep[0, ..., 0] == single).all()
    flat = ImageDenoiser.from_pretrained("gray", image_shape=noisy.shape)
    assert (flat.predict(noisy.reshape(1, -1)) == single.reshape(1, -1)).all()


def test_tiles_give_what_the_whole_image_gives(
    denoiser: ImageDenoiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = np.random.default_rng(0).random((120, 212)).astype(np.float32)
    whole = denoiser.predict(image)
    monkeypatch.setattr(denoising, "TILE", 104)
    np.testing.assert_allclose(denoiser.predict(image), whole, atol=1e-5)


def test_noise_beyond_what_training_showed(denoiser: ImageDenoiser) -> None:
    loud = GREY + 150 * np.random.default_rng(0).standard_normal(GREY.shape)
    strong = ImageDenoiser.from_pretrained("gray", sigma=150.0)
    assert strong.score(loud, GREY) > 18  # the noise alone leaves 4.6


def test_planes_and_back(rng: np.random.Generator) -> None:
    for channels in (1, 3, 5):
        unit = rng.random((4, 6, channels)).astype(np.float32)
        np.testing.assert_allclose(from_planes(to_planes(unit)), unit, atol=1e-6)


def test_noise_in_the_planes(rng: np.random.Generator) -> None:
    noise = 0.1 * rng.standard_normal((300, 300, 3)).astype(np.float32)
    for plane, scale in zip(to_planes(noise), noise_scales(3), strict=True):
        assert plane.std() == pytest.approx(0.1 * scale, rel=0.02)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (np.eye(9, dtype=bool), (0, 1)),
        (np.array([[0, 70]], np.uint8), (0, 255)),
        (np.array([[-20000, 9000]], np.int16), (-32768, 32767)),
        (np.array([[-0.2, 1.3]]), (0, 1)),
        (np.array([[-30.0, 300.0]]), (0, 255)),
        (np.array([[-5e5, 5e5]]), (-5e5, 5e5)),
        (np.array([[100, 4100]], np.uint16), (100, 4100)),  # twelve bits of sixteen
        (np.array([[10.0, 20.0]]), (10, 20)),
        (np.full((2, 2), 7.0), (7, 8)),
    ],
)
def test_ranges(image: np.ndarray, expected: tuple[float, float]) -> None:
    assert tuple(range_of(image)) == pytest.approx(expected, rel=2e-3, abs=5)


@pytest.mark.parametrize(
    ("parameters", "rule"),
    [
        ({"weights": "blue"}, "weights must be one of"),
        ({"sigma": -1.0}, "sigma must be a number of at least 0"),
        ({"sigma": "loud"}, "sigma must be a number of at least 0"),
        ({"max_iter": 0}, "max_iter must be an integer of at least 1, or 'auto'"),
        ({"learning_rate": -1}, "learning_rate must be a number .*, or 'auto'"),
        ({"image_shape": (8,)}, "image_shape must be"),
        ({"image_shape": (-1, -1)}, "or one of them -1"),
    ],
)
def test_parameters_that_break_a_rule(parameters: Any, rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        ImageDenoiser(**parameters).fit(GREY)


@pytest.mark.parametrize(
    ("image", "rule"),
    [
        (np.array(["a", "b"]), "must hold numbers"),
        (np.full((4, 4), np.nan), "must hold finite values"),
        (np.zeros(5), "X must be an image"),
        (np.zeros((0, 4)), "none of them 0"),
    ],
)
def test_what_is_no_image(denoiser: ImageDenoiser, image: Any, rule: str) -> None:
    with pytest.raises(InputError, match=rule):
        denoiser.predict(image)


def test_no_images() -> None:
    with pytest.raises(InputError, match="X must hold at least one image"):
        ImageDenoiser.from_pretrained().predict(np.zeros((0, 8, 8)))


def test_rows_that_do_not_fit_their_shape() -> None:
    flat = ImageDenoiser.from_pretrained("gray", image_shape=(8, 8))
    with pytest.raises(InputError, match=r"shape \(n_images, 64\)"):
        flat.predict(np.zeros((2, 63)))


def test_clean_images_of_other_shapes() -> None:
    with pytest.raises(InputError, match="y must hold the clean images"):
        ImageDenoiser().fit([GREY], [GREY[:50]])
