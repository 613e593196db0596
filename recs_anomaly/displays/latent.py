"""LatentDisplay: where an autoencoder puts rows, and what it makes of each place."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA

from recs_anomaly.autoencoder.autoencoder import Autoencoder
from recs_anomaly.autoencoder.variational import VariationalAutoencoder
from recs_anomaly.core.arrays import Floats
from recs_anomaly.displays._canvas import BLUE, canvas, need_matplotlib
from recs_anomaly.exceptions import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_CLASSES = 20  # of more different values, y is a quantity
N_DECODED = 11  # pictures along each side
INNER = (2.5, 97.5)  # per cent of the codes lie where pictures are decoded


class LatentDisplay:
    """A map of codes, and of what is decoded from each of its places.

    Make it by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    places : ndarray of shape (n_samples, 2)
        Codes of two numbers, or the two principal components of longer ones.
    y : ndarray of shape (n_samples,) or None, default=None
        What the rows are coloured by.
    axis_names : tuple of str, default=("code 1", "code 2")
    decoded : ndarray of shape (n, n, height, width) or None, default=None
        Pictures of the places of a grid, lowest code 2 first.
    box : tuple of float or None, default=None
        Ends of that grid: left, right, bottom, top.

    Attributes
    ----------
    figure_ : matplotlib Figure
    axes_ : ndarray of matplotlib Axes
        Of the map, and of what is decoded.
    points_ : list of matplotlib PathCollection
        One a class, or one of all.
    sheet_ : matplotlib AxesImage or None
        What is decoded.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from recs_anomaly.displays import LatentDisplay
    >>> codes = np.random.default_rng(0).normal(size=(30, 2))
    >>> display = LatentDisplay.from_predictions(codes, np.repeat(["a", "b"], 15))
    >>> len(display.points_)
    2
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        places: Floats,
        y: NDArray[Any] | None = None,
        axis_names: tuple[str, str] = ("code 1", "code 2"),
        decoded: Floats | None = None,
        box: tuple[float, float, float, float] | None = None,
    ) -> None:
        self.places = places
        self.y = y
        self.axis_names = axis_names
        self.decoded = decoded
        self.box = box

    @classmethod
    def from_estimator(
        cls,
        autoencoder: Autoencoder | VariationalAutoencoder,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        image_shape: tuple[int, int] | None = None,
        ax: "Axes | NDArray[Any] | None" = None,
    ) -> Self:
        """Put rows on the map of a fitted autoencoder.

        Parameters
        ----------
        autoencoder : Autoencoder or VariationalAutoencoder
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or None, default=None
            As for `from_predictions`.
        image_shape : tuple of int or None, default=None
            Height and width, where the features are pixels: then it is shown what is
            decoded from each place. Of codes longer than two numbers that is on the
            plane of the two principal components.
        ax : Axes, array of Axes or None, default=None
            As for `plot`.

        Returns
        -------
        display : LatentDisplay
        """
        need_matplotlib()
        codes = np.asarray(autoencoder.transform(X), dtype=np.float64)
        plane = _plane(codes)
        places = codes if plane is None else plane.transform(codes)
        decoded, box = None, None
        if image_shape is not None:
            (left, bottom), (right, top) = np.percentile(places, INNER, axis=0)
            box = (float(left), float(right), float(bottom), float(top))
            columns = np.linspace(left, right, N_DECODED)
            rows = np.linspace(bottom, top, N_DECODED)
            grid = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
            wanted = grid if plane is None else plane.inverse_transform(grid)
            pictures = np.asarray(autoencoder.inverse_transform(wanted), np.float64)
            decoded = pictures.reshape(N_DECODED, N_DECODED, *image_shape)
        display = cls(
            places=places,
            y=None if y is None else np.asarray(y),
            axis_names=_axis_names(plane),
            decoded=decoded,
            box=box,
        )
        return display.plot(ax)

    @classmethod
    def from_predictions(
        cls,
        codes: ArrayLike,
        y: ArrayLike | None = None,
        *,
        ax: "Axes | NDArray[Any] | None" = None,
    ) -> Self:
        """Put codes on a map.

        Parameters
        ----------
        codes : array-like of shape (n_samples, n_code)
            As `transform` gives them, two numbers or more.
        y : array-like of shape (n_samples,) or None, default=None
            What the rows are coloured by: classes, or a quantity where there are more
            than 20 different numbers.
        ax : Axes, array of Axes or None, default=None
            As for `plot`.

        Returns
        -------
        display : LatentDisplay

        Raises
        ------
        InputError
            If there are no two numbers a code, or not a value of y for each.
        """
        places = np.asarray(codes, dtype=np.float64)
        plane = _plane(places)
        values = None if y is None else np.asarray(y)
        if values is not None and values.shape != (len(places),):
            raise InputError(
                f"y must be one for each of the {len(places)} codes; got shape "
                f"{values.shape}."
            )
        display = cls(
            places=places if plane is None else plane.transform(places),
            y=values,
            axis_names=_axis_names(plane),
        )
        return display.plot(ax)

    def plot(self, ax: "Axes | NDArray[Any] | None" = None) -> Self:
        """Draw the map, and beside it what is decoded, where that is known.

        Parameters
        ----------
        ax : Axes, array of Axes or None, default=None
            Axes to draw on, or one whose place is divided among them; None makes a
            figure.

        Returns
        -------
        display : LatentDisplay
        """
        n_panels = 1 if self.decoded is None else 2
        drawn = canvas(type(self), ax, (1, n_panels), (4.5 * n_panels, 4.3))
        self.figure_, self.axes_ = drawn.figure, drawn.axes.ravel()
        first, second = self.axis_names
        for axes in self.axes_:
            axes.set(xlabel=first, ylabel=second)
        self.points_ = self._draw_points(self.axes_[0])
        self.axes_[0].set_title("where rows lie", loc="left", fontsize="medium")
        self.sheet_ = None
        if self.decoded is not None:
            # A frame of one pixel around each picture; the first row is the lowest.
            framed = np.pad(self.decoded, ((0, 0), (0, 0), (0, 1), (0, 1)))[::-1]
            sheet = framed.transpose(0, 2, 1, 3)
            sheet = sheet.reshape(sheet.shape[0] * sheet.shape[1], -1)
            self.sheet_ = self.axes_[1].imshow(
                sheet, cmap="gray_r", extent=self.box, aspect="auto"
            )
            title = "what is decoded there"
            self.axes_[1].set_title(title, loc="left", fontsize="medium")
        return self

    def _draw_points(self, axes: Any) -> list[Any]:
        look = {"s": 8, "alpha": 0.6, "linewidths": 0}
        if self.y is None:
            return [axes.scatter(*self.places.T, color=BLUE, **look)]
        classes = np.unique(self.y)
        if len(classes) > MAX_CLASSES and np.issubdtype(self.y.dtype, np.number):
            points = axes.scatter(*self.places.T, c=self.y, cmap="viridis", **look)
            self.figure_.colorbar(points, ax=axes)
            return [points]
        from matplotlib import colormaps

        colours = colormaps["tab10" if len(classes) <= 10 else "tab20"].colors  # type: ignore[attr-defined]
        drawn = []
        for place, each in enumerate(classes):
            here, colour = self.places[self.y == each], colours[place % len(colours)]
            drawn.append(axes.scatter(*here.T, color=colour, label=str(each), **look))
            axes.annotate(
                str(each),
                np.median(here, axis=0),
                ha="center",
                va="center",
                fontweight="bold",
                bbox={
                    "boxstyle": "round,pad=0.2",
                    "facecolor": "white",
                    "edgecolor": colour,
                    "alpha": 0.85,
                },
            )
        return drawn


def _plane(codes: Floats) -> PCA | None:
    """Fit the plane on which codes of more than two numbers are shown."""
    if codes.ndim != 2 or codes.shape[1] < 2:
        raise InputError(
            f"codes must have at least two numbers each; got shape {codes.shape}."
        )
    return None if codes.shape[1] == 2 else PCA(2).fit(codes)


def _axis_names(plane: PCA | None) -> tuple[str, str]:
    if plane is None:
        return "code 1", "code 2"
    first, second = (f"{share:.0%}" for share in plane.explained_variance_ratio_)
    return f"principal component 1 ({first})", f"principal component 2 ({second})"
