"""Dense autoencoder of windows: principal components and a network's correction.

The linear part, in closed form, is what an autoencoder without hidden layers learns
(Baldi & Hornik, 1989). Two small networks add what is not linear to the code and to
the reconstruction; their last layers start at zero, so that training can only improve
on the components.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.windows import Floats


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
