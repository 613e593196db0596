"""The buffer that TSB-AD gives to the volumes: the period of the series, if any."""

import numpy as np
from numpy.typing import ArrayLike

from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics._arrays import finite_vector

N_ROWS = 20_000
N_LAGS = 400
FIRST_LAG, LAST_LAG = 6, 303
DEFAULT_LENGTH = 125


def buffer_length(values: ArrayLike) -> int:
    """Lag of the highest peak of the first channel's autocorrelation.

    Conventions, all of them TSB-AD's: only the first 20,000 rows and the lags from 4 to
    399 count; a peak is higher than both its neighbours; 125 if there is none, or
    if the highest lies outside the lags from 6 to 303, even where a lower one would
    not. The autocorrelation is the biased one, with the mean of those rows taken off.

    Parameters
    ----------
    values : array-like of shape (n_timestamps,) or (n_timestamps, n_channels)
        Evenly spaced readings, oldest first, in any unit.

    Returns
    -------
    length : int
        In points; what TSB-AD passes to `vus_pr` as `window`.

    Raises
    ------
    InputError
        If those rows of the first channel hold a number that is not finite, or
        `values` has neither one dimension nor two.

    Examples
    --------
    >>> import numpy as np
    >>> buffer_length(np.sin(np.arange(1000) * 2 * np.pi / 24))
    24
    >>> buffer_length(np.arange(1000))
    125
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim not in (1, 2) or 0 in table.shape[1:]:
        raise InputError(
            f"values must have one dimension, or two and a channel; "
            f"got shape {table.shape}."
        )
    rows = table[:N_ROWS]
    channel = finite_vector("values", rows if rows.ndim == 1 else rows[:, 0])
    products = _autocovariance(channel)
    middle = products[4:-1]
    is_peak = (middle > products[3:-2]) & (middle > products[5:])
    if not is_peak.any():
        return DEFAULT_LENGTH
    lag = 4 + int(np.where(is_peak, middle, -np.inf).argmax())
    return lag if FIRST_LAG <= lag <= LAST_LAG else DEFAULT_LENGTH


def _autocovariance(channel: Floats) -> Floats:
    """Sum of products of a channel, less its mean, with itself, for lags up to 400."""
    if not len(channel) or np.ptp(channel) == 0:
        return np.zeros(N_LAGS + 1)
    centred = channel - channel.mean()
    n_fourier = 2 * len(centred)  # so that nothing wraps around
    power = np.abs(np.fft.rfft(centred, n_fourier)) ** 2
    return np.fft.irfft(power, n_fourier)[: min(N_LAGS + 1, len(centred))]
