"""Dense autoencoder of windows: principal components and a network's correction.

The linear part, in closed form, is what an autoencoder without hidden layers learns
(Baldi & Hornik, 1989). Two small networks add what is not linear to the code and to
the reconstruction; their last layers start at zero, so that training can only improve
on the components.

A window is described by the code of its shape, whatever its level, and by the length of
what the code does not hold.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, NamedTuple

import numpy as np

from recs_anomaly.anomaly.windows import n_covering, overlap_sum
from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.blocked_ridge import BlockedRidge
from recs_anomaly.core.windows import sliding_windows

BLOCK = 2048
N_BLOCKS = 4  # of windows, to judge by
RIDGE = 1e-3  # of the windows
SATURATED = 20.0  # drive at which a unit says 1
HELPS = 0.9  # of what the components leave over: more is no help


class WindowAutoencoder(NamedTuple):
    """Weights; d is the width of a window, k the size of its code, h the hidden units.

    `mean` (d,), `components` (k, d); `encoder_*` from d over h to k, `decoder_*` from
    k over h to d.
    """

    mean: Annotated[Floats, ArraySpec("float64", ("window_",))]
    components: Annotated[Floats, ArraySpec("float64", ("n_code", "window_"))]
    encoder_kernel: Annotated[Floats, ArraySpec("float64", ("window_", "n_hidden"))]
    encoder_bias: Annotated[Floats, ArraySpec("float64", ("n_hidden",))]
    encoder_head: Annotated[Floats, ArraySpec("float64", ("n_hidden", "n_code"))]
    decoder_kernel: Annotated[Floats, ArraySpec("float64", ("n_code", "n_hidden"))]
    decoder_bias: Annotated[Floats, ArraySpec("float64", ("n_hidden",))]
    decoder_head: Annotated[Floats, ArraySpec("float64", ("n_hidden", "window_"))]


@dataclass(frozen=True, eq=False)
class Memory:
    """Descriptions (..., n_memory, n_code + 1) of normal windows; their first rows."""

    descriptions: Floats
    starts: np.ndarray

    @cached_property
    def squared_lengths(self) -> Floats:
        """Squared length of each description (..., n_memory)."""
        of = self.descriptions
        lengths: Floats = np.einsum("...ij,...ij->...i", of, of)
        return lengths


class Described(NamedTuple):
    """Descriptions of windows (..., n_code + 1), and what these leave over.

    `squared_residual` is the squared distance of a window from its shape as rebuilt, at
    the level 0 of training: the mean over a window (...,), or the mean over the
    windows that cover a row (n_rows,).
    """

    descriptions: Floats
    squared_residual: Floats


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


def fit_decoder(
    linear: WindowAutoencoder, windows: Floats, n_hidden: int, seed: int
) -> WindowAutoencoder:
    """Add hidden units to the decoder that rebuild what the components leave over.

    The units are random, and what they say is fitted in closed form. The linear part
    alone comes back where that brings little in windows that it was not fitted to.
    `windows` (n_windows, d) stand in the order of time.
    """
    rng = np.random.default_rng(seed)
    centred = windows - linear.mean
    codes = centred @ linear.components.T
    spread = codes.std(axis=0)
    kernel = rng.standard_normal((codes.shape[1], n_hidden))
    kernel /= np.where(spread > 0, spread, 1.0)[:, None] * np.sqrt(codes.shape[1])
    bias = rng.standard_normal(n_hidden)
    left = centred - codes @ linear.components
    block = np.arange(len(left)) * N_BLOCKS // len(left)
    ridge = BlockedRidge(np.tanh(codes @ kernel + bias), left, block, N_BLOCKS)
    penalty = np.full(n_hidden, RIDGE)
    if ridge.unexplained(penalty, range(N_BLOCKS)) > HELPS:
        return linear
    head = ridge.weights(penalty)
    # One unit more always says 1: it carries the intercepts.
    return uncorrected(linear.mean, linear.components, n_hidden + 1)._replace(
        decoder_kernel=np.pad(kernel, ((0, 0), (0, 1))),
        decoder_bias=np.append(bias, SATURATED),
        decoder_head=np.concatenate([head, ridge.intercepts(head)[None]]),
    )


def encode(model: WindowAutoencoder, windows: Floats) -> Floats:
    """Compute the codes (n_windows, k) of windows (n_windows, d)."""
    centred = windows - model.mean
    codes: Floats = centred @ model.components.T
    if len(model.encoder_bias):
        hidden = np.tanh(centred @ model.encoder_kernel + model.encoder_bias)
        codes += hidden @ model.encoder_head
    return codes


def decode(model: WindowAutoencoder, codes: Floats) -> Floats:
    """Compute the windows (n_windows, d) that codes (n_windows, k) stand for."""
    windows: Floats = codes @ model.components
    windows += model.mean
    if len(model.decoder_bias):
        hidden = np.tanh(codes @ model.decoder_kernel + model.decoder_bias)
        windows += hidden @ model.decoder_head
    return windows


def describe_each(model: WindowAutoencoder, windows: Floats) -> Described:
    """Describe windows (..., width), each by itself.

    To the bit, a description does not depend on how many there are.
    """
    windows = np.ascontiguousarray(windows)
    shapes = windows - windows.mean(axis=-1, keepdims=True)
    codes = encode(model, shapes[..., None, :])  # stacked: a product for each
    rebuilt = decode(model, codes)[..., 0, :]
    residual, apart = shapes - rebuilt, windows - rebuilt
    descriptions = np.empty((*windows.shape[:-1], codes.shape[-1] + 1))
    descriptions[..., :-1] = codes[..., 0, :]
    lengths = np.einsum("...j,...j->...", residual, residual)
    descriptions[..., -1] = np.sqrt(lengths)
    squared = np.einsum("...j,...j->...", apart, apart)
    return Described(descriptions, squared / windows.shape[-1])


def describe_all(
    model: WindowAutoencoder, channel: Floats, is_observed: Bools
) -> Described:
    """Describe every window of a channel (n_rows,), block by block.

    Windows of which too little was measured (`is_observed` of shape (n_windows,) is
    False) have no say in the residual of the rows.
    """
    width = len(model.mean)
    windows = sliding_windows(channel, width)
    descriptions = np.empty((len(windows), len(model.components) + 1))
    total = np.zeros(len(channel))
    for first in range(0, len(windows), BLOCK):
        part = slice(first, first + BLOCK)
        shapes = windows[part] - windows[part].mean(axis=1, keepdims=True)
        codes = encode(model, shapes)
        rebuilt = decode(model, codes)
        descriptions[part, :-1] = codes
        descriptions[part, -1] = np.linalg.norm(shapes - rebuilt, axis=1)
        squared = (windows[part] - rebuilt) ** 2
        squared[~is_observed[part]] = 0.0
        total[first : first + len(squared) + width - 1] += overlap_sum(squared)
    n_windows = np.maximum(n_covering(is_observed, width), 1.0)
    return Described(descriptions, total / n_windows)
