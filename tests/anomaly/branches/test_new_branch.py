"""A branch more is one definition and one entry in the list: all else follows."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import TimeSeriesAnomalyDetector, load, save
from recs_anomaly.anomaly.app.findings import Findings, find_anomalies
from recs_anomaly.anomaly.branches import BRANCHES
from recs_anomaly.anomaly.branches.branch import Branch
from recs_anomaly.persistence import ModelFileError
from recs_anomaly.reports.anomaly_summary import summarise

FAULT = slice(800, 860)
WORDS = {"weight": 1.0, "cause": "toy: a cause", "meaning": "what a toy finds"}
TOYS = [
    Branch("toy", of_rows=lambda rows: rows.values**4, **WORDS),
    Branch("toy", of_windows=lambda windows: np.ptp(windows.values, axis=-1), **WORDS),
]


@pytest.fixture(params=TOYS, ids=["of rows", "of windows"])
def toy(request: pytest.FixtureRequest) -> Iterator[Branch]:
    BRANCHES.append(request.param)
    yield request.param
    BRANCHES.remove(request.param)


def waves() -> np.ndarray:
    rng = np.random.default_rng(0)
    values = np.sin(np.arange(1000)[:, None] / 8 + np.arange(2))
    values += 0.1 * rng.standard_normal(values.shape)
    values[FAULT, 1] *= 4.0
    return values


@pytest.fixture
def alone(toy: Branch) -> TimeSeriesAnomalyDetector:
    """A detector in which the new branch alone has a say."""
    return fitted_to(toy)


@cache
def fitted_to(toy: Branch) -> TimeSeriesAnomalyDetector:
    return quick(weights={toy.name: 1.0}).fit(waves()[:600])


def quick(**parameters: Any) -> TimeSeriesAnomalyDetector:
    return TimeSeriesAnomalyDetector(window=40, epochs=0, random_state=0, **parameters)


def test_scores_explanation_and_events_know_it(
    alone: TimeSeriesAnomalyDetector,
) -> None:
    series = waves()
    found = alone.assess(series)
    assert FAULT.start <= found.scores.argmin() < FAULT.stop
    assert found.scores.min() < 2 * alone.offset_
    explained = found.explanation()["branch"]
    assert explained.columns.tolist() == [
        *("forecast", "reconstruction", "neighbour"),
        *("relation", "toy", "standstill"),
    ]
    assert (explained["toy"].iloc[FAULT] == 1.0).all()
    [event] = found.events().itertuples()
    assert (event.branch, event.channel) == ("toy", "x1")
    assert FAULT.start - 5 <= event.start <= event.end < FAULT.stop + 40


def test_streams_know_it(alone: TimeSeriesAnomalyDetector) -> None:
    series = waves()
    series[700:703] = np.nan
    scorer, causal = alone.stream(), alone.score_samples_causal(series)
    np.testing.assert_allclose(scorer.score_many(series), causal, rtol=1e-9)
    assert FAULT.start <= causal.argmin() < FAULT.stop + 20
    [rated] = scorer.rate_rows(series[:1])
    assert rated.sign_shares(0).shape == (6, 2)
    opened = alone.watch(alpha=1e-4).watch_many(series)[0]  # of few rows
    assert (opened.branch, opened.channel) == ("toy", "x1")
    assert alone.drift_report(series).channels["toy"].gt(0.0).all()


def test_it_has_a_say_beside_the_others(toy: Branch) -> None:
    series = waves()
    detector = quick()
    detector.fit(series[:600])
    assert detector.explain(series)["branch", "toy"].iloc[FAULT].gt(0.0).all()
    np.testing.assert_allclose(
        detector.stream().score_many(series),
        detector.score_samples_causal(series),
        rtol=1e-9,
    )


def test_the_report_says_what_it_means(toy: Branch) -> None:
    findings = found_in_frame()
    named = {part.name: part.meaning for part in summarise(findings, "x").branches}
    assert named["toy"] == "what a toy finds"


def found_in_frame() -> Findings:
    frame = pd.DataFrame(waves(), columns=["a", "b"])
    return find_anomalies(frame, frame[:600], window=40, epochs=0, random_state=0)


def test_files_keep_it(alone: TimeSeriesAnomalyDetector, tmp_path: Path) -> None:
    series = waves()
    save(alone, tmp_path / "model.recs")
    np.testing.assert_array_equal(
        load(tmp_path / "model.recs").score_samples(series), alone.score_samples(series)
    )


@pytest.mark.parametrize("toy", TOYS, ids=["of rows", "of windows"])
def test_who_was_fitted_without_it_answers_as_before(
    toy: Branch, tmp_path: Path
) -> None:
    series = waves()
    detector = quick()
    save(detector.fit(series[:600]), tmp_path / "model.recs")
    before = detector.score_samples(series), detector.score_samples_causal(series)
    BRANCHES.append(toy)
    try:
        loaded = load(tmp_path / "model.recs")
        after = loaded.score_samples(series), loaded.score_samples_causal(series)
        save(loaded.fit(series[:600]), tmp_path / "larger.recs")
    finally:
        BRANCHES.remove(toy)
    np.testing.assert_array_equal(before, after)
    with pytest.raises(ModelFileError, match="3 to 4 branches"):
        load(tmp_path / "larger.recs")
