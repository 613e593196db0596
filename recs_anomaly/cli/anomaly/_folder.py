"""Reports on a folder of series: a page for each, and an overview."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from recs_anomaly import __version__
from recs_anomaly.cli._engine import Engine
from recs_anomaly.cli._progress import progressing
from recs_anomaly.exceptions import InputError
from recs_anomaly.text import counted, printable

if TYPE_CHECKING:
    from recs_anomaly.engine.manifest import JobRecord
    from recs_anomaly.reports.overview import SeriesLine

SUFFIXES = {".csv", ".tsv", ".parquet"}
OVERVIEW = "index.html"


class FolderSettings(NamedTuple):
    """How each series of a folder is read, and what is learned from."""

    time: str | None
    channels: list[str] | None
    train_until: str | None
    seed: int


def report_folder(
    folder: Path,
    output: Path,
    settings: FolderSettings,
    engine: Engine,
    is_new_run: bool = False,
) -> "list[SeriesLine]":
    """Write the pages that are missing; give all lines, the worst series first."""
    from recs_anomaly.cli._files import write_text
    from recs_anomaly.engine.manifest import JobRecord
    from recs_anomaly.reports.overview import overview_page, ranked

    files = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    if not files:
        raise InputError(f"SERIES must hold a CSV, TSV or Parquet file; got {folder}.")
    output.mkdir(exist_ok=True)
    made_with = {**settings._asdict(), "version": __version__}
    with JobRecord(output, made_with, is_new_run) as manifest:
        lines = _lines(files, output, settings, engine, manifest)
    write_text(output / OVERVIEW, overview_page(folder.resolve().name, lines))
    return ranked(lines)


def _lines(
    files: list[Path],
    output: Path,
    settings: FolderSettings,
    engine: Engine,
    manifest: "JobRecord",
) -> "list[SeriesLine]":
    """Judge the series that the manifest lacks."""
    from recs_anomaly.engine.jobs import side_by_side
    from recs_anomaly.engine.manifest import file_stamp
    from recs_anomaly.reports.overview import SeriesLine, failed_line

    stamps = {file: file_stamp(file) for file in files}
    known = {file: manifest.done(file.name, stamps[file]) for file in files}
    there = {
        file: SeriesLine(**line)
        for file, line in known.items()
        if line and (output / line["page"]).is_file()
    }
    if there:
        are = "is" if len(there) == 1 else "are"
        told = f"{counted(len(there), 'page')} of an earlier run {are} kept"
        click.echo(f"{told} (--again makes all anew).", err=True)
    missing = [file for file in files if file not in there]
    lines = [*there.values()]
    with engine.running():
        tasks = [(file, output, settings) for file in missing]
        outcomes = side_by_side(report_file, tasks, None)
        for place, line, failure in progressing(outcomes, len(missing), "series"):
            file = missing[place]
            if failure is None:
                manifest.note(file.name, stamps[file], asdict(line))
                lines.append(line)
            else:
                lines.append(failed_line(file.name, failure))
                click.echo(printable(f"{file.name} failed: {failure}"), err=True)
    return lines


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
