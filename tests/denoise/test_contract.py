"""scikit-learn's own checks on ImageDenoiser: all of them, none expected to fail."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_regressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from recs_anomaly import ImageDenoiser
from recs_anomaly.denoise import training as denoising_fit
from recs_anomaly.exceptions import InputError


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denoising_fit, "MIN_PATCHES", 1)
    monkeypatch.setattr(denoising_fit, "MAX_PATCHES", 2)


@parametrize_with_checks(
    [ImageDenoiser(image_shape=(1, -1), sigma=0.3, max_iter=1, random_state=0)]
)
def test_scikit_learn_contract(
    estimator: ImageDenoiser, check: Callable[[Any], None]
) -> None:
    # One check shuffles by NumPy's global generator, which our own tests must not.
    before = np.random.get_state()  # noqa: NPY002
    check(estimator)
    np.random.set_state(before)  # noqa: NPY002


def test_it_is_a_regressor_of_images() -> None:
    assert is_regressor(ImageDenoiser())


def test_names_of_pixels_come_out_again() -> None:
    rows = pd.DataFrame(np.eye(16)[:3], columns=[f"pixel {i}" for i in range(16)])
    denoiser = ImageDenoiser(image_shape=(4, 4), sigma=0.1, max_iter=1, random_state=0)
    found = denoiser.set_output(transform="pandas").fit_transform(rows)
    assert list(found.columns) == list(rows.columns)


def test_rows_that_do_not_fit() -> None:
    with pytest.raises(InputError, match=r"image_shape=\(3, -1\); got \(2, 64\)"):
        ImageDenoiser(image_shape=(3, -1)).fit(np.zeros((2, 64)))
