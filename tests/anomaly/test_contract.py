"""scikit-learn's checks on the detector, and how it behaves among its tools."""

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import (
    check_estimator,
    estimator_checks_generator,
    parametrize_with_checks,
)

from recs_anomaly import TimeSeriesAnomalyDetector, load, save
from tests.base.explained_failures import EXPLAINED

EXPECTED = EXPLAINED["TimeSeriesAnomalyDetector"]


def quick(**parameters: Any) -> TimeSeriesAnomalyDetector:
    return TimeSeriesAnomalyDetector(epochs=0, random_state=0, **parameters)


@parametrize_with_checks(
    [quick(contamination=0.1)], expected_failed_checks=lambda _: EXPECTED
)
def test_scikit_learn_contract(
    estimator: TimeSeriesAnomalyDetector, check: Callable[[Any], None]
) -> None:
    check(estimator)


ASKING_FOR_OUTLIERS = {"check_outliers_fit_predict", "check_outliers_train"}


# Of all checks, to see that no other one hangs on the threshold.
@pytest.mark.slow
def test_only_the_default_threshold_flags_no_one_in_a_small_clean_sample() -> None:
    """One row in 10,000 is beyond it by default; the checks want 1 of 300 flagged."""
    # One check shuffles by NumPy's global generator, which our own tests must not.
    before = np.random.get_state()  # noqa: NPY002
    results = check_estimator(quick(), on_fail=None, on_skip=None)
    np.random.set_state(before)  # noqa: NPY002
    failed = {r["check_name"] for r in results if r["status"] == "failed"}
    assert failed <= {*EXPECTED, *ASKING_FOR_OUTLIERS}


def test_the_default_threshold_flags_no_one_in_a_small_clean_sample() -> None:
    checks = [
        check
        for _, check in estimator_checks_generator(quick())
        if check.func.__name__ in ASKING_FOR_OUTLIERS
    ]
    assert len(checks) >= 2
    for check in checks:
        with pytest.raises(AssertionError):
            check(quick())


@pytest.fixture(scope="module")
def wave() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = np.arange(1500)
    values = np.column_stack([np.sin(rows / 8), np.cos(rows / 8)])
    index = pd.date_range("2026-01-01", periods=1500, freq="min", name="time")
    return pd.DataFrame(
        values + 0.1 * rng.standard_normal(values.shape), index, ["a", "b"]
    )


def test_pickles_clones_files_and_pipelines(wave: pd.DataFrame, tmp_path: Any) -> None:
    detector = quick().fit(wave)
    expected = detector.score_samples(wave)
    save(detector, tmp_path / "d.recs")
    for same in (
        pickle.loads(pickle.dumps(detector)),
        clone(detector).fit(wave),
        load(tmp_path / "d.recs"),
    ):
        assert (same.score_samples(wave) == expected).all()
    scaled = make_pipeline(StandardScaler(), quick()).fit(wave.to_numpy())
    found = scaled.score_samples(wave.to_numpy())
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.usefixtures("eager_keras")
def test_networks_refit_to_the_same_bits(wave: pd.DataFrame) -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the state itself
    trained = [
        TimeSeriesAnomalyDetector(window=16, epochs=1, n_units=4, random_state=0)
        .fit(wave[:250])
        .score_samples(wave[:300])
        for _ in range(2)
    ]
    assert (trained[0] == trained[1]).all()
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
