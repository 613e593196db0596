"""From findings to what the anomaly report says of them."""

from typing import Any

import numpy as np
import pandas as pd

from recs_anomaly.anomaly.app.findings import DetectionQuality, Findings
from recs_anomaly.anomaly.branches import BRANCHES, signs_of
from recs_anomaly.reports.display import bucket_starts, extent, numbers
from recs_anomaly.reports.summaries import (
    AnomalySummary,
    BranchShare,
    ChannelPlot,
    EventSummary,
    ScorePlot,
)
from recs_anomaly.text import counted

MAX_CHANNELS = 12
RAREST = 1e9
# Rows without a stamp for so many usual steps are a gap, in which no line is drawn.
GAP = 1.5

CHANGED = 0.2  # of the rows after training lie in events: no few anomalies


def summarise(
    findings: Findings, name: str, quality: DetectionQuality | None = None
) -> AnomalySummary:
    """Sum up findings.

    Parameters
    ----------
    findings : Findings
    name : str
        What the series is called.
    quality : DetectionQuality or None, default=None
        How good the findings are, where that is known.

    Returns
    -------
    summary : AnomalySummary
    """
    index = findings.values.index
    position = _positions(index)
    starts = bucket_starts(len(index))
    events = [
        _event(number, event, index, position)
        for number, event in enumerate(_worst_first(findings).itertuples(), 1)
    ]
    chosen = _important_channels(findings)
    return AnomalySummary(
        name=name,
        sentence=_sentence(findings, events),
        is_time=not isinstance(index, pd.RangeIndex),
        x=[float(f"{x:.15g}") for x in position[starts].tolist()],
        events=events,
        channels=[_channel(findings, channel, starts) for channel in chosen],
        n_channels_left_out=findings.explanation["expected"].shape[1] - len(chosen),
        score=ScorePlot(
            numbers(extent(-findings.scores, starts).high),
            -float(findings.detector.offset_),
        ),
        branches=_branches(findings),
        facts=_facts(findings),
        quality=quality,
    )


def in_words(severity: float) -> str:
    """Say among how many normal rows one is like the peak of an event.

    Parameters
    ----------
    severity : float

    Returns
    -------
    words : str

    Examples
    --------
    >>> in_words(2612.0)
    '1 in 2.6 thousand'
    """
    if severity >= RAREST:
        return "less than 1 in a billion"
    rounded = float(f"{severity:.2g}")
    for size, word in ((1e6, "million"), (1e3, "thousand")):
        if rounded >= size:
            return f"1 in {rounded / size:g} {word}"
    return f"1 in {rounded:g}"


def duration(span: Any) -> str:
    """Say how long a span of time is, in its two largest units.

    Parameters
    ----------
    span : Timedelta or what can be one

    Returns
    -------
    words : str

    Examples
    --------
    >>> duration("90min")
    '1 h 30 min'
    """
    seconds = round(pd.Timedelta(span).total_seconds())
    words = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            words.append(f"{seconds // size} {unit}")
            seconds %= size
    return " ".join(words[:2]) or "a moment"


def _positions(index: pd.Index) -> np.ndarray:
    """Place of each row on the axis: milliseconds, or the row's number."""
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        return np.asarray(index.as_unit("ns").asi8 / 1e6)
    return np.arange(len(index), dtype=np.float64)


def _worst_first(findings: Findings) -> pd.DataFrame:
    """Rarest events first; of equally rare ones that with the lowest score."""
    index, events = findings.values.index, findings.events
    peaks = [int(index.searchsorted(peak)) for peak in events["peak"]]
    order = np.lexsort((findings.scores[peaks], -events["severity"].to_numpy()))
    return events.iloc[order]


def _event(
    number: int, event: Any, index: pd.Index, position: np.ndarray
) -> EventSummary:
    first = int(index.searchsorted(event.start))
    last = int(index.searchsorted(event.end, side="right")) - 1
    is_time = not isinstance(index, pd.RangeIndex)
    step = float(np.median(np.diff(position))) if len(position) > 1 else 0.0
    span = pd.Timedelta(position[last] - position[first] + step, unit="ms")
    return EventSummary(
        number=number,
        first=float(position[first]),
        last=float(position[last]),
        start=_moment(event.start) if is_time else f"row {event.start:,}",
        lasted=duration(span) if is_time else f"{event.n_rows:,} rows",
        channel=event.channel,
        others=", ".join(
            name for name in event.channels.split(", ") if name != event.channel
        ),
        direction=event.direction,
        branch=event.branch,
        cause=event.cause,
        severity=in_words(event.severity),
    )


def _moment(moment: Any) -> str:
    if isinstance(moment, pd.Timedelta):
        return str(moment)
    return f"{moment:%a %d %b %Y, %H:%M}" + (f":{moment:%S}" if moment.second else "")


def _important_channels(findings: Findings) -> list[str]:
    """Judged channels: those that lead events first, in the order of the file else."""
    names = [str(name) for name in findings.explanation["expected"]]
    leads = findings.events["channel"].value_counts()
    ordered = sorted(names, key=lambda name: -int(leads.get(name, 0)))
    return ordered[:MAX_CHANNELS]


def _channel(findings: Findings, name: str, starts: np.ndarray) -> ChannelPlot:
    readings = findings.values.rename(columns=str)[name].to_numpy(dtype=np.float64)
    band = findings.band
    own = extent(readings, starts)
    lower = extent(band["lower", name].to_numpy(), starts)
    upper = extent(band["upper", name].to_numpy(), starts)
    return ChannelPlot(
        name,
        int((findings.events["channel"] == name).sum()),
        numbers(own.low),
        numbers(own.high),
        numbers(lower.low),
        numbers(upper.high),
    )


def _sentence(findings: Findings, events: list[EventSummary]) -> str:
    n_rows, n_channels = findings.values.shape
    index = findings.values.index
    size = f"{n_rows:,} rows of {counted(n_channels, 'channel')}"
    if not isinstance(index, pd.RangeIndex) and n_rows > 1:
        size += f", {duration(index[-1] - index[0])}"
    if not events:
        return f"Nothing out of the ordinary in {size}."
    worst = events[0]
    count = "One event" if len(events) == 1 else f"{len(events)} events"
    return (
        f"{count} in {size}. The {'worst' if len(events) > 1 else 'event'} began "
        f"{worst.start} in {worst.channel}: {worst.cause}.{_change(findings)}"
    )


def _change(findings: Findings) -> str:
    """Warn where so much has changed that events may be the new normal."""
    share = findings.abnormal_share
    if share < CHANGED:
        return ""
    return (
        f" {share:.0%} of the rows after training lie in events: the series is no "
        "longer what it was, and much of this may be the new normal. Train on later "
        "rows too."
    )


def _branches(findings: Findings) -> list[BranchShare]:
    """Mean share of each branch in the score of abnormal rows, or of all."""
    shares = findings.explanation["branch"]
    abnormal = findings.is_abnormal
    rows = shares[abnormal] if abnormal.any() else shares
    return [
        BranchShare(
            sign.name, sign.meaning, float(np.nan_to_num(rows[sign.name].mean()))
        )
        for sign in signs_of(BRANCHES)
        if sign.name in rows
    ]


def _facts(findings: Findings) -> list[tuple[str, str]]:
    detector, training = findings.detector, findings.training
    values = findings.values
    n_missing = int(values.isna().to_numpy().sum())
    position = _positions(values.index)
    steps = np.diff(position)
    step = float(np.median(steps)) if len(steps) else 0.0
    n_gaps = int((steps > GAP * step).sum()) if step > 0 else 0
    judged = findings.explanation["expected"].shape[1]
    context = values.shape[1] - judged
    return [
        ("Rows", f"{len(values):,}"),
        (
            "Channels",
            f"{judged} judged" + (f", {context} as context" if context else ""),
        ),
        ("Learned from", f"{len(training):,} rows, {training[0]} to {training[-1]}"),
        (
            "Left out in training",
            f"{detector.n_rows_ - detector.n_normal_:,} rows that stood out",
        ),
        (
            "No data",
            f"{counted(n_missing, 'empty cell')}, {counted(n_gaps, 'gap')} in time; "
            "never an event",
        ),
        ("Window", f"{detector.window_} rows"),
        ("Settings", _settings(detector)),
    ]


def _settings(detector: Any) -> str:
    names = ("cell", "smooth", "side", "alpha", "contamination", "epochs")
    return ", ".join(f"{name}={getattr(detector, name)!r}" for name in names)
