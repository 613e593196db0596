"""Fits in threads of one process, and a user's own Keras model, leave each other be."""

import random
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from recs_anomaly import RBM, RBMRecommender, TimeSeriesAnomalyDetector
from recs_anomaly.base.parallel import in_threads, one_blas_thread
from recs_anomaly.datasets import make_ratings
from tests.persistence.every_estimator import SAMPLES, answer, fitted

RATINGS = make_ratings(30, 20, 300, random_state=0).ratings
SERIES = np.sin(np.arange(200) / 5)[:, None]
ROWS = np.random.default_rng(0).integers(0, 2, (40, 6)).astype(float)


def recommended(seed: int) -> np.ndarray:
    pairs = RATINGS[["user_id", "item_id"]]
    model = RBMRecommender(n_hidden=2, epochs=1, random_state=seed)
    return model.fit(pairs, RATINGS["rating"]).predict(pairs)


def detected(seed: int) -> np.ndarray:
    model = TimeSeriesAnomalyDetector(window=16, epochs=1, n_units=2, random_state=seed)
    return model.fit(SERIES).score_samples(SERIES)


def featured(seed: int) -> np.ndarray:
    return RBM(3, n_iter=5, random_state=seed).fit_transform(ROWS)


JOBS = [partial(featured, 0), partial(featured, 1), partial(recommended, 0)]
JOBS += [partial(detected, 0)]


@pytest.fixture
def three_threads() -> Iterator[None]:
    """Let linear algebra use three threads."""
    with threadpool_limits(3, user_api="blas"):
        yield


def blas_threads() -> set[int]:
    return {
        library["num_threads"]
        for library in threadpool_info()
        if library["user_api"] == "blas"
    }


@pytest.mark.usefixtures("three_threads")
def test_blas_is_limited_until_the_last_thread_has_left() -> None:
    steps = Barrier(2, timeout=60.0)

    def enters_and_leaves_first() -> set[int]:
        with one_blas_thread():
            steps.wait()  # entered
            steps.wait()  # the other has entered
        steps.wait()  # left
        steps.wait()  # the other has seen it
        steps.wait()  # the other has left
        return blas_threads()

    def enters_and_leaves_last() -> set[int]:
        steps.wait()
        with one_blas_thread():
            steps.wait()
            steps.wait()
            seen = blas_threads()
            steps.wait()
        steps.wait()
        return seen

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(enters_and_leaves_first)
        last = pool.submit(enters_and_leaves_last)
        assert last.result() == {1}
        assert first.result() == {3}


@pytest.mark.usefixtures("three_threads")
def test_the_limit_may_be_entered_again_and_left_by_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails() -> None:
        with one_blas_thread() as n_usual:
            # Libraries may have come with a module that was imported meanwhile.
            monkeypatch.setitem(sys.modules, "meanwhile", ModuleType("meanwhile"))
            with one_blas_thread() as n_usual_within:
                assert blas_threads() == {1}
            assert blas_threads() == {1}
            assert n_usual == n_usual_within >= 3
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fails()
    assert blas_threads() == {3}


@pytest.mark.usefixtures("three_threads")
def test_pieces_are_done_side_by_side_with_one_thread_of_blas_each() -> None:
    met = Barrier(3, timeout=60.0)

    def done(piece: int) -> tuple[int, set[int]]:
        met.wait()  # only three threads come on from here
        return piece, blas_threads()

    assert in_threads(done, range(3)) == [(piece, {1}) for piece in range(3)]
    assert in_threads(lambda piece: (piece, blas_threads()), [7]) == [(7, {1})]
    assert in_threads(done, []) == []
    assert blas_threads() == {3}


@pytest.mark.usefixtures("eager_keras")
def test_fits_in_threads_equal_fits_alone() -> None:
    alone = [job() for job in JOBS]
    with ThreadPoolExecutor(len(JOBS)) as pool:
        together = list(pool.map(lambda job: job(), JOBS))
    for one, other in zip(alone, together, strict=True):
        assert one.tobytes() == other.tobytes()
    assert alone[0].tobytes() != alone[1].tobytes()


@pytest.mark.slow
def test_every_class_fits_in_two_threads_as_alone() -> None:
    def asked(key: str) -> bytes:
        return np.asarray(SAMPLES[key].ask(SAMPLES[key].fit())).tobytes()

    with ThreadPoolExecutor(2) as pool:
        together = dict(zip(SAMPLES, pool.map(asked, SAMPLES), strict=True))
    for key, answered in together.items():
        assert answered == answer(key, fitted(key)).tobytes(), key


@pytest.mark.slow
@pytest.mark.parametrize("key", SAMPLES)
def test_keras_own_generator_is_left_alone(key: str) -> None:
    expected = first_drawn(3), drawn()
    first = first_drawn(3)
    SAMPLES[key].ask(SAMPLES[key].fit())
    assert (first, drawn()) == expected


def drawn() -> bytes:
    """Draw from Keras' own generator."""
    import keras

    return keras.ops.convert_to_numpy(keras.random.normal((4,))).tobytes()


def first_drawn(seed: int) -> bytes:
    """Seed Keras' generator and draw; Python's and NumPy's, seeded too, are put back.

    Keras makes its generator from Python's, when it first draws.
    """
    import keras

    before = random.getstate(), np.random.get_state()  # noqa: NPY002 - the legacy one
    keras.utils.set_random_seed(seed)
    first = drawn()
    random.setstate(before[0])
    np.random.set_state(before[1])  # noqa: NPY002 - the legacy one
    return first


@pytest.fixture
def own() -> Any:
    """A Keras model of the user's; making it draws from the user's generators."""
    import keras

    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    return model


@pytest.mark.usefixtures("eager_keras")
@pytest.mark.parametrize("fit", [recommended, detected, featured])
def test_the_model_of_a_user_survives(
    fit: Callable[[int], np.ndarray], own: Any
) -> None:
    import keras

    rows = np.ones((4, 3), "float32")
    before = own.predict_on_batch(rows)
    settings = keras.config.dtype_policy().name, keras.config.floatx()
    fit(0)
    assert own.predict_on_batch(rows).tobytes() == before.tobytes()
    own.train_on_batch(rows, before + 1)
    assert own.predict_on_batch(rows).tobytes() != before.tobytes()
    assert (keras.config.dtype_policy().name, keras.config.floatx()) == settings
