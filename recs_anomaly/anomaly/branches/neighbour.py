"""The branch neighbour: how far windows are from the nearest normal window.

Windows are compared by their descriptions, which know no level.
"""

import numpy as np

from recs_anomaly.anomaly.branches.branch import Branch, Channel, ChannelErrors, Windows
from recs_anomaly.anomaly.window_codes import Memory
from recs_anomaly.core.arrays import Bools, Floats

BLOCK = 256  # windows whose distances fit into a core's cache
SAME = 1e-9  # how far apart two descriptions of one window may be, by rounding


def _of_windows(windows: Windows) -> Floats:
    """Compute squared distances to the nearest window in memory.

    Infinite where there is none.
    """
    memory, lengths = windows.memory.descriptions, windows.memory.squared_lengths
    described = windows.described.descriptions
    nearest = np.einsum("tik,tik->ti", described, described)
    for first in range(0, described.shape[1], BLOCK):
        part = slice(first, first + BLOCK)
        # Without BLAS, whose bits depend on how many there are, and which would ask
        # its other threads to help a stream, and wait.
        products = np.einsum("tik,tmk->tim", described[:, part], memory)
        squared = lengths[:, None] - 2.0 * products
        nearest[:, part] += squared.min(axis=2, initial=np.inf)
    return np.asarray(np.maximum(nearest, 0.0))


def _of_series(channel: Channel) -> ChannelErrors:
    described = channel.described.descriptions
    return channel.over_rows(
        nearest_distance(described, channel.memory, channel.model.width)
    )


NEIGHBOUR = Branch(
    "neighbour",
    weight=1.0,
    cause="shape: unlike any normal stretch of this length",
    meaning="no stretch of the training series is like it",
    of_windows=_of_windows,
    of_series=_of_series,
)


def nearest_distance(described: Floats, memory: Memory, width: int) -> Floats:
    """Compute the squared distance of all windows of a series to the nearest in memory.

    Where the series repeats the training series in place, a window would meet itself:
    a remembered window that starts fewer than `width` rows away is then no neighbour.
    Infinite where the memory holds no other window.
    """
    own = np.flatnonzero(_recurs_in_place(described, memory))
    # |d - m|^2 less |d|^2 is one product of (d, 1) and (-2 m, |m|^2).
    lengths = memory.squared_lengths
    factors = np.concatenate([-2.0 * memory.descriptions.T, lengths[None]])
    extended = np.column_stack([described, np.ones(len(described))])
    products = np.empty((BLOCK, len(lengths)))
    nearest = np.einsum("ij,ij->i", described, described)
    for first in range(0, len(described), BLOCK):
        part = extended[first : first + BLOCK]
        squared = np.matmul(part, factors, out=products[: len(part)])
        starts = first + np.arange(len(part))
        for index in own[_is_near(memory.starts[own], starts, width)]:
            apart = np.abs(starts - memory.starts[index])
            squared[apart < width, index] = np.inf
        nearest[first : first + len(part)] += squared.min(axis=1, initial=np.inf)
    return np.asarray(np.maximum(nearest, 0.0))


def _is_near(remembered: np.ndarray, starts: np.ndarray, width: int) -> Bools:
    near: Bools = (remembered > starts[0] - width) & (remembered < starts[-1] + width)
    return near


def _recurs_in_place(described: Floats, memory: Memory) -> Bools:
    is_there = memory.starts < len(described)
    at_start = described[np.where(is_there, memory.starts, 0)]
    apart = np.abs(at_start - memory.descriptions).max(axis=1, initial=0.0)
    size = 1.0 + np.abs(memory.descriptions).max(axis=1, initial=0.0)
    recurs: Bools = is_there & (apart < SAME * size)
    return recurs
