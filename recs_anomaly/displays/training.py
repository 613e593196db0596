"""TrainingDisplay: what was lost in each pass over the training rows."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from recs_anomaly.core.arrays import Floats
from recs_anomaly.displays._canvas import BLUE, ORANGE, canvas, need_matplotlib
from recs_anomaly.exceptions import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Curves = tuple[Sequence[float], Sequence[float] | None]
STYLES = ("-", "--", ":", "-.")


class TrainingDisplay:
    """Loss on the training rows and on those held out, an epoch a point.

    Make it by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    curves : dict of str to tuple of (ndarray, ndarray or None)
        By the name of what was trained: the loss of each epoch on the rows learned
        from, and on those held out, where there were any.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    lines_ : dict of (str, str) to matplotlib Line2D
        By name and "learned" or "held out".
    best_ : dict of str to int
        The epoch, from 1, with the least loss on rows held out, where there were any.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from recs_anomaly.displays import TrainingDisplay
    >>> display = TrainingDisplay.from_predictions({"": ([3, 2, 1], [3, 2.5, 2.7])})
    >>> display.best_
    {'': 2}
    >>> plt.close(display.figure_)
    """

    def __init__(self, *, curves: dict[str, tuple[Floats, Floats | None]]) -> None:
        self.curves = curves

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: "Axes | None" = None) -> Self:
        """Show how an estimator was trained.

        Parameters
        ----------
        estimator : estimator
            Fitted: one that has `loss_curve_` or `training_history_`, of ours or of
            scikit-learn.
        ax : Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : TrainingDisplay

        Raises
        ------
        InputError
            If it keeps no curve.
        """
        need_matplotlib()
        check_is_fitted(estimator)
        if getattr(estimator, "training_history_", None):
            history = estimator.training_history_
            return cls.from_predictions(
                {f"{view} view": tuple(both) for view, both in history.items()}, ax=ax
            )
        if not hasattr(estimator, "loss_curve_"):
            raise InputError(
                "estimator must have loss_curve_ or training_history_; "
                f"{type(estimator).__name__} keeps no training curve."
            )
        held_out = getattr(estimator, "validation_loss_curve_", None)
        return cls.from_predictions({"": (estimator.loss_curve_, held_out)}, ax=ax)

    @classmethod
    def from_predictions(
        cls, curves: Mapping[str, Curves], *, ax: "Axes | None" = None
    ) -> Self:
        """Show curves of several trainings side by side.

        Parameters
        ----------
        curves : mapping of str to tuple of (sequence of float, sequence or None)
            By the name of what was trained: the loss of each epoch on the rows learned
            from, and on those held out, where there were any.
        ax : Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : TrainingDisplay

        Raises
        ------
        InputError
            If there is no curve, or one has no epoch.
        """
        known = {
            str(name): (_numbers(learned), _numbers(held_out))
            for name, (learned, held_out) in curves.items()
        }
        empty = [name for name, (learned, _) in known.items() if learned is None]
        if empty or not known:
            raise InputError(
                "curves must hold at least one, of at least one epoch; "
                f"got {empty[0]!r} without an epoch."
                if empty
                else "curves must hold at least one; got none."
            )
        return cls(curves=known).plot(ax)  # type: ignore[arg-type]

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw the curves: blue of rows learned from, orange of rows held out.

        Parameters
        ----------
        ax : Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : TrainingDisplay
        """
        drawn = canvas(type(self), ax, (1, 1), (6.0, 3.6))
        from matplotlib.ticker import MaxNLocator

        self.figure_, self.ax_ = drawn.figure, drawn.axes[0, 0]
        self.lines_: dict[tuple[str, str], Any] = {}
        self.best_: dict[str, int] = {}
        for place, (name, (learned, held_out)) in enumerate(self.curves.items()):
            style = STYLES[place % len(STYLES)]
            self._draw((name, "learned"), learned, BLUE, style)
            if held_out is not None:
                self._draw((name, "held out"), held_out, ORANGE, style)
                best = int(np.nanargmin(held_out))
                self.best_[name] = best + 1
                self.ax_.plot(best + 1, held_out[best], "o", color=ORANGE)
        self.ax_.set(xlabel="epoch", ylabel="loss")
        self.ax_.xaxis.set_major_locator(MaxNLocator(integer=True))
        self.ax_.legend(frameon=False)
        return self

    def _draw(
        self, key: tuple[str, str], curve: Floats, colour: str, style: str
    ) -> None:
        epochs = np.arange(1, len(curve) + 1)
        label = ", ".join(filter(None, key))
        [self.lines_[key]] = self.ax_.plot(
            epochs, curve, color=colour, linestyle=style, label=label
        )


def _numbers(curve: Sequence[float] | None) -> Floats | None:
    """Return a curve as an array; None where there is no epoch."""
    if curve is None or not len(curve):
        return None
    return np.asarray(curve, dtype=np.float64)
