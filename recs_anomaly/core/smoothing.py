"""Averages of a score around each row, with a peak and long tails.

A moving average of fixed width must choose between a sharp peak for isolated spikes
and a broad shoulder for long events. The kernel 1 / (1 + (distance / width)^2) has
both: the row itself weighs most, and rows far away still count.
"""

import numpy as np

from recs_anomaly.core.windows import Bools, Floats

REACH = 40  # in widths: the tails beyond it hold under 2 % of the weight


def smooth(scores: Floats, is_known: Bools, width: float) -> Floats:
    """Average each column of scores by the kernel, over the rows that are known.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_columns)
    is_known : ndarray of bool of shape (n_rows, n_columns)
        Rows without a score weigh nothing; their own average is that of the others.
    width : float
        Distance in rows at which a row weighs half; 0 leaves the scores as they are.

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
        0 where no row within reach is known.
    """
    if width == 0:
        return np.where(is_known, scores, 0.0)
    reach = min(int(REACH * width), len(scores))
    kernel = 1.0 / (1.0 + (np.arange(-reach, reach + 1) / width) ** 2)
    weights = np.maximum(_convolved(is_known.astype(np.float64), kernel), 0.0)
    total = _convolved(np.where(is_known, scores, 0.0), kernel)
    smallest = 0.5 * kernel[0]  # less can only be rounding: no row is in reach
    return np.where(
        weights > smallest, np.maximum(total, 0.0) / np.maximum(weights, smallest), 0.0
    )


def _convolved(columns: Floats, kernel: Floats) -> Floats:
    """Convolution of each column with a symmetric kernel, by Fourier transforms."""
    n_rows, reach = len(columns), len(kernel) // 2
    size = 1 << int(n_rows + len(kernel) - 1).bit_length()
    product = np.fft.rfft(columns, size, axis=0) * np.fft.rfft(kernel, size)[:, None]
    result: Floats = np.fft.irfft(product, size, axis=0)[reach : reach + n_rows]
    return result
