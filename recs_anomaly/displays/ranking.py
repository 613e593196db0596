"""RankingDisplay: what lists find, how much of the catalogue, and how popular it is."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recs_anomaly.base.checks import check_integer
from recs_anomaly.base.frames import as_frame
from recs_anomaly.datasets.splits import refuse_leak
from recs_anomaly.displays._canvas import BLUE, GREEN, ORANGE, canvas, need_matplotlib
from recs_anomaly.metrics import ranking
from recs_anomaly.recommend.evaluation.evaluate import learned_pairs
from recs_anomaly.recommend.recommender import RBMRecommender

if TYPE_CHECKING:
    from matplotlib.axes import Axes

IDS = ["user_id", "item_id"]


class RankingDisplay:
    """Precision, recall, coverage and popularity of lists, by their length.

    Make it by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    curves : DataFrame
        A row a length, from 1, and columns precision, recall, coverage and
        popularity_lift, as of `recs_anomaly.metrics.ranking`.

    Attributes
    ----------
    figure_ : matplotlib Figure
    axes_ : ndarray of matplotlib Axes
        Of what lists find, of the catalogue, and of popularity.
    lines_ : dict of str to matplotlib Line2D
        By the column of `curves`.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from recs_anomaly import RBMRecommender
    >>> from recs_anomaly.datasets import load_sample_ratings
    >>> from recs_anomaly.displays import RankingDisplay
    >>> ratings, _ = load_sample_ratings()
    >>> X, y = ratings[["user_id", "item_id"]], ratings["rating"]
    >>> model = RBMRecommender(epochs=1, random_state=0).fit(X[500:], y[500:])
    >>> display = RankingDisplay.from_estimator(model, X[:500], n=5)
    >>> list(display.curves.index)
    [1, 2, 3, 4, 5]
    >>> plt.close(display.figure_)
    """

    def __init__(self, *, curves: pd.DataFrame) -> None:
        self.curves = curves

    @classmethod
    def from_estimator(
        cls,
        recommender: RBMRecommender,
        X: ArrayLike | pd.DataFrame,
        *,
        n: int = 20,
        ax: "Axes | NDArray[Any] | None" = None,
    ) -> Self:
        """Ask a fitted recommender for lists, and look for what was hidden from it.

        Parameters
        ----------
        recommender : RBMRecommender
        X : array-like of shape (n_pairs, 2)
            User ids and item ids that it has not learned from: what their users chose.
            Users whom it does not know get the list of somebody without ratings.
        n : int, default=20
            Length of the longest lists.
        ax : Axes, array of Axes or None, default=None
            As for `plot`.

        Returns
        -------
        display : RankingDisplay

        Raises
        ------
        InputError
            If the recommender has learned from a pair of X.
        """
        need_matplotlib()
        check_integer("n", n, 1)
        chosen, learned = _pairs(X), learned_pairs(recommender)
        refuse_leak(learned, chosen)
        lists = recommender.recommend(
            pd.unique(chosen["user_id"]).tolist(), n, on_unknown="stranger"
        )
        return cls.from_predictions(lists, chosen, learned, n=n, ax=ax)

    @classmethod
    def from_predictions(
        cls,
        recommended: pd.DataFrame,
        relevant: ArrayLike | pd.DataFrame,
        learned: ArrayLike | pd.DataFrame,
        *,
        n: int | None = None,
        ax: "Axes | NDArray[Any] | None" = None,
    ) -> Self:
        """Judge lists of any recommender.

        Parameters
        ----------
        recommended : DataFrame with columns user_id, item_id, rank
            Ranks count from 1.
        relevant : array-like of shape (n_pairs, 2)
            User ids and item ids that lists should hold. Who stands here is judged.
        learned : array-like of shape (n_pairs, 2)
            User ids and item ids that the recommender has learned from: they say which
            items there are, how popular each is, and what users have chosen before.
        n : int or None, default=None
            Length of the longest lists; None means the highest rank.
        ax : Axes, array of Axes or None, default=None
            As for `plot`.

        Returns
        -------
        display : RankingDisplay

        Raises
        ------
        InputError
            If a table is malformed, as `recs_anomaly.metrics.ranking` says.
        """
        lists, wanted, known = as_frame(recommended), _pairs(relevant), _pairs(learned)
        users = np.asarray(pd.unique(wanted["user_id"]))
        tables = [known["item_id"], wanted["item_id"], lists["item_id"]]
        codes, names = pd.factorize(pd.concat(tables, ignore_index=True))
        items = np.asarray(names)
        popularity = np.bincount(codes[: len(known)], minlength=len(items))
        most = int(lists["rank"].max()) if n is None else n
        of_users = lists[lists["user_id"].isin(users)]
        ranked = ranking.ranked_columns(of_users, users, items, most)
        judged = ranking.judge(ranked, ranking.relevance_matrix(wanted, users, items))
        own = known[known["user_id"].isin(users)]
        profiles = ranking.relevance_matrix(own, users, items)
        rows = [
            {
                "precision": ranking.mean_over_users(ranking.precision(judged, length)),
                "recall": ranking.mean_over_users(ranking.recall(judged, length)),
                "coverage": ranking.coverage(ranked, len(items), length),
                "popularity_lift": ranking.popularity_lift(
                    ranked, profiles, popularity, length
                ),
            }
            for length in range(1, most + 1)
        ]
        lengths = pd.RangeIndex(1, most + 1, name="length")
        return cls(curves=pd.DataFrame(rows, index=lengths)).plot(ax)

    def plot(self, ax: "Axes | NDArray[Any] | None" = None) -> Self:
        """Draw the curves by the length of the lists.

        Parameters
        ----------
        ax : Axes, array of Axes or None, default=None
            Three axes to draw on, or one whose place is divided among them; None makes
            a figure.

        Returns
        -------
        display : RankingDisplay
        """
        drawn = canvas(type(self), ax, (1, 3), (9.0, 3.2))
        from matplotlib.ticker import MaxNLocator, PercentFormatter

        self.figure_, self.axes_ = drawn.figure, drawn.axes.ravel()
        panels = {
            "precision": (self.axes_[0], BLUE),
            "recall": (self.axes_[0], ORANGE),
            "coverage": (self.axes_[1], GREEN),
            "popularity_lift": (self.axes_[2], BLUE),
        }
        self.lines_: dict[str, Any] = {}
        for name, (axes, colour) in panels.items():
            label = name.replace("_", " ")
            [self.lines_[name]] = axes.plot(
                self.curves.index, self.curves[name], color=colour, label=label
            )
        titles = (
            "found of what users chose",
            "catalogue that is listed",
            "more popular than own choices",
        )
        for axes, title in zip(self.axes_, titles, strict=True):
            axes.set_title(title, loc="left", fontsize="medium")
            axes.set_xlabel("length of lists")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
            axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
        self.axes_[0].legend(frameon=False)
        return self


def _pairs(X: ArrayLike | pd.DataFrame) -> pd.DataFrame:
    """Return the columns of ids, by their names or as the first two."""
    table = as_frame(X)
    if isinstance(table, pd.DataFrame) and set(IDS) <= set(table.columns):
        return table[IDS]
    pairs = pd.DataFrame(table)
    return pairs.iloc[:, :2].set_axis(IDS, axis=1)
