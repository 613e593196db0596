"""``recs-anomaly anomaly score``: a model and a series in, a score for each row out."""

from dataclasses import asdict
from pathlib import Path

import click

from recs_anomaly.cli._database import into_options, write_into
from recs_anomaly.cli._files import TABLE, check_output, query_option, write_text
from recs_anomaly.cli._output import csv_of, json_option, show
from recs_anomaly.cli.anomaly._series import (
    layout_of,
    load_detector,
    named_source,
    open_series,
    time_option,
)


@click.command(
    epilog="Example: recs-anomaly anomaly score pump.recs february.csv -o scores.csv"
)
@click.argument("model")
@click.argument("series")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="CSV",
    help="Table to write: time, score, 1 where the score is beyond the threshold; with "
    "--into, a database.",
)
@into_options
@query_option("SERIES")
@time_option
@json_option
def score(
    model: str,
    series: str,
    output: str,
    into: str | None,
    run: str | None,
    query: str | None,
    time: str | None,
    form: str | None,
) -> None:
    """Score each row of SERIES with the detector in the file MODEL.

    SERIES must have the channels that the model was trained on. Lower scores are more
    abnormal. --json says what they come to: the rows beyond the threshold, and the
    lowest score.
    """
    from recs_anomaly.anomaly.app.findings import score_table, sum_up_scores
    from recs_anomaly.cli._training import warnings_in_one_line

    source, file = named_source(series, query), Path(output)
    if into is None:
        check_output(file, model, source, endings=TABLE)
    detector = load_detector(model)
    with warnings_in_one_line():
        names = getattr(detector, "feature_names_in_", None)
        channels = None if names is None else [*names]
        values = open_series(source, time, channels, layout=layout_of(detector)).values
        table = score_table(detector, values)
    summary = sum_up_scores(table, detector.offset_)
    where = {"table": file if into is None else into}
    if into is None:
        write_text(file, csv_of(table))
    else:
        # What a pipe brings has no name of its own.
        is_piped = series == "-"
        what = Path(str(source)).read_bytes() if is_piped else str(source)
        write_into([table], output, into, run, Path(model), what, query)
    show(form, {"series": str(source), **where, **asdict(summary)})
    wrote = "." if into else f"; wrote {file}."
    click.echo(
        f"{summary.n_abnormal:,} of {summary.n_rows:,} rows are beyond the "
        f"threshold{wrote}",
        err=True,
    )
