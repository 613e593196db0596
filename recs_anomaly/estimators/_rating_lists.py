"""The lists that a fitted recommender gives: recommended, similar, reasons, ratings."""

from collections.abc import Hashable, Iterable, Mapping
from copy import copy
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from recs_anomaly.core.rating_model import Folded
from recs_anomaly.core.rating_rows import Ints
from recs_anomaly.estimators import _recommendations as lists
from recs_anomaly.estimators._rating_state import RatingState
from recs_anomaly.exceptions import InputError

OwnRatings = pd.DataFrame | pd.Series | Mapping[Hashable, float]
ON_UNKNOWN = ("raise", "stranger")


class RatingLists(RatingState):
    """Public methods of RBMRecommender that answer with a table."""

    def recommend(
        self,
        users: Hashable | Iterable[Hashable],
        n: int = 10,
        *,
        exclude_seen: bool = True,
        items: Iterable[Hashable] | None = None,
        exclude: Iterable[Hashable] | None = None,
        on_unknown: str = "raise",
    ) -> pd.DataFrame:
        """Recommend the items that users are expected to rate highest.

        Parameters
        ----------
        users : id or iterable of ids
            Who to recommend to.
        n : int, default=10
            Most items a user.
        exclude_seen : bool, default=True
            Leave out what the user has rated.
        items : iterable of ids or None, default=None
            Choose among these items only; None means all.
        exclude : iterable of ids or None, default=None
            Leave these items out.
        on_unknown : {"raise", "stranger"}, default="raise"
            Whether a user without ratings is an error or gets a stranger's list.

        Returns
        -------
        recommendations : DataFrame
            A row a recommendation, best first for each user: user_id, item_id, rank
            (from 1), score (by which they are ranked), rating_mean, rating_std, p_like
            (probability of a rating in the upper quarter of the scale).

        Raises
        ------
        UnknownUserError
            If a user has no ratings and `on_unknown` is "raise".
        UnknownItemError
            If `items` or `exclude` names an item that nobody has rated.
        """
        check_is_fitted(self)
        if on_unknown not in ON_UNKNOWN:
            raise InputError(
                f"on_unknown must be one of {ON_UNKNOWN}; got {on_unknown!r}."
            )
        wanted = lists.checked_count(n)
        allowed = self._allowed_items(items, exclude)
        parts = []
        for user in lists.as_ids(users):
            row = self._row_of_user(user, may_be_unknown=on_unknown == "stranger")
            seen = self._own(row)[0] if exclude_seen else None
            part = self._ranked(self._person(row), allowed, seen, wanted)
            parts.append(lists.with_user(part, user))
        return lists.concatenated(parts)

    def recommend_for(
        self,
        own_ratings: OwnRatings,
        n: int = 10,
        *,
        exclude_seen: bool = True,
        items: Iterable[Hashable] | None = None,
        exclude: Iterable[Hashable] | None = None,
    ) -> pd.DataFrame:
        """Recommend to somebody by their ratings, seen in `fit` or not.

        Parameters
        ----------
        own_ratings : DataFrame, Series or mapping
            Columns item_id and rating, or item ids mapped to ratings. A rating between
            two levels counts as the nearest level.
        n : int, default=10
            Most items.
        exclude_seen : bool, default=True
            Leave out the items rated.
        items : iterable of ids or None, default=None
            Choose among these items only; None means all.
        exclude : iterable of ids or None, default=None
            Leave these items out.

        Returns
        -------
        recommendations : DataFrame
            As `recommend`, without user_id.

        Raises
        ------
        UnknownItemError
            If an item was never rated in the training data.
        InputError
            If a rating is outside the range of the levels.
        """
        check_is_fitted(self)
        rated, levels = self._numbered(own_ratings)
        seen = rated if exclude_seen else None
        allowed = self._allowed_items(items, exclude)
        wanted = lists.checked_count(n)
        return self._ranked(self._fold_in(rated, levels), allowed, seen, wanted)

    def with_only_user(self, user_id: Hashable, own_ratings: OwnRatings) -> Self:
        """Copy the model with somebody new as its one and only user.

        All that the model knows of users are their ratings. So the copy predicts,
        recommends and explains to a stranger what it would to a user of the training
        data with the same ratings.

        Parameters
        ----------
        user_id : id
            What to call the stranger.
        own_ratings : DataFrame, Series or mapping
            As in `recommend_for`.

        Returns
        -------
        copy : RBMRecommender
            It shares all arrays but the users' with this model, which does not change.

        Raises
        ------
        UnknownItemError
            If an item was never rated in the training data.
        InputError
            If a rating is outside the range of the levels.
        """
        check_is_fitted(self)
        items, levels = self._numbered(own_ratings)
        alone = copy(self)
        alone.users_ = np.empty(1, object)
        alone.users_[0] = user_id
        alone.user_offsets_ = np.array([0, len(items), len(items)])
        alone.user_items_, alone.user_levels_ = items, levels
        return alone

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
        score = lists.similarities(self._model(), item)[: len(self.items_)]
        best = lists.best_first(score, lists.checked_count(n), np.array([item]))
        return pd.DataFrame(
            {
                "item_id": self.items_[best],
                "score": score[best],
                "rank": np.arange(1, len(best) + 1),
            }
        )

    def explain(self, user_id: Hashable, item_id: Hashable, n: int = 3) -> pd.DataFrame:
        """Name the user's own ratings that move a prediction most.

        Parameters
        ----------
        user_id : id
            A user with ratings.
        item_id : id
            Item whose prediction is explained.
        n : int, default=3
            Most ratings to name.

        Returns
        -------
        reasons : DataFrame
            item_id and rating of the user's own ratings, and effect: how much the
            expected rating would fall if the user had not given that rating, computed
            by leaving it out. Largest effect, up or down, first.

        Raises
        ------
        UnknownUserError, UnknownItemError
            If the user or the item has no ratings.
        """
        check_is_fitted(self)
        items, levels = self._own(self._row_of_user(user_id))
        target = self._columns_of_items([item_id])
        others = items != target[0]
        effects = lists.effects(self._model(), items[others], levels[others], target)
        order = np.argsort(-np.abs(effects), kind="stable")[: lists.checked_count(n)]
        return pd.DataFrame(
            {
                "item_id": self.items_[items[others][order]],
                "rating": self.classes_[levels[others][order]],
                "effect": effects[order],
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
            item_id and rating.

        Raises
        ------
        UnknownUserError
            If the user has no ratings.
        """
        check_is_fitted(self)
        items, levels = self._own(self._row_of_user(user_id))
        best_first = np.argsort(-levels, kind="stable")
        return pd.DataFrame(
            {
                "item_id": self.items_[items[best_first]],
                "rating": self.classes_[levels[best_first]],
            }
        )

    def _allowed_items(
        self, items: Iterable[Hashable] | None, exclude: Iterable[Hashable] | None
    ) -> NDArray[np.bool_] | None:
        """Mask of the items that may be recommended, None for all."""
        if items is None and exclude is None:
            return None
        allowed = np.full(len(self.items_), items is None)
        if items is not None:
            allowed[self._columns_of_items(items)] = True
        if exclude is not None:
            allowed[self._columns_of_items(exclude)] = False
        return allowed

    def _ranked(
        self,
        person: Folded,
        allowed: NDArray[np.bool_] | None,
        seen: Ints | None,
        n: int,
    ) -> pd.DataFrame:
        model = self._model()
        best, score = lists.best_items(model, person, allowed, seen, n)
        return lists.recommendation_frame(
            self.items_[best], score, model, person, best, self.shape_weights_
        )
