"""What a fitted recommender holds: arrays, and the ids that their rows stand for."""

from collections.abc import Hashable, Iterable
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted, validate_data

from recs_anomaly.core.interaction_rbm import InteractionRBM
from recs_anomaly.core.ordinal import Evidence
from recs_anomaly.core.rating_model import RatingModel
from recs_anomaly.core.rating_rbm import Encoder
from recs_anomaly.core.rating_rows import Floats, Ints, RatingRows
from recs_anomaly.estimators import _rating_table as table
from recs_anomaly.estimators._ids import IdIndex
from recs_anomaly.estimators._ranking import Catalogue, catalogue
from recs_anomaly.estimators._rating_assembly import USER_SHARE, Views
from recs_anomaly.estimators._rating_fit import Learned
from recs_anomaly.estimators._rating_people import evidence_of_users, fold_in_users
from recs_anomaly.estimators._state import ANY_KIND, ArraySpec, ValueRule
from recs_anomaly.exceptions import InputError, UnknownItemError, UnknownUserError

MOST_NAMED = 3
LOOK_UP_TABLES = ("_user_index", "_item_index", "_catalogue")


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
