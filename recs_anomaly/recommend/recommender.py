"""RBMRecommender: a rating recommender behind scikit-learn's contract."""

from collections.abc import Hashable, Iterable, Mapping
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from recs_anomaly.base.callbacks import CallbackSupport, as_one_task
from recs_anomaly.base.checks import (
    check_choice,
    check_integer,
    check_number,
    check_verbose,
)
from recs_anomaly.base.documentation import DocumentationLink
from recs_anomaly.base.frames import as_frame, like
from recs_anomaly.base.parallel import one_blas_thread
from recs_anomaly.base.random import seed_of
from recs_anomaly.base.state import Held, ValueRule
from recs_anomaly.core.arrays import Floats, Ints
from recs_anomaly.exceptions import InputError
from recs_anomaly.recommend import fitting, levels
from recs_anomaly.recommend.answers import (
    LISTED,
    LISTED_FOR_USERS,
    FoldedUsers,
    Known,
    as_ids,
    best_first,
    checked_count,
    framed,
    with_users,
)
from recs_anomaly.recommend.assembly import USER_SHARE, Views, assemble_again
from recs_anomaly.recommend.choices import InteractionRBM, fit_interactions
from recs_anomaly.recommend.levels import Calibration
from recs_anomaly.recommend.model import RatingModel
from recs_anomaly.recommend.occasions import fitted_occasions
from recs_anomaly.recommend.priors import (
    item_priors,
    with_people,
    with_prior_choices,
)
from recs_anomaly.recommend.ranking import Audience, fold_in_audience
from recs_anomaly.recommend.reasons import (
    effects,
    similarities,
    strongest,
)
from recs_anomaly.recommend.rows import RatingRows, with_newer
from recs_anomaly.recommend.side import FeatureTables, Side, SideInformation
from recs_anomaly.recommend.side_fitting import feature_tables
from recs_anomaly.recommend.table import (
    ID_COLUMNS,
    Ids,
    OwnRatings,
    checked_pairs,
    checked_ratings,
    last_of_each,
    nearest_levels,
    own_rows,
    rating_table,
    tell_moved,
)
from recs_anomaly.recommend.view_rbm import ItemView, with_room

VIEWS = ("both", "user", "item")
STATISTICS = ("mean", "median")
ON_UNKNOWN = ("raise", "stranger")


class RBMRecommender(RegressorMixin, DocumentationLink, CallbackSupport, BaseEstimator):
    """Predict ratings and recommend items with restricted Boltzmann machines.

    Two RBMs look at the same ratings. In the *user view* every user is a row and every
    item a softmax visible unit; in the *item view* it is the other way round. Both are
    trained on leave-one-out conditionals: each rating is predicted from the others of
    its row. The user view gives a first guess; the hidden activity of the item view
    gives a kernel between items, in which what a person's ratings say beyond that
    guess is inferred in closed form. All that is known of a person is inferred from
    the person's ratings, so somebody who was not in the training data and somebody who
    was get the same predictions from the same ratings.

    What people rate is another question than what they choose. A third RBM, with linear
    units and in closed form [4]_, learns who chooses what, from ratings or from choices
    alone; `recommend` ranks by both.

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
        Seed of the initial weights, the validation split and the order of the rows.
    verbose : int, default=0
        0 is silent, 1 shows progress on a terminal, 2 shows it anywhere.

    Attributes
    ----------
    classes_ : ndarray of shape (n_levels,)
        Rating levels, ascending.
    users_, items_ : ndarray
        Ids as they came, sorted where they can be compared.
    training_history_ : dict
        For each view its loss on the training ratings and on the validation split, an
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
    .. [4] R. Karakida, M. Okada, S. Amari. Dynamical analysis of contrastive divergence
       learning: restricted Boltzmann machines with Gaussian visible units. Neural
       Networks 79, 2016.

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

    _scalar_schema: ClassVar[dict[str, ValueRule]] = {
        "decomposition_seed_": int,
        "n_features_in_": int,
        "training_history_": dict,
    }
    ids_ = Held(Ids)
    ratings_ = Held(
        RatingRows,
        names={
            "offsets": "user_offsets_",
            "columns": "user_items_",
            "levels": "user_levels_",
            "often": "user_often_",
            "when": "user_when_",
        },
        derived={"n_columns": lambda self: len(self.items_) + 1},
    )
    _optional_scalars: ClassVar[frozenset[str]] = frozenset({"side_columns_"})
    model_ = Held(
        RatingModel,
        names={"levels": "classes_"},
        derived={"user_share": lambda self: USER_SHARE.get(self.view, 0.0)},
    )
    item_view_ = Held(ItemView, prefix="item_view_")
    interactions_ = Held(InteractionRBM, prefix="interaction_")
    calibration_ = Held(Calibration)
    side_ = Held(Side, names={"given": "side_"})

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

    @as_one_task
    def fit(
        self,
        X: ArrayLike | pd.DataFrame,
        y: ArrayLike | None = None,
        *,
        sample_weight: ArrayLike | None = None,
        item_features: pd.DataFrame | None = None,
        user_features: pd.DataFrame | None = None,
        checkpoint: str | Path | None = None,
    ) -> Self:
        """Learn from ratings, or from choices alone.

        Ctrl-C ends the training of a view with the best of its epochs so far, and the
        rest of `fit` goes on; before the first epoch has ended it ends `fit`.

        Parameters
        ----------
        X : array-like of shape (n_ratings, 2)
            User ids and item ids: any hashable ids, returned as they came. A frame
            (pandas, Polars, Arrow) with the columns user_id and item_id may have
            others, which are left out, but for timestamp (numbers or dates): by it,
            the last rating of a repeated pair counts, with a warning, and lists ask
            what somebody chooses next. How much newer choices say more, and items that
            are chosen lately come before others, is found on the newest fifth.
        y : array-like of shape (n_ratings,) or None, default=None
            Ratings; each different value is a level of its own, at most 101. None
            says that X lists who chose what (clicks, plays): then the model recommends
            by choices alone and predicts no ratings. A level that hardly anybody gave,
            farther from the others than these from each other, is left out, with a
            warning.
        sample_weight : array-like of shape (n_ratings,) or None, default=None
            How often each choice was made, plays or minutes for instance, in whatever
            unit: it tells who chooses what. Who plays a song a thousand times does not
            like it a thousand times as much: from where on more says hardly more is
            found on choices held out. Those of repeated pairs are added up; what was
            made 0 times is left out. None, or all the same, says nothing.
        item_features : DataFrame or None, default=None
            What is known of items beside ratings, indexed by their ids, or with a
            column item_id: numbers, dates, categories, lists of words (or one text with
            ``|`` between) and free texts, in columns of any names. What was found of
            items is what others with features like theirs are expected to be, the less
            the more they were rated. Items that nobody has rated are known by their
            features alone. Missing and unknown values say nothing.
        user_features : DataFrame or None, default=None
            Likewise what is known of users, indexed by their ids, or with a column
            user_id. Users without ratings are known by their features alone.
        checkpoint : str, Path or None, default=None
            Folder for what a training needs to go on after it was stopped or killed,
            written after each epoch. The next `fit` with the same ratings and
            parameters begins where it says, and gives the model, to the bit, that the
            first would have given; with others it refuses. A training that reaches its
            end removes what it wrote. Needs an integer for `random_state`.

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
        known = feature_tables(item_features, user_features)
        return self._fitted(X, y, checkpoint, None, known, sample_weight)

    def _fitted(
        self,
        X: ArrayLike | pd.DataFrame,
        y: ArrayLike | None,
        checkpoint: str | Path | None,
        classes: Floats | None,
        known: FeatureTables | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        X = as_frame(X)
        pairs = checked_pairs(X, at_least=2)
        validate_data(self, pairs, skip_check_array=True)
        values = None if y is None else checked_ratings(y, len(pairs))
        others = known.ids if known else (None, None)
        occasions = fitted_occasions(X, sample_weight, len(pairs))
        table = rating_table(pairs, values, occasions, classes, others)
        side = known and known.numbers(table.ids.users, table.ids.items)
        of_items = side and side.of_items
        del pairs, values, occasions  # they may be copies, eight bytes a number
        rng = np.random.default_rng(seed_of(self.random_state))
        if y is None:
            learned = fitting.learn_choices(table.rows, self.verbose, rng, of_items)
        else:
            settings = fitting.ViewSettings(
                self.view,
                self.n_hidden,
                self.epochs,
                self.learning_rate,
                self.decay,
                self.verbose,
                fitting.checkpoint_folder(checkpoint, self.random_state),
            )
            learned = fitting.learn(table.rows, table.levels, settings, rng, of_items)
        self.item_view_, self.calibration_ = learned.item_view, learned.calibration
        self.decomposition_seed_ = learned.seed
        self.training_history_ = learned.histories
        if side:
            side = with_people(side, table.rows, learned.model, learned.interactions)
        self._hold(table.ids, table.rows, learned.model, learned.interactions, side)
        return self

    def partial_fit(
        self,
        X: ArrayLike | pd.DataFrame,
        y: ArrayLike | None = None,
        classes: ArrayLike | None = None,
        *,
        sample_weight: ArrayLike | None = None,
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
            Ratings; between two levels of `classes_` they count as the nearest, with a
            warning. None after a fit without ratings.
        classes : array-like of shape (n_levels,) or None, default=None
            All levels that there will be, for a first batch that may lack some. Later
            it is not needed, and must name no others.
        sample_weight : array-like of shape (n_ratings,) or None, default=None
            As in `fit`; a model that was fitted without it leaves it out, as one that
            was fitted without timestamps does with these.

        Returns
        -------
        self : RBMRecommender
            Ids that are new stand behind the others in `users_` and `items_`.

        Raises
        ------
        InputError
            If an id or a rating breaks a rule that the message states.
        """
        named = None if classes is None else checked_ratings(classes, None)
        if not hasattr(self, "users_"):
            if named is None:
                return self.fit(X, y, sample_weight=sample_weight)
            self._check_parameters()
            return self._fitted(X, y, None, named, None, sample_weight)
        if named is not None and not np.isin(named, self.classes_).all():
            raise InputError(
                f"classes must be those of the first batch, {self.classes_.tolist()}; "
                f"got {named.tolist()}."
            )
        X = as_frame(X)
        pairs = self._named_pairs(X)
        new_levels = self._levels_of(y, len(pairs))
        ids, users, items = self._known.lookup.with_new(pairs)
        occasions = fitted_occasions(X, sample_weight, len(pairs))
        if (made := occasions.are_made) is not None:
            users, items, new_levels = users[made], items[made], new_levels[made]
            occasions = occasions.at(made)
        kept, occasions = last_of_each(users, items, occasions)
        new = users[kept], items[kept], new_levels[kept], *occasions
        changed = copy(self)
        changed.item_view_ = with_room(self.item_view_, len(ids.users))
        user_view = with_room(self.model_.user_view, len(ids.items))
        changed.model_ = self.model_._replace(user_view=user_view)
        changed.side_ = self._side.with_room(*ids.shape)
        return self._become(changed, ids, with_newer(self.ratings_, new, ids.shape))

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
        gone = np.unique(self._known.lookup.rows_of(as_ids(users)))
        if len(gone) == len(self.users_):
            raise InputError("users must leave somebody; they are all the users.")
        stay = np.delete(np.arange(len(self.users_) + 1), gone)
        changed = copy(self)
        changed.item_view_ = self.item_view_.at(stay)
        changed.side_ = self._side.at_users(stay)
        ids = Ids(np.delete(self.users_, gone), self.items_)
        return self._become(changed, ids, self.ratings_.take(stay))

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
            return levels.median(self.predict_proba(X), self.classes_)
        return self._known.means(*self._numbers_of(X))

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
        return self._known.probabilities(*self._numbers_of(X))

    def predict_interval(
        self, X: ArrayLike | pd.DataFrame, coverage: float = 0.9
    ) -> Floats:
        """Predict an interval that holds the rating with the given probability.

        The ends are quantiles of the predicted distribution, linear between levels.
        How far from the middle they lie is split-conformal: the share `coverage` of
        the validation split of the training ratings fell inside.

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
        half_width = self.calibration_.half_width(coverage)
        return self._known.intervals(*self._numbers_of(X), half_width)

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
        items : id, iterable of ids or None, default=None
            Choose among these items only; None means all. Those that nobody has rated
            are left out, with a warning.
        exclude : id, iterable of ids or None, default=None
            Leave these items out, whether anybody has rated them or not.
        on_unknown : {"raise", "stranger"}, default="raise"
            Whether a user without ratings is an error or gets a new user's list.
        rank_by : {"both", "watch", "like"}, default="both"
            "watch" ranks by the log odds that the user chooses the item, "like" by the
            rating expected if so; "both" by the log odds plus 0.5 for each standard
            deviation of the ratings that the expected one is above their mean; and what
            the user would like with a probability p below 0.2 loses 10 log(0.2 / p). A
            model of choices alone knows only the first.
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
            ones the first in `items_` leads), rating_mean,
            rating_std, p_like (probability of a rating in the upper quarter of the
            scale). The last three are missing (NaN) where the model was fitted without
            ratings.

        Raises
        ------
        UnknownUserError
            If a user has no ratings and `on_unknown` is "raise".
        UnknownItemError
            If nobody has rated any of `items`.
        InputError
            If another argument breaks a rule that the message states.

        References
        ----------
        .. [1] J. Carbonell, J. Goldstein. The use of MMR, diversity-based reranking for
           reordering documents and producing summaries. SIGIR 1998.
        """
        check_is_fitted(self)
        check_choice("on_unknown", on_unknown, ON_UNKNOWN)
        wanted = self._known.wanted(
            n,
            rank_by=rank_by,
            items=items,
            exclude=exclude,
            exclude_seen=exclude_seen,
            novelty=novelty,
            diversity=diversity,
        )
        asked = as_ids(as_frame(users))
        rows = self._known.lookup.rows_of(asked, on_unknown == "stranger")
        found = self._known.lists(rows, wanted)
        columns = with_users(self._known.columns(found), asked, found.people)
        return like(users, framed(LISTED_FOR_USERS, columns))

    def recommend_for(  # noqa: PLR0913 - each changes a list in a way of its own
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
        user_features: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Recommend to somebody by their ratings, seen in `fit` or not.

        Parameters
        ----------
        own_ratings : DataFrame, Series, mapping or iterable of ids
            Columns item_id and rating, or item ids mapped to ratings. A rating between
            two levels counts as the nearest level; an item that nobody has rated does
            not count, with a warning. A model of choices alone takes the ids
            of the items chosen, or any of the others, and ignores ratings.
        n : int, default=10
            Most items.
        exclude_seen : bool, default=True
            Leave out the items rated.
        items : id, iterable of ids or None, default=None
            Choose among these items only; None means all. Those that nobody has rated
            are left out, with a warning.
        exclude : id, iterable of ids or None, default=None
            Leave these items out, whether anybody has rated them or not.
        rank_by : {"both", "watch", "like"}, default="both"
            As in `recommend`.
        novelty : float, default=0.0
            As in `recommend`.
        diversity : float, default=0.0
            As in `recommend`.
        user_features : mapping or None, default=None
            What is known of the person, by the names of the columns of `fit`'s
            `user_features`. Then there need be no ratings.

        Returns
        -------
        recommendations : DataFrame
            As `recommend`, without user_id.

        Raises
        ------
        UnknownItemError
            If none of the items was rated in the training data.
        InputError
            If a rating is outside the range of the levels.
        """
        check_is_fitted(self)
        wanted = self._known.wanted(
            n,
            rank_by=rank_by,
            items=items,
            exclude=exclude,
            exclude_seen=exclude_seen,
            novelty=novelty,
            diversity=diversity,
        )
        person = self._audience_of(own_ratings, user_features)
        found = self._known.listed(person, wanted)
        return like(own_ratings, framed(LISTED, self._known.columns(found)))

    def fold_in(
        self, users: Hashable | Iterable[Hashable], *, on_unknown: str = "raise"
    ) -> FoldedUsers:
        """Fold users in once, to ask for several answers about them.

        Parameters
        ----------
        users : id or iterable of ids
            Who to ask about.
        on_unknown : {"raise", "stranger"}, default="raise"
            Whether a user without ratings is an error or somebody new.

        Returns
        -------
        folded : FoldedUsers
            ``folded.predictions(X)`` holds what `predict`, `predict_proba` and
            `predict_interval` say of pairs of these users, ``folded.recommend(n)`` what
            `recommend` lists for them.

        Raises
        ------
        UnknownUserError
            If a user has no ratings and `on_unknown` is "raise".
        """
        check_is_fitted(self)
        check_choice("on_unknown", on_unknown, ON_UNKNOWN)
        asked = as_ids(users)
        rows = self._known.lookup.rows_of(asked, on_unknown == "stranger")
        return self._known.fold_in(asked, rows)

    def fold_in_own(
        self,
        own_ratings: OwnRatings,
        *,
        user_features: Mapping[str, Any] | None = None,
    ) -> FoldedUsers:
        """Fold somebody in by their ratings, to ask for several answers about them.

        Parameters
        ----------
        own_ratings : DataFrame, Series, mapping or iterable of ids
            As in `recommend_for`.
        user_features : mapping or None, default=None
            As in `recommend_for`.

        Returns
        -------
        folded : FoldedUsers
            Of one user, whose id is None: ``folded.recommend(n)`` lists for this
            person, and ``folded.predictions(X)`` predicts their ratings of the items of
            `X`, whose users may have any id that no user of the training data has.

        Raises
        ------
        UnknownItemError
            If none of the items was rated in the training data.
        InputError
            If a rating is outside the range of the levels.
        """
        check_is_fitted(self)
        person = self._audience_of(own_ratings, user_features)
        nobody = np.array([len(self.ids_.users)])
        return FoldedUsers(self._known, [None], nobody, [person])

    def with_only_user(self, user_id: Hashable, own_ratings: OwnRatings) -> Self:
        """Copy the model with somebody new as its one and only user.

        All that the model knows of users are their ratings. So the copy predicts,
        recommends and explains to a new user what it would to a user of the training
        data with the same ratings.

        Parameters
        ----------
        user_id : id
            What to call the new user.
        own_ratings : DataFrame, Series or mapping
            As in `recommend_for`.

        Returns
        -------
        copy : RBMRecommender
            It shares all arrays but the users' with this model, which does not change.

        Raises
        ------
        UnknownItemError
            If none of the items was rated in the training data.
        InputError
            If a rating is outside the range of the levels.
        """
        check_is_fitted(self)
        own = self._own_rows(own_ratings)
        users = np.empty(1, object)
        users[0] = user_id
        alone = copy(self)
        alone.item_view_ = self.item_view_.at(np.array([-1, -1]))
        side = self._side.at_users(np.array([-1, -1]))
        # Behind the one user stands somebody without ratings.
        rows = own._replace(offsets=np.append(own.offsets, len(own.columns)))
        ids = Ids(users, self.items_)
        alone._hold(ids, rows, self.model_, self.interactions_, side.given)
        alone._known.scoring = self._known.scoring
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
        item = self._known.lookup.columns_of([item_id])[0]
        score = similarities(self._known.scoring, item)[: len(self.items_)]
        best = best_first(score, checked_count(n), np.array([item]))
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
            would fall if the user had not given that rating, to four digits or more.
            That is a change in log odds, or in stars by "like". Largest effect, up or
            down, first. The rating is missing (NaN) in a model of choices alone.

        Raises
        ------
        UnknownUserError, UnknownItemError
            If the user or the item has no ratings.
        InputError
            If another argument breaks a rule that the message states.
        """
        own, _, effect = self._effects(user_id, [item_id], rank_by)
        found = effect[:, 0]
        order = np.argsort(-np.abs(found), kind="stable")[: checked_count(n)]
        return pd.DataFrame(
            {
                "item_id": self.items_[own.columns[order]],
                "rating": self._known.stars(own.levels[order]),
                "effect": found[order],
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
        own, targets, found = self._effects(user_id, item_ids, rank_by)
        best, effect = strongest(found)
        speaks = effect > 0.0
        best = best[speaks]
        return pd.DataFrame(
            {
                "item_id": self.items_[targets[speaks]],
                "because_id": self.items_[own.columns[best]],
                "rating": self._known.stars(own.levels[best]),
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
        own = self._ratings_of(user_id)
        order = np.argsort(-own.levels, kind="stable")
        return pd.DataFrame(
            {
                "item_id": self.items_[own.columns[order]],
                "rating": self._known.stars(own.levels[order]),
            }
        )

    def to_keras(self) -> Any:
        """Make a Keras model that predicts the ratings of all items.

        It folds people in as `recommend_for` does, and knows nobody by name. A person
        takes a number for each item and feature of the item view, up to 130 an item:
        ask for few people at a time.

        Returns
        -------
        model : keras.Model
            From ratings (n_people, n_items), items in the order of `items_` and NaN
            where somebody has not rated one, to expected ratings of that shape.

        Raises
        ------
        InputError
            If the model was fitted on choices alone, which say nothing of ratings.
        """
        from recs_anomaly.recommend.keras_model import build_rating_network

        self._check_is_rated()
        return build_rating_network(self.model_)

    @property
    def is_rated(self) -> bool:
        """Whether it was fitted on ratings, not on choices alone."""
        return self.model_.is_rated

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        # Opinions are noisy: the best model explains a third of their variance.
        tags.regressor_tags.poor_score = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the look-up tables, which are made again when needed."""
        state: dict[str, Any] = {**super().__getstate__()}
        state.pop("_known", None)
        return state

    def _model_card(self) -> dict[str, Any]:
        """Tell readers of a model file about the training."""
        return {
            "n_users": len(self.users_),
            "n_items": len(self.items_),
            "n_ratings": len(self.user_items_),
            "lowest_rating": float(self.classes_[0]),
            "highest_rating": float(self.classes_[-1]),
            "validation_loss": {
                view: min(validation)
                for view, (_, validation) in self.training_history_.items()
                if validation
            },
        }

    def _check_parameters(self) -> None:
        check_choice("view", self.view, VIEWS)
        check_choice("statistic", self.statistic, STATISTICS)
        for name in ("n_hidden", "epochs"):
            check_integer(name, getattr(self, name), 1)
        for name in ("learning_rate", "decay"):
            check_number(name, getattr(self, name), 0.0, np.inf)
        check_verbose(self.verbose)

    def _check_is_rated(self) -> None:
        check_is_fitted(self)
        if not self.is_rated:
            raise InputError(
                "predicting ratings needs a fit with ratings; this model was fitted "
                "on choices alone, without y."
            )

    @cached_property
    def _known(self) -> Known:
        check_is_fitted(self)
        return Known(
            self.ids_,
            self.ratings_,
            self.model_,
            self.interactions_,
            self.calibration_,
            self._side.given,
        )

    @property
    def _side(self) -> Side:
        """What is known beside ratings; models of earlier versions know nothing."""
        held: Side | None = vars(self).get("side_")
        return held or Side(None)

    def _hold(
        self,
        ids: Ids,
        ratings: RatingRows,
        model: RatingModel,
        interactions: InteractionRBM,
        side: SideInformation | None,
    ) -> None:
        """Take over ratings and all that follows from them in closed form."""
        self.ids_, self.ratings_ = ids, ratings
        self.model_, self.interactions_ = model, interactions
        self.side_ = Side(side)
        self._known = Known(ids, ratings, model, interactions, self.calibration_, side)

    def _become(self, changed: Self, ids: Ids, ratings: RatingRows) -> Self:
        """Take over a changed copy once it is whole, so that Ctrl-C changes nothing."""
        link = self.interactions_.link
        side = changed._side.given
        priors = item_priors(side and side.of_items, ratings)
        emphasis = self.interactions_.emphasis
        interactions = fit_interactions(ratings, emphasis)._replace(link=link)
        interactions = with_prior_choices(interactions, priors)
        views = changed._views()
        model = assemble_again(ratings, views, self.model_, self.view, priors)
        side = side and with_people(side, ratings, model, interactions)
        changed._hold(ids, ratings, model, interactions, side)
        self.__dict__ = changed.__dict__
        return self

    def _views(self) -> Views:
        model = self.model_
        return Views(
            model.user_view, self.item_view_.encoder, model.level_log_frequency
        )

    def _levels_of(self, y: ArrayLike | None, n_pairs: int) -> Ints:
        if (y is not None) != self.is_rated:
            expected = "ratings, as fit did" if self.is_rated else "None, as in fit"
            raise InputError(f"y must be {expected}; got {type(y).__name__}.")
        if y is None:
            return np.zeros(n_pairs, np.int64)
        values = checked_ratings(y, n_pairs)
        places = nearest_levels(values, self.classes_)
        tell_moved(values, self.classes_, places)
        return places

    def _numbers_of(self, X: ArrayLike | pd.DataFrame) -> tuple[Ints, Ints]:
        """Rows and columns of pairs; unknown ids are the empty ones."""
        self._check_is_rated()
        return self._known.lookup.numbers_of(self._named_pairs(X))

    def _named_pairs(self, X: ArrayLike | pd.DataFrame) -> pd.DataFrame:
        """Pairs whose columns are called as in `fit`, or user_id and item_id."""
        pairs = checked_pairs(X)
        if list(pairs.columns) != ID_COLUMNS:
            validate_data(self, pairs, skip_check_array=True, reset=False)
        return pairs

    def _audience_of(
        self, own_ratings: OwnRatings, user_features: Mapping[str, Any] | None
    ) -> Audience:
        """Fold in one person, by their ratings and by what is known of them."""
        own = self._own_rows(own_ratings)
        priors = self._side.priors_of_person(user_features)
        with one_blas_thread():
            return fold_in_audience(self._known.scoring, own, priors)

    def _own_rows(self, own_ratings: Any) -> RatingRows:
        return own_rows(own_ratings, self._known.lookup, self.classes_)

    def _ratings_of(self, user_id: Hashable) -> RatingRows:
        return self.ratings_.take(self._known.lookup.rows_of([user_id]))

    def _effects(
        self, user_id: Hashable, item_ids: Iterable[Hashable], rank_by: str
    ) -> tuple[RatingRows, Ints, Floats]:
        """Ratings of a user but for those of some items, these, and their effects."""
        check_is_fitted(self)
        self._known.check_rank_by(rank_by)
        row = self._known.lookup.rows_of([user_id])
        targets = self._known.lookup.columns_of(item_ids)
        rated = self.ratings_.take(row)
        own = rated.where(~np.isin(rated.columns, targets))
        known, priors = self._known.scoring, self._known.priors(row)
        return own, targets, effects(known, own, targets, rank_by, priors=priors)
