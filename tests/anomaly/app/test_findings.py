"""What a detector finds in a series, and whether the series is still the same."""

import numpy as np
import pandas as pd

from recs_anomaly.anomaly.app.findings import Findings, find_anomalies

N_TRAINING = 1500


def series(spread: float = 1.0) -> pd.DataFrame:
    """Waves whose noise spreads after the training rows."""
    rng = np.random.default_rng(0)
    noise = 0.1 * rng.standard_normal(3000)
    noise[N_TRAINING:] *= spread
    return pd.DataFrame({"bar": np.sin(np.arange(3000) / 8) + noise})


def found(values: pd.DataFrame, training: pd.DataFrame) -> Findings:
    return find_anomalies(values, training, epochs=0, random_state=0)


def test_rows_in_events_are_counted_after_training() -> None:
    for spread, low, high in ((1.0, 0.0, 0.01), (5.0, 0.5, 1.0)):
        values = series(spread)
        findings = found(values, values[:N_TRAINING])
        assert findings.n_learned == N_TRAINING
        assert low <= findings.abnormal_share <= high
        later = findings.is_abnormal[N_TRAINING:]
        assert findings.abnormal_share == later.mean()


def test_a_series_that_is_its_own_training_has_no_rows_after_it() -> None:
    assert found(series(), series()).abnormal_share == 0.0


def test_all_rows_are_others_than_those_of_another_series() -> None:
    other = series().set_index(pd.RangeIndex(3000, 6000))
    findings = found(series(5.0), other)
    assert findings.n_learned == 0
    assert findings.abnormal_share == findings.is_abnormal.mean()
