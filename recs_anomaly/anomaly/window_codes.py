"""Dense autoencoder of windows: principal components and a network's correction.

The linear part, in closed form, is what an autoencoder without hidden layers learns
(Baldi & Hornik, 1989). Two small networks add what is not linear to the code and to
the reconstruction; their last layers start at zero, so that training can only improve
on the components.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.anomaly.windows import overlap_sum, spread_over_rows
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.windows import sliding_windows

BLOCK = 2048
NEAREST_BLOCK = 256  # windows whose distances fit into a core's cache
SAME = 1e-9  # how far apart two descriptions of one window may be, by rounding


class WindowAutoencoder(NamedTuple):
    """Weights; d is the width of a window, k the size of its code, h the hidden units.

    `mean` (d,), `components` (k, d); `encoder_*` from d over h to k, `decoder_*` from
    k over h to d.
    """

    mean: Floats
    components: Floats
    encoder_kernel: Floats
    encoder_bias: Floats
    encoder_head: Floats
    decoder_kernel: Floats
    decoder_bias: Floats
    decoder_head: Floats


def fit_components(windows: Floats, kept: float, most: int) -> WindowAutoencoder:
    """Keep the components that explain the share `kept` of variance, at most `most`.

    `windows` has shape (n_windows, d). There are no hidden units.
    """
    mean = windows.mean(axis=0)
    _, lengths, axes = np.linalg.svd(windows - mean, full_matrices=False)
    explained = np.cumsum(lengths**2)
    enough = int(np.searchsorted(explained, kept * explained[-1])) + 1
    components = axes[: min(enough, most)]
    return uncorrected(mean, components, 0)


def uncorrected(mean: Floats, components: Floats, n_hidden: int) -> WindowAutoencoder:
    """Build an autoencoder whose hidden units say nothing yet."""
    n_code, width = components.shape
    return WindowAutoencoder(
        mean,
        components,
        np.zeros((width, n_hidden)),
        np.zeros(n_hidden),
        np.zeros((n_hidden, n_code)),
        np.zeros((n_code, n_hidden)),
        np.zeros(n_hidden),
        np.zeros((n_hidden, width)),
    )


def encode(model: WindowAutoencoder, windows: Floats) -> Floats:
    """Codes (n_windows, k) of windows (n_windows, d)."""
    centred = windows - model.mean
    hidden = np.tanh(centred @ model.encoder_kernel + model.encoder_bias)
    return centred @ model.components.T + hidden @ model.encoder_head


def decode(model: WindowAutoencoder, codes: Floats) -> Floats:
    """Windows (n_windows, d) that codes (n_windows, k) stand for."""
    hidden = np.tanh(codes @ model.decoder_kernel + model.decoder_bias)
    return codes @ model.components + model.mean + hidden @ model.decoder_head


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
