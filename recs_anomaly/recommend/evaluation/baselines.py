"""Predicted ratings, and the baselines that every model has to beat."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recs_anomaly.core.arrays import Floats

INTERVAL_COVERAGE = 0.9
# An interval of a normal distribution that holds INTERVAL_COVERAGE.
_N_SPREADS = 1.6448536269514722
# A mean is damped as if this many ratings at the overall mean had been seen as well.
_DAMPING = 5.0
_N_SWEEPS = 10


class PredictedRatings(NamedTuple):
    """What is expected of some ratings.

    Attributes
    ----------
    mean : float64 ndarray of shape (n_ratings,)
    probabilities : float64 ndarray of shape (n_ratings, n_levels)
        One distribution over the rating levels a row.
    intervals : float64 ndarray of shape (n_ratings, 2)
        Low and high end; 90 % of the ratings should fall between, ends included.
    """

    mean: Floats
    probabilities: Floats
    intervals: Floats


def baseline_predictions(
    train: pd.DataFrame, pairs: pd.DataFrame, levels: Floats
) -> dict[str, PredictedRatings]:
    """PredictedRatings ratings by rules that need no model.

    Users and items that `train` does not know count as average ones.

    Parameters
    ----------
    train : DataFrame with columns user_id, item_id, rating
    pairs : DataFrame with columns user_id, item_id
    levels : float64 ndarray of shape (n_levels,)
        The distinct ratings of `train`, ascending.

    Returns
    -------
    predictions : dict of str to PredictedRatings
        "global mean": the frequencies of the levels, for every pair alike.
        "item mean": how often others gave the item each level, somewhat damped.
        "user + item means": the user's mean plus the item's, less the overall one,
        both damped; "user + item biases": the same with the biases of a ridge
        regression, the baseline that matrix factorisations start from. Errors of
        these two are taken as normal.
    """
    return {
        "global mean": _global_mean(train, pairs, levels),
        "item mean": _item_mean(train, pairs, levels),
        "user + item means": _additive(train, pairs, levels, n_sweeps=0),
        "user + item biases": _additive(train, pairs, levels, n_sweeps=_N_SWEEPS),
    }


def damped_item_means(train: pd.DataFrame, items: NDArray[Any]) -> Floats:
    """Average the ratings of each item, drawn towards the mean of all.

    Parameters
    ----------
    train : DataFrame with columns item_id, rating
    items : ndarray of shape (n_items,)
        Ids, all of the table's among them.

    Returns
    -------
    means : float64 ndarray of shape (n_items,)
        That of an item without ratings is the mean of all.
    """
    codes = pd.Index(items, tupleize_cols=False).get_indexer(pd.Index(train["item_id"]))
    mean = float(train["rating"].mean())
    deviations = train["rating"].to_numpy(dtype=np.float64) - mean
    return mean + _damped_means(codes.astype(np.int64), deviations, len(items))


def _global_mean(
    train: pd.DataFrame, pairs: pd.DataFrame, levels: Floats
) -> PredictedRatings:
    frequencies = _frequencies(train, levels)
    return _from_levels(np.tile(frequencies, (len(pairs), 1)), levels)


def _item_mean(
    train: pd.DataFrame, pairs: pd.DataFrame, levels: Floats
) -> PredictedRatings:
    items, n_items = _numbered(train["item_id"], pairs["item_id"])
    cells = items.train * len(levels) + np.searchsorted(levels, train["rating"])
    counts = np.bincount(cells, minlength=n_items * len(levels))
    damped = counts.reshape(n_items, -1) + _DAMPING * _frequencies(train, levels)
    probabilities = damped / damped.sum(axis=1, keepdims=True)
    return _from_levels(probabilities[items.asked], levels)


class _Numbered(NamedTuple):
    """Numbers in place of ids, from 0, shared by the ratings and the pairs asked."""

    train: NDArray[np.int64]
    asked: NDArray[np.int64]


def _numbered(train: pd.Series, asked: pd.Series) -> tuple[_Numbered, int]:
    codes, ids = pd.factorize(pd.concat([train, asked], ignore_index=True))
    return _Numbered(codes[: len(train)], codes[len(train) :]), len(ids)


def _frequencies(train: pd.DataFrame, levels: Floats) -> Floats:
    columns = np.searchsorted(levels, train["rating"])
    return np.asarray(np.bincount(columns, minlength=len(levels)) / len(train))


def _from_levels(probabilities: Floats, levels: Floats) -> PredictedRatings:
    """Predict the mean and the middle INTERVAL_COVERAGE of the distributions."""
    reached = np.cumsum(probabilities, axis=1)
    tail = (1 - INTERVAL_COVERAGE) / 2
    low = levels[(reached < tail).sum(axis=1)]
    high = levels[np.minimum((reached < 1 - tail).sum(axis=1), len(levels) - 1)]
    return PredictedRatings(
        probabilities @ levels, probabilities, np.column_stack([low, high])
    )


def _additive(
    train: pd.DataFrame, pairs: pd.DataFrame, levels: Floats, n_sweeps: int
) -> PredictedRatings:
    """Overall mean + user's part + item's part; sweeps turn means into ridge biases."""
    users, n_users = _numbered(train["user_id"], pairs["user_id"])
    items, n_items = _numbered(train["item_id"], pairs["item_id"])
    mean = float(train["rating"].mean())
    deviations = train["rating"].to_numpy(dtype=np.float64) - mean

    user_part = _damped_means(users.train, deviations, n_users)
    item_part = _damped_means(items.train, deviations, n_items)
    for _ in range(n_sweeps):
        rest = deviations - user_part[users.train]
        item_part = _damped_means(items.train, rest, n_items)
        rest = deviations - item_part[items.train]
        user_part = _damped_means(users.train, rest, n_users)
    errors = deviations - user_part[users.train] - item_part[items.train]
    expected = mean + user_part[users.asked] + item_part[items.asked]
    return _with_normal_errors(expected, float(errors.std()), levels)


def _damped_means(groups: NDArray[np.int64], values: Floats, n_groups: int) -> Floats:
    sums = np.bincount(groups, values, n_groups)
    return np.asarray(sums / (np.bincount(groups, minlength=n_groups) + _DAMPING))


def _with_normal_errors(
    expected: Floats, spread: float, levels: Floats
) -> PredictedRatings:
    ends = levels[0], levels[-1]
    distance = (levels - expected[:, np.newaxis]) / max(spread, 1e-6)
    weights = np.exp(-(distance**2 - (distance**2).min(axis=1, keepdims=True)) / 2)
    half_width = _N_SPREADS * spread
    return PredictedRatings(
        np.clip(expected, *ends),
        weights / weights.sum(axis=1, keepdims=True),
        np.clip(np.column_stack([expected - half_width, expected + half_width]), *ends),
    )
