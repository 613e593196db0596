"""What a detector makes of readings before it judges them."""

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.anomaly.seen_series import find_codes, without_wild
from recs_anomaly.exceptions import InputError


def quick(**parameters: object) -> TimeSeriesAnomalyDetector:
    return TimeSeriesAnomalyDetector(epochs=0, random_state=0, **parameters)


def waves(n_rows: int = 2000, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (50 + 10 * np.sin(np.arange(n_rows) / 16) + rng.normal(0, 1, n_rows))[
        :, None
    ]


@pytest.mark.parametrize(
    ("code", "n_codes"), [(-9999.0, 1), (-127.0, 5), (65535.0, 24), (-127.0, 24)]
)
def test_codes_are_told_and_change_nothing(code: float, n_codes: int) -> None:
    clean, dirty = waves(), waves()
    dirty[np.random.default_rng(1).choice(1500, n_codes, replace=False)] = code
    with pytest.warns(UserWarning, match=f"{n_codes} readings of {code:g} in 'x0'"):
        detector = quick().fit(dirty[:1500])
    assert detector.codes_.tolist() == [[0.0, code]]
    other = quick().fit(clean[:1500])
    np.testing.assert_allclose(detector.scale_, other.scale_, rtol=0.05)
    later = waves(seed=3)
    later[1000:1005] += 60.0
    later[1500] = code  # no reading, and no event
    [event] = detector.events(later).itertuples()
    assert 999 <= event.start <= event.end < 1012


def test_one_wild_reading_moves_no_scale() -> None:
    dirty = waves()
    dirty[700] = 1e6
    assert quick().fit(dirty).scale_[0] == pytest.approx(7.2, rel=0.1)
    assert np.isnan(without_wild(dirty)[700, 0])
    assert np.isnan(without_wild(np.append(dirty, [[900.0]] * 30, axis=0))).sum() == 1


def test_codes_can_be_named_or_denied() -> None:
    series = waves()
    series[100:103] = 85.0
    with pytest.warns(UserWarning, match="3 readings of 85"):
        assert quick(missing_values=[85]).fit(series).codes_.tolist() == [[0, 85]]
    series[100:103] = -9999.0
    assert quick(missing_values=[]).fit(series).codes_.tolist() == []
    with pytest.raises(InputError, match="missing_values must be 'auto' or a list"):
        quick(missing_values="none").fit(series)


@pytest.mark.parametrize("value", [0.0, 9999.0])
def test_what_lies_among_the_readings_is_no_code(value: float) -> None:
    readings = np.linspace(-200.0, 9000.0, 500)
    readings[::50] = value
    assert len(find_codes(readings[:, None], ["x"], None)) == 0


def hourly(n_rows: int, step: str) -> pd.DataFrame:
    index = pd.date_range("2026-01-05", periods=n_rows, freq=step)
    minutes = (index - index[0]) / pd.Timedelta(minutes=1)
    noise = np.random.default_rng(0).normal(0, 5, n_rows)
    return pd.DataFrame({"v": 900 + 300 * np.sin(minutes / 229) + noise}, index)


def test_rows_at_a_longer_interval_are_judged_between_straight_lines() -> None:
    detector = quick().fit(hourly(2300, "5min"))
    slow = hourly(250, "1h")
    slow.iloc[-20:] = 9999.0
    with pytest.warns(UserWarning, match="3600 seconds apart, those of the training"):
        labels = detector.predict(slow)
    assert (labels[-20:] == -1).all()
    assert (labels[:-21] == -1).sum() <= 2
    with pytest.warns(UserWarning, match="3600 seconds apart"):
        opened = detector.watch().watch_many(slow)
    assert [event.row for event in opened if event.kind == "open"] == [230]


@pytest.mark.parametrize("step", ["10s", "10D"])
def test_rows_at_quite_another_interval_are_refused(step: str) -> None:
    detector = quick().fit(hourly(2300, "5min"))
    with pytest.raises(InputError, match="X must have rows about 300 seconds apart"):
        detector.score_samples(hourly(300, step))
    with pytest.raises(InputError, match="rows must come about 300 seconds apart"):
        detector.stream().score_many(hourly(300, step))


def test_what_could_not_be_judged_is_told() -> None:
    detector = quick().fit(waves())
    lost = waves()
    lost[:1500] = np.nan
    with pytest.warns(UserWarning, match=r"of the 2,000 rows of X could be judged"):
        detector.predict(lost)


def test_few_rows_and_uneven_steps_are_told() -> None:
    with pytest.warns(UserWarning, match="X has 20 rows to learn from"):
        quick().fit(hourly(20, "1h"))
    rng = np.random.default_rng(0)
    times = pd.Timestamp("2026-01-05") + pd.to_timedelta(
        np.cumsum(rng.exponential(300, 500)), unit="s"
    )
    with pytest.warns(UserWarning, match="do not come a whole number of steps"):
        quick().fit(pd.DataFrame(waves(500), times))
