"""RBMRecommender: a rating recommender behind scikit-learn's contract."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from recs_anomaly.core import ordinal
from recs_anomaly.core.rating_rows import Floats
from recs_anomaly.estimators import _rating_fit as fitting
from recs_anomaly.estimators import _rating_table as table
from recs_anomaly.estimators import _recommendations as lists
from recs_anomaly.estimators._rating_state import RatingState
from recs_anomaly.exceptions import InputError

OwnRatings = pd.DataFrame | pd.Series | Mapping[Hashable, float]
ON_UNKNOWN = ("raise", "stranger")


class RBMRecommender(RatingState, RegressorMixin, BaseEstimator):
    """Predict ratings and recommend items with restricted Boltzmann machines.

    Two RBMs look at the same ratings. In the *user view* every user is a row and every
    item a softmax visible unit; in the *item view* it is the other way round. Both are
    trained on leave-one-out conditionals: each rating is predicted from the others of
    its row. The user view gives a first guess; the hidden activity of the item view
    gives a kernel between items, in which what a person's ratings say beyond that
    guess is inferred in closed form. All that is known of a person is inferred from
    the person's ratings, so somebody who was not in the training data and somebody who
    was get the same predictions from the same ratings.

    Parameters
    ----------
    n_hidden : int, default=32
        Number of hidden units of each view.
    view : {"both", "user", "item"}, default="both"
        Which view of the ratings to learn from.
    epochs : int, default=6
        Most passes over the ratings. Training stops earlier when the likelihood of a
        held-out tenth of the training ratings has not improved for three passes.
    learning_rate : float, default=0.015
        First step size of Adam; it falls linearly to zero.
    decay : float, default=1.0
        Weight decay that each rating pays for the couplings it uses.
    statistic : {"mean", "median"}, default="mean"
        What `predict` returns of the predicted distribution: the mean has the least
        squared error, the median the least absolute error.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the validation cut and the order of the rows.
    verbose : int, default=0
        0 is silent, 1 shows progress on a terminal, 2 shows it anywhere.

    Attributes
    ----------
    classes_ : ndarray of shape (n_levels,)
        Rating levels, ascending.
    users_, items_ : ndarray
        Ids as they came, sorted where they can be compared.
    training_history_ : dict
        For each view its loss on the training ratings and on the held-out cut, an
        epoch an entry.
    n_features_in_ : int
        2: user ids and item ids.

    References
    ----------
    .. [1] R. Salakhutdinov, A. Mnih, G. Hinton. Restricted Boltzmann machines for
       collaborative filtering. ICML 2007.
    .. [2] K. Georgiev, P. Nakov. A non-IID framework for collaborative filtering with
       restricted Boltzmann machines. ICML 2013.
    .. [3] G. Hinton, R. Salakhutdinov. Using deep belief nets to learn covariance
       kernels for Gaussian processes. NIPS 2008.

    Examples
    --------
    >>> from recs_anomaly import RBMRecommender
    >>> from recs_anomaly.datasets import load_sample_ratings
    >>> ratings, _ = load_sample_ratings()
    >>> model = RBMRecommender(epochs=1, random_state=0)
    >>> model = model.fit(ratings[["user_id", "item_id"]], ratings["rating"])
    >>> model.recommend(ratings["user_id"].iloc[0], n=3)["rank"].tolist()
    [1, 2, 3]
    """

    def __init__(
        self,
        *,
        n_hidden: int = 32,
        view: str = "both",
        epochs: int = 6,
        learning_rate: float = 0.015,
        decay: float = 1.0,
        statistic: str = "mean",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.n_hidden = n_hidden
        self.view = view
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.decay = decay
        self.statistic = statistic
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: ArrayLike | pd.DataFrame, y: ArrayLike) -> Self:
        """Learn from ratings.

        Parameters
        ----------
        X : array-like of shape (n_ratings, 2)
            User ids and item ids: any hashable ids, returned as they came. A frame
            with the columns user_id and item_id may have others, which are left out.
            Of a repeated pair the last rating counts, with a warning.
        y : array-like of shape (n_ratings,)
            Ratings; each different value is a level of its own, at most 101.

        Returns
        -------
        self : RBMRecommender
            Fitted estimator.

        Raises
        ------
        InputError
            If a parameter, an id or a rating breaks a rule that the message states.
        """
        self._check_parameters()
        pairs = table.checked_pairs(X)
        validate_data(self, pairs, skip_check_array=True)
        ratings = table.RatingTable(pairs, table.checked_ratings(y, len(pairs)))
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        settings = fitting.ViewSettings(
            self.view,
            self.n_hidden,
            self.epochs,
            self.learning_rate,
            self.decay,
            self.verbose,
        )
        learned = fitting.learn(
            ratings.ratings, ratings.levels, settings, np.random.default_rng(seed)
        )
        self._store(ratings, learned.model)
        self.shape_weights_ = learned.shape_weights
        self.interval_ranks_ = learned.interval_ranks
        self.training_history_ = learned.histories
        return self

    def _check_parameters(self) -> None:
        for name, known in (
            ("view", ("both", "user", "item")),
            ("statistic", ("mean", "median")),
        ):
            value = getattr(self, name)
            if value not in known:
                raise InputError(f"{name} must be one of {known}; got {value!r}.")
        for name in ("n_hidden", "epochs"):
            value = getattr(self, name)
            if not isinstance(value, int | np.integer) or value < 1:
                raise InputError(
                    f"{name} must be an integer of at least 1; got {value!r}."
                )
        for name in ("learning_rate", "decay"):
            value = getattr(self, name)
            if not np.isfinite(value) or value < 0:
                raise InputError(
                    f"{name} must be a number of at least 0; got {value!r}."
                )

    def predict(self, X: ArrayLike | pd.DataFrame) -> Floats:
        """Predict the rating of each (user, item) pair.

        An unknown user is predicted as somebody without ratings, an unknown item as
        one that nobody has rated; so is everybody, in the same way, whose ratings are
        few.

        Parameters
        ----------
        X : array-like of shape (n_pairs, 2)
            User ids and item ids.

        Returns
        -------
        ratings : ndarray of shape (n_pairs,)
            Mean or median of the predicted distribution, as `statistic` says.
        """
        if self.statistic == "median":
            return ordinal.median(self.predict_proba(X), self.classes_)
        return self._evidence(X).mean

    def predict_proba(self, X: ArrayLike | pd.DataFrame) -> Floats:
        """Predict the probability of each rating level.

        Parameters
        ----------
        X : array-like of shape (n_pairs, 2)
            User ids and item ids.

        Returns
        -------
        probabilities : ndarray of shape (n_pairs, n_levels)
            One row a pair, one column a level of `classes_`; rows sum to 1.
        """
        return ordinal.distribution(
            self._evidence(X), self.shape_weights_, self.classes_
        )

    def predict_interval(
        self, X: ArrayLike | pd.DataFrame, coverage: float = 0.9
    ) -> Floats:
        """Predict an interval that holds the rating with the given probability.

        The ends are quantiles of the predicted distribution, linear between levels.
        How far from the middle they lie is split-conformal: the share `coverage` of
        the held-out cut of the training ratings fell inside.

        Parameters
        ----------
        X : array-like of shape (n_pairs, 2)
            User ids and item ids.
        coverage : float, default=0.9
            Wanted share of ratings inside, between 0 and 1.

        Returns
        -------
        intervals : ndarray of shape (n_pairs, 2)
            Lower and upper end, within the range of the levels.
        """
        probabilities = self.predict_proba(X)
        half = self._half_width(coverage)
        ranks = np.full(len(probabilities), 0.5)
        ends = [
            ordinal.quantile(probabilities, self.classes_, ranks + side * half)
            for side in (-1.0, 1.0)
        ]
        return np.column_stack(ends)

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
            item_id, score (correlation of how people's weights move the two ratings,
            from -1 to 1) and rank, best first.

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
