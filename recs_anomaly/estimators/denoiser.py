"""ImageDenoiser: images without their noise, behind scikit-learn's contract."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from recs_anomaly.core.progress import Progress, TrainingHistory
from recs_anomaly.estimators import _denoiser_settings as settings
from recs_anomaly.estimators._denoiser_planes import DenoiserPlanes
from recs_anomaly.estimators._images import Image, as_batch, range_of
from recs_anomaly.exceptions import InputError


class ImageDenoiser(DenoiserPlanes, TransformerMixin, RegressorMixin, BaseEstimator):
    """Take the noise out of images.

    A convolutional autoencoder is told how strong the noise is and names the noise in
    each pixel. `from_pretrained` gives one that was trained on photographs; `fit`
    trains one on images of your own, with their clean twins or from noisy ones alone.

    Images are arrays (height, width), colour images (height, width, 3), arrays or
    lists of such, or flattened rows with `image_shape`. What comes back has the shape,
    dtype and range of what came; an alpha channel is kept. Arrays whose third and last
    axis has 3 or 4 entries are one colour image. Colours are cleaned as brightness and
    two differences of colour, each by the network for grey images.

    Parameters
    ----------
    weights : {"gray", "color"} or None, default=None
        Weights to start `fit` from: those of `from_pretrained`, or drawn at random.
    sigma : float or "auto", default="auto"
        Standard deviation of the noise, in the images' own range. "auto" is the noise
        of the training images; where there were none, each image's own is estimated.
    image_shape : tuple of int or None, default=None
        (height, width) or (height, width, n_channels) of the images that stand
        flattened in the rows of X. None means that X holds images.
    max_iter : int, default=2000
        Steps of training, each on about 65,000 pixels.
    learning_rate : float, default=0.001
        Of Adam; falls to 0 over the last steps.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights, of the pieces of images and of the noise in training.
    verbose : int, default=0
        0 is silent, 1 shows progress on a terminal, 2 shows it anywhere.

    Attributes
    ----------
    weights_ : ndarray of shape (n_weights,)
        Weights of the network.
    sigma_ : float or None
        Median noise of the training images, in their range. None where there were none.
    loss_curve_ : ndarray of shape (n_pieces,)
        Mean squared error of the noise, in units of its variance, every 50 steps.

    References
    ----------
    .. [1] K. Zhang, W. Zuo, L. Zhang. FFDNet: toward a fast and flexible solution for
       CNN-based image denoising. IEEE Transactions on Image Processing 27 (2018).
    .. [2] T. Pang, H. Zheng, Y. Quan, H. Ji. Recorrupted-to-recorrupted: unsupervised
       deep learning for image denoising. CVPR 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from recs_anomaly import ImageDenoiser
    >>> rng = np.random.default_rng(0)
    >>> clean = np.tile(np.linspace(0, 1, 64), (64, 1))
    >>> noisy = clean + rng.normal(0, 0.1, clean.shape)
    >>> denoiser = ImageDenoiser.from_pretrained("gray")
    >>> bool(denoiser.score(noisy, clean) > 30)
    True
    """

    def __init__(
        self,
        *,
        weights: str | None = None,
        sigma: float | str = "auto",
        image_shape: Sequence[int] | None = None,
        max_iter: int = 2000,
        learning_rate: float = 0.001,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.weights = weights
        self.sigma = sigma
        self.image_shape = image_shape
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.random_state = random_state
        self.verbose = verbose

    @classmethod
    def from_pretrained(cls, weights: str = "gray", **parameters: Any) -> Self:
        """Give a denoiser that was trained on photographs, for any strength of noise.

        Parameters
        ----------
        weights : {"gray", "color"}, default="gray"
            Both are the network for grey images; colours are cleaned plane by plane.
        **parameters : dict
            Parameters of the class, `sigma` for instance.

        Returns
        -------
        denoiser : ImageDenoiser
            Fitted; `fit` adapts it to images of your own.

        Raises
        ------
        InputError
            If there are no weights of that name, or a parameter breaks its rule.
        """
        denoiser = cls(weights=weights, **parameters)
        settings.check_parameters(denoiser)
        if weights is None:
            raise InputError("weights must be 'gray' or 'color'; got None.")
        denoiser._keep(settings.pretrained_weights(), None, [])
        return denoiser

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from noisy images, and from their clean twins where there are any.

        Parameters
        ----------
        X : array-like or list of array-like
            Noisy images. Without `y` their noise should be white and Gaussian.
        y : array-like or list of array-like, default=None
            The clean images, of the shapes of X.

        Returns
        -------
        self : ImageDenoiser
            Fitted estimator.

        Raises
        ------
        InputError
            If a parameter or the images break a rule that the message states.
        """
        settings.check_parameters(self)
        noisy = as_batch(X, self.image_shape).images
        clean = None if y is None else as_batch(y, self.image_shape).images
        planes, sigma = self._training_planes(noisy, clean)
        rng = check_random_state(self.random_state)
        # Keras is needed from here on.
        from recs_anomaly.core.denoising import network_of
        from recs_anomaly.core.denoising_fit import FitSettings, fit_denoiser
        from recs_anomaly.core.denoising_network import build_denoising_network
        from recs_anomaly.core.flat_weights import flat_weights

        draw, seed = rng.randint(2**31 - 1, size=2).tolist()
        network = (
            build_denoising_network(draw)
            if self.weights is None
            else network_of(settings.pretrained_weights())
        )
        fitting = FitSettings(self.max_iter, self.learning_rate, seed)
        losses: list[float] = []
        with Progress("denoiser", self.max_iter, self.verbose) as progress:

            def report(step: int, loss: float) -> None:
                losses.append(loss)
                progress.epoch(step, TrainingHistory(losses, []))

            fit_denoiser(network, planes, fitting, report)
        self._keep(flat_weights(network), sigma, losses)
        return self

    def predict(self, X: Any) -> Any:
        """Clean images.

        Parameters
        ----------
        X : array-like or list of array-like
            Images with noise.

        Returns
        -------
        clean : ndarray or list of ndarray
            As X came: in its shapes, dtypes and ranges. Values of whole-number images
            are rounded and held to their range; those of float images are not.

        Raises
        ------
        InputError
            If X is not made of images.
        """
        check_is_fitted(self, "weights_")
        batch = as_batch(X, self.image_shape)
        return batch.restore([self._clean(image) for image in batch.images])

    def transform(self, X: Any) -> Any:
        """Clean images, as `predict` does.

        Parameters
        ----------
        X : array-like or list of array-like
            Images with noise.

        Returns
        -------
        clean : ndarray or list of ndarray
            As X came.
        """
        return self.predict(X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Peak signal-to-noise ratio of the cleaned images, in decibels.

        Parameters
        ----------
        X : array-like or list of array-like
            Images with noise.
        y : array-like or list of array-like
            The clean images.
        sample_weight : array-like of shape (n_images,), default=None
            Weight of each image in the mean.

        Returns
        -------
        psnr : float
            Mean over the images, each of which is at most 100 dB.
        """
        clean = as_batch(y, self.image_shape).images
        found = as_batch(self.predict(X), self.image_shape).images
        ratios = [_psnr(a, b) for a, b in zip(found, clean, strict=True)]
        return float(np.average(ratios, weights=sample_weight))

    def _keep(
        self, weights: NDArray[np.float32], sigma: float | None, losses: list[float]
    ) -> None:
        self.weights_ = weights
        self.sigma_ = sigma
        self.loss_curve_ = np.asarray(losses, np.float64)
        self.__dict__.pop("_network", None)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop("_network", None)
        return state


def _psnr(found: Image, clean: Image) -> float:
    error = np.mean((found.astype(np.float64) - clean) ** 2)
    span = range_of(clean).span
    return float(min(-10.0 * np.log10(max(float(error), 1e-300) / span**2), 100.0))
