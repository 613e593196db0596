"""DenoiseDisplay: what was taken out is the difference, on one scale of grey."""

from typing import Any

import numpy as np
import pytest

from recs_anomaly import ImageDenoiser
from recs_anomaly.datasets import make_noise
from recs_anomaly.denoise.denoiser import Bounds
from recs_anomaly.displays import DenoiseDisplay
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.image import psnr


def test_panels_show_the_pictures_and_their_difference(
    rng: np.random.Generator,
) -> None:
    clean = np.tile(np.linspace(0, 255, 20).astype(np.uint8), (12, 1))
    noisy = np.clip(clean + rng.normal(0, 20, clean.shape), 0, 255).astype(np.uint8)
    cleaned = np.clip(clean.astype(int) + 3, 0, 255).astype(np.uint8)
    bounds = Bounds(cleaned // 2, cleaned)
    display = DenoiseDisplay.from_predictions(
        noisy, cleaned, bounds=bounds, clean=clean
    )
    shown = [np.asarray(image.get_array()) for image in display.images_]
    assert len(shown) == len(display.axes_) == 5
    for picture, drawn in zip((noisy, cleaned, clean), shown, strict=False):
        np.testing.assert_allclose(drawn, picture / 255)
    np.testing.assert_array_equal(shown[3], noisy.astype(float) - cleaned)
    np.testing.assert_array_equal(shown[4], cleaned.astype(float) - cleaned // 2)
    titles = [axes.get_title(loc="left") for axes in display.axes_]
    assert titles[0] == f"with noise, {psnr(noisy, clean, 255):.1f} dB"
    assert titles[2:] == ["as it was", "taken out", "width of the interval"]
    colours = display.images_[3]
    assert colours.norm.vmin == -colours.norm.vmax
    display.figure_.canvas.draw()


def test_colours_and_floats_without_a_known_original(rng: np.random.Generator) -> None:
    noisy = rng.normal(size=(6, 7, 3))
    display = DenoiseDisplay.from_predictions(noisy, noisy / 2)
    shown = [np.asarray(image.get_array()) for image in display.images_]
    assert [each.shape for each in shown] == [(6, 7, 3), (6, 7, 3), (6, 7)]
    np.testing.assert_allclose(shown[2], (noisy / 2).mean(axis=2))
    assert shown[1].min() == 0.0
    assert shown[1].max() == pytest.approx(1.0)


class Halving:
    """Answers as a denoiser does, at once."""

    def predict(self, X: Any) -> Any:
        return [picture / 2 for picture in X]

    def predict_interval(self, X: Any, coverage: float) -> Bounds:
        return Bounds(X, [picture + coverage for picture in X])


def test_of_an_estimator_it_is_the_prediction_and_its_interval() -> None:
    picture: Any = np.eye(5)
    denoiser: Any = Halving()
    display = DenoiseDisplay.from_estimator(denoiser, picture, picture, coverage=0.5)
    np.testing.assert_array_equal(display.cleaned, picture / 2)
    assert display.bounds is not None
    np.testing.assert_array_equal(display.bounds.high, picture + 0.5)
    assert display.clean is picture


@pytest.mark.slow
def test_of_the_denoiser_that_comes_with_weights() -> None:
    denoiser = ImageDenoiser.from_pretrained("gray")
    noisy = make_noise("gaussian", np.full((40, 40), 100, np.uint8), 25, random_state=0)
    display = DenoiseDisplay.from_estimator(denoiser, noisy)
    np.testing.assert_array_equal(display.cleaned, denoiser.predict([noisy])[0])
    assert display.taken_out.std() == pytest.approx(25, rel=0.1)


def test_pictures_of_other_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="clean must have the shape of the noisy"):
        DenoiseDisplay.from_predictions(
            np.zeros((4, 4)), np.zeros((4, 4)), clean=np.zeros((4, 5))
        )
