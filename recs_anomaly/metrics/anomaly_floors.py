"""Detectors that need no learning worth the name: what a better one has to beat.

Each gives one float64 a row; higher scores are more abnormal, as the metrics take them.
A row's score is the worst of its channels: a fault in one of many is not averaged away.
Channels that never take a third value, as commands and states do, are left out unless
there is no other: their every change would be the worst.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from recs_anomaly.base.checks import check_integer
from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics._arrays import finite_vector

RIDGE_PENALTY = 1.0
# Least mean squared error in training, as a share of the channel's variance: a rhythm
# without any noise would otherwise make rounding the worst anomaly.
MIN_TRAINING_ERROR = 1e-8


def random_score(
    n_timestamps: int, random_state: int | np.random.Generator = 0
) -> Floats:
    """Chance: independent uniform numbers; the floor of all floors.

    Parameters
    ----------
    n_timestamps : int
    random_state : int or numpy Generator, default=0
        Seed, or the generator to draw from.

    Returns
    -------
    scores : ndarray of shape (n_timestamps,)
        In [0, 1).

    Raises
    ------
    InputError
        If `n_timestamps` is negative.

    Examples
    --------
    >>> random_score(3).round(2).tolist()
    [0.64, 0.27, 0.04]
    """
    check_integer("n_timestamps", n_timestamps, 0)
    return np.random.default_rng(random_state).random(n_timestamps)


def smoothed_squared_difference(X: ArrayLike, width: int) -> Floats:
    """Squared step from the row before, averaged around each row; highest is worst.

    A channel's steps are divided by its median absolute step, or by its mean absolute
    step if it stands still more often than not; a constant channel scores 0. The first
    row has no step: 0. The largest squared step among channels counts.

    Parameters
    ----------
    X : array-like of shape (n_timestamps,) or (n_timestamps, n_channels)
        Evenly spaced readings, oldest first, in any units.
    width : int
        Rows averaged: ``width // 2`` before each row, itself, and the rest after it;
        at the ends, those that there are. 1 smooths nothing.

    Returns
    -------
    scores : ndarray of shape (n_timestamps,)
        At least 0, in squares of the typical step.

    Raises
    ------
    InputError
        If a reading is not finite, X is no series, or `width` is below 1.

    Examples
    --------
    >>> smoothed_squared_difference([0, 1, 2, 5, 6], width=1).tolist()
    [0.0, 1.0, 1.0, 9.0, 1.0]
    >>> smoothed_squared_difference([0, 1, 2, 5, 6], width=2).tolist()
    [0.0, 0.5, 1.0, 5.0, 5.0]
    """
    channels = _channels(X)
    check_integer("width", width, 1)
    scores = np.zeros(channels.shape[1])
    for channel in channels:
        steps = np.abs(np.diff(channel, prepend=channel[:1]))
        if steps.any():
            typical = np.median(steps[1:]) or steps[1:].mean()
            scores = np.maximum(scores, (steps / typical) ** 2)
    return moving_average(scores, width)


def ridge_autoregression(
    X: ArrayLike, train_length: int, window: int, width: int
) -> Floats:
    """Squared error of a linear forecast, averaged around each row; highest is worst.

    Each channel is forecast, one row ahead, from its own last `window` readings, by
    ridge regression in closed form (penalty 1 on readings in units of the channel's
    standard deviation in training, about their mean). Its squared errors are divided by
    their mean in training; the largest among channels counts, before smoothing. The
    first `window` rows have no forecast, and a channel that is constant in training
    none at all: both score 0.

    Parameters
    ----------
    X : array-like of shape (n_timestamps,) or (n_timestamps, n_channels)
        Evenly spaced readings, oldest first, in any units.
    train_length : int
        Rows at the start to fit on; more than `window`, at most all.
    window : int
        Readings that a forecast looks back on, at least 1.
    width : int
        Rows averaged: ``width // 2`` before each row, itself, and the rest after it;
        at the ends, those that there are. 1 smooths nothing.

    Returns
    -------
    scores : ndarray of shape (n_timestamps,)
        At least 0; about 1 where the series is as it was in training.

    Raises
    ------
    InputError
        If a reading is not finite, X is no series, `window` or `width` is below 1, or
        `train_length` is not more than `window` and at most the number of rows.

    Examples
    --------
    >>> import numpy as np
    >>> wave = np.sin(np.arange(300))
    >>> wave[250] += 0.5
    >>> scores = ridge_autoregression(wave, train_length=200, window=8, width=1)
    >>> int(scores.argmax())
    250
    """
    channels = _channels(X)
    check_integer("window", window, 1)
    check_integer("width", width, 1)
    n_rows = channels.shape[1]
    if not window < train_length <= n_rows:
        raise InputError(
            f"train_length must be more than window={window} and at most the "
            f"{n_rows} rows of X; got {train_length}."
        )
    scores = np.zeros(n_rows)
    for channel in channels:
        if np.ptp(channel[:train_length]) > 0:
            errors = _forecast_errors(channel, train_length, window)
            scores[window:] = np.maximum(scores[window:], errors)
    return moving_average(scores, width)


def moving_average(scores: ArrayLike, width: int) -> Floats:
    """Mean of the rows around each row; at the ends, of those that there are.

    Parameters
    ----------
    scores : array-like of shape (n_timestamps,)
    width : int
        ``width // 2`` rows before each row, itself, and the rest after it.

    Returns
    -------
    means : ndarray of shape (n_timestamps,)

    Raises
    ------
    InputError
        If a score is not finite or `width` is below 1.

    Examples
    --------
    >>> moving_average([0, 0, 6, 0], width=3).tolist()
    [0.0, 2.0, 2.0, 3.0]
    """
    row_scores = finite_vector("scores", scores)
    check_integer("width", width, 1)
    rows = np.arange(len(row_scores))
    first = np.maximum(rows - width // 2, 0)
    end = np.minimum(rows + (width - 1) // 2 + 1, len(rows))
    if not len(rows):
        return row_scores
    # Not a difference of running sums, in which one huge score drowns all later ones.
    sums = np.convolve(row_scores, np.ones(width))[(width - 1) // 2 :][: len(rows)]
    means: Floats = sums / (end - first)
    return means


def _forecast_errors(channel: Floats, train_length: int, window: int) -> Floats:
    """Squared errors from row `window` on, in units of their mean in training."""
    training = channel[:train_length]
    readings = (channel - training.mean()) / training.std()
    past = sliding_window_view(readings[: train_length - 1], window)
    lags, target = np.ascontiguousarray(past), readings[window:train_length]
    coefficients = np.linalg.solve(
        lags.T @ lags + RIDGE_PENALTY * np.eye(window), lags.T @ target
    )
    forecast = np.correlate(readings[:-1], coefficients)
    errors = (readings[window:] - forecast) ** 2
    in_training = float(errors[: len(target)].mean())
    relative: Floats = errors / max(in_training, MIN_TRAINING_ERROR)
    return relative


def _channels(X: ArrayLike) -> Floats:
    """Turn a series into an array with a row a channel, the two-valued left out."""
    table = np.asarray(X, dtype=np.float64)
    if table.ndim not in (1, 2) or 0 in table.shape[1:]:
        raise InputError(
            f"X must have one dimension, or two and a channel; got shape {table.shape}."
        )
    finite_vector("X", table.ravel())
    if not table.size:
        return np.empty((1, 0))
    channels = table.reshape(len(table), -1).T
    low, high = channels.min(axis=1), channels.max(axis=1)
    is_end = (channels == low[:, np.newaxis]) | (channels == high[:, np.newaxis])
    is_two_valued = is_end.all(axis=1)
    return channels if is_two_valued.all() else channels[~is_two_valued]
