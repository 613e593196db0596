"""Drift: whether what a detector learned still is what is normal."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recs_anomaly.anomaly.live.causal_rating import CausalRating
from recs_anomaly.anomaly.seen_series import SeenSeries
from recs_anomaly.anomaly.tail import score_at
from recs_anomaly.base.notebook import frame_html
from recs_anomaly.core.arrays import Floats

SHARE = 0.1  # of training rows above the level that is looked at
DRIFTED = 4.0  # times as many rows above the level as in training
MIN_WINDOWS = 5  # of judged rows; fewer say little about what is normal


@dataclass(frozen=True)
class DriftReport:
    """How far a series has drifted from what a detector learned.

    Attributes
    ----------
    needs_retraining : bool
        Whether four times as many rows as in training, four in ten, lie above the
        level that one training row in ten reached. A few anomalies do not do that.
    reason : str
        In words.
    above_level : float
        The share of rows above that level; 0.1 in training.
    alarm_rate : float
        Share of rows beyond the threshold of a stream; `alpha` in training.
    n_judged : int
        Rows that could be judged.
    channels : DataFrame
        A row for each judged channel. level: how far the median has moved, in training
        standard deviations. spread: standard deviation, over that in training.
        missing: share of the readings. forecast, reconstruction and neighbour: median
        of what these branches say, over that of training rows held out.
    """

    needs_retraining: bool
    reason: str
    above_level: float
    alarm_rate: float
    n_judged: int
    channels: pd.DataFrame

    def _repr_html_(self) -> str:
        told = "Fit it again" if self.needs_retraining else "No need to fit it again"
        return frame_html(f"{told}: {self.reason}", self.channels)


def drift_report(
    rating: CausalRating, grid: SeenSeries, names: list[str], alpha: float
) -> DriftReport:
    """Compare a series with what a detector learned.

    `names` are those of the judged channels; `alpha` is the share of normal rows beyond
    a stream's threshold.
    """
    rates, norms = rating.look(grid), rating.norms
    counts = rates.is_judged & grid.is_given
    ratio, n_judged = rates.ratio[counts], int(counts.sum())
    above = _share(ratio > score_at(norms.tail, SHARE))
    is_enough = n_judged >= MIN_WINDOWS * rating.model.width
    return DriftReport(
        is_enough and above >= DRIFTED * SHARE,
        _reason(n_judged, is_enough, above),
        above,
        _share(ratio > score_at(norms.tail, alpha)),
        n_judged,
        _channel_drift(rating, grid, rates.averages[-1][:, counts], names),
    )


def _channel_drift(
    rating: CausalRating, grid: SeenSeries, averages: Floats, names: list[str]
) -> pd.DataFrame:
    channels, usual = rating.model.channels, rating.norms.usual[-1]
    scaled = channels.scaled(grid.values[grid.is_given])[:, channels.targets]
    columns = {
        "level": [_of_known(np.median, channel) for channel in scaled.T],
        "spread": [_of_known(np.std, channel) for channel in scaled.T],
        "missing": np.isnan(scaled).mean(axis=0),
    }
    for number, branch in enumerate(rating.settings.branches):
        is_any = averages.shape[1] > 0
        medians = np.median(averages[number], axis=0) if is_any else np.nan
        columns[branch.name] = medians / np.where(
            usual[number] > 0, usual[number], np.nan
        )
    return pd.DataFrame(columns, index=names)


def _reason(n_judged: int, is_enough: bool, above: float) -> str:
    if not is_enough:
        return f"{n_judged:,} judged rows are too few to say what is normal now"
    return (
        f"{above:.0%} of {n_judged:,} judged rows lie above the level that "
        f"{SHARE:.0%} of the training rows reached"
    )


def _share(flags: np.ndarray) -> float:
    return float(flags.mean()) if len(flags) else 0.0


def _of_known(statistic: Callable[[Floats], float], channel: Floats) -> float:
    known = channel[~np.isnan(channel)]
    return float(statistic(known)) if len(known) else np.nan
