"""Results show themselves in a notebook: escaped, small, and frames stay frames."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import RBM, TimeSeriesAnomalyDetector
from recs_anomaly.anomaly.app.findings import find_anomalies
from recs_anomaly.base import documentation
from recs_anomaly.base.notebook import facts_html, frame_html

NASTY = "<script>alert('x')</script>"
SMALL = 20_000  # characters


@cache
def series() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(2000) / 8)[:, None] + rng.normal(0, 0.1, (2000, 1))
    wave[1500:1520] += 3
    times = pd.date_range("2026-01-01", periods=2000, freq="min")
    return pd.DataFrame(wave, index=times, columns=[NASTY])


@cache
def detector() -> TimeSeriesAnomalyDetector:
    return TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(series()[:1200])


def shown(thing: Any) -> str:
    page: str = thing._repr_html_()
    assert "<script" not in page
    assert len(page) < SMALL
    return page


def test_events_are_a_plain_frame_and_escaped() -> None:
    events = detector().events(series())
    assert type(events) is pd.DataFrame
    assert "alert" in shown(events)
    assert len(shown(pd.concat([events] * 500))) < SMALL


def test_an_assessment_shows_its_events() -> None:
    page = shown(detector().assess(series()))
    assert "1 event: " in page
    assert "of 2,000 rows are anomalies" in page
    assert "2026-01-02 01:00:00" in page
    cause = detector().events(series())["cause"].iloc[0]
    assert cause in page


def test_findings_show_their_events() -> None:
    found = find_anomalies(series(), series()[:1200], epochs=0, random_state=0)
    assert "1 event in 2,000 rows" in shown(found)


def test_a_drift_report_says_what_to_do() -> None:
    assert "No need to fit it again: " in shown(detector().drift_report(series()))
    page = shown(detector().drift_report(3 * series()))
    assert "<b>Fit it again: " in page


@pytest.mark.parametrize("is_timed", [True, False])
def test_an_alert_says_when_where_and_what(is_timed: bool) -> None:
    rows = series()[1200:]
    times = rows.index if is_timed else None
    events = detector().watch().watch_many(rows.to_numpy(), times)
    page = shown(events[0])
    assert "Event 1 in " in page
    assert ": open" in page
    assert ("2026-01-02 01:00:00" if is_timed else "row 300") in page
    assert "closed, as it is" not in page
    assert "closed, as it is</th><td style='text-align: left'>over" in shown(events[-1])


def test_text_is_escaped_and_what_is_empty_left_out() -> None:
    page = facts_html(NASTY, {"a": NASTY, "b": None, "c": "", "d": 0})
    assert "<script" not in page
    assert page.count("<tr>") == 2
    frame = pd.DataFrame({NASTY: [NASTY + "y" * 100] * 12})
    assert "<script" not in frame_html("t", frame)
    assert "y" * 100 in frame_html("t", frame)
    assert "and 2 more" in frame_html("t", frame)


def test_an_estimator_links_to_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(documentation.HOME, raising=False)
    monkeypatch.setattr(documentation, "metadata", lambda name: Metadata())
    assert RBM()._get_doc_link() == "https://a.b/c/generated/recs_anomaly.RBM.html"
    monkeypatch.setenv(documentation.HOME, "file:///docs/")
    address = "file:///docs/generated/recs_anomaly.TimeSeriesAnomalyDetector.html"
    assert f'href="{address}"' in detector()._repr_html_()


def test_without_a_known_place_there_is_no_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(documentation.HOME, raising=False)
    monkeypatch.setattr(documentation, "metadata", no_metadata)
    assert RBM()._get_doc_link() == ""
    assert "recs_anomaly.RBM.html" not in RBM()._repr_html_()


class Metadata:
    """What an installed package says of itself."""

    def get_all(self, name: str) -> list[str]:
        assert name == "Project-URL"
        return ["Source, https://a.b", "Documentation, https://a.b/c/"]


def no_metadata(name: str) -> Metadata:
    raise documentation.PackageNotFoundError(name)
