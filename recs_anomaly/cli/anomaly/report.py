"""``recs-anomaly anomaly report``: a series in, a page for people out."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recs_anomaly.cli._engine import Engine, engine_options
from recs_anomaly.cli._files import (
    PAGE,
    TABLE,
    check_output,
    query_option,
    refuse_missing_folder,
    write_text,
)
from recs_anomaly.cli._output import csv_of, json_option, show
from recs_anomaly.cli.anomaly._folder import (
    OVERVIEW,
    FolderSettings,
    report_folder,
)
from recs_anomaly.cli.anomaly._series import (
    channels_option,
    named_source,
    open_series,
    refuse_few_rows,
    seed_option,
    time_option,
)
from recs_anomaly.exceptions import InputError

if TYPE_CHECKING:
    from recs_anomaly.anomaly.app.findings import Findings
    from recs_anomaly.datasets import Query
    from recs_anomaly.reports.overview import SeriesLine
    from recs_anomaly.reports.summaries import AnomalySummary

_EXAMPLE = """\b
Example:
  recs-anomaly anomaly report pump.csv -o pump.html
  recs-anomaly anomaly report pump.csv -o pump.html --train-until 2026-02-01
  recs-anomaly anomaly report pumps/ -o pages/ --jobs 2
"""


@click.command(
    short_help="Write a page: what happened, when, how bad, where.",
    epilog=_EXAMPLE,
)
@click.argument("series")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="PAGE",
    help="HTML file to write; for a folder of series, the folder of their pages.",
)
@query_option("SERIES")
@time_option
@channels_option
@click.option(
    "--train-until", metavar="TIME", help="Learn from the rows before this time."
)
@click.option(
    "--train",
    metavar="FILE",
    help="Learn from this file. [default: from SERIES itself, leaving out what stands "
    "out]",
)
@click.option("--labels", metavar="COL", help="Column that is 1 where it is abnormal.")
@click.option(
    "--events",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="CSV",
    help="Also write the events as a table.",
)
@click.option("--fail-on-events", is_flag=True, help="Exit with 1 if there are any.")
@click.option("--again", is_flag=True, help="Judge what an earlier run has judged too.")
@engine_options
@seed_option
@json_option
def report(  # noqa: PLR0913 - an option of the command line each
    series: str,
    output: Path,
    query: str | None,
    time: str | None,
    channels: list[str] | None,
    train_until: str | None,
    train: str | None,
    labels: str | None,
    events: Path | None,
    fail_on_events: bool,
    again: bool,
    engine: Engine,
    seed: int,
    form: str | None,
) -> None:
    """Write a page that says what happened in SERIES, when, how bad, and where.

    SERIES is a CSV, TSV or Parquet file with a column of times and columns of
    readings, `-` for standard input, a database with --query, a store such as
    s3://bucket/pump, or `sample` for the series that comes with the package. The page
    opens in any browser and needs no network.

    If SERIES is a folder, each series in it gets a page, and index.html ranks them; the
    networks are left out. A series that fails stops no other. Run again, the command
    judges what failed, is new or has changed: manifest.json says what there is.

    --json says what the page says: the files written, each event, and with --labels
    how good the findings are.
    """
    from recs_anomaly.reports.overview import line_of
    from recs_anomaly.reports.pages import anomaly_page

    if events is not None:
        check_output(events, series, train, output, endings=TABLE)
    if Path(series).is_dir():
        refuse_missing_folder(output)
        if train or labels or events:
            raise InputError("train, labels and events are for a single series.")
        settings = FolderSettings(time, channels, train_until, seed)
        lines = report_folder(Path(series), output, settings, engine, again)
        n_events = _show_folder(lines, output, form)
        raise SystemExit(int(fail_on_events and n_events > 0))
    if output.is_dir():
        raise InputError(f"output must be a file; {output} is a folder.")
    check_output(output, series, train, endings=PAGE)
    if train and train_until:
        raise InputError("train and train-until exclude each other; give one.")
    findings, summary = _judged(
        named_source(series, query), time, channels, labels, train, train_until, seed
    )
    write_text(output, anomaly_page(summary))
    if events is not None:
        write_text(events, csv_of(findings.events))
    line = line_of(findings, summary, output.name)
    show(form, {**_plain(line, output), "table": events}, summary.sentence)
    click.echo(f"Wrote {output} ({output.stat().st_size / 1e6:.1f} MB).", err=True)
    if fail_on_events and len(findings.events):
        raise SystemExit(1)


def _judged(
    series: "Path | Query",
    time: str | None,
    channels: list[str] | None,
    labels: str | None,
    train: str | None,
    train_until: str | None,
    seed: int,
) -> "tuple[Findings, AnomalySummary]":
    """Learn what is normal, and judge the series by it."""
    from recs_anomaly.anomaly.app.findings import (
        find_anomalies,
        quality_of,
        training_rows,
    )
    from recs_anomaly.cli._training import keep_keras_quiet, warnings_in_one_line
    from recs_anomaly.reports.anomaly_summary import summarise

    with warnings_in_one_line():
        other = open_series(train, time, channels) if train else None
        layout = other.layout if other else None
        opened = open_series(series, time, channels, labels, layout)
        training = training_rows(
            opened.values, train_until, other.values if other else None
        )
        refuse_few_rows(training)
        keep_keras_quiet()
        findings = find_anomalies(opened.values, training, random_state=seed, verbose=1)
    quality = None if opened.labels is None else quality_of(findings, opened.labels)
    return findings, summarise(findings, series.name, quality)


def _show_folder(lines: "list[SeriesLine]", output: Path, form: str | None) -> int:
    """Say what was found; give the number of events in all series."""
    n_events = sum(line.n_events for line in lines)
    overview = output / OVERVIEW
    judged = [_plain(line, output / line.page) for line in lines]
    show(
        form,
        {"overview": overview, "n_events": n_events, "series": judged},
        f"{n_events:,} events; wrote {overview}.",
    )
    return n_events


def _plain(line: "SeriesLine", page: Path) -> dict[str, Any]:
    """Say where the page is from here, not from the overview."""
    return {**asdict(line), "page": None if line.has_failed else str(page)}
