"""Ratings that come and go after the training of the views."""

from collections.abc import Hashable, Iterable
from copy import copy
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted, validate_data

from recs_anomaly.core.rating_rows import Ints, RatingRows, to_rows
from recs_anomaly.estimators import _recommendations as lists
from recs_anomaly.estimators._ids import IdIndex
from recs_anomaly.estimators._interaction_fit import fit_interactions
from recs_anomaly.estimators._rating_assembly import assemble, without_ratings
from recs_anomaly.estimators._rating_lists import RatingLists
from recs_anomaly.estimators._rating_table import (
    checked_pairs,
    checked_ratings,
    last_of_each,
    nearest_levels,
)
from recs_anomaly.exceptions import InputError

OF_ITEMS = ("coupling_", "presence_")
OF_USERS = ("item_view_coupling_", "item_view_presence_")


class RatingUpdates(RatingLists):
    """Public methods of RBMRecommender that change what it knows."""

    def partial_fit(
        self, X: ArrayLike | pd.DataFrame, y: ArrayLike | None = None
    ) -> Self:
        """Take up new ratings, new users and new items without training the views.

        All that follows from the ratings in closed form (effects, features and output
        weights of the items, who chooses what) is computed again from all ratings, as
        `fit` does. What gradient descent and calibration have learned stays: couplings,
        curve, shapes, intervals, the link to log odds. New users and items have no
        couplings; their ratings count all the same. Before `fit` it is `fit`.

        Parameters
        ----------
        X : array-like of shape (n_ratings, 2)
            User ids and item ids, known or new. A rating of a pair that is known takes
            the place of the old one.
        y : array-like of shape (n_ratings,) or None, default=None
            Ratings; between two levels of `classes_` they count as the nearest. None
            after a fit without ratings.

        Returns
        -------
        self : RBMRecommender
            Ids that are new stand behind the others in `users_` and `items_`.

        Raises
        ------
        InputError
            If an id or a rating breaks a rule that the message states.
        """
        if not hasattr(self, "users_"):
            fitted: Self = self.fit(X, y)  # type: ignore[attr-defined]
            return fitted
        pairs = checked_pairs(X)
        validate_data(self, pairs, skip_check_array=True, reset=False)
        levels = self._levels_of(y, len(pairs))
        users, every_user = _with_new(self._user_index, self.users_, pairs.iloc[:, 0])
        items, every_item = _with_new(self._item_index, self.items_, pairs.iloc[:, 1])
        kept = last_of_each(users, items)
        new = users[kept], items[kept], levels[kept]
        changed = copy(self)
        changed.users_, changed.items_ = every_user, every_item
        changed._make_room(OF_USERS, len(every_user))
        changed._make_room(OF_ITEMS, len(every_item))
        shape = len(every_user) + 1, len(every_item) + 1
        return self._become(changed, _with_newer(self._ratings(), new, shape))

    def forget(self, users: Hashable | Iterable[Hashable]) -> Self:
        """Remove users: their ids, their ratings, and what was computed from them.

        Afterwards nothing that is computed in closed form depends on their ratings: it
        is computed again from those of the others. What gradient descent has learned
        from everybody together (couplings of the items, biases, the calibration) stays
        and was shaped by them too; only `fit` on the ratings of the others rids it of
        that. Items stay, also those that only these users have rated.

        Parameters
        ----------
        users : id or iterable of ids
            Who to forget.

        Returns
        -------
        self : RBMRecommender
            It knows the remaining users as before.

        Raises
        ------
        UnknownUserError
            If a user has no ratings.
        InputError
            If nobody would remain.
        """
        check_is_fitted(self)
        gone = np.unique(self._rows_of_users(lists.as_ids(users)))
        if len(gone) == len(self.users_):
            raise InputError("users must leave somebody; they are all the users.")
        stay = np.delete(np.arange(len(self.users_) + 1), gone)
        changed = copy(self)
        changed.users_ = np.delete(self.users_, gone)
        for name in OF_USERS:
            setattr(changed, name, getattr(self, name)[stay])
        return self._become(changed, self._ratings().take(stay))

    def _levels_of(self, y: ArrayLike | None, n_pairs: int) -> Ints:
        if (y is not None) != self.is_rated:
            expected = "ratings, as fit did" if self.is_rated else "None, as in fit"
            raise InputError(f"y must be {expected}; got {type(y).__name__}.")
        if y is None:
            return np.zeros(n_pairs, np.int64)
        return nearest_levels(checked_ratings(y, n_pairs), self.classes_)

    def _make_room(self, names: tuple[str, ...], n: int) -> None:
        """Let arrays have n rows and the last, which stands for what is unknown."""
        for name in names:
            old: NDArray[Any] = getattr(self, name)
            new = np.zeros((n + 1 - len(old), old.shape[1]), old.dtype)
            setattr(self, name, np.concatenate([old[:-1], new, old[-1:]]))

    def _become(self, changed: Self, ratings: RatingRows) -> Self:
        """Take over a changed copy once it is whole, so that Ctrl-C changes nothing."""
        changed._assemble_again(ratings)
        self.__dict__ = changed.__dict__
        return self

    def _assemble_again(self, ratings: RatingRows) -> None:
        """Compute what follows from the ratings, the views being what they are."""
        seed = self.decomposition_seed_
        interactions = fit_interactions(ratings, seed)
        if self.is_rated:
            model = assemble(
                ratings, self._views(), self.classes_, self.view, self.noise_, seed
            )._replace(curve=self.curve_)
        else:
            model, _ = without_ratings(ratings.n_rows - 1, ratings.n_columns - 1)
        self._store_closed_form(
            ratings, model, interactions._replace(link=self.interaction_link_)
        )


def _with_newer(
    known: RatingRows, new: tuple[Ints, Ints, Ints], shape: tuple[int, int]
) -> RatingRows:
    """Add rows, columns and levels; they replace what is known of the same pairs."""
    rows, columns, levels = (
        np.concatenate(parts)
        for parts in zip((known.rows, known.columns, known.levels), new, strict=True)
    )
    pairs = pd.Series(rows.astype(np.int64) * shape[1] + columns)
    newest = ~pairs.duplicated(keep="last").to_numpy()
    return to_rows(rows[newest], columns[newest], levels[newest], shape)


def _with_new(
    index: IdIndex, ids: NDArray[Any], wanted: pd.Series
) -> tuple[Ints, NDArray[Any]]:
    """Rows of wanted ids, those that are new behind the others; and all ids."""
    rows = index.rows(wanted)
    is_new = rows < 0
    codes, new = pd.factorize(wanted[is_new].infer_objects())
    rows[is_new] = len(ids) + codes
    return rows, np.concatenate([ids, np.asarray(new)]) if len(new) else ids
