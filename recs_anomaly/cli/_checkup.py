"""What `recs-anomaly doctor` looks at, one thing after the other."""

import logging
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple

from recs_anomaly.exceptions import MissingExtraError
from recs_anomaly.extras import told_of_extras
from recs_anomaly.text import printable

_BRIEF: dict[str, Any] = {"epochs": 1, "random_state": 0}
_N_DIGITS = 100


class Finding(NamedTuple):
    """What one look found.

    Attributes
    ----------
    name : str
    is_well : bool
    is_absent : bool
        Nothing is wrong, but an extra that it needs is not installed.
    told : str
        What there is, or what is wrong.
    seconds : float
        How long the look took.
    """

    name: str
    is_well: bool
    is_absent: bool
    told: str
    seconds: float


def check_up() -> Iterator[Finding]:
    """Look at everything; what fails stops nothing.

    Yields
    ------
    finding : Finding
    """
    for name, look in _LOOKS.items():
        start, is_well, is_absent = perf_counter(), True, False
        try:
            with told_of_extras():
                told = look()
        except MissingExtraError as error:
            is_well, is_absent, told = False, True, str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
            is_well = False
            told = f"{type(error).__name__}: {' '.join(str(error).split())}"
        seconds = perf_counter() - start
        yield Finding(name, is_well, is_absent, printable(told), seconds)


def _python() -> str:
    if not (3, 11) <= sys.version_info < (3, 14):
        raise RuntimeError(f"3.11, 3.12 or 3.13 is needed; it is {sys.version}")
    return sys.version.split()[0]


def _backend() -> str:
    from recs_anomaly.cli._training import load_keras

    load_keras()
    # Many small fits make TensorFlow warn that each has a graph of its own.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    keras: Any = sys.modules["keras"]  # another floor imports it
    return f"Keras {keras.__version__} on {keras.backend.backend()}"


def _data_home() -> str:
    from recs_anomaly.datasets import data_home
    from recs_anomaly.datasets._downloads import make_writable

    make_writable(data_home())
    return f"{data_home()} can be written to"


def _model_files() -> str:
    from recs_anomaly import RBM, load, save

    model = RBM(2, n_iter=1, random_state=0).fit(_rows())
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.recs"
        save(model, path)
        is_same = (load(path).transform(_rows()) == model.transform(_rows())).all()
    if not is_same:
        raise RuntimeError("a loaded model answers otherwise than the one saved")
    return "a saved model answers the same when it is loaded"


def _fitted(fit: Callable[[], Any]) -> str:
    """Fit a model; what it answers must be finite."""
    if not abs(float(fit().sum())) < float("inf"):
        raise RuntimeError("what it answers is no number")
    return "fits and answers"


def _rows() -> Any:
    from recs_anomaly.datasets import load_sample_digits

    images, _ = load_sample_digits()
    return (images[:_N_DIGITS].reshape(_N_DIGITS, -1) > 0.5).astype(float)


def _rbm() -> Any:
    from recs_anomaly import RBM

    return RBM(8, n_iter=1, random_state=0).fit_transform(_rows())


def _autoencoder() -> Any:
    from recs_anomaly import Autoencoder

    return Autoencoder((16, 4), **_BRIEF).fit(_rows()).score_samples(_rows())


def _variational() -> Any:
    from recs_anomaly import VariationalAutoencoder

    model = VariationalAutoencoder((16, 4), **_BRIEF)
    return model.fit(_rows()).sample(3)


def _recommender() -> Any:
    from recs_anomaly import RBMRecommender
    from recs_anomaly.datasets import make_ratings

    ratings = make_ratings(30, 20, 300, random_state=0).ratings
    pairs = ratings[["user_id", "item_id"]]
    model = RBMRecommender(n_hidden=2, **_BRIEF)
    return model.fit(pairs, ratings["rating"]).predict(pairs)


def _detector() -> Any:
    from recs_anomaly import TimeSeriesAnomalyDetector

    series = _rows().cumsum(axis=1).reshape(-1, 1)[:400]
    return TimeSeriesAnomalyDetector(**_BRIEF).fit(series).score_samples(series)


def _denoiser() -> Any:
    from recs_anomaly import ImageDenoiser
    from recs_anomaly.datasets import load_sample_digits

    images, _ = load_sample_digits()
    return ImageDenoiser.from_pretrained().predict(images[:3])


def _classifier() -> Any:
    from recs_anomaly import SequenceClassifier

    rows = _rows()[:, :10]
    model = SequenceClassifier(n_units=4, **_BRIEF)
    return model.fit(rows, rows[:, 3]).predict_proba(rows)


def _forecaster() -> Any:
    from recs_anomaly import SequenceForecaster

    series = _rows().cumsum(axis=1).reshape(-1)[:200]
    forecaster = SequenceForecaster(window=8, n_units=4, **_BRIEF)
    return forecaster.fit_series(series).forecast(series).to_numpy()


def _text() -> Any:
    from recs_anomaly import TextGenerator

    return TextGenerator(n_units=4, **_BRIEF).fit(["to be"]).score_samples(["be"])


_MODELS = {
    "RBMRecommender": _recommender,
    "TimeSeriesAnomalyDetector": _detector,
    "ImageDenoiser": _denoiser,
    "RBM": _rbm,
    "Autoencoder": _autoencoder,
    "VariationalAutoencoder": _variational,
    "SequenceClassifier": _classifier,
    "SequenceForecaster": _forecaster,
    "TextGenerator": _text,
}
_LOOKS: dict[str, Callable[[], str]] = {
    "Python": _python,
    "backend": _backend,
    "data home": _data_home,
    "model files": _model_files,
    **{name: partial(_fitted, fit) for name, fit in _MODELS.items()},
}
