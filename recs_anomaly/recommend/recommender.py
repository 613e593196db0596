"""RBMRecommender: a rating recommender behind scikit-learn's contract."""

from collections.abc import Hashable, Iterable, Mapping
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
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
from recs_anomaly.base.parallel import in_threads
from recs_anomaly.base.random import seed_of
from recs_anomaly.base.state import ANY_KIND, ArraySpec, ValueRule
from recs_anomaly.exceptions import InputError, UnknownItemError, UnknownUserError
from recs_anomaly.recommend import answers as lists
from recs_anomaly.recommend import fitting, table
from recs_anomaly.recommend import levels as ordinal
from recs_anomaly.recommend.assembly import USER_SHARE, Views, assemble, without_ratings
from recs_anomaly.recommend.choices import InteractionRBM, fit_interactions
from recs_anomaly.recommend.fitting import Learned, checkpoint_folder
from recs_anomaly.recommend.levels import Evidence
from recs_anomaly.recommend.model import RatingModel, evidence_of_users, fold_in_users
from recs_anomaly.recommend.ranking import (
    RANK_BY,
    Catalogue,
    People,
    Wanted,
    catalogue,
    fold_in_people,
    people_a_block,
    ranked,
)
from recs_anomaly.recommend.rows import Floats, Ints, RatingRows, blocks, to_rows
from recs_anomaly.recommend.table import (
    IdIndex,
    checked_pairs,
    checked_ratings,
    last_of_each,
    nearest_levels,
)
from recs_anomaly.recommend.view_rbm import Encoder

MOST_NAMED = 3
LOOK_UP_TABLES = ("_user_index", "_item_index", "_catalogue")
OwnRatings = pd.DataFrame | pd.Series | Mapping[Hashable, float]
ON_UNKNOWN = ("raise", "stranger")
OF_ITEMS = ("coupling_", "presence_")
OF_USERS = ("item_view_coupling_", "item_view_presence_")


class RatingState:
    """Fitted arrays of RBMRecommender, by name and shape, and how to look things up."""

    _array_schema: ClassVar[dict[str, ArraySpec]] = {
        "classes_": ArraySpec("float64", ("n_levels",)),
        "users_": ArraySpec(ANY_KIND, ("n_users",)),
        "items_": ArraySpec(ANY_KIND, ("n_items",)),
        "user_offsets_": ArraySpec("int64", ("n_users + 2",), offsets_into="n_ratings"),
        "user_items_": ArraySpec("int32 or int64", ("n_ratings",), below="n_items"),
        "user_levels_": ArraySpec("int8 or int64", ("n_ratings",), below="n_levels"),
        "item_weights_": ArraySpec("float64", ("n_items + 1", "n_user_hidden + 1")),
        "item_features_": ArraySpec("float64", ("n_items + 1", "n_features")),
        "item_effects_": ArraySpec("float64", ("n_items + 1",)),
        "item_habits_": ArraySpec("float64", ("n_items + 1", "n_levels")),
        "curve_": ArraySpec("float64", (4,)),
        "shape_weights_": ArraySpec("float64", ("n_shapes",)),
        "interval_ranks_": ArraySpec("float64", ("n_interval_ranks",)),
        "coupling_": ArraySpec("float64", ("n_items + 1", "n_user_hidden")),
        "presence_": ArraySpec("float64", ("n_items + 1", "n_user_hidden")),
        "hidden_bias_": ArraySpec("float64", ("n_user_hidden",)),
        "level_in_": ArraySpec("float64", ("n_levels",)),
        "level_log_frequency_": ArraySpec("float64", ("n_levels",)),
        "item_view_coupling_": ArraySpec("float32", ("n_users + 1", "n_item_hidden")),
        "item_view_presence_": ArraySpec("float32", ("n_users + 1", "n_item_hidden")),
        "item_view_hidden_bias_": ArraySpec("float32", ("n_item_hidden",)),
        "item_view_level_in_": ArraySpec("float32", ("n_levels",)),
        "interaction_weights_": ArraySpec("float32", ("n_items + 1", "n_units")),
        "interaction_hidden_bias_": ArraySpec("float32", ("n_units",)),
        "interaction_scale_": ArraySpec("float32", ("n_items + 1",)),
        "interaction_link_": ArraySpec("float64", (2,)),
    }
    _scalar_schema: ClassVar[dict[str, ValueRule]] = {
        "mean_": float,
        "noise_": float,
        "decomposition_seed_": int,
        "n_features_in_": int,
        "training_history_": dict,
    }

    view: str
    classes_: Floats
    users_: NDArray[Any]
    items_: NDArray[Any]
    user_offsets_: Ints
    user_items_: Ints
    user_levels_: Ints
    item_weights_: Floats
    item_features_: Floats
    item_effects_: Floats
    item_habits_: Floats
    level_log_frequency_: Floats
    curve_: Floats
    shape_weights_: Floats
    interval_ranks_: Floats
    mean_: float
    noise_: float
    interaction_link_: Floats
    decomposition_seed_: int
    training_history_: dict[str, tuple[list[float], list[float]]]

    def _store(self, ratings: table.RatingTable, learned: Learned) -> None:
        """Spread what was learned over attributes, so that files hold plain arrays."""
        self.users_, self.items_ = ratings.users, ratings.items
        self.decomposition_seed_ = learned.seed
        self.shape_weights_ = learned.shape_weights
        self.interval_ranks_ = learned.interval_ranks
        self.training_history_ = learned.histories
        self._store_arrays("item_view", learned.views.item)
        for part in Encoder._fields:
            name = f"item_view_{part}_"
            setattr(self, name, getattr(self, name).astype(np.float32))
        self._store_closed_form(ratings.ratings, learned.model, learned.interactions)

    def _store_closed_form(
        self, ratings: RatingRows, model: RatingModel, interactions: InteractionRBM
    ) -> None:
        """Spread the ratings and what follows from them over attributes."""
        self.user_offsets_ = ratings.offsets
        self.user_items_, self.user_levels_ = ratings.columns, ratings.levels
        self.classes_, self.curve_ = model.levels, model.curve
        self.mean_, self.noise_ = model.mean, model.noise
        self.item_features_ = model.item_features
        self.item_effects_ = model.item_effects
        self.item_habits_ = model.item_habits
        self.item_weights_ = model.item_weights
        self.level_log_frequency_ = model.level_log_frequency
        self._store_arrays("", model.user_view)
        self._store_arrays("interaction", interactions)
        self._user_index, self._item_index = IdIndex(self.users_), IdIndex(self.items_)
        self.__dict__.pop("_catalogue", None)

    def _store_arrays(self, prefix: str, arrays: Encoder | InteractionRBM) -> None:
        for name, value in arrays._asdict().items():
            setattr(self, f"{prefix}_{name}_".lstrip("_"), value)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the look-up tables, which are made again when needed."""
        state: dict[str, Any] = super().__getstate__()  # type: ignore[assignment]
        return {
            name: value for name, value in state.items() if name not in LOOK_UP_TABLES
        }

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

    def _model(self) -> RatingModel:
        return RatingModel(
            user_view=Encoder(*(getattr(self, f"{name}_") for name in Encoder._fields)),
            item_weights=self.item_weights_,
            item_features=self.item_features_,
            item_effects=self.item_effects_,
            item_habits=self.item_habits_,
            level_log_frequency=self.level_log_frequency_,
            levels=self.classes_,
            curve=self.curve_,
            mean=self.mean_,
            noise=self.noise_,
            user_share=USER_SHARE[self.view],
        )

    def _views(self) -> Views:
        user = (getattr(self, f"{name}_") for name in Encoder._fields)
        item = (getattr(self, f"item_view_{name}_") for name in Encoder._fields)
        return Views(
            Encoder(*user),
            Encoder(*(array.astype(np.float64) for array in item)),
            self.level_log_frequency_,
        )

    def _interactions(self) -> InteractionRBM:
        names = (f"interaction_{name}_" for name in InteractionRBM._fields)
        return InteractionRBM(*(getattr(self, name) for name in names))

    @cached_property
    def _catalogue(self) -> Catalogue:
        return catalogue(self._model(), self._interactions())

    def _ratings(self) -> RatingRows:
        return RatingRows(
            self.user_offsets_,
            self.user_items_,
            self.user_levels_,
            len(self.items_) + 1,
        )

    @cached_property
    def _user_index(self) -> IdIndex:
        return IdIndex(self.users_)

    @cached_property
    def _item_index(self) -> IdIndex:
        return IdIndex(self.items_)

    @property
    def is_rated(self) -> bool:
        """Whether it was fitted on ratings, not on choices alone."""
        return self._model().is_rated

    def _check_is_rated(self) -> None:
        check_is_fitted(self)
        if not self.is_rated:
            raise InputError(
                "predicting ratings needs a fit with ratings; this model was fitted "
                "on choices alone, without y."
            )

    def _rows_of_users(
        self, users: list[Hashable], may_be_unknown: bool = False
    ) -> Ints:
        """Rows of users; the empty last row for those who are unknown."""
        if not users:
            raise InputError("users must name at least one user; it is empty.")
        rows = self._user_index.rows(users)
        unknown = np.flatnonzero(rows < 0)
        if len(unknown) and not may_be_unknown:
            raise UnknownUserError(
                f"user {users[unknown[0]]!r} has no ratings in the training data; "
                "recommend_for takes ratings of somebody new."
            )
        rows[unknown] = len(self.users_)
        return rows

    def _columns_of_items(self, items: Iterable[Hashable]) -> Ints:
        wanted = items if isinstance(items, np.ndarray) else list(items)
        if not len(wanted):
            return np.zeros(0, np.int64)
        columns = self._item_index.rows(wanted)
        if (columns < 0).any():
            unknown = [wanted[place] for place in np.flatnonzero(columns < 0)]
            named = ", ".join(map(repr, unknown[:MOST_NAMED]))
            raise UnknownItemError(
                f"{len(unknown)} of {len(wanted)} items have no ratings in the "
                f"training data: {named}{', ...' if len(unknown) > MOST_NAMED else ''}."
            )
        return columns

    def _numbered(self, own_ratings: Any) -> RatingRows:
        """One row of own ratings; the last of a repeated item wins."""
        if self.is_rated:
            items, values = table.own_ratings_columns(own_ratings)
            levels = table.nearest_levels(values, self.classes_)
            columns = self._columns_of_items(items)
        else:
            columns = self._columns_of_items(table.own_choices(own_ratings))
            levels = np.zeros(len(columns), np.int64)
        order = np.argsort(columns, kind="stable")
        columns, levels = columns[order], levels[order]
        is_last = np.append(columns[1:] != columns[:-1], True)[: len(columns)]
        columns, levels = columns[is_last], levels[is_last]
        offsets = np.array([0, len(columns)])
        return RatingRows(offsets, columns, levels, len(self.items_) + 1)

    def _evidence(self, X: ArrayLike | pd.DataFrame) -> Evidence:
        """Evidence on (user, item) pairs; unknown ids are the empty row and column."""
        self._check_is_rated()
        pairs = table.checked_pairs(X)
        validate_data(self, pairs, skip_check_array=True, reset=False)
        rows = self._user_index.rows(pairs.iloc[:, 0])
        columns = self._item_index.rows(pairs.iloc[:, 1])
        users = np.where(rows < 0, len(self.users_), rows)
        items = np.where(columns < 0, len(self.items_), columns)
        order = np.argsort(users, kind="stable")
        model = self._model()
        people = fold_in_users(model, self._ratings(), np.unique(users))
        known = evidence_of_users(model, people, users[order], items[order])
        place = np.argsort(order, kind="stable")
        return Evidence(known.mean[place], known.shapes[place], known.base)

    def _half_width(self, coverage: float) -> float:
        if not 0 < coverage < 1:
            raise InputError(f"coverage must lie between 0 and 1; got {coverage!r}.")
        shares = np.linspace(0.0, 1.0, len(self.interval_ranks_))
        return float(np.interp(coverage, shares, self.interval_ranks_))


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


class RBMRecommender(RatingUpdates, RegressorMixin, CallbackSupport, BaseEstimator):
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
        checkpoint: str | Path | None = None,
    ) -> Self:
        """Learn from ratings, or from choices alone.

        Ctrl-C ends the training of a view with the best of its epochs so far, and the
        rest of `fit` goes on; before the first epoch has ended it ends `fit`.

        Parameters
        ----------
        X : array-like of shape (n_ratings, 2)
            User ids and item ids: any hashable ids, returned as they came. A frame
            with the columns user_id and item_id may have others, which are left out.
            Of a repeated pair the last rating counts, with a warning.
        y : array-like of shape (n_ratings,) or None, default=None
            Ratings; each different value is a level of its own, at most 101. None
            says that X lists who chose what (clicks, plays): then the model recommends
            by choices alone and predicts no ratings.
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
        pairs = table.checked_pairs(X, at_least=2)
        validate_data(self, pairs, skip_check_array=True)
        values = None if y is None else table.checked_ratings(y, len(pairs))
        ratings = table.RatingTable(pairs, values)
        del pairs, values  # they may be copies, eight bytes a number
        rng = np.random.default_rng(seed_of(self.random_state))
        if y is None:
            learned = fitting.learn_choices(ratings.ratings, self.verbose, rng)
            self._store(ratings, learned)
            return self
        settings = fitting.ViewSettings(
            self.view,
            self.n_hidden,
            self.epochs,
            self.learning_rate,
            self.decay,
            self.verbose,
            checkpoint_folder(checkpoint, self.random_state),
        )
        learned = fitting.learn(ratings.ratings, ratings.levels, settings, rng)
        self._store(ratings, learned)
        return self

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        # Opinions are noisy: the best model explains a third of their variance.
        tags.regressor_tags.poor_score = True
        return tags

    def _check_parameters(self) -> None:
        for name, known in (
            ("view", ("both", "user", "item")),
            ("statistic", ("mean", "median")),
        ):
            check_choice(name, getattr(self, name), known)
        for name in ("n_hidden", "epochs"):
            check_integer(name, getattr(self, name), 1)
        for name in ("learning_rate", "decay"):
            check_number(name, getattr(self, name), 0.0, np.inf)
        check_verbose(self.verbose)

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
        return build_rating_network(self._model())

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
