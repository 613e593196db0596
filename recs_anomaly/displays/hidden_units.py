"""HiddenUnitsDisplay: what each hidden unit answers to."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from recs_anomaly.base.checks import check_integer
from recs_anomaly.base.time_axis import channel_names
from recs_anomaly.core.arrays import Floats
from recs_anomaly.displays._canvas import (
    BLUE,
    INK,
    ORANGE,
    bare,
    canvas,
    need_matplotlib,
)
from recs_anomaly.exceptions import InputError
from recs_anomaly.rbm.rbm import RBM
from recs_anomaly.recommend.recommender import RBMRecommender

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_COLUMNS = 5
MAX_NAME = 32  # characters


class HiddenUnitsDisplay:
    """Filters of hidden units: as pictures, or as the features that move them most.

    Make it by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    weights : ndarray of shape (n_units, n_features)
    image_shape : tuple of int or None, default=None
        Height and width, where the features are pixels.
    feature_names : sequence of str or None, default=None
        Names of the features, for units that are no pictures.

    Attributes
    ----------
    figure_ : matplotlib Figure
    axes_ : ndarray of matplotlib Axes
        One a unit, the strongest first.
    units_ : ndarray of shape (n_shown,)
        Which unit each panel shows.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from recs_anomaly import RBM
    >>> from recs_anomaly.datasets import load_sample_digits
    >>> from recs_anomaly.displays import HiddenUnitsDisplay
    >>> X = load_sample_digits().images.reshape(-1, 64)
    >>> rbm = RBM(16, n_iter=2, random_state=0).fit(X)
    >>> display = HiddenUnitsDisplay.from_estimator(rbm, image_shape=(8, 8), n_units=4)
    >>> len(display.units_)
    4
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        weights: Floats,
        image_shape: tuple[int, int] | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> None:
        self.weights = weights
        self.image_shape = image_shape
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls,
        estimator: RBM | RBMRecommender,
        *,
        image_shape: tuple[int, int] | None = None,
        names: Mapping[Any, str] | pd.Series | None = None,
        n_units: int = 10,
        ax: "Axes | NDArray[Any] | None" = None,
    ) -> Self:
        """Show the weights of a fitted estimator.

        Parameters
        ----------
        estimator : RBM or RBMRecommender
            Of an RBM the filters; of a recommender how far it pushes a unit of the
            user view when somebody likes an item.
        image_shape : tuple of int or None, default=None
            Height and width, where the features are pixels.
        names : mapping or Series, from item id or feature name to str, default=None
            What to call them, titles for instance; those not named keep theirs.
        n_units : int, default=10
            Most units to show; the strongest are.
        ax : Axes, array of Axes or None, default=None
            As for `plot`.

        Returns
        -------
        display : HiddenUnitsDisplay
        """
        need_matplotlib()
        if isinstance(estimator, RBMRecommender):
            weights, known = estimator.coupling_[:-1].T, estimator.items_.tolist()
        else:
            weights = estimator.components_
            unnamed = channel_names(weights, weights.shape[1])
            known = list(getattr(estimator, "feature_names_in_", unnamed))
        called = {} if names is None else names
        titles = [str(called.get(name, name)) for name in known]
        display = cls(weights=weights, image_shape=image_shape, feature_names=titles)
        return display.plot(ax, n_units=n_units)

    @classmethod
    def from_predictions(
        cls,
        hidden: ArrayLike,
        X: ArrayLike,
        *,
        image_shape: tuple[int, int] | None = None,
        feature_names: Sequence[str] | None = None,
        n_units: int = 10,
        ax: "Axes | NDArray[Any] | None" = None,
    ) -> Self:
        """Show what features do when a unit is one standard deviation more active.

        It asks for no weights: codes of an autoencoder, or of any other transformer,
        are shown as well.

        Parameters
        ----------
        hidden : array-like of shape (n_samples, n_units)
            As `transform` gives them.
        X : array-like of shape (n_samples, n_features)
            What they were given for.
        image_shape : tuple of int or None, default=None
            Height and width, where the features are pixels.
        feature_names : sequence of str or None, default=None
            Names of the features, for units that are no pictures.
        n_units : int, default=10
            Most units to show; the strongest are.
        ax : Axes, array of Axes or None, default=None
            As for `plot`.

        Returns
        -------
        display : HiddenUnitsDisplay

        Raises
        ------
        InputError
            If `hidden` and X have not the same number of rows.
        """
        activity = np.asarray(hidden, dtype=np.float64)
        features = np.asarray(X, dtype=np.float64)
        if len(activity) != len(features):
            raise InputError(
                f"hidden must have a row for each of the {len(features)} of X; got "
                f"{len(activity)}."
            )
        away = activity - activity.mean(axis=0)
        deviation = away.std(axis=0, keepdims=True).T
        moved = away.T @ (features - features.mean(axis=0)) / len(features)
        weights = np.divide(
            moved, deviation, out=np.zeros_like(moved), where=deviation > 0
        )
        display = cls(
            weights=weights, image_shape=image_shape, feature_names=feature_names
        )
        return display.plot(ax, n_units=n_units)

    def plot(
        self,
        ax: "Axes | NDArray[Any] | None" = None,
        *,
        n_units: int = 10,
        n_features: int = 4,
    ) -> Self:
        """Draw a panel a unit: orange asks for a feature, purple or blue forbids it.

        Parameters
        ----------
        ax : Axes, array of Axes or None, default=None
            Axes to draw on, one a unit, or one whose place is divided among them; None
            makes a figure.
        n_units : int, default=10
            Most units to show; the strongest are.
        n_features : int, default=4
            Features to name at each end, for units that are no pictures.

        Returns
        -------
        display : HiddenUnitsDisplay

        Raises
        ------
        InputError
            If the features are no picture of `image_shape`, or have no names.
        """
        check_integer("n_units", n_units, 1)
        check_integer("n_features", n_features, 1)
        size = self.weights.shape[1]
        if self.image_shape is not None and np.prod(self.image_shape) != size:
            raise InputError(
                f"image_shape must be that of {size} features; got {self.image_shape}."
            )
        strength = np.linalg.norm(self.weights, axis=1)
        self.units_ = np.argsort(-strength, kind="stable")[:n_units]
        n_columns = min(len(self.units_), MAX_COLUMNS if self.image_shape else 2)
        n_rows = -(-len(self.units_) // n_columns)
        panel = (1.6, 1.7) if self.image_shape else (4.5, 0.5 + 0.36 * n_features)
        drawn = canvas(
            type(self),
            ax,
            (n_rows, n_columns),
            (n_columns * panel[0], n_rows * panel[1]),
        )
        self.figure_, axes = drawn.figure, drawn.axes.ravel()
        self.axes_ = axes[: len(self.units_)]
        for left_over in axes[len(self.units_) :]:
            left_over.set_axis_off()
        for panel_axes, unit in zip(self.axes_, self.units_, strict=True):
            self._draw(panel_axes, self.weights[unit], n_features)
            panel_axes.set_title(f"unit {unit}", loc="left", fontsize="medium")
        return self

    def _draw(self, axes: Any, weights: Floats, n_features: int) -> None:
        if self.image_shape is not None:
            most = float(np.abs(self.weights).max()) or 1.0
            axes.imshow(
                weights.reshape(self.image_shape),
                cmap="PuOr_r",
                vmin=-most,
                vmax=most,
                interpolation="nearest",
            )
            bare(axes)
            return
        order = np.argsort(-weights, kind="stable")
        n_ends = min(n_features, len(order) // 2) or len(order)
        shown = np.unique(np.r_[:n_ends, len(order) - n_ends : len(order)])
        named = order[shown]
        colours = [ORANGE if weights[each] > 0 else BLUE for each in named]
        axes.barh(range(len(named)), weights[named], color=colours, height=0.6)
        names = self.feature_names or [f"x{place}" for place in range(len(weights))]
        titles = [str(names[each]).replace("$", r"\$") for each in named]
        cut = [t if len(t) <= MAX_NAME else t[: MAX_NAME - 1] + "…" for t in titles]
        axes.set_yticks(range(len(named)), cut, fontsize="small")
        axes.axvline(0, color=INK, linewidth=0.6)
        axes.invert_yaxis()
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
