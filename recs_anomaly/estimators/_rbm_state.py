"""What a fitted RBM holds, and how rows of X become visible units and back."""

from typing import Any, ClassVar, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted, validate_data

from recs_anomaly.core import rbm as core
from recs_anomaly.core.rbm_units import (
    Array,
    BernoulliUnits,
    GaussianUnits,
    SoftmaxUnits,
    VisibleUnits,
)
from recs_anomaly.estimators._state import ArraySpec, ValueRule, typical_range
from recs_anomaly.exceptions import InputError

MOST_LEVELS = 101
# An array or a sparse matrix, of which scipy publishes no types.
Visible: TypeAlias = Any
_FLOAT = "float32 or float64"


class RBMState:
    """Fitted arrays of RBM, by name and shape, and the machine that they make up."""

    _array_schema: ClassVar[dict[str, ArraySpec]] = {
        "components_": ArraySpec(_FLOAT, ("n_hidden", "n_visible")),
        "intercept_hidden_": ArraySpec(_FLOAT, ("n_hidden",)),
        "intercept_visible_": ArraySpec(_FLOAT, ("n_visible",)),
        "h_samples_": ArraySpec("float32", ("n_kept_chains", "n_hidden")),
        "visible_mean_": ArraySpec("float64", ("n_visible",)),
        "visible_scale_": ArraySpec("float64", ("n_visible",)),
        "variance_": ArraySpec("float64", ("n_visible",), is_optional=True),
        "levels_": ArraySpec("float64", ("n_levels",), is_optional=True),
    }
    _scalar_schema: ClassVar[dict[str, ValueRule]] = {
        "n_features_in_": int,
        "n_iter_": int,
        "n_fits_": int,
        "seed_": int,
        "loss_curve_": list,
    }

    visible: str
    components_: Array
    intercept_hidden_: Array
    intercept_visible_: Array
    h_samples_: Array
    visible_mean_: NDArray[np.float64]
    visible_scale_: NDArray[np.float64]
    variance_: NDArray[np.float64]
    levels_: NDArray[np.float64]
    loss_curve_: list[float]
    n_iter_: int
    n_features_in_: int

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the generator of `gibbs`, which is made again when needed."""
        state: dict[str, Any] = super().__getstate__()  # type: ignore[assignment]
        return {name: value for name, value in state.items() if name != "_gibbs_rng"}

    def _model_card(self) -> dict[str, Any]:
        """Tell readers of a model file about the training."""
        return {
            "visible": self.visible,
            "n_hidden": len(self.intercept_hidden_),
            "n_visible": len(self.intercept_visible_),
            "typical_range": typical_range(self.visible_mean_, self.visible_scale_),
            "n_iter": self.n_iter_,
            "loss": self.loss_curve_[-1] if self.loss_curve_ else None,
        }

    @property
    def _n_features_out(self) -> int:
        return len(self.intercept_hidden_)

    def _machine(self, kind: type[np.floating[Any]] | None = None) -> core.RBM:
        """Parameters in the precision of the rows of `fit`, or in another."""
        check_is_fitted(self)
        kind = kind or self.components_.dtype.type
        return core.RBM(
            self.components_.T.astype(kind, copy=False),
            self.intercept_visible_.astype(kind, copy=False),
            self.intercept_hidden_.astype(kind, copy=False),
            self._units(),
        )

    def _units(self) -> VisibleUnits:
        if self.visible == "gaussian":
            return GaussianUnits(self.variance_)
        if self.visible == "softmax":
            return SoftmaxUnits(len(self.levels_))
        return BernoulliUnits()

    def _store_machine(self, machine: core.RBM, kind: type[np.floating[Any]]) -> None:
        """Spread a machine over attributes, so that files hold plain arrays."""
        # scikit-learn's layout: a row a hidden unit, contiguous along the hidden units.
        self.components_ = machine.weights.astype(kind, order="C").T
        self.intercept_visible_ = machine.visible_bias.astype(kind)
        self.intercept_hidden_ = machine.hidden_bias.astype(kind)
        if isinstance(machine.units, GaussianUnits):
            self.variance_ = machine.units.variance.astype(np.float64)

    def _checked(self, X: ArrayLike, *, reset: bool) -> Visible:
        """Rows as scikit-learn checks them; NaN is missing, if X is not sparse."""
        if not reset:
            check_is_fitted(self)
        rows = validate_data(
            self,
            X,
            reset=reset,
            accept_sparse="csr" if self.visible == "bernoulli" else False,
            dtype=(np.float64, np.float32),
            ensure_all_finite="allow-nan",
        )
        if scipy.sparse.issparse(rows) and np.isnan(rows.data).any():
            raise InputError(
                "X must hold no NaN where it is sparse: what is not stored is 0, "
                "and what is missing is known only of dense rows."
            )
        return rows

    def _learn_levels(self, rows: Array) -> None:
        levels = np.unique(rows[~np.isnan(rows)]).astype(np.float64)
        if len(levels) > MOST_LEVELS:
            raise InputError(
                f"visible='softmax' takes at most {MOST_LEVELS} different values, "
                f"each a level; X holds {len(levels)}."
            )
        self.levels_ = levels

    def _encoded(self, rows: Visible) -> Visible:
        """Visible units of rows: themselves, or a unit a level for softmax."""
        if self.visible != "softmax":
            return rows
        places = np.searchsorted(self.levels_, rows)
        nearest = self.levels_[np.minimum(places, len(self.levels_) - 1)]
        is_missing = np.isnan(rows)
        if (is_new := (nearest != rows) & ~is_missing).any():
            raise InputError(
                "X must hold levels that fit has seen, "
                f"{', '.join(map(str, self.levels_[:5]))}, ...; "
                f"got {rows[is_new][0]}."
            )
        units = (self.levels_ == rows[..., None]).astype(rows.dtype)
        units[is_missing] = np.nan
        return np.asarray(units.reshape(len(rows), -1))

    def _decoded(self, units: Array) -> Array:
        """Rows of visible units; of each feature's levels the one that is largest."""
        if self.visible != "softmax":
            return units
        groups = units.reshape(len(units), -1, len(self.levels_))
        return np.asarray(self.levels_[groups.argmax(axis=2)])

    def _completed(self, X: ArrayLike) -> Visible:
        """Visible units of X, what is missing filled in by the others' mean field."""
        units = self._encoded(self._checked(X, reset=False))
        if scipy.sparse.issparse(units):
            return units
        return core.fill_missing(self._machine(), units)
