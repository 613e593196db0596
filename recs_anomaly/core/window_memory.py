"""What the windows of one channel say: how well they are rebuilt, how near to normal.

A window is described by the code of its shape (the window less its mean) and by the
length of what the code leaves over. A memory keeps the descriptions of normal windows.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.autoencoder import WindowAutoencoder, decode, encode
from recs_anomaly.core.windows import (
    Bools,
    Floats,
    overlap_sum,
    sliding_windows,
    spread_over_rows,
)

BLOCK = 2048
NEAREST_BLOCK = 256  # windows whose distances fit into a core's cache
SAME = 1e-9  # how far apart two descriptions of one window may be, by rounding


class Memory(NamedTuple):
    """Descriptions (n_memory, n_code + 1) of normal windows, and their first rows."""

    descriptions: Floats
    starts: np.ndarray


class Described(NamedTuple):
    """Descriptions (n_windows, n_code + 1), and what each window leaves over of a row.

    Descriptions know no level. What is left over of a window is its distance from its
    shape as rebuilt, at the level 0 of training. `rest` (n_rows,) is squared, and the
    mean over the windows that cover the row.
    """

    descriptions: Floats
    rest: Floats


def describe_windows(
    model: WindowAutoencoder, channel: Floats, told: Bools
) -> Described:
    """Describe every window of a channel (n_rows,), block by block.

    Windows of which too little was measured (`told` of shape (n_windows,) is False)
    have no say in the rest.
    """
    width = len(model.mean)
    windows = sliding_windows(channel, width)
    descriptions = np.empty((len(windows), len(model.components) + 1))
    rest = np.zeros(len(channel))
    for first in range(0, len(windows), BLOCK):
        part = slice(first, first + BLOCK)
        shapes = windows[part] - windows[part].mean(axis=1, keepdims=True)
        codes = encode(model, shapes)
        rebuilt = decode(model, codes)
        descriptions[part, :-1] = codes
        descriptions[part, -1] = np.linalg.norm(shapes - rebuilt, axis=1)
        squared = (windows[part] - rebuilt) ** 2
        squared[~told[part]] = 0.0
        rest[first : first + len(squared) + width - 1] += overlap_sum(squared)
    return Described(descriptions, rest / np.maximum(n_covering(told, width), 1.0))


def n_covering(told: Bools, width: int) -> Floats:
    """How many of the windows that are told cover each row."""
    counts: Floats = np.round(spread_over_rows(told.astype(np.float64), width))
    return counts


def distance_to_normal(
    described: Floats, memory: Memory, told: Bools, width: int
) -> tuple[Floats, Bools]:
    """Mean, over the windows that cover a row, of the distance to the memory.

    Windows of which too little was measured (`told` of shape (n_windows,) is False)
    have no say. The second result says which rows any window speaks about.
    """
    distance = nearest_distance(described, memory, width)
    told = told & np.isfinite(distance)
    total = spread_over_rows(np.where(told, distance, 0.0), width)
    n_told = n_covering(told, width)
    return np.maximum(total, 0.0) / np.maximum(n_told, 1.0), n_told > 0


def nearest_distance(described: Floats, memory: Memory, width: int) -> Floats:
    """Squared distance of each window's description to the nearest in memory.

    Where the series repeats the training series in place, a window would meet itself:
    a remembered window that starts fewer than `width` rows away is then no neighbour.
    Infinite where the memory holds no other window.
    """
    own = np.flatnonzero(_recurs_in_place(described, memory))
    # |d - m|^2 less |d|^2 is one product of (d, 1) and (-2 m, |m|^2).
    lengths = np.einsum("ij,ij->i", memory.descriptions, memory.descriptions)
    factors = np.concatenate([-2.0 * memory.descriptions.T, lengths[None]])
    extended = np.column_stack([described, np.ones(len(described))])
    products = np.empty((NEAREST_BLOCK, len(lengths)))
    nearest = np.einsum("ij,ij->i", described, described)
    for first in range(0, len(described), NEAREST_BLOCK):
        part = extended[first : first + NEAREST_BLOCK]
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
