"""DenoiseDisplay: a picture before and after, and what was taken out of it."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recs_anomaly.core.arrays import Floats
from recs_anomaly.denoise.denoiser import Bounds, ImageDenoiser
from recs_anomaly.displays._canvas import bare, canvas, need_matplotlib
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.image import psnr

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RARE = 99.0  # per cent of what was taken out lie within the colours


class DenoiseDisplay:
    """A picture with noise, cleaned, what was taken out, and how sure that is.

    Make it by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    noisy, cleaned : ndarray of shape (height, width) or (height, width, channels)
    bounds : Bounds or None, default=None
        Between which the pixels of the clean picture lie.
    clean : ndarray or None, default=None
        The picture as it was, where it is known.

    Attributes
    ----------
    figure_ : matplotlib Figure
    axes_ : ndarray of matplotlib Axes
        Two for the picture, one for what was taken out; where they are known, one for
        the width of the interval and one for the picture as it was.
    images_ : list of matplotlib AxesImage
        In the order of the axes.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from recs_anomaly.displays import DenoiseDisplay
    >>> noisy = np.random.default_rng(0).normal(100, 5, (16, 16))
    >>> display = DenoiseDisplay.from_predictions(noisy, np.full((16, 16), 100.0))
    >>> len(display.axes_)
    3
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        noisy: NDArray[Any],
        cleaned: NDArray[Any],
        bounds: Bounds | None = None,
        clean: NDArray[Any] | None = None,
    ) -> None:
        self.noisy = noisy
        self.cleaned = cleaned
        self.bounds = bounds
        self.clean = clean

    @classmethod
    def from_estimator(
        cls,
        denoiser: ImageDenoiser,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        coverage: float = 0.9,
        ax: "Axes | NDArray[Any] | None" = None,
    ) -> Self:
        """Clean a picture, and show what that did to it.

        Parameters
        ----------
        denoiser : ImageDenoiser
            Fitted, or from `ImageDenoiser.from_pretrained`.
        X : array-like of shape (height, width) or (height, width, channels)
            One picture.
        y : array-like or None, default=None
            The picture as it was, where it is known.
        coverage : float, default=0.9
            Share of the pixels that should lie between the bounds.
        ax : Axes, array of Axes or None, default=None
            As for `plot`.

        Returns
        -------
        display : DenoiseDisplay
        """
        need_matplotlib()
        noisy = np.asarray(X)
        bounds = denoiser.predict_interval([noisy], coverage)
        return cls.from_predictions(
            noisy,
            denoiser.predict([noisy])[0],
            bounds=Bounds(bounds.low[0], bounds.high[0]),
            clean=y,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        noisy: ArrayLike,
        cleaned: ArrayLike,
        *,
        bounds: Bounds | tuple[ArrayLike, ArrayLike] | None = None,
        clean: ArrayLike | None = None,
        ax: "Axes | NDArray[Any] | None" = None,
    ) -> Self:
        """Show a picture that anything has cleaned.

        Parameters
        ----------
        noisy, cleaned : array-like of shape (height, width) or (..., channels)
        bounds : Bounds, tuple of array-like or None, default=None
            Lower and upper bound of each pixel.
        clean : array-like or None, default=None
            The picture as it was, where it is known.
        ax : Axes, array of Axes or None, default=None
            As for `plot`.

        Returns
        -------
        display : DenoiseDisplay

        Raises
        ------
        InputError
            If the pictures are not of one shape.
        """
        first = np.asarray(noisy)
        given = {"cleaned": cleaned, "clean": clean}
        given |= dict(zip(("bounds[0]", "bounds[1]"), bounds or (), strict=False))
        others = {k: np.asarray(v) for k, v in given.items() if v is not None}
        for name, picture in others.items():
            if picture.shape != first.shape:
                raise InputError(
                    f"{name} must have the shape of the noisy picture, {first.shape}; "
                    f"got {picture.shape}."
                )
        ends = [others[k] for k in ("bounds[0]", "bounds[1]") if k in others]
        display = cls(
            noisy=first,
            cleaned=others["cleaned"],
            bounds=Bounds(*ends) if ends else None,
            clean=others.get("clean"),
        )
        return display.plot(ax)

    @property
    def taken_out(self) -> Floats:
        """The noisy picture less the cleaned one."""
        return self.noisy.astype(np.float64) - self.cleaned.astype(np.float64)

    def plot(self, ax: "Axes | NDArray[Any] | None" = None) -> Self:
        """Draw the pictures side by side.

        Parameters
        ----------
        ax : Axes, array of Axes or None, default=None
            Axes to draw on, one a picture, or one whose place is divided among them;
            None makes a figure.

        Returns
        -------
        display : DenoiseDisplay
        """
        pictures = {"with noise": self.noisy, "cleaned": self.cleaned}
        if self.clean is not None:
            pictures["as it was"] = self.clean
        n_panels = len(pictures) + 1 + (self.bounds is not None)
        height, width = self.noisy.shape[:2]
        drawn = canvas(
            type(self),
            ax,
            (1, n_panels),
            (2.6 * n_panels, 0.9 + 2.6 * height / width),
            sharex=True,
            sharey=True,
        )
        self.figure_, self.axes_ = drawn.figure, drawn.axes.ravel()
        low, high = self._range()
        self.images_: list[Any] = []
        for axes, (title, picture) in zip(self.axes_, pictures.items(), strict=False):
            shown = (picture.astype(np.float64) - low) / (high - low)
            self._show(axes, title + self._quality(picture), np.clip(shown, 0, 1))
        taken = _of_all_channels(self.taken_out)
        far = float(np.percentile(np.abs(taken), RARE)) or 1.0
        self._show(
            self.axes_[len(pictures)],
            "taken out",
            taken,
            cmap="PuOr_r",
            vmin=-far,
            vmax=far,
        )
        if self.bounds is not None:
            ends = (each.astype(np.float64) for each in self.bounds)
            lowest, highest = ends
            wide = _of_all_channels(highest - lowest)
            self._show(self.axes_[-1], "width of the interval", wide, cmap="magma")
        for axes in self.axes_[len(pictures) :]:
            # Inside the panel's own place, so that all pictures stay of one size.
            below = axes.inset_axes((0.1, -0.1, 0.8, 0.05))
            self.figure_.colorbar(axes.images[0], cax=below, orientation="horizontal")
        return self

    def _show(self, axes: Any, title: str, picture: Floats, **colours: Any) -> None:
        colours = colours or {"cmap": "gray", "vmin": 0, "vmax": 1}
        if picture.ndim == 3 and picture.shape[2] == 1:
            picture = picture[:, :, 0]
        self.images_.append(axes.imshow(picture, interpolation="nearest", **colours))
        axes.set_title(title, loc="left", fontsize="medium")
        bare(axes)

    def _range(self) -> tuple[float, float]:
        """Return what is black and what is white."""
        if np.issubdtype(self.noisy.dtype, np.integer):
            limits = np.iinfo(self.noisy.dtype)
            return float(limits.min), float(limits.max)
        known = self.cleaned if self.clean is None else self.clean
        low, high = float(known.min()), float(known.max())
        return low, high if high > low else low + 1.0

    def _quality(self, picture: NDArray[Any]) -> str:
        if self.clean is None or picture is self.clean:
            return ""
        low, high = self._range()
        truth = self.clean.astype(np.float64)
        return f", {psnr(picture.astype(np.float64), truth, high - low):.1f} dB"


def _of_all_channels(picture: Floats) -> Floats:
    """Return the mean of the channels."""
    return picture.mean(axis=2) if picture.ndim == 3 else picture
