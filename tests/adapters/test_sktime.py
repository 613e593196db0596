"""sktime's own checks, and forecasts that are those of the forecaster."""

import importlib.util
from functools import cache

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import SequenceForecaster
from recs_anomaly.adapters.sktime import SktimeForecaster
from recs_anomaly.exceptions import MissingExtraError

HAS_SKTIME = importlib.util.find_spec("sktime") is not None
needs_sktime = pytest.mark.skipif(not HAS_SKTIME, reason="sktime is not installed")


@cache
def series() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    times = pd.period_range("2026-01-01", periods=400, freq="h")
    wave = np.sin(np.arange(400) / 4)[:, None] * [1.0, 3.0]
    wave += 0.05 * rng.normal(size=wave.shape)
    return pd.DataFrame(wave, index=times, columns=["a", "b"])


@needs_sktime
def test_forecasts_are_those_of_the_forecaster_at_the_asked_steps() -> None:
    y = series()
    model = SktimeForecaster(epochs=0, window=24).fit(y, fh=[2, 5])
    ours = SequenceForecaster(horizon=5, window=24, epochs=0).fit_series(y.to_numpy())
    expected = ours.forecast(y.to_numpy())["expected"].to_numpy()[[1, 4]]
    coming = model.predict()
    np.testing.assert_allclose(coming.to_numpy(), expected)
    assert coming.index.tolist() == [y.index[-1] + 2, y.index[-1] + 5]
    assert coming.columns.tolist() == ["a", "b"]
    band = model.predict_interval(coverage=0.8)
    low, high = band["a", 0.8, "lower"], band["a", 0.8, "upper"]
    quantiles = ours.predict_quantiles(y.to_numpy()[None, -24:], (0.1, 0.9))[0]
    np.testing.assert_allclose(low, quantiles[[1, 4], 0, 0])
    np.testing.assert_allclose(high, quantiles[[1, 4], 0, 1])


@needs_sktime
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_sktimes_own_checks() -> None:
    from sktime.utils.estimator_checks import check_estimator

    results = check_estimator(SktimeForecaster, raise_exceptions=False, verbose=False)
    assert len(results) > 100
    assert {k: v for k, v in results.items() if v != "PASSED"} == {}


@pytest.mark.skipif(HAS_SKTIME, reason="sktime is installed")
def test_without_sktime_it_says_so() -> None:
    with pytest.raises(MissingExtraError, match="pip install sktime brings it"):
        SktimeForecaster()
