"""ImageDenoiser.fit: what it learns from pairs, from noisy images alone, from none."""

import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from recs_anomaly import ImageDenoiser, load, save
from recs_anomaly.denoise import training as denoising_fit
from recs_anomaly.denoise.fitting import common_shape
from recs_anomaly.denoise.settings import difference_weights
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.image import psnr
from recs_anomaly.persistence import inspect

DIGITS = load_digits()
CLEAN = DIGITS.data[:240] / 16
NOISY = CLEAN + 0.25 * np.random.default_rng(0).standard_normal(CLEAN.shape)
PSNR_OF_NOISE = 12.0


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denoising_fit, "MIN_PATCHES", 8)
    monkeypatch.setattr(denoising_fit, "MAX_PATCHES", 16)


def quick(**parameters: object) -> ImageDenoiser:
    return ImageDenoiser(
        image_shape=(8, 8), **{"max_iter": 12, "random_state": 0, **parameters}
    )


def test_pairs_teach(tmp_path: Path) -> None:
    fitted = quick(max_iter=6).fit(NOISY[:60], CLEAN[:60])
    assert fitted.sigma_ == pytest.approx(0.25, rel=0.02)
    assert fitted.score(NOISY[200:], CLEAN[200:]) > PSNR_OF_NOISE + 2
    assert fitted.n_iter_ == 6
    assert len(fitted.loss_curve_) == 1
    low, high = fitted.predict_interval(NOISY[200:])
    assert 0.8 < np.mean((low <= CLEAN[200:]) & (CLEAN[200:] <= high)) < 0.97
    expected = fitted.predict(NOISY)
    save(fitted, tmp_path / "denoiser.recs")
    arrays = fitted.weights_.nbytes + fitted.loss_curve_.nbytes
    assert (tmp_path / "denoiser.recs").stat().st_size <= 1.1 * arrays
    for copied in (
        load(tmp_path / "denoiser.recs"),
        pickle.loads(pickle.dumps(fitted)),
    ):
        assert (copied.predict(NOISY) == expected).all()
        assert (copied.predict_interval(NOISY[200:]).low == low).all()


def test_a_model_file_says_what_was_fitted_to(tmp_path: Path) -> None:
    fitted = quick(max_iter=1).fit(NOISY[:40], CLEAN[:40])
    for name, model in (("mine", fitted), ("shipped", ImageDenoiser.from_pretrained())):
        save(model, tmp_path / name)
    mine, shipped = (
        inspect(tmp_path / name).objects[0].card for name in ("mine", "shipped")
    )
    assert mine["fitted_to"] == "pairs of images"
    assert mine["image_shape"] == [8, 8, 1]
    assert shipped["image_shape"] is None
    assert mine["sigma_of_the_images"] == fitted.sigma_
    assert mine["loss"] == fitted.loss_curve_[-1]
    assert shipped["fitted_to"] is None
    assert shipped["start"] == "gray"


def test_shapes_that_differ() -> None:
    images = [np.ones((3, 4, 1)), np.ones((3, 5, 1))]
    assert common_shape(images) == [3, -1, 1]
    assert common_shape(images[:1]) == [3, 4, 1]


def test_without_a_seed_the_global_one_is_left_alone() -> None:
    """tests/conftest.py fails a test that draws from NumPy's global generator."""
    one, other = (
        quick(random_state=None, max_iter=1, weights=None).fit(NOISY[:8], CLEAN[:8])
        for _ in range(2)
    )
    assert (one.weights_ != other.weights_).any()


def test_the_same_seed_gives_the_same_bits() -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the state itself
    one = quick(max_iter=2).fit(NOISY[:20], CLEAN[:20])
    again = clone(one).fit(NOISY[:20], CLEAN[:20])
    other = clone(one).set_params(random_state=1).fit(NOISY[:20], CLEAN[:20])
    assert (again.weights_ == one.weights_).all()
    assert (other.weights_ != one.weights_).any()
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_noisy_images_alone_teach() -> None:
    fitted = quick(sigma=0.25, weights=None, max_iter=40, learning_rate=0.003)
    fitted.fit(NOISY[:200])
    assert fitted.score(NOISY[200:], CLEAN[200:]) > PSNR_OF_NOISE + 1
    assert fitted.sigma_ == pytest.approx(0.25)


def test_small_images_tell_their_noise_together() -> None:
    fitted = quick(max_iter=1).fit(NOISY)
    assert fitted.sigma_ == pytest.approx(0.25, rel=0.25)


def test_labels_of_a_pipeline_are_not_looked_at() -> None:
    labels = DIGITS.target[:240]
    model = make_pipeline(quick(max_iter=2), LogisticRegression(max_iter=300))
    model.fit(NOISY[:200], labels[:200])
    assert model.score(NOISY[200:], labels[200:]) > 0.7
    alone = quick(max_iter=2).fit(NOISY[:200])
    assert (model[0].weights_ == alone.weights_).all()
    with pytest.raises(InputError, match="got 199 labels and 200 images"):
        quick().fit(NOISY[:200], labels[:199])


def test_clean_images_teach_nothing_and_change_nothing() -> None:
    ramp = np.add.outer(np.arange(40.0), np.arange(40.0))
    fitted = ImageDenoiser(random_state=0)
    with pytest.warns(UserWarning, match="no white noise that could be learned"):
        fitted.fit(ramp)
    assert fitted.n_iter_ == 0
    shipped = ImageDenoiser.from_pretrained()
    for name in ("weights_", "camera_weights_", "difference_weights_"):
        assert (getattr(fitted, name) == getattr(shipped, name)).all()
    assert (fitted.predict(ramp) == ramp).all()


def test_clean_images_of_other_shapes() -> None:
    with pytest.raises(InputError, match="y must hold the clean images"):
        ImageDenoiser().fit([np.eye(9)], [np.eye(8)])


def test_weights_that_are_shared_are_not_trained() -> None:
    noisy = NOISY[:5]
    pretrained = ImageDenoiser.from_pretrained(image_shape=(8, 8), sigma=0.25)
    before = pretrained.predict(noisy)
    quick(max_iter=2).fit(NOISY[:20], CLEAN[:20])
    assert (pretrained.predict(noisy) == before).all()


def test_differences_of_colour_have_a_network_of_their_own_still() -> None:
    """Pairs and random weights know nothing of it: each plane is cleaned alone."""
    adapted = quick(max_iter=1, sigma=0.25).fit(NOISY[:20])
    np.testing.assert_array_equal(adapted.difference_weights_, difference_weights())
    random = quick(max_iter=1, sigma=0.25, weights=None).fit(NOISY[:20])
    paired = quick(max_iter=1).fit(NOISY[:20], CLEAN[:20])
    for each in (random, paired):
        assert each.model_.difference_weights is None
        assert each.model_.brightness_weights is None


def smeared(seed: int, strength: float, clean: np.ndarray) -> np.ndarray:
    """Add noise that neighbours share."""
    noise = gaussian_filter(np.random.default_rng(seed).standard_normal(clean.shape), 1)
    return clean + strength * noise / noise.std()


def blobs(seed: int) -> np.ndarray:
    field = np.random.default_rng(seed).standard_normal((160, 160))
    smooth = gaussian_filter(field, 12)
    return 128 + 60 * np.tanh(3 * smooth / smooth.std())


@pytest.mark.parametrize("shape", ["grey", "colour"])
def test_the_strength_of_shared_noise_is_learned_from_all(shape: str) -> None:
    clean = [blobs(i) for i in range(4)]
    if shape == "colour":
        clean = [np.stack([each, 0.9 * each, each], axis=2) for each in clean]
    noisy = [smeared(i, 4.0, each) for i, each in enumerate(clean)]
    with pytest.warns(UserWarning, match="taken for noise that neighbouring pixels"):
        fitted = ImageDenoiser(random_state=0).fit(noisy)
    assert fitted.n_iter_ == 0
    assert fitted.score(noisy, clean) > mean_psnr(noisy, clean) + 1.5
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of bounds that were not measured
        bounds = fitted.predict_interval(noisy)
    held = [
        (low <= each) & (each <= high)
        for low, high, each in zip(*bounds, clean, strict=True)
    ]
    assert np.mean(held) > 0.85
    scaled = [256 * each for each in noisy]
    with pytest.warns(UserWarning, match="neighbouring pixels share"):
        larger = ImageDenoiser(random_state=0).fit([x.astype("u2") for x in scaled])
    assert larger.shared_sigma_ == pytest.approx(256 * fitted.shared_sigma_, rel=0.1)


def test_what_a_few_images_have_is_not_taken_for_the_noise_of_all() -> None:
    noisy = [smeared(i, 4.0 * (i % 2), blobs(i)) for i in range(6)]
    with pytest.warns(UserWarning, match="no white noise that could be learned"):
        fitted = ImageDenoiser(random_state=0).fit(noisy)
    assert fitted.shared_sigma_ is None


def mean_psnr(images: list[np.ndarray], clean: list[np.ndarray]) -> float:
    pairs = zip(images, clean, strict=True)
    return float(np.mean([psnr(*pair, 255.0) for pair in pairs]))
