"""Events of a series that goes on, as they are told."""

from dataclasses import asdict, dataclass
from typing import Any

from recs_anomaly.core.windows import Floats

ONE_SIDED = 0.5  # share of the residuals that must be net of one sign


@dataclass(frozen=True)
class StreamEvent:
    """What is known of an event when something about it changes.

    Attributes
    ----------
    kind : {"open", "update", "close"}
        An event is opened once. An update tells that it has become ten times as rare,
        or that it goes on after it was closed; it is then closed again.
    number : int
        Of the event, counted from 1.
    row, start, peak : int
        Numbers of the row of this message, of the first and of the worst row, from 0.
    time, start_time, peak_time : float
        Their times in seconds, NaN where rows have no times.
    score : float
        Of the worst row so far.
    severity : float
        A normal row is as abnormal as the worst row once in so many; at most 1e9.
    direction : {"high", "low", "mixed"}
        Against the forecasts so far.
    channel : str
        The channel that led in the worst row.
    branch : str
        The branch that led in the worst row.
    reason : str
        Why it was closed: "over", "new normal" or "accepted"; else empty.
    """

    kind: str
    number: int
    row: int
    start: int
    peak: int
    time: float
    start_time: float
    peak_time: float
    score: float
    severity: float
    direction: str
    channel: str
    branch: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as plain values; a time that is unknown is None."""
        fields = asdict(self)
        return {k: None if v != v else v for k, v in fields.items()}


def direction_of(strength: Floats) -> str:
    """Say on which side residuals lie, by the sums of their parts above and below."""
    high, low = float(strength[0]), float(strength[1])
    if high + low == 0 or abs(high - low) < ONE_SIDED * (high + low):
        return "mixed"
    return "high" if high > low else "low"
