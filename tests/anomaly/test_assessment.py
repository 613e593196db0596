"""One look at a series is enough for all that is asked of it."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.anomaly import rating
from recs_anomaly.anomaly.app.findings import find_anomalies
from recs_anomaly.anomaly.app.fleet import find_in_many


def waves() -> pd.DataFrame:
    values = np.sin(np.arange(900) / 8) + 0.1 * np.random.default_rng(0).normal(
        size=900
    )
    values[700:705] += 3.0
    return pd.DataFrame({"x": values})


@pytest.fixture(scope="module")
def fitted() -> TimeSeriesAnomalyDetector:
    return TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(waves()[:600])


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Rows of each series that fitted detectors judge from here on."""
    seen: list[int] = []

    def counted(model: Any, series: np.ndarray, *args: Any) -> Any:
        seen.append(len(series))
        return judge(model, series, *args)

    judge = rating.judge
    monkeypatch.setattr(rating, "judge", counted)
    return seen


def test_an_assessment_says_what_the_detector_says(
    fitted: TimeSeriesAnomalyDetector,
) -> None:
    series = waves()
    found = fitted.assess(series)
    np.testing.assert_array_equal(found.scores, fitted.score_samples(series))
    pd.testing.assert_frame_equal(found.explanation(), fitted.explain(series))
    pd.testing.assert_frame_equal(found.events(), fitted.events(series))
    pd.testing.assert_frame_equal(
        found.events(merge_gap=0, min_duration=2),
        fitted.events(series, merge_gap=0, min_duration=2),
    )


def test_all_that_is_asked_comes_from_one_look(
    fitted: TimeSeriesAnomalyDetector, looks: list[int]
) -> None:
    found = fitted.assess(waves())
    assert len(found.scores) == len(found.explanation()) == 900
    assert len(found.events()) == 1
    assert looks == [900]


@pytest.mark.parametrize(
    "question",
    ["score_samples", "decision_function", "predict", "explain", "events"],
)
def test_each_question_takes_one_look(
    fitted: TimeSeriesAnomalyDetector, looks: list[int], question: str
) -> None:
    getattr(fitted, question)(waves())
    assert looks == [900]


def test_findings_take_one_look(looks: list[int]) -> None:
    series = waves()
    find_anomalies(series, series[:600], epochs=0, random_state=0)
    assert looks == [900]
    find_in_many({"a": series}, until="600")
    assert looks == [900, 900]
