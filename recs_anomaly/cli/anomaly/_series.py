"""How the anomaly commands open series and write their results."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from recs_anomaly.exceptions import InputError

if TYPE_CHECKING:
    from recs_anomaly.datasets import LabelledSeries

time_option = click.option(
    "--time",
    metavar="COL",
    help="Column of times. [default: one with a usual name, or the first with dates]",
)
channels_option = click.option(
    "--channels",
    metavar="COL,COL",
    help="Columns to look at. [default: all that hold numbers]",
)
seed_option = click.option(
    "--seed", default=0, show_default=True, help="Same seed, same result."
)


def open_series(
    path: str, time: str | None, channels: str | None, labels: str | None = None
) -> "LabelledSeries":
    """Open a file, or the sample series by the name ``sample``."""
    from recs_anomaly.datasets import LabelledSeries, load_sample_series, read_series

    if path == "sample":
        sample = load_sample_series()
        marks = sample.labels if labels == "label" else None
        return LabelledSeries(sample.values, marks, "time")
    named: Sequence[str] | None = channels.split(",") if channels else None
    return read_series(path, time=time, channels=named, labels=labels)


def refuse_few_rows(rows: Any) -> None:
    """Refuse to learn from fewer rows than the detector can."""
    from recs_anomaly.anomaly.settings import MIN_ROWS

    if len(rows) < MIN_ROWS:
        raise InputError(
            f"there must be at least {MIN_ROWS} rows to learn from; got {len(rows)}."
        )
