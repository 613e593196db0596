"""What the report says, by value."""

import pandas as pd
import pytest

from recs_anomaly.anomaly.app.findings import DetectionQuality, quality_of
from recs_anomaly.reports.anomaly_summary import duration, in_words, summarise
from tests.reports.findings import made_findings


def test_a_quiet_series() -> None:
    summary = summarise(made_findings(), "pump.csv")
    assert summary.sentence == (
        "Nothing out of the ordinary in 400 rows of 2 channels, 1 d 9 h."
    )
    assert summary.events == []
    assert [plot.name for plot in summary.channels] == ["a", "b"]
    assert summary.score.threshold == 1.5
    assert max(summary.score.high) == 0.5


def test_events_stand_worst_first() -> None:
    summary = summarise(
        made_findings(
            events=(
                {"rows": (20, 24), "severity": 2600, "channel": "b"},
                {"rows": (50, 50), "score": 7.0, "cause": "frozen"},
                {"rows": (90, 99), "score": 9.0, "cause": "level", "channels": "a, b"},
            )
        ),
        "pump.csv",
    )
    assert [event.cause.split(":")[0] for event in summary.events] == [
        "level",
        "frozen",
        "spike",
    ]
    assert [event.number for event in summary.events] == [1, 2, 3]
    worst = summary.events[0]
    assert worst.start == "Sun 01 Mar 2026, 07:30"
    assert worst.lasted == "50 min"
    assert (worst.channel, worst.others) == ("a", "b")
    assert summary.sentence == (
        "3 events in 400 rows of 2 channels, 1 d 9 h. The worst began "
        "Sun 01 Mar 2026, 07:30 in a: level."
    )
    assert summary.events[2].severity == "1 in 2.6 thousand"
    assert [plot.n_events for plot in summary.channels] == [2, 1]
    assert [share.share for share in summary.branches] == pytest.approx(
        [0.5, 0.2, 0.2, 0.1]
    )


def test_rows_without_times() -> None:
    findings = made_findings(
        events=({"rows": (1200, 1202)},), n_rows=1300, index=pd.RangeIndex(1300)
    )
    summary = summarise(findings, "x")
    assert not summary.is_time
    assert summary.events[0].start == "row 1,200"
    assert summary.events[0].lasted == "3 rows"
    assert summary.events[0].first == 1200


def test_many_channels_are_cut_those_with_events_kept() -> None:
    names = tuple(f"c{n}" for n in range(30))
    summary = summarise(
        made_findings(names, ({"rows": (5, 9), "channel": "c29"},)), "x"
    )
    assert summary.channels[0].name == "c29"
    assert len(summary.channels) + summary.n_channels_left_out == 30


def test_a_peak_of_one_row_among_many_is_shown() -> None:
    findings = made_findings(n_rows=50_000)
    findings.values.iloc[31_234, 0] = 99.0
    (first, _) = summarise(findings, "x").channels
    assert max(value for value in first.high if value is not None) == 99.0


def test_facts_say_what_was_learned_from() -> None:
    facts = dict(summarise(made_findings(), "x").facts)
    assert facts["Learned from"].startswith("200 rows, 2026-03-01 00:00:00 to")
    assert facts["Left out in training"] == "5 rows that stood out"
    assert facts["No data"].startswith("0 empty cells, 0 gaps")


@pytest.mark.parametrize(
    ("severity", "words"),
    [
        (1e9, "less than 1 in a billion"),
        (2.61e6, "1 in 2.6 million"),
        (999_999, "1 in 1 million"),
        (1234, "1 in 1.2 thousand"),
        (57, "1 in 57"),
    ],
)
def test_severity_in_words(severity: float, words: str) -> None:
    assert in_words(severity) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [("3D 4h 7min", "3 d 4 h"), ("90s", "1 min 30 s"), ("0s", "a moment")],
)
def test_duration_in_words(span: str, words: str) -> None:
    assert duration(span) == words


def test_quality_against_labels() -> None:
    findings = made_findings(events=({"rows": (300, 310)}, {"rows": (350, 352)}))
    labels = pd.Series(False, index=findings.values.index)
    assert quality_of(findings, labels) is None
    labels.iloc[300:311] = True
    quality = quality_of(findings, labels)
    assert isinstance(quality, DetectionQuality)
    assert (quality.event_recall, quality.event_precision) == (1.0, 0.5)
    assert quality.vus_pr > max(quality.floors.values())
    assert len(quality.floors) == 3


@pytest.mark.parametrize(("last", "warns"), [(219, False), (260, True)])
def test_the_sentence_warns_where_the_series_has_changed(
    last: int, warns: bool
) -> None:
    findings = made_findings(events=({"rows": (200, last)},))  # of 200 rows after 200
    sentence = summarise(findings, "pump").sentence
    assert ("new normal" in sentence) == warns
    assert ("30% of the rows after training lie in events" in sentence) == warns
