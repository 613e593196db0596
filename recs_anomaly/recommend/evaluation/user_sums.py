"""Measures kept user by user, so that users can be drawn again for an interval."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recs_anomaly.core.arrays import Floats
from recs_anomaly.metrics.bootstrap import bootstrap_interval

Measure = tuple[str, str]

_N_RESAMPLES = 1000
# Users add up squared errors under this name, of which the root is wanted in the end.
ROOT_METRIC = "rmse"


class UserSums(NamedTuple):
    """What one fold's test part says of each of its users.

    Attributes
    ----------
    measures : list of (predictor, metric)
    users : ndarray of shape (n_users,)
        Ids, each once.
    sums : ndarray of shape (n_users, n_measures)
    counts : ndarray of shape (n_users, n_measures)
        By what the sums of all users together are divided.
    """

    measures: list[Measure]
    users: NDArray[Any]
    sums: Floats
    counts: Floats

    def beside(self, other: Self) -> "UserSums":
        """Put other measures of the same users beside these.

        Parameters
        ----------
        other : UserSums

        Returns
        -------
        both : UserSums
        """
        return UserSums(
            self.measures + other.measures,
            self.users,
            np.hstack([self.sums, other.sums]),
            np.hstack([self.counts, other.counts]),
        )


def sums_of_rows(
    rows: NDArray[np.int64], users: NDArray[Any], losses: dict[Measure, Floats]
) -> UserSums:
    """Add up what each row of a test part cost.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,)
        Place in `users` of the user of each row.
    users : ndarray of shape (n_users,)
    losses : dict of (predictor, metric) to ndarray of shape (n_rows,)

    Returns
    -------
    sums : UserSums
    """
    n_users = len(users)
    sums = [np.bincount(rows, loss, n_users) for loss in losses.values()]
    counts = np.bincount(rows, minlength=n_users).astype(np.float64)
    return UserSums(
        list(losses), users, np.column_stack(sums), np.tile(counts, (len(sums), 1)).T
    )


def sums_of_users(users: NDArray[Any], values: dict[Measure, Floats]) -> UserSums:
    """Take over what each user is worth, leaving out who has no value.

    Parameters
    ----------
    users : ndarray of shape (n_users,)
    values : dict of (predictor, metric) to ndarray of shape (n_users,)
        NaN is no value.

    Returns
    -------
    sums : UserSums
    """
    columns = np.column_stack(list(values.values()))
    is_known = ~np.isnan(columns)
    return UserSums(
        list(values), users, np.where(is_known, columns, 0.0), is_known.astype(float)
    )


def tabulated(folds: Sequence[UserSums]) -> pd.DataFrame:
    """Set folds as a table.

    Parameters
    ----------
    folds : sequence of UserSums
        All of the same measures.

    Returns
    -------
    table : DataFrame with columns predictor, metric, fold_1, ..., mean, std, low, high
        As `evaluate` says. NaN where nobody has a value.
    """
    sums, counts = _aligned(folds)

    def mean_of_folds(n_drawn: NDArray[np.int64]) -> Floats:
        return _mean_of_known(_by_fold(folds[0].measures, sums, counts, n_drawn))

    n_users = len(sums)
    values = _by_fold(folds[0].measures, sums, counts, np.ones(n_users, dtype=np.int64))
    low, high = bootstrap_interval(mean_of_folds, n_users, n_resamples=_N_RESAMPLES)
    columns = {f"fold_{n}": value for n, value in enumerate(values, start=1)}
    columns |= {"mean": _mean_of_known(values), "std": _spread(values)}
    columns |= {"low": low, "high": high}
    names = pd.DataFrame(folds[0].measures, columns=["predictor", "metric"])
    return names.assign(**columns)


def _aligned(folds: Sequence[UserSums]) -> tuple[Floats, Floats]:
    """Set sums and counts (user, fold, measure) of everybody who is in any fold."""
    codes, everybody = pd.factorize(np.concatenate([fold.users for fold in folds]))
    sums = np.zeros((len(everybody), len(folds), len(folds[0].measures)))
    counts = np.zeros_like(sums)
    start = 0
    for place, fold in enumerate(folds):
        rows = codes[start : start + len(fold.users)]
        start += len(rows)
        sums[rows, place], counts[rows, place] = fold.sums, fold.counts
    return sums, counts


def _by_fold(
    measures: Sequence[Measure],
    sums: Floats,
    counts: Floats,
    n_drawn: NDArray[np.int64],
) -> Floats:
    """Measures (fold, measure) of the users drawn, NaN where none has a value."""
    totals = np.tensordot(n_drawn, counts, axes=1)
    unknown = np.full(totals.shape, np.nan)
    means = np.divide(
        np.tensordot(n_drawn, sums, axes=1), totals, out=unknown, where=totals > 0
    )
    is_root = [metric == ROOT_METRIC for _, metric in measures]
    means[:, is_root] **= 0.5
    return np.asarray(means)


def _mean_of_known(values: Floats) -> Floats:
    is_known = ~np.isnan(values)
    total = np.where(is_known, values, 0.0).sum(axis=0)
    n_known = is_known.sum(axis=0)
    unknown = np.full(total.shape, np.nan)
    return np.asarray(np.divide(total, n_known, out=unknown, where=n_known > 0))


def _spread(values: Floats) -> Floats:
    is_single = len(values) == 1
    return np.full_like(values[0], np.nan) if is_single else values.std(axis=0, ddof=1)
