"""AnomalyDisplay: a series, what was expected of it, and what was not normal."""

from collections.abc import Sequence
from textwrap import shorten
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from recs_anomaly.anomaly.detector import TimeSeriesAnomalyDetector
from recs_anomaly.base.frames import as_series_frame
from recs_anomaly.base.time_axis import channel_names, row_index
from recs_anomaly.displays._canvas import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    SKY,
    canvas,
    chosen,
    dated,
    line_of,
    need_matplotlib,
)
from recs_anomaly.exceptions import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_CHANNELS = 4
MAX_CAUSES = 5
MAX_CAUSE = 110  # characters


class AnomalyDisplay:
    """Readings, the band in which they were expected, events, and the score.

    Make it by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    readings : DataFrame of shape (n_timestamps, n_channels)
    scores : ndarray of shape (n_timestamps,)
        Lower is more abnormal.
    threshold : float
        Rows with lower scores are anomalies; below 0.
    band : DataFrame or None, default=None
        ``band["lower"]`` and ``band["upper"]`` have a column for each judged channel.
    events : DataFrame or None, default=None
        As `TimeSeriesAnomalyDetector.events` lists them.

    Attributes
    ----------
    figure_ : matplotlib Figure
    axes_ : ndarray of matplotlib Axes
        One a channel, and the score's.
    lines_ : list of matplotlib Line2D
        Readings of each channel, and the score.
    spans_ : list of matplotlib Polygon
        The events in the panel of the score, rarest first.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from recs_anomaly import TimeSeriesAnomalyDetector
    >>> from recs_anomaly.displays import AnomalyDisplay
    >>> X = np.sin(np.arange(900) / 8)[:, None]
    >>> detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(X[:600])
    >>> display = AnomalyDisplay.from_estimator(detector, X)
    >>> len(display.axes_)
    2
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        readings: pd.DataFrame,
        scores: np.ndarray,
        threshold: float,
        band: pd.DataFrame | None = None,
        events: pd.DataFrame | None = None,
    ) -> None:
        self.readings = readings
        self.scores = scores
        self.threshold = threshold
        self.band = band
        self.events = events

    @classmethod
    def from_estimator(
        cls,
        detector: TimeSeriesAnomalyDetector,
        X: ArrayLike | pd.DataFrame,
        *,
        channels: Sequence[str] | None = None,
        ax: "Axes | Sequence[Axes] | None" = None,
    ) -> Self:
        """Show what a fitted detector says of a series.

        Parameters
        ----------
        detector : TimeSeriesAnomalyDetector
        X : array-like of shape (n_timestamps, n_channels)
            As for `TimeSeriesAnomalyDetector.score_samples`.
        channels : sequence of str or None, default=None
            Channels to show, as for `plot`.
        ax : Axes, array of Axes or None, default=None
            As for `plot`.

        Returns
        -------
        display : AnomalyDisplay
        """
        need_matplotlib()
        found = detector.assess(X)
        return cls.from_predictions(
            X,
            found.scores,
            threshold=float(detector.offset_),
            band=found.band(),
            events=found.events(),
            channels=channels,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        X: ArrayLike | pd.DataFrame,
        scores: ArrayLike,
        *,
        threshold: float,
        band: pd.DataFrame | None = None,
        events: pd.DataFrame | None = None,
        channels: Sequence[str] | None = None,
        ax: "Axes | Sequence[Axes] | None" = None,
    ) -> Self:
        """Show scores of any detector of scikit-learn's sign.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
        scores : array-like of shape (n_timestamps,)
            As of `score_samples`: lower is more abnormal.
        threshold : float
            Below 0; rows with lower scores are anomalies, as of `offset_`.
        band : DataFrame or None, default=None
            As `Assessment.band` gives it; `TimeSeriesAnomalyDetector.explain` has the
            same columns.
        events : DataFrame or None, default=None
            With columns start and end, labels of rows; severity, channel and cause are
            written beside them where they are given.
        channels : sequence of str or None, default=None
            As for `plot`.
        ax : Axes, array of Axes or None, default=None
            As for `plot`.

        Returns
        -------
        display : AnomalyDisplay

        Raises
        ------
        InputError
            If there is not a score a row, or the threshold is not below 0.
        """
        table = as_series_frame(X)
        values = np.asarray(table, dtype=np.float64)
        values = values.reshape(len(values), -1)
        found = np.asarray(scores, dtype=np.float64)
        if found.shape != (len(values),):
            raise InputError(
                f"scores must be one for each of the {len(values)} rows of X; got "
                f"shape {found.shape}."
            )
        if not threshold < 0:
            raise InputError(f"threshold must be below 0; got {threshold!r}.")
        readings = pd.DataFrame(
            values,
            index=row_index(table, len(values)),
            columns=channel_names(table, values.shape[1]),
        )
        display = cls(
            readings=readings,
            scores=found,
            threshold=threshold,
            band=band,
            events=events,
        )
        return display.plot(ax, channels=channels)

    def plot(
        self,
        ax: "Axes | Sequence[Axes] | None" = None,
        *,
        channels: Sequence[str] | None = None,
    ) -> Self:
        """Draw a panel a channel, and one of the score.

        Parameters
        ----------
        ax : Axes, array of Axes or None, default=None
            Axes to draw on: one a channel and one for the score, or one whose place is
            divided among them; None makes a figure.
        channels : sequence of str or None, default=None
            Channels to show; None means those that lead events, and the first others,
            at most four.

        Returns
        -------
        display : AnomalyDisplay

        Raises
        ------
        InputError
            If a channel is not there, or `ax` holds another number of axes.
        """
        shown = chosen("channels", channels, list(self.readings.columns))
        if channels is None:
            shown = self._first_to_see()
        events = self._rarest_first()
        n_panels, n_causes = len(shown) + 1, min(len(events), MAX_CAUSES)
        drawn = canvas(
            type(self),
            ax,
            (n_panels, 1),
            (8.0, 0.6 + 1.4 * n_panels + 0.18 * n_causes),
            sharex=True,
        )
        self.figure_, self.axes_ = drawn.figure, drawn.axes.ravel()
        self.lines_ = [
            self._draw_channel(axes, channel)
            for axes, channel in zip(self.axes_, shown, strict=False)
        ]
        self.lines_.append(self._draw_score(self.axes_[-1]))
        for axes in self.axes_:
            # Drawn for each panel; those of the last one are kept.
            self.spans_ = [
                axes.axvspan(event.start, event.end, color=ORANGE, alpha=0.25, lw=1)
                for event in events.itertuples()
            ]
        self._number(events, shown)
        dated(self.axes_[-1], self.readings.index)
        return self

    def _rarest_first(self) -> pd.DataFrame:
        if self.events is None or "severity" not in self.events:
            return pd.DataFrame() if self.events is None else self.events
        return self.events.sort_values("severity", ascending=False, kind="stable")

    def _first_to_see(self) -> list[str]:
        events = self._rarest_first()
        leading = [str(name) for name in events.get("channel", [])]
        return list(dict.fromkeys([*leading, *self.readings.columns]))[:MAX_CHANNELS]

    def _draw_channel(self, axes: Any, channel: str) -> Any:
        index = self.readings.index
        if self.band is not None and channel in self.band["lower"]:
            ends = [self.band[end][channel].to_numpy() for end in ("lower", "upper")]
            (x, low), (_, high) = (line_of(index, end) for end in ends)
            axes.fill_between(x, low, high, color=SKY, alpha=0.4, linewidth=0)
        values = self.readings[channel].to_numpy()
        [line] = axes.plot(*line_of(index, values), color=INK, linewidth=0.8)
        axes.set_title(channel, loc="left", fontsize="medium")
        return line

    def _draw_score(self, axes: Any) -> Any:
        times = self.scores / self.threshold
        x, shown = line_of(self.readings.index, times)
        [line] = axes.plot(x, shown, color=BLUE, linewidth=0.8)
        beyond = np.maximum(shown, 1.0)
        axes.fill_between(x, 1.0, beyond, color=ORANGE, linewidth=0)
        axes.axhline(1.0, color=GREY, linestyle=":", linewidth=0.8)
        if np.nanmin(times) > 0:
            axes.set_yscale("log")
        axes.set_title("score, times the threshold", loc="left", fontsize="medium")
        return line

    def _number(self, events: pd.DataFrame, shown: list[str]) -> None:
        """Write numbers at events, and below what those look like."""
        said = []
        for number, event in enumerate(events.head(MAX_CAUSES).itertuples(), 1):
            channel = getattr(event, "channel", None)
            panel = shown.index(channel) if channel in shown else -1
            self.axes_[panel].annotate(
                str(number),
                (event.start, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(2, -2),
                textcoords="offset points",
                color=ORANGE,
                fontsize="small",
                fontweight="bold",
                va="top",
                annotation_clip=True,
            )
            told = ": ".join(
                str(part)
                for part in (channel, getattr(event, "cause", None))
                if part is not None
            )
            if told:
                said.append(shorten(f"{number} {told}", MAX_CAUSE, placeholder="…"))
        if said:
            n_more = len(events) - len(said)
            said += [f"and {n_more} more"] if n_more else []
            text = "\n".join(said).replace("$", r"\$")
            self.axes_[-1].set_xlabel(text, loc="left", fontsize="small")
