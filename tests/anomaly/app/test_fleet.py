"""Many series: each as if it were alone, and one that fails stops no other."""

from typing import cast

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.anomaly.app.fleet import find_in_many, judge_series, split_series
from recs_anomaly.engine.jobs import DIED
from recs_anomaly.exceptions import InputError
from tests.engine.bombs import Bomb


def wave(seed: int, n_rows: int = 500) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    index = pd.date_range("2026-01-01", periods=n_rows, freq="min")
    values = np.sin(np.arange(n_rows) / 8) + 0.1 * rng.standard_normal(n_rows)
    return pd.DataFrame({"flow": values}, index)


@pytest.fixture
def series() -> dict[str, pd.DataFrame]:
    series = {f"pump {number}": wave(number) for number in range(5)}
    series["pump 3"].iloc[400:405] += 6.0
    series["broken"] = wave(9, n_rows=3)
    series["text"] = wave(8).astype(str).replace(r".*", "a", regex=True)
    return series


# `make test` has two processes in the command that judges a folder.
@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_each_series_is_judged_as_if_it_were_alone(
    series: dict[str, pd.DataFrame], n_jobs: int
) -> None:
    done: list[int] = []
    until = "2026-01-01 05:00"
    found = find_in_many(series, until=until, n_jobs=n_jobs, progress=done.append)
    assert done == list(range(1, 8))
    alone = TimeSeriesAnomalyDetector(epochs=0, random_state=0)
    alone.fit(series["pump 1"][:300])
    np.testing.assert_array_equal(
        found.scores["pump 1"], alone.score_samples(series["pump 1"])
    )
    assert found.scores["pump 1"].index.equals(series["pump 1"].index)
    assert list(found.scores) == [f"pump {number}" for number in range(5)]
    worst = found.events.groupby("series_id")["severity"].max()
    assert worst["pump 3"] == worst.max()
    assert found.events["severity"].is_monotonic_decreasing
    assert list(found.failures) == ["broken", "text"]
    assert "minimum of 8" in found.failures["broken"]
    assert "could not convert" in found.failures["text"]


def test_a_table_of_one_series_is_judged_as_the_detector_does() -> None:
    part = wave(3)
    part.iloc[400:405] += 6.0
    table = part.rename_axis("when").reset_index().assign(pump="p", plant=7)
    table.index += 100
    judged = judge_series(
        table, time="when", keys=["plant", "pump"], until="2026-01-01 05:00"
    )
    alone = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(part[:300])
    assert list(judged) == ["plant", "pump", "when", "score", "is_abnormal"]
    pd.testing.assert_frame_equal(judged[["plant", "when"]], table[["plant", "when"]])
    np.testing.assert_array_equal(judged["score"], alone.score_samples(part))
    np.testing.assert_array_equal(judged["is_abnormal"], alone.predict(part) == -1)
    with pytest.raises(InputError, match="frame must have the column 'line'"):
        judge_series(table, keys=["line"])


def test_learning_from_all_rows(series: dict[str, pd.DataFrame]) -> None:
    part = series["pump 3"]
    found = find_in_many({"only": part})
    alone = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(part)
    np.testing.assert_array_equal(found.scores["only"], alone.score_samples(part))


@pytest.mark.slow
def test_a_series_that_kills_its_process_is_among_the_failures(
    series: dict[str, pd.DataFrame],
) -> None:
    deadly = {"first": series["pump 0"], "bomb": Bomb(), "last": series["pump 1"]}
    found = find_in_many(cast("dict[str, pd.DataFrame]", deadly), n_jobs=2)
    assert list(found.scores) == ["first", "last"]
    assert found.failures == {"bomb": DIED}


def test_nothing_at_all_has_no_events() -> None:
    found = find_in_many({})
    assert (found.scores, len(found.events), found.failures) == ({}, 0, {})


def test_a_frame_of_many_series_is_taken_apart() -> None:
    parts = {"b": wave(0), "a": wave(1)}
    together = pd.concat([part.assign(series_id=name) for name, part in parts.items()])
    found = split_series(together, "series_id")
    assert list(found) == ["b", "a"]
    for name, part in parts.items():
        pd.testing.assert_frame_equal(found[name], part, check_freq=False)


def test_frames_without_names_are_refused() -> None:
    with pytest.raises(InputError, match="frame must have the column 'id'"):
        split_series(wave(0), "id")
    frame = wave(0).assign(id="a")
    frame.iloc[7, 1] = None
    with pytest.raises(InputError, match="row 7 has none"):
        split_series(frame, "id")
