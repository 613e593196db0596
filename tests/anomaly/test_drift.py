"""Drift reports: what calls for another fit, and what does not."""

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.exceptions import InputError


def waves(n_rows: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = np.arange(n_rows)[:, None]
    values = np.sin(rows / 8 + np.arange(2)) + 0.1 * rng.standard_normal((n_rows, 2))
    return pd.DataFrame(values, columns=["a", "b"])


@pytest.fixture(scope="module")
def fitted() -> TimeSeriesAnomalyDetector:
    return TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(waves(1500))


def test_more_of_the_same_needs_no_other_fit(
    fitted: TimeSeriesAnomalyDetector,
) -> None:
    report = fitted.drift_report(waves(3000, seed=1))
    assert not report.needs_retraining
    assert 0.02 < report.above_level < 0.25
    assert report.alarm_rate < 0.01
    assert report.n_judged > 2900
    table = report.channels
    assert table.index.tolist() == ["a", "b"]
    np.testing.assert_allclose(table["level"], 0.0, atol=0.2)
    np.testing.assert_allclose(table[["spread", "forecast"]], 1.0, atol=0.2)
    assert (table["missing"] == 0).all()


def test_noise_that_doubles_does(fitted: TimeSeriesAnomalyDetector) -> None:
    series = waves(3000, seed=1)
    series["b"] += np.random.default_rng(0).normal(0, 0.17, 3000)
    report = fitted.drift_report(series)
    assert report.needs_retraining
    assert "of the training rows reached" in report.reason
    assert report.channels.loc["b", "forecast"] == pytest.approx(4.0, rel=0.25)
    assert report.channels.loc["a", "forecast"] == pytest.approx(1.0, rel=0.25)


def test_a_level_and_a_spread_that_have_moved(
    fitted: TimeSeriesAnomalyDetector,
) -> None:
    series = waves(3000, seed=1)
    series["a"] = 2.0 * series["a"] + 3.0
    found = fitted.drift_report(series).channels.loc["a"]
    scale = waves(1500)["a"].std()
    assert found["level"] == pytest.approx(3.0 / scale, abs=0.2)
    assert found["spread"] == pytest.approx(2.0, abs=0.1)


def test_a_few_anomalies_are_no_drift(fitted: TimeSeriesAnomalyDetector) -> None:
    series = waves(3000, seed=1)
    for start in (500, 1500, 2500):
        series.iloc[start : start + 20] += 5.0
    report = fitted.drift_report(series)
    assert not report.needs_retraining
    assert report.alarm_rate > 0.02


def test_few_rows_and_missing_ones_say_little(
    fitted: TimeSeriesAnomalyDetector,
) -> None:
    report = fitted.drift_report(10.0 * waves(60, seed=1))
    assert not report.needs_retraining
    assert "too few" in report.reason
    nothing = fitted.drift_report(waves(500) * np.nan)
    assert (nothing.n_judged, nothing.above_level) == (0, 0.0)
    assert nothing.channels["level"].isna().all()
    assert (nothing.channels["missing"] == 1.0).all()


def test_times_out_of_order_are_refused() -> None:
    index = pd.date_range("2026-01-01", periods=500, freq="min")
    frame = waves(500).set_index(index)
    detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(frame)
    with pytest.raises(InputError, match="X must be in the order of time"):
        detector.drift_report(frame[::-1])
