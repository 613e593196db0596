"""What looks like the weak noise of a camera, and what becomes of it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from recs_anomaly import ImageDenoiser
from recs_anomaly.denoise.camera_noise import BANDS, CameraDetector, described
from recs_anomaly.denoise.noise import LIKENESS, Noise
from recs_anomaly.denoise.settings import camera_detector

PHOTOGRAPHS = [image[:320, :320] for image in load_sample_images().images]


def features_of(image: np.ndarray) -> np.ndarray:
    features = described((image.mean(axis=2) / 255).astype(np.float32))
    assert features is not None
    return features


def test_the_likeness_is_a_sum_over_examples(rng: np.random.Generator) -> None:
    features = features_of(PHOTOGRAPHS[0])
    mean, scale = rng.normal(size=48), rng.uniform(1, 2, 48)
    examples, weights = rng.normal(size=(4, 48)), rng.normal(size=4)
    detector = CameraDetector(
        mean, scale, examples, weights, np.array(0.3), np.array(0.1)
    )
    expected = 0.3
    for example, weight in zip(examples, weights, strict=True):
        apart = (features - mean) / scale - example
        expected += weight * np.exp(-0.1 * float(apart @ apart))
    assert detector.likeness(features) == pytest.approx(expected)


def test_clean_photographs_do_not_look_like_it() -> None:
    for photograph in PHOTOGRAPHS:
        assert camera_detector().likeness(features_of(photograph)) < LIKENESS[0]


def test_the_description_grows_with_the_strength(rng: np.random.Generator) -> None:
    noise = rng.normal(size=(64, 64, 1))
    weak, strong = (features_of(128 + s * noise) for s in (2.0, 8.0))
    n_bands = len(BANDS)
    np.testing.assert_allclose((strong - weak)[:-n_bands], np.log(4), atol=0.02)
    np.testing.assert_allclose((strong - weak)[-n_bands:], 0, atol=0.02)


def test_too_few_patches_tell_nothing(rng: np.random.Generator) -> None:
    assert described(rng.random((40, 40), np.float32)) is None


def test_who_meets_white_noise_alone_leaves_it_and_says_so() -> None:
    noise = Noise((0.02, 0.01, 0.01), halved=(False, True, True), is_of_camera=True)
    left = noise.white()
    assert left.is_none
    assert left.has_blotches


def test_who_meets_white_noise_alone_leaves_smeared_colours() -> None:
    noise = Noise((0.02, 0.01, 0.01), halved=(False, True, True))
    assert noise.white() == Noise((0.02, 0.0, 0.0))


@pytest.mark.realdata
def test_networks_for_cameras_leave_less_of_their_noise(real_data_home: Path) -> None:
    folder = real_data_home / "images" / "polyu"
    denoiser = ImageDenoiser.from_pretrained("color")
    both = [denoiser, ImageDenoiser.from_pretrained("color")]
    grey = np.stack([denoiser.weights_, denoiser.weights_])
    both[1].model_ = both[1].model_._replace(camera_weights=grey)
    lost = []
    for name in ("NikonD800_5_125_6400_stair_7", "Canon600D_4-5_125_1600_toy_2"):
        noisy, clean = (
            np.asarray(Image.open(folder / f"{name}_{kind}.JPG"))[:256, :256]
            for kind in ("real", "mean")
        )
        found = [each.predict(noisy).astype(float) for each in both]
        lost.append([np.mean((each - clean) ** 2) for each in (*found, noisy)])
    by_camera, by_grey, before = np.log10(lost).mean(axis=0)
    assert 10 * (by_grey - by_camera) > 0.1
    assert 10 * (before - by_grey) > 2
