"""Times of rows as they come, in seconds."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from recs_anomaly.core.windows import Floats
from recs_anomaly.estimators._series import stamped_seconds
from recs_anomaly.exceptions import InputError

Time = float | datetime | np.datetime64


def rows_with_times(
    X: ArrayLike | pd.DataFrame, times: Iterable[Time] | None
) -> Iterator[tuple[Floats, Time | None]]:
    """Give each row of X with its time: the one given, or that of a frame's index."""
    rows = np.asarray(X, dtype=np.float64)
    stamps = stamped_seconds(X) if times is None else times
    listed = [None] * len(rows) if stamps is None else list(stamps)
    if len(listed) != len(rows):
        raise InputError(
            f"times must be one for each row; got {len(listed)} for {len(rows)}."
        )
    return zip(rows, listed, strict=True)


def seconds_of(time: Time) -> float:
    """Seconds since 1970, or as they came where they came as a number."""
    if isinstance(time, float | int):
        seconds = float(time)
    else:
        try:
            seconds = _nanoseconds(time) / 1e9
        except (TypeError, ValueError) as error:
            raise InputError(f"time must be a time; got {time!r:.80}.") from error
    if not np.isfinite(seconds):
        raise InputError(f"time must be a time; got {time!r:.80}.")
    return seconds


def _nanoseconds(time: Any) -> int:
    kind = pd.Timedelta if isinstance(time, pd.Timedelta) else pd.Timestamp
    stamp = kind(time)
    if pd.isna(stamp):
        raise ValueError("not a time")
    return int(stamp.as_unit("ns").value)
