"""Low-rank factors of what ratings say beyond means: items as places in few dimensions.

A residual is the product of a person's place and an item's, and noise:
``residual(u, i) = w(u) . v(i) + N(0, s^2)``, with w standard normal and dimension k of
v of variance r(k). Variational Bayes (Lim & Teh, 2007) keeps the spread of both places
beside their means, so that few ratings say little, and learns noise and variances by
itself: dimensions that are not needed come to nothing. Half a sweep is two products of
the sparse table and a small system for each row, which has the form of a person's fold
in: a person's place given the items' is what `posterior.infer` finds in ``v / s``.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from recs_anomaly.base.parallel import one_blas_thread
from recs_anomaly.core.arrays import Floats, Singles
from recs_anomaly.recommend.choices import leading_directions

RANK = 8
N_SWEEPS = 10
TINY = 1e-9


class _Places(NamedTuple):
    """Means, and second moments, of the places of rows."""

    mean: Singles  # (n, rank)
    second: Singles  # (n, rank * (rank + 1) / 2) the lower half of each


def item_factors(residuals: csr_array, n_sweeps: int = N_SWEEPS) -> Floats:
    """Place items by the residuals of ratings, in parts of their noise.

    `residuals` has a row a person, a column an item. Of shape (n_items, rank). Sums
    over ratings are of single precision, in half of the time.
    """
    rank = min(RANK, *(size - 1 for size in residuals.shape))
    total, n = float(residuals.data @ residuals.data), len(residuals.data)
    told = residuals.astype(np.float32)
    ones = np.ones_like(told.data)
    is_told = csr_array((ones, told.indices, told.indptr), told.shape)
    is_rated = np.bincount(told.indices, minlength=told.shape[1]) > 0
    noise, spread = total / n, np.full(rank, total / n / (2 * rank))
    # Each product of two places stands for two in a sum over all.
    row, column = np.tril_indices(rank)
    twice = np.where(row == column, 1.0, 2.0)
    with one_blas_thread():
        _, _, directions = leading_directions(told, rank)
        start = directions.T.astype(np.float64) * np.sqrt(len(directions.T))
        items = _of_moments(start * np.sqrt(spread), 0.0)
        for _ in range(n_sweeps):
            of_items = told @ items.mean, is_told @ items.second
            people = _placed(*of_items, np.ones(rank), noise)
            # People in the order of memory both times: it takes half of the time.
            sums, squares = told.T @ people.mean, is_told.T @ people.second
            items = _placed(sums, squares, 1.0 / spread, noise)
            # Of the items that anybody rated: the others are at their prior.
            diagonal = items.second[is_rated][:, row == column]
            total_spread = diagonal.sum(axis=0, dtype=np.float64)
            spread = total_spread / max(is_rated.sum(), 1) + TINY
            explained = _product(sums, items.mean)
            expected = _product(squares, items.second * twice)
            noise = max((total - 2.0 * explained + expected) / n, TINY)
    return np.asarray(items.mean.astype(np.float64) / np.sqrt(noise))


def _placed(
    sums: Singles, squares: Singles, precision: Floats, noise: float
) -> _Places:
    """Posterior places of rows, given sums over their ratings of those of columns.

    Sums are of places times residuals, and of second moments.
    """
    rank = len(precision)
    row, column = np.tril_indices(rank)
    known = np.empty((len(sums), rank, rank))
    known[:, row, column] = known[:, column, row] = squares / noise
    covariance = np.linalg.inv(known + np.diag(precision))
    mean = np.einsum("nij,nj->ni", covariance, sums / noise)
    return _of_moments(mean, covariance[:, row, column])


def _of_moments(mean: Floats, covariance: Any) -> _Places:
    row, column = np.tril_indices(mean.shape[1])
    second = mean[:, row] * mean[:, column] + covariance
    return _Places(mean.astype(np.float32), second.astype(np.float32))


def _product(left: Any, right: Any) -> float:
    """Sum of the products of all entries."""
    return float(np.einsum("nk,nk->", left, right, dtype=np.float64))
