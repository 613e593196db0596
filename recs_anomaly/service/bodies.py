"""Bodies of requests: rows of a series, and files for those who read files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recs_anomaly.anomaly.detector import TimeSeriesAnomalyDetector
from recs_anomaly.base.time_axis import channel_names
from recs_anomaly.core.arrays import Floats
from recs_anomaly.datasets import SeriesLayout, read_series
from recs_anomaly.exceptions import InputError
from recs_anomaly.service.plain import JSON
from recs_anomaly.service.problems import ProblemError

CSV = "text/csv"
MAX_ROWS = 1_000_000
# Packed files say little about how much is in them.
PACKED = (b"\x1f\x8b", b"PAR1")
Reading = float | None
AnyRow = list[Reading] | dict[str, Reading] | Reading
Moment = str | float | int


class RowsAsked(BaseModel):
    """Rows of a series, oldest first."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "rows": [[4.7, 61.2], [4.8, None]],
                    "times": ["2026-03-01T03:12:00Z", "2026-03-01T03:13:00Z"],
                }
            ]
        },
    )

    rows: Annotated[
        list[AnyRow],
        Field(
            max_length=MAX_ROWS,
            description="Readings of each moment, in the order of the channels or by "
            "their names; null where nothing was measured.",
        ),
    ]
    times: Annotated[
        list[Moment] | None,
        Field(description="When: ISO 8601, or seconds since 1970."),
    ] = None


class SeriesRows(NamedTuple):
    """Rows of a series.

    Attributes
    ----------
    values : ndarray of shape (n_rows, n_channels)
        NaN where nothing was measured.
    seconds : list of float or None
        Since 1970, where there are times.
    names : list of str
        Of the channels.
    """

    values: Floats
    seconds: list[float] | None
    names: list[str]

    def frame(self) -> pd.DataFrame:
        """Give them as a table, by their times.

        Returns
        -------
        frame : DataFrame
        """
        frame = pd.DataFrame(self.values, columns=self.names)
        if self.seconds is not None:
            nanoseconds = np.round(np.array(self.seconds) * 1e9)
            frame.index = pd.DatetimeIndex(nanoseconds.astype("int64"), name="time")
        return frame


def rows_in(
    body: bytes, media_type: str, detector: TimeSeriesAnomalyDetector
) -> SeriesRows:
    """Read rows of the channels of a detector from a body, JSON or CSV.

    Parameters
    ----------
    body : bytes
    media_type : str
    detector : TimeSeriesAnomalyDetector

    Returns
    -------
    rows : SeriesRows

    Raises
    ------
    ProblemError
        415 for another kind of body, 422 for JSON of another shape.
    InputError
        If it holds no rows of these channels.
    """
    names = channels_of(detector)
    kind = media_type.partition(";")[0].strip().lower()
    if kind == CSV:
        return _rows_of_csv(body, detector, names)
    if kind not in (JSON, ""):
        raise ProblemError(415, f"A body must be {JSON} or {CSV}.")
    return rows_of(validated(body), names)


def validated(body: bytes) -> RowsAsked:
    """Read JSON.

    Parameters
    ----------
    body : bytes

    Returns
    -------
    asked : RowsAsked

    Raises
    ------
    ProblemError
        422 if it is none, or has another shape.
    """
    try:
        return RowsAsked.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"][:3])
        raise ProblemError(422, f"{place or 'body'}: {first['msg']}.") from None


def rows_of(asked: RowsAsked, names: list[str]) -> SeriesRows:
    """Turn rows as they were asked for into numbers.

    Parameters
    ----------
    asked : RowsAsked
    names : list of str
        Of the channels.

    Returns
    -------
    rows : SeriesRows

    Raises
    ------
    InputError
        If a row has other channels, or a time is none.
    """
    if not asked.rows:
        raise InputError("rows must hold at least one row; it is empty.")
    listed = [_listed(row, names) for row in asked.rows]
    wrong = next((n for n, row in enumerate(listed) if len(row) != len(names)), None)
    if wrong is not None:
        raise InputError(
            f"each row must have {len(names)} numbers, one for each channel; row "
            f"{wrong} has not."
        )
    values = np.array(listed, np.float64)
    if np.isinf(values).any():
        raise InputError("readings must be finite, or null where unknown.")
    if asked.times is None:
        return SeriesRows(values, None, names)
    if len(asked.times) != len(values):
        raise InputError(
            f"times must be one for each row; got {len(asked.times)} for {len(values)}."
        )
    return SeriesRows(values, _seconds(asked.times), names)


def channels_of(detector: TimeSeriesAnomalyDetector) -> list[str]:
    """Name the channels of a detector.

    Parameters
    ----------
    detector : TimeSeriesAnomalyDetector

    Returns
    -------
    names : list of str
    """
    names = getattr(detector, "feature_names_in_", None)
    return channel_names(None, detector.n_features_in_) if names is None else [*names]


@contextmanager
def as_file(body: bytes, suffix: str) -> Iterator[Path]:
    """Lay a body down as a file; mistakes in it are told of the body.

    Parameters
    ----------
    body : bytes
    suffix : str

    Yields
    ------
    path : Path
    """
    with TemporaryDirectory(prefix="recs-anomaly-") as folder:
        path = Path(folder, f"body{suffix}")
        path.write_bytes(body)
        try:
            yield path
        except InputError as error:
            raise InputError(str(error).replace(str(path), "the body")) from None


async def body_and_type(request: Request) -> tuple[bytes, str]:
    """Take the body of a request, and what it says that it is.

    Parameters
    ----------
    request : Request

    Returns
    -------
    body : bytes
    media_type : str
    """
    return await request.body(), request.headers.get("content-type", "")


def _rows_of_csv(
    body: bytes, detector: TimeSeriesAnomalyDetector, names: list[str]
) -> SeriesRows:
    if body.startswith(PACKED):
        raise ProblemError(415, "A table must not be packed.")
    known: Any = getattr(detector, "layout_", None)
    layout = None if known is None else SeriesLayout.from_dict(known)
    has_names = hasattr(detector, "feature_names_in_")
    with as_file(body, ".csv") as path:
        series = read_series(path, channels=names if has_names else None, layout=layout)
    frame = series.values
    if frame.shape[1] != len(names):
        raise InputError(
            f"the body must have {len(names)} channels; it has {frame.shape[1]}."
        )
    seconds = None
    if isinstance(frame.index, pd.DatetimeIndex):
        seconds = (frame.index.as_unit("ns").asi8 / 1e9).tolist()
    elif isinstance(frame.index, pd.TimedeltaIndex):
        seconds = frame.index.total_seconds().tolist()
    return SeriesRows(frame.to_numpy(np.float64), seconds, names)


def _listed(row: AnyRow, names: list[str]) -> list[Reading]:
    """Put the readings of a row into the order of the channels."""
    if isinstance(row, list):
        return row
    if not isinstance(row, dict):
        return [row]
    return [] if set(row) - set(names) else [row.get(name) for name in names]


def _seconds(times: list[Moment]) -> list[float]:
    """Seconds since 1970; text is a date, a number is taken as it is."""
    try:
        if all(isinstance(each, str) for each in times):
            stamps = pd.to_datetime(pd.Series(times), utc=True, format="ISO8601")
            seconds = pd.DatetimeIndex(stamps).as_unit("ns").asi8 / 1e9
            is_known = stamps.notna().to_numpy()
        else:
            seconds = np.array([float(each) for each in times])
            is_known = np.abs(seconds) < 1e10  # a date must fit into nanoseconds
    except (ValueError, OverflowError, TypeError):
        is_known = np.zeros(1, np.bool_)
    if not is_known.all():
        raise InputError("times must be ISO 8601, or seconds since 1970.")
    return [float(each) for each in seconds.tolist()]
