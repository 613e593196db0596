"""What reports say, as plain values: pages only set them."""

from dataclasses import dataclass

from recs_anomaly.anomaly.app.findings import DetectionQuality


@dataclass(frozen=True)
class EventSummary:
    """One event: where it is in the plots, and what is said about it.

    Attributes
    ----------
    number : int
        1 is the worst.
    first, last : float
        Place on the time axis of the plots.
    start : str
    lasted : str
    channel : str
    others : str
        Channels that lead too, with commas between.
    direction : str
    branch : str
    cause : str
    severity : str
    """

    number: int
    first: float
    last: float
    start: str
    lasted: str
    channel: str
    others: str
    direction: str
    branch: str
    cause: str
    severity: str


@dataclass(frozen=True)
class ChannelPlot:
    """One channel, bucket by bucket: extent of readings and of the expected band.

    Attributes
    ----------
    name : str
    n_events : int
        How many events it leads.
    low, high : list of float or None
        Readings; None where nothing was measured.
    band_low, band_high : list of float or None
    """

    name: str
    n_events: int
    low: list[float | None]
    high: list[float | None]
    band_low: list[float | None]
    band_high: list[float | None]


@dataclass(frozen=True)
class ScorePlot:
    """How abnormal each bucket is at most.

    Attributes
    ----------
    high : list of float or None
    threshold : float
        In the same unit.
    """

    high: list[float | None]
    threshold: float


@dataclass(frozen=True)
class BranchShare:
    """How much one branch has to do with the events.

    Attributes
    ----------
    name : str
    meaning : str
        In words.
    share : float
        From 0 to 1.
    """

    name: str
    meaning: str
    share: float


@dataclass(frozen=True)
class AnomalySummary:
    """All that the report says.

    Attributes
    ----------
    name : str
        Of the series.
    sentence : str
        What happened, in one or two sentences.
    is_time : bool
        Whether the axis counts milliseconds, else rows.
    x : list of float
        Where on the axis each bucket begins.
    events : list of EventSummary
        Worst first.
    channels : list of ChannelPlot
    n_channels_left_out : int
    score : ScorePlot
    branches : list of BranchShare
    facts : list of (str, str)
        How it was found: names and values.
    quality : DetectionQuality or None
    """

    name: str
    sentence: str
    is_time: bool
    x: list[float]
    events: list[EventSummary]
    channels: list[ChannelPlot]
    n_channels_left_out: int
    score: ScorePlot
    branches: list[BranchShare]
    facts: list[tuple[str, str]]
    quality: DetectionQuality | None
