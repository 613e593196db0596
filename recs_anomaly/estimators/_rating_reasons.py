"""What a fitted recommender says of items and users: likeness, reasons, ratings."""

from collections.abc import Hashable, Iterable

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from recs_anomaly.core.rating_rows import Floats, Ints
from recs_anomaly.estimators import _recommendations as lists
from recs_anomaly.estimators._ranking import RANK_BY
from recs_anomaly.estimators._rating_state import RatingState
from recs_anomaly.exceptions import InputError


class RatingReasons(RatingState):
    """Public methods of RBMRecommender that answer with a table, but for lists."""

    def similar_items(self, item_id: Hashable, n: int = 10) -> pd.DataFrame:
        """Find the items that are most like one item.

        Parameters
        ----------
        item_id : id
            Item to compare with.
        n : int, default=10
            Most items.

        Returns
        -------
        similar : DataFrame
            item_id, score (likeness from -1 to 1: of how people's tastes move the two
            ratings, and of who rates them) and rank, best first.

        Raises
        ------
        UnknownItemError
            If nobody has rated the item.
        """
        check_is_fitted(self)
        item = self._columns_of_items([item_id])[0]
        score = lists.similarities(self._catalogue, item)[: len(self.items_)]
        best = lists.best_first(score, lists.checked_count(n), np.array([item]))
        return pd.DataFrame(
            {
                "item_id": self.items_[best],
                "score": score[best],
                "rank": np.arange(1, len(best) + 1),
            }
        )

    def explain(
        self,
        user_id: Hashable,
        item_id: Hashable,
        n: int = 3,
        *,
        rank_by: str = "both",
    ) -> pd.DataFrame:
        """Name the user's own ratings that move a recommendation most.

        Parameters
        ----------
        user_id : id
            A user with ratings.
        item_id : id
            Item whose score is explained; the user's own rating of it is left out of
            account, if there is one.
        n : int, default=3
            Most ratings to name.
        rank_by : {"both", "watch", "like"}, default="both"
            Which score of `recommend` is explained.

        Returns
        -------
        reasons : DataFrame
            item_id and rating of the user's own ratings, and effect: how much the score
            would fall if the user had not given that rating, computed by leaving it
            out. That is a change in log odds, or in stars by "like". Largest effect, up
            or down, first. The rating is missing (NaN) in a model of choices alone.

        Raises
        ------
        UnknownUserError, UnknownItemError
            If the user or the item has no ratings.
        InputError
            If another argument breaks a rule that the message states.
        """
        check_is_fitted(self)
        self._check_rank_by(rank_by)
        own = self._ratings().take(self._rows_of_users([user_id]))
        target = self._columns_of_items([item_id])
        own = own.where(own.columns != target)
        effects = lists.effects(self._catalogue, own, target, rank_by)[:, 0]
        order = np.argsort(-np.abs(effects), kind="stable")[: lists.checked_count(n)]
        return pd.DataFrame(
            {
                "item_id": self.items_[own.columns[order]],
                "rating": self._stars(own.levels[order]),
                "effect": effects[order],
            }
        )

    def strongest_reasons(
        self,
        user_id: Hashable,
        item_ids: Iterable[Hashable],
        *,
        rank_by: str = "both",
    ) -> pd.DataFrame:
        """Name the one rating of the user that speaks most for each of some items.

        Parameters
        ----------
        user_id : id
            A user with ratings.
        item_ids : iterable of ids
            Items to explain; the user's ratings of these are left out of account.
        rank_by : {"both", "watch", "like"}, default="both"
            Which score of `recommend` is explained.

        Returns
        -------
        reasons : DataFrame
            A row an item for which some rating speaks, in the order of `item_ids`:
            item_id, because_id and rating of the user's own rating, and effect, as in
            `explain`.

        Raises
        ------
        UnknownUserError, UnknownItemError
            If the user or an item has no ratings.
        InputError
            If `rank_by` is none of the three.
        """
        check_is_fitted(self)
        self._check_rank_by(rank_by)
        own = self._ratings().take(self._rows_of_users([user_id]))
        targets = self._columns_of_items(item_ids)
        own = own.where(~np.isin(own.columns, targets))
        effects = lists.effects(self._catalogue, own, targets, rank_by)
        # A row of nothing, so that there is a largest one.
        effects = np.vstack([effects, np.zeros(len(targets))])
        best = effects.argmax(axis=0)
        effect = effects.max(axis=0)
        speaks = effect > 0.0
        reasons = best[speaks]
        return pd.DataFrame(
            {
                "item_id": self.items_[targets[speaks]],
                "because_id": self.items_[own.columns[reasons]],
                "rating": self._stars(own.levels[reasons]),
                "effect": effect[speaks],
            }
        )

    def user_ratings(self, user_id: Hashable) -> pd.DataFrame:
        """List what a user rated in the training data, best first.

        Parameters
        ----------
        user_id : id
            A user with ratings.

        Returns
        -------
        ratings : DataFrame
            item_id and rating, which is missing (NaN) in a model of choices alone.

        Raises
        ------
        UnknownUserError
            If the user has no ratings.
        """
        check_is_fitted(self)
        own = self._ratings().take(self._rows_of_users([user_id]))
        best_first = np.argsort(-own.levels, kind="stable")
        return pd.DataFrame(
            {
                "item_id": self.items_[own.columns[best_first]],
                "rating": self._stars(own.levels[best_first]),
            }
        )

    def _check_rank_by(self, rank_by: str) -> None:
        if rank_by not in RANK_BY:
            raise InputError(f"rank_by must be one of {RANK_BY}; got {rank_by!r}.")
        if rank_by == "like" and not self.is_rated:
            raise InputError(
                "rank_by='like' needs ratings; this model was fitted on choices alone."
            )

    def _stars(self, levels: Ints) -> Floats:
        """Ratings of levels, NaN where choices carry none."""
        stars: Floats = self.classes_[levels]
        return stars if self.is_rated else np.full(len(levels), np.nan)
