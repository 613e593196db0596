"""Reports on a folder of series: a page for each, and an overview."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from recs_anomaly.cli._progress import progressing
from recs_anomaly.exceptions import InputError
from recs_anomaly.text import printable

if TYPE_CHECKING:
    from recs_anomaly.reports.overview import SeriesLine

SUFFIXES = {".csv", ".tsv", ".parquet"}
OVERVIEW = "index.html"


class FolderSettings(NamedTuple):
    """How each series of a folder is read, and what is learned from."""

    time: str | None
    channels: list[str] | None
    train_until: str | None
    seed: int
    n_jobs: int


def report_folder(
    folder: Path, output: Path, settings: FolderSettings
) -> "list[SeriesLine]":
    """Write the pages; give the lines of the overview, the worst series first."""
    from recs_anomaly.base.parallel import side_by_side
    from recs_anomaly.cli._files import write_text
    from recs_anomaly.reports.overview import failed_line, overview_page, ranked

    files = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    if not files:
        raise InputError(f"SERIES must hold a CSV, TSV or Parquet file; got {folder}.")
    output.mkdir(exist_ok=True)
    tasks = [(file, output, settings) for file in files]
    lines = []
    outcomes = side_by_side(report_file, tasks, settings.n_jobs)
    judged = zip(files, outcomes, strict=True)
    for file, outcome in progressing(judged, len(files), "series"):
        if outcome.failure is None:
            lines.append(outcome.result)
        else:
            lines.append(failed_line(file.name, outcome.failure))
            click.echo(printable(f"{file.name} failed: {outcome.failure}"), err=True)
    write_text(output / OVERVIEW, overview_page(folder.resolve().name, lines))
    return ranked(lines)


def report_file(file: Path, output: Path, settings: FolderSettings) -> "SeriesLine":
    """Write the page of one series; networks would take too long for many."""
    from recs_anomaly.anomaly.app.findings import find_anomalies, training_rows
    from recs_anomaly.cli._files import write_text
    from recs_anomaly.cli.anomaly._series import open_series
    from recs_anomaly.reports.anomaly_summary import summarise
    from recs_anomaly.reports.overview import line_of
    from recs_anomaly.reports.pages import anomaly_page

    values = open_series(str(file), settings.time, settings.channels).values
    training = training_rows(values, settings.train_until, None)
    findings = find_anomalies(values, training, random_state=settings.seed, epochs=0)
    summary = summarise(findings, file.name)
    page = output / f"{file.name}.html"
    write_text(page, anomaly_page(summary))
    return line_of(findings, summary, page.name)
