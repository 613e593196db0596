"""Where displays draw: axes of the caller's or a new figure; matplotlib on demand."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recs_anomaly.base.time_axis import GAP, stamped_seconds, usual_step
from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError
from recs_anomaly.extras import told_of_extras
from recs_anomaly.reports.display import bucket_starts, extent

# Okabe and Ito's, which all eyes tell apart.
BLUE, ORANGE, GREEN, SKY = "#0072B2", "#D55E00", "#009E73", "#56B4E9"
INK, GREY, PALE = "0.15", "0.5", "0.9"


class Canvas(NamedTuple):
    """A figure, and the axes in it that a display draws on."""

    figure: Any
    axes: NDArray[Any]


def need_matplotlib() -> Any:
    """Return pyplot, before anything is computed for a picture."""
    with told_of_extras():
        from matplotlib import pyplot
    return pyplot


def canvas(
    display: type,
    ax: Any,
    shape: tuple[int, int],
    size: tuple[float, float],
    **grid: Any,
) -> Canvas:
    """Give a display its axes (n_rows, n_columns).

    Parameters
    ----------
    display : type
        Who draws.
    ax : Axes, array of Axes or None
        Axes to draw on: as many as there are panels, or one whose place is divided
        among them; None makes a figure.
    shape : tuple of int
        Rows and columns of panels.
    size : tuple of float
        Width and height of a new figure, in inches.
    **grid : Any
        As for `matplotlib.pyplot.subplots`.
    """
    pyplot = need_matplotlib()
    n_panels = shape[0] * shape[1]
    if ax is None:
        figure, axes = pyplot.subplots(
            *shape, figsize=size, layout="constrained", squeeze=False, **grid
        )
        return Canvas(figure, axes)
    given = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
    if len(given) == n_panels:
        return Canvas(given[0].figure, given.reshape(shape))
    if len(given) > 1:
        raise InputError(
            f"ax must hold the {n_panels} axes of {display.__name__}, or be one whose "
            f"place is divided among them; got {len(given)}."
        )
    place = given[0].get_subplotspec()
    if place is None:
        raise InputError(
            f"ax must be axes of a grid of subplots, which {display.__name__} can "
            f"divide among {n_panels} panels; got axes placed by hand."
        )
    given[0].set_axis_off()
    ratios = grid.pop("gridspec_kw", {})
    ratios |= {key: grid.pop(key) for key in tuple(grid) if key.endswith("_ratios")}
    axes = place.subgridspec(*shape, **ratios).subplots(squeeze=False, **grid)
    return Canvas(given[0].figure, axes)


def line_of(index: pd.Index, values: Floats) -> tuple[Any, Floats]:
    """Return what to draw of a long line: no peak less, and no stroke over a gap."""
    starts = bucket_starts(len(values))
    x = index[starts]
    if len(starts) < len(values):
        x = x.repeat(2)
        values = np.column_stack(extent(values, starts)).ravel()
    seconds = stamped_seconds(pd.DataFrame(index=x))
    if seconds is None:
        return x, values
    steps = np.diff(seconds, append=seconds[-1:])
    is_gap = steps > GAP * usual_step(seconds)
    # The last row before a gap is drawn again, as nothing.
    return x.repeat(1 + is_gap), np.insert(values, np.flatnonzero(is_gap) + 1, np.nan)


def dated(axes: Any, index: pd.Index) -> None:
    """Write as little of the dates along an axis as tells them apart."""
    if isinstance(index, pd.DatetimeIndex):
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        locator = AutoDateLocator(tz=index.tz)  # type: ignore[no-untyped-call]
        labels = ConciseDateFormatter(locator, tz=index.tz)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(labels)


def bare(axes: Any) -> None:
    """Take ticks and frame from a picture."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def chosen(name: str, wanted: Sequence[Any] | None, known: Sequence[Any]) -> list[Any]:
    """Return what the caller chose of what there is, or all of it.

    Raises
    ------
    InputError
        If something chosen is not there.
    """
    if wanted is None:
        return list(known)
    lacking = [each for each in wanted if each not in known]
    if lacking or not len(wanted):
        told = ", ".join(map(repr, known[:8])) + (", ..." if len(known) > 8 else "")
        raise InputError(f"{name} must be some of {told}; got {list(wanted)!r}.")
    return list(wanted)
