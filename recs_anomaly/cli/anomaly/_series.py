"""How the anomaly commands open series and write their results."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recs_anomaly.exceptions import InputError

if TYPE_CHECKING:
    from recs_anomaly import TimeSeriesAnomalyDetector
    from recs_anomaly.datasets import LabelledSeries, Query, SeriesLayout

time_option = click.option(
    "--time",
    metavar="COL",
    help="Column of times. [default: one with a usual name, or the first with dates]",
)
channels_option = click.option(
    "--channels",
    metavar="COL,COL",
    callback=lambda context, option, words: words.split(",") if words else None,
    help="Columns to look at. [default: all that hold numbers]",
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Same seed, same result.",
)


def named_source(series: str, query: str | None) -> "Path | Query":
    """Return what SERIES names; its text leaves passwords out."""
    from recs_anomaly.datasets import Query
    from recs_anomaly.datasets.sources import source_of

    return Query(series, query) if query else source_of(series)


def open_series(
    path: "str | Path | Query",
    time: str | None,
    channels: Sequence[str] | None,
    labels: str | None = None,
    layout: "SeriesLayout | None" = None,
) -> "LabelledSeries":
    """Open a file, or the sample series by the name ``sample``."""
    from recs_anomaly.datasets import LabelledSeries, load_sample_series, read_series

    if str(path) == "sample":
        sample = load_sample_series()
        marks = sample.labels if labels == "label" else None
        return LabelledSeries(sample.values, marks, "time")
    return read_series(path, time=time, channels=channels, labels=labels, layout=layout)


def load_detector(model: str) -> "TimeSeriesAnomalyDetector":
    """Load a model file that must hold a detector."""
    from recs_anomaly import TimeSeriesAnomalyDetector, load

    detector = load(model)
    if not isinstance(detector, TimeSeriesAnomalyDetector):
        raise InputError(
            f"MODEL must hold a TimeSeriesAnomalyDetector; {model} holds a "
            f"{type(detector).__name__}."
        )
    return detector


def layout_of(detector: "TimeSeriesAnomalyDetector") -> "SeriesLayout | None":
    """Return how the training file was spelled, if the detector knows."""
    from recs_anomaly.datasets import SeriesLayout

    known = getattr(detector, "layout_", None)
    return None if known is None else SeriesLayout.from_dict(known)


def refuse_few_rows(rows: Any) -> None:
    """Refuse to learn from fewer rows than the detector can."""
    from recs_anomaly.anomaly.settings import MIN_ROWS

    if len(rows) < MIN_ROWS:
        raise InputError(
            f"there must be at least {MIN_ROWS} rows to learn from; got {len(rows)}."
        )
