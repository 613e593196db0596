"""What a detector finds in a series, and whether the series is still the same."""

import numpy as np
import pandas as pd

from recs_anomaly.applications.anomaly.findings import Findings, find_anomalies

N_TRAINING = 1500


def series(spread: float = 1.0) -> pd.DataFrame:
    """Waves whose noise spreads after the training rows."""
    rng = np.random.default_rng(0)
    noise = 0.1 * rng.standard_normal(3000)
    noise[N_TRAINING:] *= spread
    return pd.DataFrame({"bar": np.sin(np.arange(3000) / 8) + noise})


def found(values: pd.DataFrame, training: pd.DataFrame) -> Findings:
    return find_anomalies(values, training, epochs=0, random_state=0)


def test_later_rows_tell_whether_the_series_has_drifted() -> None:
    for spread, has_drifted in ((1.0, False), (2.0, True)):
        values = series(spread)
        drift = found(values, values[:N_TRAINING]).drift
        assert drift is not None
        assert drift.needs_retraining == has_drifted
        assert drift.n_judged <= len(values) - N_TRAINING


def test_a_series_that_is_its_own_training_cannot_drift() -> None:
    assert found(series(), series()).drift is None


def test_all_rows_of_another_series_tell() -> None:
    other = series().set_index(pd.RangeIndex(3000, 6000))
    drift = found(series(), other).drift
    assert drift is not None
    assert drift.n_judged > 2900
