"""Recommender: a fitted model that knows what its items are called."""

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recs_anomaly.base.parallel import one_blas_thread
from recs_anomaly.base.state import ArraySpec, ValueRule
from recs_anomaly.exceptions import InputError, UnknownUserError
from recs_anomaly.recommend.answers import LISTED_FOR_USERS, FoldedUsers, framed
from recs_anomaly.recommend.recommender import RBMRecommender
from recs_anomaly.recommend.serving.catalogue import (
    Catalogue,
    place_spelled,
    plain_id,
    titles_and_genres,
)

_N_EXAMPLES = 3
NEW_USER = "you"
COLUMNS = "user_id rank item_id title score rating_mean rating_std p_like".split()
USERS_AT_ONCE = 1_000
ITEM_COLUMNS = ["title", "genres", "n_ratings"]
RECOMMENDED = pd.Index(
    [
        *LISTED_FOR_USERS,
        *("rating_low", "rating_high"),
        *ITEM_COLUMNS,
        *("because", "because_rating", "because_genres"),
    ]
)


class Visit(NamedTuple):
    """What a new user's ratings were taken for, and what they lead to.

    Attributes
    ----------
    rated : DataFrame with columns asked, item_id, title, rating
        One row a title that was asked for, in that order.
    recommendations : DataFrame
        As `Recommender.recommend_user`, without user_id.
    """

    rated: pd.DataFrame
    recommendations: pd.DataFrame


class Recommender:
    """Recommend items by their titles, to users and to new ones alike.

    Parameters
    ----------
    model : RBMRecommender
        Fitted.
    titles : ndarray of str of shape (n_items,)
        What the items of ``model.items_`` are called, in that order.
    genres : ndarray of str of shape (n_items,)
        Names with ``|`` between, or nothing.

    Examples
    --------
    >>> from recs_anomaly.datasets import load_sample_ratings
    >>> ratings, items = load_sample_ratings()
    >>> recommender = Recommender.train(ratings, items, epochs=1, random_state=0)
    >>> visit = recommender.visitor([("the whistling otter", 5)], n=3)
    >>> visit.rated["title"].tolist()
    ['The Whistling Otter (1988)']
    >>> len(visit.recommendations)
    3
    """

    _array_schema: ClassVar[dict[str, ArraySpec]] = {
        "titles": ArraySpec("str", ("n_items",)),
        "genres": ArraySpec("str", ("n_items",)),
    }
    _scalar_schema: ClassVar[dict[str, ValueRule]] = {}
    _part_schema: ClassVar[dict[str, tuple[str, ...]]] = {"model": ("RBMRecommender",)}

    def __init__(
        self, model: RBMRecommender, titles: NDArray[Any], genres: NDArray[Any]
    ) -> None:
        self.model = model
        self.titles = titles
        self.genres = genres

    @classmethod
    def train(
        cls,
        ratings: pd.DataFrame,
        items: pd.DataFrame | None = None,
        checkpoint: Path | None = None,
        *,
        item_features: pd.DataFrame | None = None,
        user_features: pd.DataFrame | None = None,
        **parameters: Any,
    ) -> Self:
        """Fit a model to ratings, or to choices alone, and name its items.

        Parameters
        ----------
        ratings : DataFrame with columns user_id, item_id and, if any, rating
            Columns timestamp and count, when and how often, are learned from as in
            ``RBMRecommender.fit``.
        items : DataFrame with columns item_id, title, genres, optional
            An item without a row or with an empty title is called by its id.
        checkpoint : Path, optional
            Folder from which a stopped training goes on, as in ``RBMRecommender.fit``.
        item_features, user_features : DataFrame, optional
            What is known beside ratings, as in ``RBMRecommender.fit``.
        **parameters : dict
            Parameters of RBMRecommender.

        Returns
        -------
        recommender : Recommender

        Raises
        ------
        InputError
            If the ratings or a parameter break a rule that the message states.
        """
        model = RBMRecommender(**parameters)
        model.fit(
            ratings,
            ratings.get("rating"),
            sample_weight=ratings.get("count"),
            item_features=item_features,
            user_features=user_features,
            checkpoint=checkpoint,
        )
        return cls(model, *titles_and_genres(model.items_, items))

    @cached_property
    def catalogue(self) -> Catalogue:
        """The items that can be recommended, to be found by title or id."""
        if not len(self.titles) == len(self.genres) == len(self.model.items_):
            raise InputError(
                f"titles and genres must be those of {len(self.model.items_)} items; "
                f"got {len(self.titles)} and {len(self.genres)}."
            )
        items = {
            "item_id": self.model.items_,
            "title": self.titles,
            "genres": self.genres,
            "n_ratings": np.bincount(
                self.model.user_items_, minlength=len(self.titles)
            ),
        }
        return Catalogue(pd.DataFrame(items))

    @cached_property
    def _texts(self) -> Any:
        """All titles, and behind them all genres."""
        items = self.catalogue.items
        # One piece: taking from two takes longer.
        return pd.Series([*items["title"], *items["genres"]], dtype=str).array

    def find_user(self, text: str) -> Hashable:
        """Find the user whose id is spelled so.

        Parameters
        ----------
        text : str
            As typed, for instance ``"196"`` for the user 196.

        Returns
        -------
        user_id : Hashable

        Raises
        ------
        UnknownUserError
            If nobody among the ratings has this id.
        """
        users = self.model.users_
        row = place_spelled(users, text)
        if row is None:
            examples = ", ".join(repr(plain_id(user)) for user in users[:_N_EXAMPLES])
            raise UnknownUserError(
                f"User {text!r} is unknown; the model knows {len(users):,} users, for "
                f"instance {examples}."
            )
        return plain_id(users[row])

    def best_rated(self, user_id: Hashable, n: int = 5) -> pd.DataFrame:
        """List what a user rated highest; of equal ratings the best-known items first.

        Parameters
        ----------
        user_id : Hashable
        n : int, default=5

        Returns
        -------
        rated : DataFrame with columns item_id, title, genres, rating

        Raises
        ------
        UnknownUserError
            If the user has no ratings.
        """
        rated = self.catalogue.describe(self.model.user_ratings(user_id))
        order = ["rating", "n_ratings"]
        best = rated.sort_values(order, ascending=False, kind="stable").head(n)
        columns = ["item_id", "title", "genres", "rating"]
        return best[columns].reset_index(drop=True)

    def recommend_user(
        self, user_id: Hashable, n: int = 10, **options: Any
    ) -> pd.DataFrame:
        """Recommend items that a user has not rated.

        Parameters
        ----------
        user_id : Hashable
        n : int, default=10
        **options : dict
            rank_by, items, exclude, exclude_seen, novelty and diversity, as of
            `RBMRecommender.recommend`.

        Returns
        -------
        recommendations : DataFrame
            The columns of `RBMRecommender.recommend`, and title, genres, n_ratings
            (how many rated the item), rating_low and rating_high (the rating falls
            between with 90 % probability), because, because_rating and because_genres
            (title and rating of what the user rated that speaks most for the item, and
            the genres that they share). Best first. All that
            is said of ratings is missing (NaN) in a model of choices alone.

        Raises
        ------
        UnknownUserError
            If the user has no ratings.
        InputError
            If `n` is below 1.
        """
        with one_blas_thread():
            return self.recommended(self.model.fold_in([user_id]), n, **options)

    def recommend(
        self, users: Hashable | Iterable[Hashable], n: int = 10, **options: Any
    ) -> pd.DataFrame:
        """Recommend items to users, with their titles.

        Parameters
        ----------
        users : id or iterable of ids
        n : int, default=10
        **options : dict
            As of `RBMRecommender.recommend`.

        Returns
        -------
        recommendations : DataFrame
            The columns of `RBMRecommender.recommend`, and title, genres, n_ratings.
        """
        return self.catalogue.describe(self.model.recommend(users, n, **options))

    def visitor(
        self,
        rated: Iterable[tuple[str, float] | str],
        n: int = 10,
        *,
        user_features: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Visit:
        """Recommend items to somebody by the titles they rated, without training.

        The same ratings lead to the same recommendations as in `recommend_user`.

        Parameters
        ----------
        rated : iterable of (title, rating)
            Titles or ids as in `Catalogue.find`. A rating between two levels counts
            as the nearest level. A model of choices alone takes titles without a
            rating, and does not look at one.
        n : int, default=10
        user_features : mapping or None, default=None
            What is known of the person, as in `RBMRecommender.recommend_for`. Then
            there need be no titles.
        **options : dict
            As in `recommend_user`.

        Returns
        -------
        visit : Visit

        Raises
        ------
        TitleError
            If a title could be more than one item, or none of them is any. One that
            is none, beside others, is left out with a warning.
        InputError
            If there is no title, an item is named twice, or a rating is missing where
            the model has learned from ratings, not finite, or outside the scale; or if
            nothing that the model knows of people has the name of a feature.
        """
        named = list(rated)
        is_asked = bool(named) or user_features is None
        matched = self._matched(checked(named, self.model.is_rated) if is_asked else [])
        own_ratings = matched[["item_id", "rating"]]
        folded = self.model.fold_in_own(own_ratings, user_features=user_features)
        recommendations = self.recommended(folded, n, **options)
        return Visit(matched, recommendations.drop(columns="user_id"))

    def _matched(self, pairs: Sequence[tuple[str, float]]) -> pd.DataFrame:
        """Find the items of titles, and the ratings that count."""
        if not pairs:
            return pd.DataFrame(columns=["asked", "item_id", "title", "rating"])
        known = self.catalogue.find_known([title for title, _ in pairs], True)
        asked, stars = zip(*(pair for pair in pairs if pair[0] in known), strict=True)
        found = [known[title] for title in asked]
        refuse_repeats(asked, found)
        own_ratings = pd.DataFrame({"item_id": found, "rating": stars})
        alone = self.model.with_only_user(NEW_USER, own_ratings)
        counted = self.catalogue.describe(alone.user_ratings(NEW_USER)).set_index(
            "item_id"
        )
        matched = counted.loc[found, ["title", "rating"]].reset_index()
        matched.insert(0, "asked", asked)
        return matched

    def similar(self, item_id: Hashable, n: int = 10) -> pd.DataFrame:
        """List the items that are most like one item.

        Parameters
        ----------
        item_id : Hashable
            From `Catalogue.find`, if a title is all that is known.
        n : int, default=10

        Returns
        -------
        similar : DataFrame with columns item_id, score, rank, title, genres, n_ratings
            `score` is a correlation from -1 to 1, best first.

        Raises
        ------
        UnknownItemError
            If nobody has rated the item.
        InputError
            If `n` is below 1.
        """
        return self.catalogue.describe(self.model.similar_items(item_id, n))

    def reasons(self, user_id: Hashable, item_id: Hashable, n: int = 3) -> pd.DataFrame:
        """List the user's own ratings that move one recommendation most.

        Parameters
        ----------
        user_id, item_id : Hashable
        n : int, default=3

        Returns
        -------
        reasons : DataFrame
            Columns item_id, rating, effect, title, genres, n_ratings. `effect` is how
            much the score, in log odds, would lose without this rating.

        Raises
        ------
        UnknownUserError, UnknownItemError
            If the user or the item has no ratings.
        """
        return self.catalogue.describe(self.model.explain(user_id, item_id, n))

    def recommended(
        self, folded: FoldedUsers, n: int = 10, **options: Any
    ) -> pd.DataFrame:
        """Recommend items to users that the model has folded in.

        Parameters
        ----------
        folded : FoldedUsers
            From ``model.fold_in``.
        n : int, default=10
        **options : dict
            As in `recommend_user`.

        Returns
        -------
        recommendations : DataFrame
            As `recommend_user`, user by user.
        """
        lists = folded.lists(n, **options)
        because, stars = folded.reasons(lists, options.get("rank_by", "both"))
        n_listed, n_items = len(because), len(self.titles)
        # Taking texts costs more each time than each text.
        places = np.concatenate([lists.items, lists.items + n_items, because])
        texts = self._texts.take(places, allow_fill=True)
        columns = [
            *folded.columns(lists),
            *lists.rating[3:],
            texts[:n_listed],
            texts[n_listed : 2 * n_listed],
            self.catalogue.columns["n_ratings"].take(lists.items),
            texts[2 * n_listed :],
            stars,
            [
                _shared(self.genres[item], self.genres[reason] if reason >= 0 else "")
                for item, reason in zip(lists.items, because, strict=True)
            ],
        ]
        return framed(RECOMMENDED, columns)


def _shared(one: str, other: str) -> str:
    """Genres of the one that are the other's too."""
    others = set(other.split("|"))
    return "|".join(genre for genre in one.split("|") if genre in others)


def checked(
    rated: Iterable[tuple[str, float] | str], needs_ratings: bool
) -> list[tuple[str, float]]:
    """Refuse to recommend by nothing, or by something that is no rating.

    Parameters
    ----------
    rated : iterable of (title, rating), or of titles
    needs_ratings : bool
        Whether a title without a rating tells nothing.

    Returns
    -------
    rated : list of (title, rating)
        The rating is NaN where none is needed.

    Raises
    ------
    InputError
        If it is empty, or a rating is needed and missing or not finite.
    """
    pairs = [(each, math.nan) if isinstance(each, str) else each for each in rated]
    if not pairs:
        raise InputError("rated must hold at least one title with its rating.")
    if not needs_ratings:
        return [(title, math.nan) for title, _ in pairs]
    for title, rating in pairs:
        if not math.isfinite(rating):
            raise InputError(
                f"rated must hold finite ratings; got {rating} for {title!r}."
            )
    return pairs


def refuse_repeats(asked: Sequence[str], found: Sequence[Hashable]) -> None:
    """Refuse two titles for one item.

    Parameters
    ----------
    asked : sequence of str
        Titles as typed.
    found : sequence of Hashable
        Ids of the items they were matched with.

    Raises
    ------
    InputError
        If an id occurs twice.
    """
    first_asked: dict[Hashable, str] = {}
    for title, item_id in zip(asked, found, strict=True):
        if item_id in first_asked:
            raise InputError(
                f"rated must name an item once; {first_asked[item_id]!r} and "
                f"{title!r} are the same."
            )
        first_asked[item_id] = title


def lists_of_everybody(
    recommender: Recommender,
    n: int = 10,
    users_at_once: int = USERS_AT_ONCE,
    users: slice = slice(None),
) -> Iterator[pd.DataFrame]:
    """Recommend to every user the model has learned from, some users at a time.

    Parameters
    ----------
    recommender : Recommender
    n : int, default=10
        Most items a user.
    users_at_once : int, default=1000
        Users of a frame: what the memory needed grows with.
    users : slice, default=slice(None, None, None)
        Which of ``model.users_``; all of them by default.

    Yields
    ------
    lists : DataFrame
        Columns user_id, rank, item_id, title, score, rating_mean, rating_std and
        p_like as from `RBMRecommender.recommend`. Users come in the order of
        ``model.users_``, each one's items best first.

    Raises
    ------
    InputError
        If `n` or `users_at_once` is below 1.

    Examples
    --------
    >>> from recs_anomaly.datasets import load_sample_ratings
    >>> ratings, items = load_sample_ratings()
    >>> recommender = Recommender.train(ratings, items, epochs=1, random_state=0)
    >>> [len(lists) for lists in lists_of_everybody(recommender, n=2)]
    [800]
    """
    if users_at_once < 1:
        raise InputError(f"users_at_once must be at least 1; got {users_at_once}.")
    asked = recommender.model.users_[users]
    for first in range(0, len(asked), users_at_once):
        own = recommender.model.recommend(asked[first : first + users_at_once], n)
        yield recommender.catalogue.describe(own)[COLUMNS]
