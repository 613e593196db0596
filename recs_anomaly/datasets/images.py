"""Images that come with scikit-learn, and noise of several kinds to put on any."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import datasets as bunches

from recs_anomaly.base.checks import check_choice
from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError

Image = NDArray[Any]


class SampleDigits(NamedTuple):
    """Handwritten digits, and what they are.

    Attributes
    ----------
    images : ndarray of shape (1797, 8, 8) and dtype float64
        From 0, paper, to 1, ink.
    labels : ndarray of shape (1797,) and dtype int64
        0 to 9.
    """

    images: Floats
    labels: NDArray[np.int64]


def load_sample_images() -> dict[str, NDArray[np.uint8]]:
    """Load the two colour photographs that come with scikit-learn.

    Returns
    -------
    photographs : dict of str to ndarray of shape (427, 640, 3) and dtype uint8
        "china", a temple, and "flower", one before a blurred background.

    Examples
    --------
    >>> {name: photo.shape for name, photo in load_sample_images().items()}
    {'china': (427, 640, 3), 'flower': (427, 640, 3)}
    """
    china, flower = bunches.load_sample_images().images
    return {"china": china, "flower": flower}


def load_sample_digits() -> SampleDigits:
    """Load the handwritten digits that come with scikit-learn.

    Returns
    -------
    digits : SampleDigits

    Examples
    --------
    >>> images, labels = load_sample_digits()
    >>> images.shape, labels[:4].tolist()
    ((1797, 8, 8), [0, 1, 2, 3])
    """
    bunch = bunches.load_digits()
    return SampleDigits(bunch.images / 16, bunch.target.astype(np.int64))


def make_noise(
    kind: str,
    image: ArrayLike,
    strength: float | None = None,
    *,
    white: float | None = None,
    random_state: int | np.random.Generator | None = None,
) -> Image:
    """Put noise on an image.

    Parameters
    ----------
    kind : {"gaussian", "poisson", "salt_and_pepper", "speckle"}
        Gaussian noise is added to each value; Poisson noise is that of counted light;
        salt and pepper makes values white or black; speckle multiplies each value by
        Gaussian noise around 1.
    image : array-like of any shape
        Values of any whole-number or float dtype, black at 0.
    strength : float, optional
        Of Gaussian noise, its standard deviation in the image's own range, by default
        a tenth of white. Of Poisson noise, the mean count at white, 30. Of salt and
        pepper, the share of values that it hits, 0.05. Of speckle, the standard
        deviation of the factor, 0.2.
    white : float, optional
        The brightest value of the range; by default 1 for floats, and the largest
        value of whole-number dtypes.
    random_state : int or numpy Generator, optional
        The same int gives the same noise. Without one, every call gives new noise.

    Returns
    -------
    noisy : ndarray of the shape and dtype of `image`
        Whole numbers are rounded and held to their dtype; floats are not held.

    Raises
    ------
    InputError
        If there is no such kind of noise, its strength is out of range, or the image
        holds no numbers, or values below 0 where the kind counts them.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.full((100, 100), 0.5)
    >>> round(float(make_noise("gaussian", grey, 0.2, random_state=0).std()), 1)
    0.2
    >>> np.unique(make_noise("salt_and_pepper", grey, random_state=0)).tolist()
    [0.0, 0.5, 1.0]
    """
    check_choice("kind", kind, _KINDS)
    values = np.asarray(image)
    if values.dtype.kind not in "buif":
        raise InputError(f"image must hold numbers; got dtype {values.dtype}.")
    brightest = _white_of(values.dtype) if white is None else float(white)
    if not (np.isfinite(brightest) and brightest > 0):
        raise InputError(f"white must be a positive number; got {white!r}.")
    made = _KINDS[kind]
    amount = made.default if strength is None else strength
    if not 0 <= amount <= made.largest:
        raise InputError(
            f"strength of {kind} noise must be from 0 to {made.largest:g}; "
            f"got {amount!r}."
        )
    if strength is None and kind == "gaussian":
        amount *= brightest
    rng = np.random.default_rng(random_state)
    noisy = made.draw(rng, values.astype(np.float64) / brightest, amount, brightest)
    return _as_dtype(brightest * noisy, values.dtype)


class _Kind(NamedTuple):
    draw: Callable[[np.random.Generator, Floats, float, float], Floats]
    default: float
    largest: float


def _gaussian(
    rng: np.random.Generator, unit: Floats, sigma: float, white: float
) -> Floats:
    return unit + sigma / white * rng.standard_normal(unit.shape)


def _poisson(rng: np.random.Generator, unit: Floats, peak: float, _: float) -> Floats:
    if unit.size and unit.min() < 0:
        raise InputError("image must hold no values below 0 for poisson noise.")
    return rng.poisson(peak * unit) / peak if peak else np.zeros_like(unit)


def _salt_and_pepper(
    rng: np.random.Generator, unit: Floats, share: float, _: float
) -> Floats:
    draw = rng.random(unit.shape)
    return np.where(draw < share / 2, 0.0, np.where(draw < share, 1.0, unit))


def _speckle(rng: np.random.Generator, unit: Floats, sigma: float, _: float) -> Floats:
    return unit * (1 + sigma * rng.standard_normal(unit.shape))


_KINDS = {
    "gaussian": _Kind(_gaussian, 0.1, np.inf),
    "poisson": _Kind(_poisson, 30.0, 1e12),
    "salt_and_pepper": _Kind(_salt_and_pepper, 0.05, 1.0),
    "speckle": _Kind(_speckle, 0.2, np.inf),
}


def _white_of(dtype: np.dtype[Any]) -> float:
    return float(np.iinfo(dtype).max) if dtype.kind in "ui" else 1.0


def _as_dtype(noisy: Floats, dtype: np.dtype[Any]) -> Image:
    if dtype.kind == "f":
        return noisy.astype(dtype)
    low, high = (0, 1) if dtype.kind == "b" else _limits(dtype)
    return np.rint(np.clip(noisy, low, high)).astype(dtype)


def _limits(dtype: np.dtype[Any]) -> tuple[int, int]:
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)
