"""The overview of many series: which to look at first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from recs_anomaly.anomaly.app.findings import DetectionQuality, Findings
from recs_anomaly.reports.anomaly_summary import in_words
from recs_anomaly.reports.pages import page_of
from recs_anomaly.reports.records import records
from recs_anomaly.reports.summaries import AnomalySummary


@dataclass(frozen=True)
class SeriesLine:
    """One series in the overview.

    Attributes
    ----------
    name : str
    page : str
        Where its own page is, from the overview; empty if there is none.
    n_rows, n_events : int
    severity : float
        Of its worst event; 0 if there is none.
    score : float
        Lowest of its scores.
    sentence : str
        What its page says first, or why it could not be judged.
    has_failed : bool
    events : sequence of dict, default=()
        The events in the order of time; times are text in ISO 8601.
    quality : DetectionQuality or None, default=None
        How good the findings are, where that is known.
    """

    name: str
    page: str
    n_rows: int
    n_events: int
    severity: float
    score: float
    sentence: str
    has_failed: bool
    events: Sequence[dict[str, Any]] = ()
    quality: DetectionQuality | None = None

    @property
    def rarity(self) -> str:
        """The severity in words."""
        return in_words(self.severity) if self.n_events else ""


def line_of(findings: Findings, summary: AnomalySummary, page: str) -> SeriesLine:
    """Sum up a series in one line.

    Parameters
    ----------
    findings : Findings
    summary : AnomalySummary
        What its own page says.
    page : str
        Where that is.

    Returns
    -------
    line : SeriesLine
    """
    severities = findings.events["severity"]
    return SeriesLine(
        name=summary.name,
        page=page,
        n_rows=len(findings.values),
        n_events=len(severities),
        severity=float(severities.max()) if len(severities) else 0.0,
        score=float(findings.scores.min()),
        sentence=summary.sentence,
        has_failed=False,
        events=_plain(findings.events),
        quality=summary.quality,
    )


def failed_line(name: str, reason: str) -> SeriesLine:
    """Say why a series could not be judged.

    Parameters
    ----------
    name : str
    reason : str

    Returns
    -------
    line : SeriesLine
    """
    return SeriesLine(name, "", 0, 0, 0.0, 0.0, reason, has_failed=True)


def ranked(lines: Sequence[SeriesLine]) -> list[SeriesLine]:
    """Put the series first that have the rarest event, then the lowest score.

    Parameters
    ----------
    lines : sequence of SeriesLine

    Returns
    -------
    ranked : list of SeriesLine
        Those that could not be judged come last.
    """
    return sorted(
        lines,
        key=lambda line: (line.has_failed, -line.severity, line.score, line.name),
    )


def overview_page(name: str, lines: Sequence[SeriesLine]) -> str:
    """Set the overview as HTML, the worst series first.

    Parameters
    ----------
    name : str
        What the series together are called.
    lines : sequence of SeriesLine

    Returns
    -------
    page : str
        It refers to the pages of the series, and to nothing else.
    """
    in_order = ranked(lines)
    judged = [line for line in in_order if not line.has_failed]
    return page_of(
        "overview.html",
        name=name,
        lines=judged,
        failed=[line for line in in_order if line.has_failed],
        n_events=sum(line.n_events for line in judged),
    )


def _plain(events: pd.DataFrame) -> list[dict[str, Any]]:
    """Events as programs take them: rows by their times as text, or their numbers."""
    return [
        {name: _moment(value) for name, value in event.items()}
        for event in records(events)
    ]


def _moment(value: Any) -> Any:
    is_time = isinstance(value, pd.Timestamp | pd.Timedelta)
    return value.isoformat() if is_time else value
