"""The lists of recommendations that a fitted recommender gives."""

from collections.abc import Hashable, Iterable, Mapping
from copy import copy
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from recs_anomaly.core.rating_rows import blocks
from recs_anomaly.estimators import _recommendations as lists
from recs_anomaly.estimators._ranking import (
    People,
    Wanted,
    fold_in_people,
    people_a_block,
    ranked,
)
from recs_anomaly.estimators._rating_reasons import RatingReasons
from recs_anomaly.estimators._threads import in_threads
from recs_anomaly.exceptions import InputError

OwnRatings = pd.DataFrame | pd.Series | Mapping[Hashable, float]
ON_UNKNOWN = ("raise", "stranger")


class RatingLists(RatingReasons):
    """Public methods of RBMRecommender that recommend."""

    def recommend(  # noqa: PLR0913 - each changes a list in a way of its own
        self,
        users: Hashable | Iterable[Hashable],
        n: int = 10,
        *,
        exclude_seen: bool = True,
        items: Iterable[Hashable] | None = None,
        exclude: Iterable[Hashable] | None = None,
        on_unknown: str = "raise",
        rank_by: str = "both",
        novelty: float = 0.0,
        diversity: float = 0.0,
    ) -> pd.DataFrame:
        """Recommend the items that users would choose and like.

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
        rank_by : {"both", "watch", "like"}, default="both"
            "watch" ranks by the log odds that the user chooses the item, "like" by the
            rating expected if so; "both" by the log odds plus 0.6 for each standard
            deviation of the ratings that the expected one is above their mean. A model
            of choices alone knows only the first.
        novelty : float, default=0.0
            What the score of an item loses for popularity: so many times the logarithm
            of one more than the number of people who have chosen it. At 1 "watch" ranks
            by how much more often this user would choose an item than anybody does.
        diversity : float, default=0.0
            From 0, the items of highest score, to 1, items as unlike each other as can
            be. Between, the items come one by one from the best 10 n, each the one with
            the greatest ``(1 - diversity) * relevance - diversity * likeness``:
            relevance is the score, from 0 for the worst of these candidates to 1 for
            the best; likeness, as of `similar_items`, is that to the most similar one
            already listed (maximal marginal relevance [1]_).

        Returns
        -------
        recommendations : DataFrame
            A row a recommendation, best first for each user: user_id, item_id, rank
            (from 1), score (by which they are ranked where `diversity` is 0; of equal
            ones the first in `items_` leads), rating_mean, rating_std, p_like
            (probability of a rating in the upper quarter of the scale). The last three
            are missing (NaN) where the model was fitted without ratings.

        Raises
        ------
        UnknownUserError
            If a user has no ratings and `on_unknown` is "raise".
        UnknownItemError
            If `items` or `exclude` names an item that nobody has rated.
        InputError
            If another argument breaks a rule that the message states.

        References
        ----------
        .. [1] J. Carbonell, J. Goldstein. The use of MMR, diversity-based reranking for
           reordering documents and producing summaries. SIGIR 1998.
        """
        check_is_fitted(self)
        if on_unknown not in ON_UNKNOWN:
            raise InputError(
                f"on_unknown must be one of {ON_UNKNOWN}; got {on_unknown!r}."
            )
        allowed = self._allowed_items(items, exclude)
        wanted = self._wanted(n, rank_by, allowed, exclude_seen, novelty, diversity)
        asked = lists.as_ids(users)
        rows = self._rows_of_users(asked, may_be_unknown=on_unknown == "stranger")
        known, ratings = self._catalogue, self._ratings()

        def listed(block: slice) -> lists.Lists:
            people = fold_in_people(known, ratings.take(rows[block]))
            return self._listed(people, wanted)

        pieces = list(blocks(len(rows), people_a_block(known)))
        parts = in_threads(listed, pieces)
        every = lists.joined(parts, [piece.stop - piece.start for piece in pieces])
        users_of = pd.Index(asked, tupleize_cols=False)[every.people]
        return lists.with_users(
            lists.recommendation_frame(self.items_, every), users_of
        )

    def recommend_for(
        self,
        own_ratings: OwnRatings,
        n: int = 10,
        *,
        exclude_seen: bool = True,
        items: Iterable[Hashable] | None = None,
        exclude: Iterable[Hashable] | None = None,
        rank_by: str = "both",
        novelty: float = 0.0,
        diversity: float = 0.0,
    ) -> pd.DataFrame:
        """Recommend to somebody by their ratings, seen in `fit` or not.

        Parameters
        ----------
        own_ratings : DataFrame, Series, mapping or iterable of ids
            Columns item_id and rating, or item ids mapped to ratings. A rating between
            two levels counts as the nearest level. A model of choices alone takes the
            ids of the items chosen, or any of the others, and ignores ratings.
        n : int, default=10
            Most items.
        exclude_seen : bool, default=True
            Leave out the items rated.
        items : iterable of ids or None, default=None
            Choose among these items only; None means all.
        exclude : iterable of ids or None, default=None
            Leave these items out.
        rank_by : {"both", "watch", "like"}, default="both"
            As in `recommend`.
        novelty : float, default=0.0
            As in `recommend`.
        diversity : float, default=0.0
            As in `recommend`.

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
        allowed = self._allowed_items(items, exclude)
        wanted = self._wanted(n, rank_by, allowed, exclude_seen, novelty, diversity)
        person = fold_in_people(self._catalogue, self._numbered(own_ratings))
        return lists.recommendation_frame(self.items_, self._listed(person, wanted))

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
        own = self._numbered(own_ratings)
        alone = copy(self)
        alone.users_ = np.empty(1, object)
        alone.users_[0] = user_id
        alone.user_offsets_ = np.append(own.offsets, len(own.columns))
        alone.user_items_, alone.user_levels_ = own.columns, own.levels
        for name in ("coupling", "presence"):
            of_users = getattr(self, f"item_view_{name}_")
            setattr(alone, f"item_view_{name}_", np.zeros_like(of_users[:2]))
        return alone

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

    def _wanted(
        self,
        n: int,
        rank_by: str,
        allowed: NDArray[np.bool_] | None,
        exclude_seen: bool,
        novelty: float,
        diversity: float,
    ) -> Wanted:
        self._check_rank_by(rank_by)
        for name, given in (("novelty", novelty), ("diversity", diversity)):
            if not 0.0 <= given <= 1.0:
                raise InputError(f"{name} must lie between 0 and 1; got {given!r}.")
        places = lists.likeness_places(self._catalogue) if diversity else None
        n = lists.checked_count(n)
        return Wanted(
            n, rank_by, allowed, exclude_seen, float(novelty), float(diversity), places
        )

    def _listed(self, people: People, wanted: Wanted) -> lists.Lists:
        best = ranked(self._catalogue, people, wanted)
        return lists.described(self._catalogue, people, best, self.shape_weights_)
