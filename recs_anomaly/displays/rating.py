"""RatingDisplay: whether people like what was foretold, and intervals hold."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recs_anomaly.core.arrays import Floats
from recs_anomaly.displays._canvas import BLUE, GREY, ORANGE, canvas, need_matplotlib
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.calibration import ReliabilityBins, reliability_bins
from recs_anomaly.metrics.rating import interval_coverage
from recs_anomaly.recommend.levels import is_liked
from recs_anomaly.recommend.recommender import RBMRecommender

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PROMISES = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)


class RatingDisplay:
    """Whether probabilities of a good rating come true, and intervals hold.

    Make it by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    bins : ReliabilityBins
        How probable it was said to be that a rating is good, and how often it was.
    promised, held : ndarray of shape (n_coverages,)
        Share of the ratings that intervals should hold, and do.
    widths : ndarray of shape (n_coverages,)
        Their mean widths.
    least : float
        The least rating that is good.

    Attributes
    ----------
    figure_ : matplotlib Figure
    axes_ : ndarray of matplotlib Axes
        Of the probabilities and of the intervals.
    bins_ : matplotlib ErrorbarContainer
    intervals_ : matplotlib Line2D

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from recs_anomaly import RBMRecommender
    >>> from recs_anomaly.datasets import load_sample_ratings
    >>> from recs_anomaly.displays import RatingDisplay
    >>> ratings, _ = load_sample_ratings()
    >>> X, y = ratings[["user_id", "item_id"]], ratings["rating"]
    >>> model = RBMRecommender(epochs=1, random_state=0).fit(X[500:], y[500:])
    >>> display = RatingDisplay.from_estimator(model, X[:500], y[:500])
    >>> int(display.bins.n_predictions.sum())
    500
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        bins: ReliabilityBins,
        promised: Floats,
        held: Floats,
        widths: Floats,
        least: float,
    ) -> None:
        self.bins = bins
        self.promised = promised
        self.held = held
        self.widths = widths
        self.least = least

    @classmethod
    def from_estimator(
        cls,
        recommender: RBMRecommender,
        X: ArrayLike | pd.DataFrame,
        y: ArrayLike,
        *,
        n_bins: int = 10,
        ax: "Axes | NDArray[Any] | None" = None,
    ) -> Self:
        """Ask a fitted recommender about ratings, best such as it has not seen.

        Parameters
        ----------
        recommender : RBMRecommender
            Fitted with ratings.
        X : array-like of shape (n_ratings, 2)
            User ids and item ids.
        y : array-like of shape (n_ratings,)
            Ratings.
        n_bins : int, default=10
            Bins of equal count that the probabilities are sorted into.
        ax : Axes, array of Axes or None, default=None
            As for `plot`.

        Returns
        -------
        display : RatingDisplay
        """
        need_matplotlib()
        return cls.from_predictions(
            y,
            recommender.predict_proba(X),
            recommender.classes_,
            {share: recommender.predict_interval(X, share) for share in PROMISES},
            n_bins=n_bins,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        probabilities: ArrayLike,
        levels: ArrayLike,
        intervals: Mapping[float, ArrayLike],
        *,
        n_bins: int = 10,
        ax: "Axes | NDArray[Any] | None" = None,
    ) -> Self:
        """Hold predictions of any model against ratings.

        Parameters
        ----------
        y_true : array-like of shape (n_ratings,)
        probabilities : array-like of shape (n_ratings, n_levels)
            Of each level, as of `RBMRecommender.predict_proba`.
        levels : array-like of shape (n_levels,)
            Ascending; a rating in the upper quarter of their range is good.
        intervals : mapping of float to array-like of shape (n_ratings, 2)
            By the share of the ratings that they should hold.
        n_bins : int, default=10
            Bins of equal count that the probabilities are sorted into.
        ax : Axes, array of Axes or None, default=None
            As for `plot`.

        Returns
        -------
        display : RatingDisplay

        Raises
        ------
        InputError
            If the shapes do not fit, or there are no intervals.
        """
        observed = np.asarray(y_true, dtype=np.float64)
        steps = np.asarray(levels, dtype=np.float64)
        chances = np.asarray(probabilities, dtype=np.float64)
        if chances.shape != (len(observed), len(steps)):
            raise InputError(
                f"probabilities must have the shape {(len(observed), len(steps))}, "
                f"ratings by levels; got {chances.shape}."
            )
        if not intervals:
            raise InputError("intervals must hold some for at least one share.")
        good = is_liked(steps)
        least = float(steps[good].min())
        p_good = np.clip(chances @ good, 0.0, 1.0)  # sums may exceed 1 by rounding
        promised = np.array(sorted(intervals), dtype=np.float64)
        ends = [np.asarray(intervals[share]) for share in sorted(intervals)]
        display = cls(
            bins=reliability_bins(observed >= least, p_good, n_bins),
            promised=promised,
            held=np.array([interval_coverage(observed, each) for each in ends]),
            widths=np.array([np.mean(each[:, 1] - each[:, 0]) for each in ends]),
            least=least,
        )
        return display.plot(ax)

    def plot(self, ax: "Axes | NDArray[Any] | None" = None) -> Self:
        """Draw what was said against what happened; on the line both are the same.

        Parameters
        ----------
        ax : Axes, array of Axes or None, default=None
            Two axes to draw on, or one whose place is divided among them; None makes a
            figure.

        Returns
        -------
        display : RatingDisplay
        """
        drawn = canvas(type(self), ax, (1, 2), (8.0, 4.0))
        self.figure_, self.axes_ = drawn.figure, drawn.axes.ravel()
        left, right = self.axes_
        for axes in self.axes_:
            axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=0.8)
            axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        bins = self.bins
        self.bins_ = left.errorbar(
            bins.probability,
            bins.frequency,
            # Of ten out of ten the interval's end is 1 but for rounding.
            yerr=np.maximum(
                [bins.frequency - bins.low, bins.high - bins.frequency], 0.0
            ),
            fmt="o",
            color=BLUE,
            markersize=4,
            linewidth=1,
        )
        title = f"is it rated {self.least:g} or more?"
        left.set_title(title, loc="left", fontsize="medium")
        left.set(xlabel="probability said", ylabel="share that was")
        [self.intervals_] = right.plot(
            self.promised, self.held, "o-", color=ORANGE, markersize=4, linewidth=1
        )
        for place, held, width in zip(
            self.promised, self.held, self.widths, strict=True
        ):
            right.annotate(
                f"±{width / 2:.2g}",
                (place, held),
                xytext=(5, -9),
                textcoords="offset points",
                color=GREY,
                fontsize="small",
            )
        right.set_title("do intervals hold?", loc="left", fontsize="medium")
        right.set(xlabel="share promised", ylabel="share that lies inside")
        return self
