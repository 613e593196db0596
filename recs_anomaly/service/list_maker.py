"""What a recommender answers, as plain values."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from recs_anomaly.exceptions import InputError, UnknownUserError
from recs_anomaly.recommend.answers import FoldedUsers
from recs_anomaly.recommend.recommender import RBMRecommender
from recs_anomaly.recommend.serving.catalogue import titles_and_genres
from recs_anomaly.recommend.serving.titled_recommender import Recommender
from recs_anomaly.service.plain import plain_list, plain_rows, rows_of
from recs_anomaly.service.remembered import Remembered

Id = int | str
Row = dict[str, Any]
MAX_FOUND = 20
RATING = ("rating_mean", "rating_std", "p_like")


class ListOptions(NamedTuple):
    """What a list is to hold, as `RBMRecommender.recommend` takes it, and reasons.

    Attributes
    ----------
    n : int, default=10
    rank_by : str, default="both"
    exclude_seen : bool, default=True
    items, exclude : tuple of ids or None, default=None
    novelty, diversity : float, default=0.0
    reasons : bool, default=False
        Whether each row names what was rated that speaks most for it.
    """

    n: int = 10
    rank_by: str = "both"
    exclude_seen: bool = True
    items: tuple[Id, ...] | None = None
    exclude: tuple[Id, ...] | None = None
    novelty: float = 0.0
    diversity: float = 0.0
    reasons: bool = False


class ListMaker:
    """Answers about users and items, who are named by text or number.

    Parameters
    ----------
    found : Recommender or RBMRecommender
        As loaded. Without titles, items are called by their ids.

    Attributes
    ----------
    model : RBMRecommender
    remembered : Remembered
        Lists as they were sent; they are forgotten with the model that made them.
    """

    def __init__(self, found: Recommender | RBMRecommender) -> None:
        if isinstance(found, RBMRecommender):
            found = Recommender(found, *titles_and_genres(found.items_, None))
        self._titled, self.model = found, found.model
        self.remembered = Remembered()
        # What an address or JSON says is text or a number, and ids may be either.
        users: list[Hashable] = self.model.users_.tolist()
        items: list[Hashable] = self.model.items_.tolist()
        self._users = {str(each): each for each in users}
        self._items = {str(each): each for each in items}
        self._ids = items
        self._titles = dict(zip(items, map(str, found.titles), strict=True))
        # Whatever is computed once is computed before anybody asks.
        self.lists([(users[0], ListOptions())])
        self.own(dict.fromkeys(items[:1]), ListOptions(n=1, reasons=True))
        self.similar(items[0], 1)

    def user(self, asked: Id) -> Hashable:
        """Find a user.

        Parameters
        ----------
        asked : int or str

        Returns
        -------
        user_id : Hashable

        Raises
        ------
        UnknownUserError
            If there is none of this id.
        """
        try:
            return self._users[str(asked)]
        except KeyError:
            raise UnknownUserError(f"User {asked!r:.80} is unknown.") from None

    def item(self, asked: Id) -> Hashable:
        """Find an item by its id, or else by its title.

        Parameters
        ----------
        asked : int or str

        Returns
        -------
        item_id : Hashable

        Raises
        ------
        TitleError
            If nothing, or more than one thing, goes by this.
        """
        known = self._items.get(str(asked))
        return self._titled.catalogue.find(str(asked)) if known is None else known

    def described(self) -> dict[str, Any]:
        """Say what there is to recommend, to how many."""
        levels = self.model.classes_ if self.model.is_rated else np.zeros(0)
        return {
            "n_users": len(self._users),
            "n_items": len(self._items),
            "is_rated": self.model.is_rated,
            "ratings": plain_list(levels),
        }

    def found(self, text: str, n: int = MAX_FOUND) -> list[Row]:
        """Find items whose titles hold a text, those rated most often first.

        Parameters
        ----------
        text : str
        n : int, default=20

        Returns
        -------
        items : list of dict
        """
        items = self._titled.catalogue.items
        is_in = items["title"].str.contains(text, case=False, regex=False)
        best = items[is_in].sort_values("n_ratings", ascending=False, kind="stable")
        return plain_rows(best.head(n))

    def some_users(self, n: int) -> list[Id]:
        """List the first few users.

        Parameters
        ----------
        n : int

        Returns
        -------
        users : list
        """
        return [_as_id(each) for each in self.model.users_[:n].tolist()]

    def lists(
        self, asked: Sequence[tuple[Hashable, ListOptions]]
    ) -> list[list[Row] | Exception]:
        """Make lists for known users, those of the same options in one go.

        Parameters
        ----------
        asked : sequence of (user_id, ListOptions)

        Returns
        -------
        lists : list
            Of each: rows, or the mistake in its options.
        """
        answers: dict[tuple[Hashable, ListOptions], Any] = {}
        for options in {options for _, options in asked}:
            users = list(dict.fromkeys(user for user, own in asked if own == options))
            try:
                found = self._lists(users, options)
            except InputError as error:
                answers.update(dict.fromkeys(((u, options) for u in users), error))
            else:
                answers.update(((user, options), rows) for user, rows in found.items())
        return [answers[each] for each in asked]

    def _lists(
        self, users: list[Hashable], options: ListOptions
    ) -> dict[Hashable, list[Row]]:
        settings = self._settings(options)
        if settings is None:
            return {user: [] for user in users}
        folded = self.model.fold_in(users)
        rows = self._rows_of(folded, settings, has_reasons=options.reasons)
        return dict(zip(users, rows, strict=True))

    def own(
        self,
        ratings: dict[Hashable, float | None],
        options: ListOptions,
        user_features: Mapping[str, Any] | None = None,
    ) -> list[Row]:
        """Make a list for somebody by what they rated or chose, or who they are.

        Parameters
        ----------
        ratings : dict
            By ids from `item`; a model of choices alone does not look at ratings.
        options : ListOptions
        user_features : mapping or None, default=None
            As in `RBMRecommender.recommend_for`.

        Returns
        -------
        rows : list of dict
        """
        settings = self._settings(options)
        if settings is None:
            return []
        own: Any = ratings if self.model.is_rated else list(ratings)
        if self.model.is_rated:
            middle = float(np.median(self.model.classes_))
            own = {k: middle if v is None else v for k, v in ratings.items()}
        folded = self.model.fold_in_own(own, user_features=user_features)
        return self._rows_of(folded, settings, has_reasons=options.reasons)[0]

    def _rows_of(
        self, folded: FoldedUsers, settings: dict[str, Any], *, has_reasons: bool
    ) -> list[list[Row]]:
        """Rows of the list of each user; a frame would take longer than the list."""
        lists = folded.lists(**settings)
        ids = [self._ids[place] for place in lists.items.tolist()]
        columns = {
            "item_id": ids,
            "rank": lists.rank.tolist(),
            "score": plain_list(lists.score),
            **dict(zip(RATING, map(plain_list, lists.rating), strict=False)),
            "title": [self._titles[each] for each in ids],
        }
        if has_reasons:
            because, stars = folded.reasons(lists, settings["rank_by"])
            reasons = [self._ids[place] if place >= 0 else None for place in because]
            columns["because_id"] = reasons
            columns["because"] = [self._titles.get(each) for each in reasons]
            columns["because_rating"] = plain_list(stars)
        rows: list[list[Row]] = [[] for _ in folded.users]
        for person, row in zip(lists.people.tolist(), rows_of(columns), strict=True):
            rows[person].append(row)
        return rows

    def similar(self, item: Hashable, n: int) -> list[Row]:
        """List the items most like one.

        Parameters
        ----------
        item : Hashable
        n : int

        Returns
        -------
        rows : list of dict
        """
        return self._rows(self.model.similar_items(item, n))

    def reasons(self, user: Hashable, item: Hashable, n: int) -> list[Row]:
        """Name the ratings of a user that move one recommendation most.

        Parameters
        ----------
        user, item : Hashable
        n : int

        Returns
        -------
        rows : list of dict
        """
        return self._rows(self.model.explain(user, item, n))

    def predictions(self, pairs: Sequence[tuple[Id, Id]], coverage: float) -> list[Row]:
        """Predict the ratings of pairs, each with an interval.

        Parameters
        ----------
        pairs : sequence of (user, item)
            Who or what is unknown counts as somebody or something new.
        coverage : float

        Returns
        -------
        rows : list of dict
        """
        ids = [
            (self._users.get(str(user), user), self._items.get(str(item), item))
            for user, item in pairs
        ]
        table = pd.DataFrame(ids, columns=["user_id", "item_id"], dtype=object)
        ratings = self.model.predict(table).tolist()
        ends = self.model.predict_interval(table, coverage).tolist()
        return [
            {
                "user_id": user,
                "item_id": item,
                "is_known": str(user) in self._users and str(item) in self._items,
                "rating": rating,
                "low": low,
                "high": high,
            }
            for (user, item), rating, (low, high) in zip(
                ids, ratings, ends, strict=True
            )
        ]

    def _settings(self, options: ListOptions) -> dict[str, Any] | None:
        """Options as the model takes them; None where nothing may be listed."""
        settings = options._asdict()
        del settings["reasons"]
        for name in ("items", "exclude"):
            if settings[name] is not None:
                known = (self._items.get(str(each)) for each in settings[name])
                settings[name] = [each for each in known if each is not None]
        if settings["items"] == []:
            return None
        return settings

    def _rows(self, table: pd.DataFrame) -> list[Row]:
        """Rows of a table about items, with their titles."""
        columns = {name: plain_list(table[name]) for name in table.columns}
        columns["title"] = [self._titles[each] for each in columns["item_id"]]
        return rows_of(columns)


def _as_id(value: Any) -> Id:
    return value if isinstance(value, int | str) else str(value)
