"""RelationDisplay: which channels follow which, and where one did so no longer."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recs_anomaly.anomaly.branches.relation import RELATION, says_of
from recs_anomaly.anomaly.detector import TimeSeriesAnomalyDetector
from recs_anomaly.base.frames import as_series_frame
from recs_anomaly.base.time_axis import channel_names
from recs_anomaly.core.arrays import Floats
from recs_anomaly.displays._canvas import INK, canvas, dated, need_matplotlib
from recs_anomaly.exceptions import InputError
from recs_anomaly.reports.display import bucket_starts, extent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_PLACES = 400  # along the axis of time
FAR = 8.0  # usual differences: what is farther has the same colour
MAX_WRITTEN = 8  # channels; of more the shares are not written into their cells


class RelationDisplay:
    """Who follows whom, and when a channel was not what the others say of it.

    Make it by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    shares : DataFrame of shape (n_judged, n_channels)
        A row a channel that is judged: what share each other channel has in what is
        said of it; a row of NaN where others say nothing.
    deviations : DataFrame of shape (n_timestamps, n_judged)
        How far each channel is from what others say, in what is usual.
    events : DataFrame or None, default=None
        Those in which a relation broke, as `TimeSeriesAnomalyDetector.events` lists
        them.

    Attributes
    ----------
    figure_ : matplotlib Figure
    axes_ : ndarray of matplotlib Axes
        Of the shares and of the deviations.
    shares_image_, deviations_image_ : matplotlib AxesImage, QuadMesh
    boxes_ : list of matplotlib Rectangle
        The events.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from recs_anomaly import TimeSeriesAnomalyDetector
    >>> from recs_anomaly.displays import RelationDisplay
    >>> rng = np.random.default_rng(0)
    >>> first = rng.normal(size=1500).cumsum()
    >>> X = np.column_stack([first, 2 * first]) + 0.1 * rng.normal(size=(1500, 2))
    >>> detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(X[:1000])
    >>> display = RelationDisplay.from_estimator(detector, X)
    >>> display.shares.round(2)
         x0   x1
    x0  0.0  1.0
    x1  1.0  0.0
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        shares: pd.DataFrame,
        deviations: pd.DataFrame,
        events: pd.DataFrame | None = None,
    ) -> None:
        self.shares = shares
        self.deviations = deviations
        self.events = events

    @classmethod
    def from_estimator(
        cls,
        detector: TimeSeriesAnomalyDetector,
        X: ArrayLike | pd.DataFrame,
        *,
        ax: "Axes | NDArray[Any] | None" = None,
    ) -> Self:
        """Show the relations that a fitted detector knows, and a series by them.

        Parameters
        ----------
        detector : TimeSeriesAnomalyDetector
        X : array-like of shape (n_timestamps, n_channels)
            As for `TimeSeriesAnomalyDetector.score_samples`.
        ax : Axes, array of Axes or None, default=None
            As for `plot`.

        Returns
        -------
        display : RelationDisplay

        Raises
        ------
        InputError
            If no channel of the training series follows the others.
        """
        need_matplotlib()
        found = detector.assess(X)
        relation = detector.model_.relation
        if relation is None:
            raise InputError(
                "RelationDisplay needs a detector in whose training series a channel "
                "follows the others; in this one none does."
            )
        names = channel_names(as_series_frame(X), detector.n_features_in_)
        events, deviations = found.events(), found.deviations()
        says = np.where(relation.speaks[:, None], says_of(relation), np.nan)
        shares = says / says.sum(axis=1, keepdims=True)
        return cls.from_predictions(
            pd.DataFrame(shares, index=deviations.columns, columns=names),
            deviations,
            events=events[events["branch"] == RELATION.name],
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        shares: pd.DataFrame,
        deviations: pd.DataFrame,
        *,
        events: pd.DataFrame | None = None,
        ax: "Axes | NDArray[Any] | None" = None,
    ) -> Self:
        """Show relations that were found before, or by something else.

        Parameters
        ----------
        shares : DataFrame of shape (n_judged, n_channels)
            What share the column's channel has in what is said of the row's.
        deviations : DataFrame of shape (n_timestamps, n_judged)
            As of `Assessment.deviations`, with a column for each row of `shares`.
        events : DataFrame or None, default=None
            With columns start, end and channel.
        ax : Axes, array of Axes or None, default=None
            As for `plot`.

        Returns
        -------
        display : RelationDisplay

        Raises
        ------
        InputError
            If `deviations` are of other channels than `shares`.
        """
        if list(deviations.columns) != list(shares.index):
            raise InputError(
                f"deviations must have the columns {list(shares.index)}, the rows of "
                f"shares; got {list(deviations.columns)}."
            )
        return cls(shares=shares, deviations=deviations, events=events).plot(ax)

    def plot(self, ax: "Axes | NDArray[Any] | None" = None) -> Self:
        """Draw who follows whom, and beside it where each channel did not.

        Parameters
        ----------
        ax : Axes, array of Axes or None, default=None
            Two axes to draw on, or one whose place is divided among them; None makes a
            figure.

        Returns
        -------
        display : RelationDisplay
        """
        n_rows = len(self.shares)
        drawn = canvas(
            type(self),
            ax,
            (1, 2),
            (9.0, 1.6 + 0.35 * n_rows),
            width_ratios=(1, 2),
            sharey=True,
        )
        self.figure_, self.axes_ = drawn.figure, drawn.axes.ravel()
        self._draw_shares(self.axes_[0])
        self._draw_deviations(self.axes_[1])
        return self

    def _draw_shares(self, axes: Any) -> None:
        shares = self.shares.to_numpy(dtype=np.float64)
        n_rows, n_columns = shares.shape
        self.shares_image_ = axes.imshow(
            shares, cmap="Blues", vmin=0, vmax=1, aspect="auto"
        )
        axes.set_xticks(range(n_columns), self.shares.columns, rotation=40, ha="right")
        axes.set_yticks(range(n_rows), self.shares.index)
        axes.set_title("who follows whom", loc="left", fontsize="medium")
        axes.set(xlabel="what others say", ylabel="of")
        for (row, column), share in np.ndenumerate(shares):
            if n_columns <= MAX_WRITTEN and share >= 0.005:
                axes.text(
                    column,
                    row,
                    f"{share:.0%}",
                    color="white" if share > 0.6 else INK,
                    fontsize="small",
                    ha="center",
                    va="center",
                )

    def _draw_deviations(self, axes: Any) -> None:
        index = self.deviations.index
        starts = bucket_starts(len(index), MAX_PLACES)
        values = self.deviations.to_numpy(dtype=np.float64).T
        worst = np.stack([_farthest(each, starts) for each in values])
        places = np.arange(len(values) + 1) - 0.5
        self.deviations_image_ = axes.pcolormesh(
            index[np.append(starts, len(index) - 1)],
            places,
            worst,
            cmap="PuOr_r",
            vmin=-FAR,
            vmax=FAR,
        )
        axes.set_title("how far from what others say", loc="left", fontsize="medium")
        axes.tick_params(labelleft=False)
        axes.set_facecolor("0.93")  # where nothing is said
        self.figure_.colorbar(
            self.deviations_image_, ax=axes, label="usual differences", extend="both"
        )
        dated(axes, index)
        events = [] if self.events is None else self.events.itertuples()
        self.boxes_ = [self._box(event) for event in events]

    def _box(self, event: Any) -> Any:
        """Frame an event in the row of its channel."""
        n_rows = len(self.shares)
        below = n_rows - 1 - list(self.shares.index).index(event.channel)
        return self.axes_[1].axvspan(
            event.start,
            event.end,
            ymin=below / n_rows,
            ymax=(below + 1) / n_rows,
            fill=False,
            edgecolor=INK,
            linewidth=1.2,
        )


def _farthest(values: Floats, starts: NDArray[np.int64]) -> Floats:
    """Return of each bucket the value farthest from 0, on its side of it."""
    low, high = extent(values, starts)
    return np.where(-low > high, low, high)
