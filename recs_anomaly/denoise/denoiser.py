"""ImageDenoiser: images without their noise, behind scikit-learn's contract."""

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from sklearn.base import (
    BaseEstimator,
    OneToOneFeatureMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from recs_anomaly.base.callbacks import CallbackSupport, as_one_task
from recs_anomaly.base.checks import check_between
from recs_anomaly.base.documentation import DocumentationLink
from recs_anomaly.base.state import Held
from recs_anomaly.core.arrays import Floats
from recs_anomaly.denoise.axes import Axes, read_batch
from recs_anomaly.denoise.cleaner import DenoiserModel
from recs_anomaly.denoise.fitting import (
    clean_twins,
    common_shape,
    fit_to_noisy,
    fit_to_pairs,
)
from recs_anomaly.denoise.images import (
    Batch,
    n_colours,
    range_of,
    refuse_unknown,
)
from recs_anomaly.denoise.settings import check_parameters
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.image import psnr


class Bounds(NamedTuple):
    """Lower and upper bounds of clean images, each as the images came."""

    low: Any
    high: Any


def _has_rows(denoiser: Any) -> bool:
    """Whether images stand in rows, whose columns have names."""
    return denoiser.image_shape is not None


class ImageDenoiser(
    OneToOneFeatureMixin,
    TransformerMixin,
    RegressorMixin,
    DocumentationLink,
    CallbackSupport,
    BaseEstimator,
):
    """Take the noise out of images.

    A convolutional autoencoder is told how strong the noise is and names the noise in
    each pixel. `from_pretrained` gives one that was trained on photographs; `fit`
    goes on from there with images of your own, with their clean twins or from noisy
    ones alone.

    Images are arrays (height, width), colour images (height, width, 3), arrays or
    lists of such, or flattened rows with `image_shape`. What comes back has the shape,
    dtype and range of what came; an alpha channel is kept. Arrays whose third and last
    axis has 3 or 4 entries are one colour image. Colours are cleaned as brightness, by
    a network that sees all colours, and two differences of colour: at half the size, by
    one that sees the clean brightness beside them, or as grey images where they are
    weakly noisy, small (100 x 100), or hold finer detail, as drawings do.

    With `sigma="auto"` the noise is looked at first. White noise may be even, grow with
    brightness as that of counted light and of speckle does, and come with salt and
    pepper. Noise that neighbouring pixels share, as after JPEG compression, enlarging
    or blurring, is met by a network of its own where it is strong, and by two others
    where it is as weak as cameras leave it; that of colours which JPEG files hold at
    half the size by the usual one. The rest is left as it is: the detail of clean
    images, and areas of one exact value.

    Parameters
    ----------
    weights : {"gray", "color"} or None, default="gray"
        Weights to start `fit` from: those of `from_pretrained`, or drawn at random.
    sigma : float or "auto", default="auto"
        Standard deviation of the noise, in the images' own range. "auto" is that of
        the training images where `fit` found them to have one; else each image's own
        is estimated.
    image_shape : tuple of int or None, default=None
        (height, width) or (height, width, n_channels) of the images that stand
        flattened in the rows of X; one of them may be -1, and follows from the length
        of the rows. None means that X holds images.
    channel_axis : int, None or "auto", default="auto"
        Axis of X, or of each array in a list, along which channels lie; None where the
        images are grey. "auto" is the last, where images have a third axis, and an
        array of three axes is one colour image if its last has 3 or 4 entries.
    channels : {"colors", "separate"}, default="colors"
        What channels are: "colors" are red, green and blue if there are three, and a
        fourth is alpha; "separate" are measured apart from each other, as in
        fluorescence, and each is cleaned as an image with a range and noise of its own.
    stack_axis : int or None, default=None
        Axis of X, or of each array in a list, along which the slices of a stack lie, in
        time or in depth. They have one noise, and each is cleaned with the help of its
        neighbours as far as they show the same. None means that images are apart.
    max_iter : int or "auto", default="auto"
        Steps of training, each on about 65,000 pixels. "auto" is 1,000 to 4,000 from
        random weights, 400 to 2,000 with clean images and 60 to 400 without, the more
        pixels there are to learn from.
    learning_rate : float or "auto", default="auto"
        Of Adam; falls to 0 over the last steps. "auto" is 0.001, and 0.0001 without
        clean images, unless the weights are random.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights, of the pieces of images and of the noise in training.
    verbose : int, default=0
        0 is silent, 1 shows progress on a terminal, 2 shows it anywhere.

    Attributes
    ----------
    weights_ : ndarray of shape (n_weights,)
        Weights of the network.
    shared_weights_ : ndarray of shape (n_shared_weights,)
        Weights of the network for noise that neighbouring pixels share; none after
        `fit` where that has learned otherwise.
    camera_weights_ : ndarray of shape (2, n_weights)
        Weights of the networks for such noise where it is as weak as cameras leave it,
        in brightness and in colours; none there either.
    brightness_weights_ : ndarray of shape (n_colour_weights,)
        Weights of the network for white noise in the brightness of colours; none where
        `fit` has learned otherwise: that is cleaned as a grey image then.
    difference_weights_ : ndarray of shape (n_colour_weights,)
        Weights of the network for white noise in differences of colour; none where
        `fit` has learned from clean images or from random weights, likewise.
    sigma_ : float or None
        Noise of the training images, in their range, that is expected in all images.
        None where each image's own is estimated.
    shared_sigma_ : float or None
        Noise that neighbouring pixels share, where `fit` found the training images to
        have that and no other; in their range.
    interval_scale_ : float
        Width of intervals, in those of the shipped weights on photographs.
    is_paired_ : bool
        Whether `fit` had clean images.
    image_shape_ : list of int or None
        (height, width, n_channels) of the images of `fit`, -1 where they differ.
    loss_curve_ : ndarray of shape (n_pieces,)
        Mean squared error of the noise, in units of its variance, every 50 steps.
    n_iter_ : int
        Steps of training; 0 where there were none.
    n_features_in_ : int
        Values in a row, where `fit` saw rows.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where `fit` saw rows with names.

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

    model_ = Held(DenoiserModel)
    _optional_scalars: ClassVar[frozenset[str]] = frozenset({"shared_sigma_"})

    def __init__(  # noqa: PLR0913 - a parameter each
        self,
        *,
        weights: str | None = "gray",
        sigma: float | str = "auto",
        image_shape: Sequence[int] | None = None,
        channel_axis: int | str | None = "auto",
        channels: str = "colors",
        stack_axis: int | None = None,
        max_iter: int | str = "auto",
        learning_rate: float | str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.weights = weights
        self.sigma = sigma
        self.image_shape = image_shape
        self.channel_axis = channel_axis
        self.channels = channels
        self.stack_axis = stack_axis
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.random_state = random_state
        self.verbose = verbose

    @classmethod
    def from_pretrained(cls, weights: str = "gray", **parameters: Any) -> Self:
        """Return a denoiser that was trained on photographs, for any strength of noise.

        Parameters
        ----------
        weights : {"gray", "color"}, default="gray"
            Both name all the networks that come with the package, for grey images and
            for colours.
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
        check_parameters(denoiser)
        if weights is None:
            raise InputError("weights must be 'gray' or 'color'; got None.")
        denoiser.model_ = DenoiserModel.pretrained()
        return denoiser

    @as_one_task
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from noisy images, and from their clean twins where there are any.

        Parameters
        ----------
        X : array-like or list of array-like
            Noisy images. Without `y` their noise should be white and Gaussian. Where
            none of them has white noise, but all are as restless in their flattest
            parts, that is taken for noise which neighbouring pixels share, as cameras
            and microscopes leave it: its strength is all that is learned.
        y : array-like or list of array-like, default=None
            The clean images, of the shapes of X. One label an image, as a Pipeline
            with a classifier hands on, is not looked at.

        Returns
        -------
        self : ImageDenoiser
            Fitted estimator.

        Raises
        ------
        InputError
            If a parameter or the images break a rule that the message states.
        """
        check_parameters(self)
        noisy = refuse_unknown(self._batch(X, is_fitting=True).images)
        clean = clean_twins(y, noisy, self._read)
        if clean is None:
            model = fit_to_noisy(self, noisy)
        else:
            model = fit_to_pairs(self, noisy, clean)
        self.model_ = model._replace(image_shape=common_shape(noisy))
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
        check_is_fitted(self)
        batch = self._batch(X)
        found = self.model_.cleaned(batch.images, self.sigma, batch.stacks)
        return batch.restore(found)

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

    def predict_interval(self, X: Any, coverage: float = 0.9) -> Bounds:
        """Return bounds between which the pixels of the clean images lie.

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
        check_is_fitted(self)
        check_between("coverage", coverage, 0, 1)
        batch = self._batch(X)
        found = self.model_.bounds(batch.images, self.sigma, coverage, batch.stacks)
        both = [np.split(each, 2, axis=2) for each in found]
        return Bounds(*(batch.restore([pair[i] for pair in both]) for i in (0, 1)))

    def estimate_sigma(self, X: Any) -> Floats:
        """Return the strength of the noise of images, as `predict` takes it to be.

        Parameters
        ----------
        X : array-like or list of array-like
            Images with noise.

        Returns
        -------
        sigmas : ndarray of shape (n_images,) or (n_stacks,)
            Standard deviations in the images' own ranges; the root mean square where
            the noise is uneven, and 0 where none but salt and pepper was found. One for
            each channel, where channels are separate.
        """
        check_is_fitted(self)
        batch = self._batch(X)
        jobs = self.model_.jobs(batch.images, self.sigma, batch.stacks)
        return np.array([job.sigma() for job in jobs], np.float64)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the peak signal-to-noise ratio of the cleaned images, in decibels.

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
            Mean over the images, each of which is at most 100 dB. NaN where y holds
            labels, which say nothing of the clean images.
        """
        found = self._batch(self.predict(X)).images
        clean = clean_twins(y, found, self._read)
        if clean is None:
            return float("nan")
        ratios = [
            psnr(one, other, range_of(other[..., : n_colours(other)]).span)
            for one, other in zip(found, clean, strict=True)
        ]
        return float(np.average(ratios, weights=sample_weight))

    @available_if(_has_rows)  # type: ignore[untyped-decorator]
    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Return the names of the columns of rows; images have none.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the columns that came; None are those that `fit` saw, or x0, x1 and
            so on.

        Returns
        -------
        names : ndarray of str
        """
        if hasattr(self, "n_features_in_") or not hasattr(self, "model_"):
            return super().get_feature_names_out(input_features)
        if input_features is not None:
            return np.asarray(input_features, object)
        shape = tuple(self.image_shape or ())
        if min(shape) < 1:
            raise InputError(
                "names of columns need an image_shape without -1, or fit; got "
                f"image_shape={shape}."
            )
        return np.array([f"x{i}" for i in range(int(np.prod(shape)))], object)

    def to_keras(self) -> Any:
        """Return a Keras model of the network, for grey images from 0 to 1.

        Returns
        -------
        model : keras.Model
            From images (n_images, height, width, 1), both sizes multiples of 8, and
            the standard deviations (n_images, 1) of their noise, to clean images.
        """
        from recs_anomaly.denoise.keras_model import build_denoiser

        check_is_fitted(self)
        return build_denoiser(self.weights_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        is_rows = self.image_shape is not None
        tags.input_tags.two_d_array = is_rows
        tags.input_tags.three_d_array = not is_rows
        if is_rows:
            # Tools take what regressors predict for numbers, one a row.
            tags.estimator_type, tags.regressor_tags = None, None
        return tags

    def _batch(self, X: Any, is_fitting: bool = False) -> Batch:
        if self.image_shape is not None:
            X = validate_data(self, X, reset=is_fitting)
        return self._read(X)

    def _read(self, X: Any) -> Batch:
        axes = Axes(self.channel_axis, self.stack_axis, self.channels == "colors")
        return read_batch(X, axes, self.image_shape)

    def _check_settings(self) -> None:
        check_parameters(self)

    def _model_card(self) -> dict[str, Any]:
        """Tell readers of a model file about the training."""
        model = self.model_
        seen = "pairs of images" if model.is_paired else "noisy images"
        return {
            "fitted_to": seen if model.n_iter else None,
            "image_shape": model.image_shape,
            "start": self.weights,
            "sigma_of_the_images": model.sigma,
            "n_iter": model.n_iter,
            "loss": float(model.loss_curve[-1]) if len(model.loss_curve) else None,
        }
