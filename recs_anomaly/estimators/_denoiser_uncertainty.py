"""What a denoiser tells beside the clean image: bounds, and the noise it found."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted, validate_data

from recs_anomaly.estimators import _denoiser_settings as settings
from recs_anomaly.estimators._denoiser_planes import DenoiserPlanes
from recs_anomaly.estimators._images import Batch, as_batch, rows_as_batch
from recs_anomaly.exceptions import InputError


class Bounds(NamedTuple):
    """Lower and upper bounds of clean images, each as the images came."""

    low: Any
    high: Any


class DenoiserUncertainty(DenoiserPlanes):
    """Methods of ImageDenoiser that say how sure it is."""

    image_shape: Sequence[int] | None

    def predict_interval(self, X: Any, coverage: float = 0.9) -> Bounds:
        """Bounds between which the pixels of the clean images lie.

        Measured on photographs that training had not seen, with white Gaussian noise:
        the error by strength of the noise and by what is going on around the pixel.
        After `fit` on pairs, widened or narrowed to hold for a tenth of the pairs that
        training did not see. It costs little more than `predict`.

        Parameters
        ----------
        X : array-like or list of array-like
            Images with noise.
        coverage : float, default=0.9
            Share of the pixels that should lie between the bounds.

        Returns
        -------
        bounds : Bounds
            `low` and `high`, each in the shapes and dtypes of X. Where no noise was
            found both are the image itself.

        Raises
        ------
        InputError
            If X is not made of images, or coverage is not between 0 and 1.
        """
        check_is_fitted(self, "weights_")
        if not 0 < coverage < 1:
            raise InputError(f"coverage must be between 0 and 1; got {coverage!r}.")
        batch = self._batch(X)
        both = [
            np.split(each, 2, axis=2) for each in self._bounds(batch.images, coverage)
        ]
        return Bounds(*(batch.restore([pair[i] for pair in both]) for i in (0, 1)))

    def estimate_sigma(self, X: Any) -> NDArray[np.float64]:
        """Strength of the noise of images, as `predict` takes it to be.

        Parameters
        ----------
        X : array-like or list of array-like
            Images with noise.

        Returns
        -------
        sigmas : ndarray of shape (n_images,)
            Standard deviations in the images' own ranges; the root mean square where
            the noise is uneven, and 0 where no white noise was found.
        """
        check_is_fitted(self, "weights_")
        jobs = self._jobs(self._batch(X).images)
        sigmas = [
            job.noise.typical_sigma(job.unit(settings.excerpt(job.image)))
            * job.found.span
            for job in jobs
        ]
        return np.asarray(sigmas, np.float64)

    def _batch(self, X: Any, is_fitting: bool = False) -> Batch:
        if self.image_shape is None:
            return as_batch(X)
        rows = validate_data(self, X, reset=is_fitting)
        return rows_as_batch(rows, self.image_shape)
