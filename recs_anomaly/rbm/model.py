"""What a fitted RBM consists of, and how rows become visible units and back."""

from typing import Annotated, Any, NamedTuple, Self

import numpy as np
import scipy.sparse

from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Array, Floats, Singles
from recs_anomaly.exceptions import InputError
from recs_anomaly.rbm.energy import RBMParameters, fill_missing
from recs_anomaly.rbm.units import (
    BernoulliUnits,
    GaussianUnits,
    SoftmaxUnits,
    Visible,
    VisibleUnits,
)

FLOAT = "float32 or float64"
MAX_LEVELS = 101
Precision = type[np.floating[Any]]


class RBMModel(NamedTuple):
    """Weights and biases in scikit-learn's layout, chains, and what the units mean.

    `variance` is there for Gaussian units alone, `levels` for softmax units alone.
    `visible_mean` and `visible_scale` are those of the rows of the first training.
    """

    components: Annotated[Array, ArraySpec(FLOAT, ("n_hidden", "n_visible"))]
    intercept_hidden: Annotated[Array, ArraySpec(FLOAT, ("n_hidden",))]
    intercept_visible: Annotated[Array, ArraySpec(FLOAT, ("n_visible",))]
    h_samples: Annotated[Singles, ArraySpec("float32", ("n_kept_chains", "n_hidden"))]
    visible_mean: Annotated[Floats, ArraySpec("float64", ("n_visible",))]
    visible_scale: Annotated[
        Floats, ArraySpec("float64", ("n_visible",), is_positive=True)
    ]
    variance: Annotated[Floats | None, ArraySpec("float64", ("n_visible",))]
    levels: Annotated[Floats | None, ArraySpec("float64", ("n_levels",))]

    @property
    def units(self) -> VisibleUnits:
        """Kind of the visible units."""
        return units_of(self.variance, self.levels)

    def parameters(self, kind: Precision | None = None) -> RBMParameters:
        """Return the parameters in the precision of the rows of `fit`, or another."""
        kind = kind or self.components.dtype.type
        return RBMParameters(
            self.components.T.astype(kind, copy=False),
            self.intercept_visible.astype(kind, copy=False),
            self.intercept_hidden.astype(kind, copy=False),
            self.units,
        )

    def with_parameters(self, learned: RBMParameters, kind: Precision) -> Self:
        """Return the model with other parameters, in a precision."""
        return self._replace(
            # A row a hidden unit, contiguous along the hidden units.
            components=learned.weights.astype(kind, order="C").T,
            intercept_visible=learned.visible_bias.astype(kind),
            intercept_hidden=learned.hidden_bias.astype(kind),
            variance=(
                learned.units.variance.astype(np.float64)
                if isinstance(learned.units, GaussianUnits)
                else None
            ),
        )

    def completed(self, rows: Visible) -> Visible:
        """Return the visible units of rows; what is missing is filled by its mean."""
        units = encode(rows, self.levels)
        if scipy.sparse.issparse(units):
            return units
        return fill_missing(self.parameters(), units)

    def decode(self, units: Array) -> Array:
        """Return the rows of visible units; of a feature's levels the largest unit."""
        if self.levels is None:
            return units
        groups = units.reshape(len(units), -1, len(self.levels))
        return np.asarray(self.levels[groups.argmax(axis=2)])


def units_of(variance: Array | None, levels: Array | None) -> VisibleUnits:
    """Return the kind of visible units that have a variance, levels, or neither."""
    if variance is not None:
        return GaussianUnits(variance)
    return BernoulliUnits() if levels is None else SoftmaxUnits(len(levels))


def levels_of(rows: Array) -> Floats:
    """Return the levels of softmax units, ascending.

    Raises
    ------
    InputError
        If there are too many.
    """
    levels = np.unique(rows[~np.isnan(rows)]).astype(np.float64)
    if len(levels) > MAX_LEVELS:
        raise InputError(
            f"visible='softmax' takes at most {MAX_LEVELS} different values, "
            f"each a level; X holds {len(levels)}."
        )
    return levels


def encode(rows: Visible, levels: Floats | None) -> Visible:
    """Return the visible units of rows: themselves, or a unit a level.

    Raises
    ------
    InputError
        If a value is none of the levels.
    """
    if levels is None:
        return rows
    places = np.searchsorted(levels, rows)
    nearest = levels[np.minimum(places, len(levels) - 1)]
    is_missing = np.isnan(rows)
    if (is_new := (nearest != rows) & ~is_missing).any():
        raise InputError(
            "X must hold levels that fit has seen, "
            f"{', '.join(map(str, levels[:5]))}, ...; got {rows[is_new][0]}."
        )
    units = (levels == rows[..., None]).astype(rows.dtype)
    units[is_missing] = np.nan
    return np.asarray(units.reshape(len(rows), -1))
