"""``recs-anomaly anomaly train``: a normal series in, a model file out."""

from pathlib import Path

import click

from recs_anomaly.cli._files import check_model_output, output_option, query_option
from recs_anomaly.cli.anomaly._series import (
    channels_option,
    named_source,
    open_series,
    refuse_few_rows,
    seed_option,
    time_option,
)
from recs_anomaly.text import counted


@click.command(epilog="Example: recs-anomaly anomaly train january.csv -o pump.recs")
@click.argument("series")
@output_option("MODEL", "File to write the model to, by custom called something.recs.")
@query_option("SERIES")
@time_option
@channels_option
@seed_option
def train(
    series: str,
    output: Path,
    query: str | None,
    time: str | None,
    channels: list[str] | None,
    seed: int,
) -> None:
    """Learn what is normal from SERIES and write a model file.

    SERIES is a CSV, TSV or Parquet file, `-` for standard input, a database with
    --query, a store such as s3://bucket/pump, or `sample`. Rows that stand out from the
    rest are left out.
    """
    from recs_anomaly import TimeSeriesAnomalyDetector, save
    from recs_anomaly.cli._training import keep_keras_quiet, warnings_in_one_line

    check_model_output(output, series)
    with warnings_in_one_line():
        opened = open_series(named_source(series, query), time, channels)
        refuse_few_rows(opened.values)
        keep_keras_quiet()
        detector = TimeSeriesAnomalyDetector(random_state=seed, verbose=1)
        detector.fit(opened.values)
    if opened.layout is not None:
        detector.layout_ = opened.layout.to_dict()
    save(detector, output)
    left_out = detector.n_rows_ - detector.n_normal_
    click.echo(
        f"Learned from {detector.n_rows_:,} rows of "
        f"{counted(opened.values.shape[1], 'channel')}, "
        f"{left_out:,} of them left out; wrote {output}.",
        err=True,
    )
