"""Output weights of visible units in closed form, given the hidden activity.

In the item view the visible units are the users, and a new user has no weights. But
given the hidden activity of the items, the weights of one visible unit are a linear
model with a Gaussian prior, and its posterior has a closed form: Gaussian process
regression over items whose kernel is computed from the item view (Hinton &
Salakhutdinov, 2008; low rank after Williams & Seeger, 2001). Everybody's weights are
found in this way, those of the training users too, so that a new user with the same
ratings gets the same predictions. The user view's visible units, the items, get their
weights likewise, from the hidden activity of the users.
"""

import numpy as np
from scipy.linalg.lapack import dposv, dpotrf, dpotri

from recs_anomaly.core.arrays import Floats, Ints
from recs_anomaly.recommend.rows import blocks

N_LANDMARKS = 128
WIDTH = 2.0
AUDIENCE_WEIGHT = 0.8
KERNEL_VARIANCE = 0.8
POPULARITY_VARIANCE = 0.01
OFFSET_VARIANCE = 1 / 3
GENEROSITY_SHRINKAGE = 5.0
OFFSET_PRECISION = 5.0
HIDDEN_PRECISION = 100.0
ITEM_SHRINKAGE = 6.0
N_SWEEPS = 8
JITTER = 1e-6
N_OFFSETS = 2  # features before those of the kernel


def item_features(
    hidden: Floats,
    audience: Floats,
    counts: Floats,
    typical_popularity: float | None = None,
    strength: float = 1.0,
) -> Floats:
    """Features whose inner product is the kernel between items.

    The kernel is a constant (the user's generosity), plus a linear one in the log
    popularity, plus a Gaussian one in the hidden activity and in the audience of the
    items (a spectral embedding of who rated what), through landmarks: the items with
    most ratings. Of shape (n_items, 2 + n_landmarks). Where a typical log popularity
    is given, an item without ratings has that one. `strength` is the variance of tastes
    beside that of noise, in parts of the usual one.
    """
    landmarks = np.argsort(-counts, kind="stable")[:N_LANDMARKS]
    width = 2.0 * WIDTH * np.median(_squared_distances(hidden, hidden[landmarks]))
    place = np.hstack(
        [hidden / np.sqrt(max(width, JITTER)), audience * np.sqrt(AUDIENCE_WEIGHT)]
    )
    kernel = KERNEL_VARIANCE * np.exp(-_squared_distances(place, place[landmarks]))
    # The Cholesky factor of the landmarks' kernel turns kernel columns into features.
    factor = np.linalg.cholesky(kernel[landmarks] + JITTER * np.eye(len(landmarks)))
    smooth = np.linalg.solve(factor, kernel.T).T
    return np.column_stack(
        [
            np.full(len(hidden), np.sqrt(OFFSET_VARIANCE)),
            np.sqrt(POPULARITY_VARIANCE)
            * _standard_popularity(counts, typical_popularity),
            np.sqrt(strength) * smooth,
        ]
    )


def strength_of(features: Floats) -> float:
    """Tell the strength that features of items were made with.

    Landmarks have the kernel's whole variance in their features.
    """
    if not features.shape[1]:
        return 1.0
    variance = (features[:, N_OFFSETS:] ** 2).sum(axis=1).max()
    return float(2.0 ** np.round(np.log2(variance / KERNEL_VARIANCE)))


def _squared_distances(points: Floats, centres: Floats) -> Floats:
    cross = points @ centres.T
    squares = (points**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1)
    return np.asarray(np.maximum(squares - 2.0 * cross, 0.0))


def _standard_popularity(counts: Floats, typical: float | None) -> Floats:
    """Log counts with mean 0 and variance 1 over the ratings."""
    popularity = np.log1p(counts)
    if typical is not None:
        popularity[counts == 0] = typical
    share = counts / max(counts.sum(), 1.0)
    centred = popularity - share @ popularity
    spread = np.sqrt(share @ centred**2)
    return np.asarray(centred / spread if spread > JITTER else np.zeros(len(counts)))


def user_features(hidden: Floats) -> Floats:
    """Features of users: a constant and the hidden activity, scaled by their priors."""
    offset = np.full((len(hidden), 1), OFFSET_PRECISION**-0.5)
    return np.hstack([offset, hidden * HIDDEN_PRECISION**-0.5])


def shrunken_mean(sums: Floats, counts: Floats | float) -> Floats:
    """Means of a user's ratings beyond the items' effects, drawn to 0 when few."""
    return np.asarray(sums / (counts + GENEROSITY_SHRINKAGE))


def infer(seen: Floats, residuals: Floats) -> Floats:
    """Posterior mean of the weights given features and residuals of rated items.

    The prior of the weights is standard normal and the noise has variance 1; only the
    ratio matters. Solved in whichever of ratings and features is smaller.
    """
    n_ratings, n_features = seen.shape
    if not seen.size:
        return np.zeros(n_features)
    if n_ratings < n_features:
        return np.asarray(_solved(seen @ seen.T, residuals) @ seen)
    return _solved(seen.T @ seen, residuals @ seen)


def _solved(gram: Floats, sums: Floats) -> Floats:
    """Solve (gram + 1) x = sums, in half of the time of any other matrix."""
    gram.flat[:: len(gram) + 1] += 1.0
    _, solution, failed = dposv(gram, sums, lower=1, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError("weights cannot be solved for: numbers overflow.")
    return np.asarray(solution)


def inverse(precision: Floats) -> Floats:
    """Invert a symmetric positive matrix, in half of the time of any other."""
    if not precision.size:  # which LAPACK takes for a mistake
        return precision
    factor, failed = dpotrf(precision, lower=1, clean=0)
    lower, failed_too = dpotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise np.linalg.LinAlgError("a matrix cannot be inverted: numbers overflow.")
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T)


def damped_effects(
    rows: Ints,
    columns: Ints,
    values: Floats,
    shape: tuple[int, int],
    expected: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Alternating shrunken means of rows and columns of values minus their mean.

    Columns are drawn to what is expected of them, else to 0.
    """
    row_counts = np.bincount(rows, minlength=shape[0]) + GENEROSITY_SHRINKAGE
    column_counts = np.bincount(columns, minlength=shape[1]) + ITEM_SHRINKAGE
    row_effects: Floats = np.zeros(shape[0])
    for _ in range(N_SWEEPS):
        column_effects = _residual_sums(columns, values, rows, row_effects, shape[1])
        if expected is not None:
            column_effects += ITEM_SHRINKAGE * expected
        column_effects /= column_counts
        row_effects = _residual_sums(rows, values, columns, column_effects, shape[0])
        row_effects /= row_counts
    return row_effects, column_effects


def _residual_sums(
    places: Ints, values: Floats, others: Ints, effects: Floats, n: int
) -> Floats:
    """Sum what the effects of the others leave of the values, at each of n places."""
    sums = np.zeros(n)
    for block in blocks(len(values)):
        residuals = values[block] - effects[others[block]]
        sums += np.bincount(places[block], residuals, n)
    return sums
