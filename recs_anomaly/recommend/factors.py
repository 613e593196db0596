"""Low-rank factors of what ratings say beyond means: items as places in few dimensions.

A residual is the product of a person's place and an item's, and noise:
``residual(u, i) = w(u) . v(i) + N(0, s^2)``, with w standard normal and dimension k of
v of variance r(k). Variational Bayes (Lim & Teh, 2007) keeps the spread of both places
beside their means, so that few ratings say little, and learns noise and variances by
itself: dimensions that are not needed come to nothing. Half a sweep is two products of
the sparse table and a small system for each row, which has the form of a person's fold
in: a person's place given the items' is what `posterior.infer` finds in ``v / s``.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from recs_anomaly.base.parallel import one_blas_thread
from recs_anomaly.core.arrays import Floats
from recs_anomaly.recommend.choices import leading_directions

RANK = 8
N_SWEEPS = 10
TINY = 1e-9


class _Places(NamedTuple):
    """Means, and second moments, of the places of rows."""

    mean: Floats  # (n, rank)
    second: Floats  # (n, rank * rank)


def item_factors(residuals: csr_array, n_sweeps: int = N_SWEEPS) -> Floats:
    """Place items by the residuals of ratings, in parts of their noise.

    `residuals` has a row a person, a column an item. Of shape (n_items, rank).
    """
    rank = min(RANK, *(size - 1 for size in residuals.shape))
    by_item = residuals.T.tocsr()
    told = [residuals, by_item]
    is_told = [
        csr_array((np.ones(len(each.data)), each.indices, each.indptr), each.shape)
        for each in told
    ]
    total, n = float(residuals.data @ residuals.data), len(residuals.data)
    noise, spread = total / n, np.full(rank, total / n / (2 * rank))
    with one_blas_thread():
        # Only where to start, for which single precision will do.
        _, _, directions = leading_directions(residuals.astype(np.float32), rank)
        start = directions.T.astype(np.float64) * np.sqrt(len(directions.T))
        items = _Places(start * np.sqrt(spread), np.zeros((len(start), rank**2)))
        items = items._replace(second=_squared(items.mean))
        for _ in range(n_sweeps):
            people = _placed(told[0], is_told[0], items, np.ones(rank), noise)
            items = _placed(told[1], is_told[1], people, 1.0 / spread, noise)
            # Of the items that anybody rated: the others are at their prior.
            rated = np.diff(by_item.indptr) > 0
            diagonal = items.second[rated].reshape(-1, rank, rank)
            spread = np.einsum("nkk->k", diagonal) / max(rated.sum(), 1) + TINY
            explained = float(((told[1] @ people.mean) * items.mean).sum())
            expected = float(((is_told[1] @ people.second) * items.second).sum())
            noise = max((total - 2.0 * explained + expected) / n, TINY)
    return np.asarray(items.mean / np.sqrt(noise))


def _placed(
    told: csr_array,
    is_told: csr_array,
    others: _Places,
    precision: Floats,
    noise: float,
) -> _Places:
    """Posterior places of rows, given those of the columns."""
    rank = len(precision)
    known = (is_told @ others.second).reshape(-1, rank, rank) / noise
    covariance = np.linalg.inv(known + np.diag(precision))
    mean = np.einsum("nij,nj->ni", covariance, (told @ others.mean) / noise)
    return _Places(mean, _squared(mean) + covariance.reshape(-1, rank**2))


def _squared(mean: Floats) -> Floats:
    return np.asarray((mean[:, :, None] * mean[:, None, :]).reshape(len(mean), -1))
