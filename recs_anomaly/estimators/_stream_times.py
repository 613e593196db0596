"""Times of rows as they come, in seconds."""

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from recs_anomaly.exceptions import InputError

Time = float | datetime | np.datetime64


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
