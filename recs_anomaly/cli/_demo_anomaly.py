"""The story of the demo about anomalies: what in this series is not normal."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recs_anomaly.cli._files import write_text
from recs_anomaly.cli._tables import Column, ShownTable, show_tables

if TYPE_CHECKING:
    from recs_anomaly.anomaly.app.findings import DetectionQuality, Findings
    from recs_anomaly.reports.demo import Chapter

_QUESTION = "What in this series is not normal?"
PAGE = "machine.html"
_TRAINED_UNTIL = "2026-01-15"


def tell_anomaly(folder: Path) -> "Chapter":
    """Learn from ten quiet days of the sample series, and judge all twenty.

    Parameters
    ----------
    folder : Path
        Where the page goes.

    Returns
    -------
    chapter : Chapter
    """
    from recs_anomaly.anomaly.app.findings import (
        find_anomalies,
        quality_of,
        training_rows,
    )
    from recs_anomaly.cli._training import keep_keras_quiet
    from recs_anomaly.datasets import load_sample_series
    from recs_anomaly.reports.anomaly_summary import summarise
    from recs_anomaly.reports.demo import Chapter, Link
    from recs_anomaly.reports.pages import anomaly_page

    sample = load_sample_series()
    training = training_rows(sample.values, _TRAINED_UNTIL, None)
    click.echo(
        f"\n{click.style(_QUESTION, bold=True)}\n\n"
        f"An invented machine has {sample.values.shape[1]} channels, a row each five "
        f"minutes. The detector learns from\n{len(training):,} rows without faults, "
        f"and then judges {len(sample.values):,} rows with {len(sample.events)} faults."
    )
    keep_keras_quiet()
    findings = find_anomalies(sample.values, training, random_state=0, verbose=1)
    click.echo()
    _show(findings)
    quality = quality_of(findings, sample.labels)
    if quality is not None:
        _show_quality(quality)
    summary = summarise(findings, "sample", quality)
    write_text(folder / PAGE, anomaly_page(summary))
    command = (
        f"recs-anomaly anomaly report sample --train-until {_TRAINED_UNTIL} "
        "-o report.html"
    )
    click.echo(f"\nA page with plots of all that:\n  {command}")
    return Chapter(
        _QUESTION, summary.sentence, [Link(PAGE, "The series, its events")], [command]
    )


def _show(findings: "Findings") -> None:
    rows = [
        [f"{event.start:%a %d %b, %H:%M}", str(event.channel), str(event.cause)]
        for event in findings.events.itertuples()
    ]
    columns = [Column("began"), Column("channel"), Column("what happened")]
    show_tables([ShownTable("What it found", columns, rows)])


def _show_quality(quality: "DetectionQuality") -> None:
    floor = max(quality.floors.values())
    click.echo(
        f"\n{quality.event_recall:.0%} of the faults were found, and "
        f"{quality.event_precision:.0%} of the events are faults. Over all thresholds "
        f"(VUS-PR):\n{quality.vus_pr:.2f}, where the best of three simple rules has "
        f"{floor:.2f}."
    )
