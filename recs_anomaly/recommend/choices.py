"""Who chooses what: an RBM with linear units on "rated or not", in closed form.

A user's visible unit i is ``scale_i ** -1`` where the user has chosen item i, and 0
elsewhere; the hidden units are Gaussian. With the energy

    E(v, h) = |v|^2 / (2 s^2) + |h|^2 / 2 - v W h / s

the means of either side are linear in the other, and the likelihood has its maximum in
closed form (Karakida, Okada & Amari, 2016; the same place as that of probabilistic
principal components, Tipping & Bishop, 1999): W holds the leading eigenvectors of the
second moments of v, each times ``sqrt(1 - s^2 / eigenvalue)``. A pass up and down,
``W W' v``, says what a user's choices let expect of every other item. It is a sum over
the choices, so that what each of them says can be told exactly.
"""

from typing import Annotated, NamedTuple

import numpy as np
from scipy.linalg import eigh
from scipy.sparse import csr_array
from scipy.sparse.linalg import eigsh, svds

from recs_anomaly.base.parallel import one_blas_thread
from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Bools, Floats, Ints, Singles
from recs_anomaly.recommend.chance import chance_edge
from recs_anomaly.recommend.emphasis import emphasised, trend_of, without_times
from recs_anomaly.recommend.rows import RatingRows, blocks

# Fourth roots of the counts, of users as well as of items, and the number of hidden
# units were chosen on validation splits of the training parts of MovieLens 100K and 1M.
SCALE_POWER = 0.25
ROWS_A_UNIT = 15
CHOICES_A_UNIT = 250
MAX_UNITS = 256
# For each direction that chance does not explain so many are of use: of MovieLens 100K
# and 1M 5 and 7 find as much as more do; where tastes are few, more find less.
UNITS_A_SIGNAL = 8
# Of eigenvalues, in parts of them, that are only counted.
COUNTING_TOLERANCE = 0.1
# Below it the logarithm of a presence goes on as a straight line.
FAINT = 0.01
TINY = 1e-12
# What MovieLens 100K says; few choices move it little.
USUAL_LINK = np.array([0.8, 1.2])
LINK_STRENGTH = 50.0
N_SCORING = 50
TOLERANCE = 1e-8
MIN_SLOPE = 0.1
# Of the shorter side of a matrix: up to it all of its products fit, and are faster.
MAX_PRODUCTS = 512
# Directions that ARPACK looks at beside those wanted: more take longer to keep apart.
MIN_SPARE = 20
LEFT_A_CHOICE = 5
PAIRS_A_BLOCK = 1 << 12


class InteractionRBM(NamedTuple):
    """Fitted arrays. The last item stands for items that nobody has chosen."""

    weights: Annotated[Singles, ArraySpec("float32", ("n_items + 1", "n_units"))]
    hidden_bias: Annotated[Singles, ArraySpec("float32", ("n_units",))]
    # Fourth root of how often an item was chosen.
    scale: Annotated[Singles, ArraySpec("float32", ("n_items + 1",), is_positive=True)]
    # Offset and slope of the log odds of a choice.
    link: Annotated[Floats, ArraySpec("float64", (2,))]
    # How much more often an item is chosen of late, and what choices say by how often
    # and when they were made; None where neither is known.
    trend: Annotated[
        Singles | None, ArraySpec("float32", ("n_items + 1",), is_positive=True)
    ] = None
    emphasis: Annotated[Floats | None, ArraySpec("float64", (3,))] = None

    @property
    def reach(self) -> Singles:
        """What presences of the items are measured in."""
        return self.scale if self.trend is None else self.scale * self.trend


def n_units(n_users: int, n_items: int, n_choices: int) -> int:
    """Count the hidden units that so many users, items and choices support."""
    supported = min(min(n_users, n_items) // ROWS_A_UNIT, n_choices // CHOICES_A_UNIT)
    return min(max(supported, 1), MAX_UNITS)


def units_beyond_chance(
    n: int, eigenvalues: Floats, user_counts: Ints, item_counts: Floats
) -> int:
    """Count the hidden units, at most n, that choices with these eigenvalues support.

    Where few of them are beyond what the counts of users and items alone bring about,
    as many directions as the counts support would be mostly noise.
    """
    own = user_counts[user_counts > 0].astype(np.float64)
    of_users = own * user_weights(own) ** 2
    of_items = item_counts / item_scale(item_counts) ** 2 / own.sum()
    n_beyond = int((eigenvalues > chance_edge(of_users, of_items)).sum())
    return min(n, UNITS_A_SIGNAL * max(n_beyond, 1))


def user_weights(counts: Floats) -> Floats:
    """Factors of the users' rows, so that who chose a lot does not outweigh others."""
    return np.asarray(np.maximum(counts, 1.0) ** -SCALE_POWER)


def item_scale(counts: Floats) -> Floats:
    """Divide the visible units of the items by these."""
    return np.asarray((counts + 1.0) ** SCALE_POWER)


def log_popularity(scale: Singles) -> Floats:
    """Logarithm of one more than how often items were chosen, from their scale."""
    return np.asarray(np.log(scale.astype(np.float64)) / SCALE_POWER)


def from_spectrum(
    directions: Floats, eigenvalues: Floats, counts: Floats
) -> InteractionRBM:
    """RBM of greatest likelihood, from eigenvectors of the second moments.

    Eigenvalues fall; all but the last get a hidden unit. The last is the variance s^2
    that visible units have by themselves: that of the strongest direction left out.
    `counts` says how often each item was chosen. The bias of the hidden units is what
    one choice of anybody tells them, so that popular items lead where no choices do.
    """
    kept, noise = eigenvalues[:-1], eigenvalues[-1]
    lengths = np.sqrt(np.maximum(1.0 - noise / np.maximum(kept, TINY), 0.0))
    weights = directions[:, :-1] * lengths
    scale = item_scale(counts)
    bias = (counts / scale) @ weights / max(counts.sum(), 1.0)
    return InteractionRBM(
        weights.astype(np.float32),
        bias.astype(np.float32),
        scale.astype(np.float32),
        USUAL_LINK,
    )


def messages(rbm: InteractionRBM, items: Ints) -> Singles:
    """Tell the hidden units of each chosen item, in shape (n_items, n_units)."""
    return np.asarray(rbm.weights[items] / rbm.scale[items, None])


def hidden_mean(rbm: InteractionRBM, told: Singles | Floats) -> Floats:
    """Mean of the hidden units given the messages of the chosen items, (n_units,)."""
    return np.asarray(rbm.hidden_bias + told.sum(axis=0, dtype=np.float64))


def expectations(rbm: InteractionRBM) -> Singles:
    """Say what each unit lets expect of every item, in shape (n_units, n_items + 1).

    Means of hidden units, times these, are presences: near 1 where an item is sure to
    be chosen. In single precision, to find the best of many; `exact_presence` tells
    them apart.
    """
    return np.asarray((rbm.weights * rbm.reach[:, None]).T)


def exact_presence(rbm: InteractionRBM, hidden: Floats, items: Ints) -> Floats:
    """Presence of one item for each row of `hidden`, in double precision."""
    weights = rbm.weights[items].astype(np.float64)
    drive = np.einsum("ph,ph->p", weights, hidden)
    return np.asarray(drive * rbm.reach[items])


def contributions(rbm: InteractionRBM, items: Ints, targets: Ints) -> Floats:
    """Part of each chosen item in the presence of each target, a row a chosen item."""
    told = messages(rbm, items).astype(np.float64)
    return np.asarray(told @ rbm.weights[targets].T * rbm.reach[targets])


def log_odds(link: Floats, presence: Floats) -> Floats:
    """Log odds that an item is among the choices, rising with its presence."""
    stretched = _log(presence) - _log(1.0 - presence)
    return np.asarray(link[0] + link[1] * stretched)


def _log(values: Floats) -> Floats:
    """Logarithm that goes on below FAINT with the slope it has there."""
    above = np.maximum(values, FAINT)
    return np.asarray(np.log(above) + (values - above) / FAINT)


def fit_link(
    chosen: Floats, left: Floats, weight_of_chosen: float, weight_of_left: float
) -> Floats:
    """Fit offset and slope of `log_odds` by weighted logistic regression.

    `chosen` are presences of choices that the RBM has not seen, `left` those of items
    that nobody of these users chose; the weights make up for how they were drawn.
    """
    stretched = np.concatenate([chosen, left])
    stretched = _log(stretched) - _log(1.0 - stretched)
    design = np.column_stack([np.ones(len(stretched)), stretched])
    is_chosen = np.repeat([1.0, 0.0], [len(chosen), len(left)])
    weights = np.repeat([weight_of_chosen, weight_of_left], [len(chosen), len(left)])

    def loss(link: Floats) -> float:
        odds = design @ link
        surprise = weights @ (np.logaddexp(0.0, odds) - is_chosen * odds)
        return float(surprise + LINK_STRENGTH / 2 * ((link - USUAL_LINK) ** 2).sum())

    link = USUAL_LINK
    for _ in range(N_SCORING):
        expected = np.exp(-np.logaddexp(0.0, -(design @ link)))
        gradient = design.T @ (weights * (is_chosen - expected))
        gradient -= LINK_STRENGTH * (link - USUAL_LINK)
        spread = weights * expected * (1.0 - expected)
        information = (design.T * spread) @ design + LINK_STRENGTH * np.eye(2)
        step = np.linalg.solve(information, gradient)
        while loss(link + step) > loss(link) and np.abs(step).max() > TOLERANCE:
            step = step / 2
        if np.abs(step).max() <= TOLERANCE:
            break
        link = link + step
    # More presence must never mean less.
    return np.array([link[0], max(link[1], MIN_SLOPE)])


class Choices(NamedTuple):
    """Pairs of a user and an item."""

    users: Ints
    items: Ints


def leading_directions(
    matrix: csr_array, n: int, tolerance: float = 0.0
) -> tuple[Floats, Floats, Floats]:
    """Singular vectors of the greatest singular values, which fall: (U, s, V').

    Converged, so that they depend on the matrix alone and on no random start. Fastest
    where the longer side are the rows: what rows are multiplied by stays in the cache.
    """
    size = min(matrix.shape)
    if size > max(MAX_PRODUCTS, n):
        start = np.ones(size, matrix.dtype)
        ncv = min(n + max(n // 3, MIN_SPARE), size)
        found = svds(matrix, n, v0=start, solver="arpack", ncv=ncv, tol=tolerance)
        falling = slice(None, None, -1)
        return found[0][:, falling], found[1][falling], found[2][falling]
    if matrix.shape[0] > size:
        turned = leading_directions(matrix.T.tocsr(), n)
        return turned[2].T, turned[1], turned[0].T
    products = (matrix @ matrix.T).toarray().astype(np.float64)
    left, squares = leading_eigenvectors(products, n)
    lengths = np.sqrt(np.maximum(squares, 0.0))
    right = (matrix.T @ left) / np.maximum(lengths, TINY)
    return left, lengths, right.T


def leading_eigenvectors(products: Floats, n: int) -> tuple[Floats, Floats]:
    """Eigenvectors of the greatest eigenvalues, in columns, and these, which fall."""
    size = len(products)
    if size > max(MAX_PRODUCTS, n):
        squares, vectors = eigsh(products, n, v0=np.ones(size), which="LA")
    else:
        first = max(size - n, 0)
        squares, vectors = eigh(products, subset_by_index=(first, size - 1))
    return vectors[:, ::-1], squares[::-1]


class Spectrum(NamedTuple):
    """Eigenvectors of the greatest eigenvalues of second moments; these fall."""

    directions: Floats  # (n_items, n) in columns
    eigenvalues: Floats  # (n,)


def fit_interactions(
    rows: RatingRows, emphasis: Floats | None = None
) -> InteractionRBM:
    """Fit the RBM in closed form; its link is the usual one."""
    return interactions_of(rows, spectrum_of(rows, emphasis), emphasis)


def interactions_of(
    rows: RatingRows, spectrum: Spectrum, emphasis: Floats | None
) -> InteractionRBM:
    """Make the RBM of choices with this spectrum."""
    counts = np.bincount(rows.columns, minlength=rows.n_columns).astype(np.float64)
    rbm = from_spectrum(*spectrum, counts)
    return rbm._replace(emphasis=emphasis, trend=trend_of(rows, emphasis))


def spectrum_of(
    rows: RatingRows, emphasis: Floats | None, near: Spectrum | None = None
) -> Spectrum:
    """Find the spectrum of choices; of nearly the same as `near` is of, nearly."""
    counts = np.bincount(rows.columns, minlength=rows.n_columns).astype(np.float64)
    scale = item_scale(counts)
    of_user = user_weights(rows.counts.astype(np.float64))
    n_users, n_items = int((rows.counts > 0).sum()), int((counts > 0).sum())
    told = np.repeat(of_user.astype(np.float32), rows.counts)
    told /= scale.astype(np.float32)[rows.columns]
    visible = csr_array(
        (told, rows.columns, rows.offsets),
        shape=(rows.n_rows, rows.n_columns),
    )
    says = emphasised(rows, without_times(emphasis))
    with one_blas_thread():
        width = n_units(n_users, n_items, len(rows.columns))
        if near is None and width > UNITS_A_SIGNAL:
            # Of choices alone: how often they were made adds noise of its own.
            some = -(-width // UNITS_A_SIGNAL)
            _, lengths, _ = leading_directions(visible, some, COUNTING_TOLERANCE)
            squares = lengths.astype(np.float64) ** 2
            width = units_beyond_chance(width, squares, rows.counts, counts)
        if says is not None:
            visible.data *= says.astype(np.float32)
        if near is not None:
            return _stepped(visible, near)
        _, lengths, directions = leading_directions(visible, width + 1)
    return Spectrum(directions.T, lengths.astype(np.float64) ** 2)


def _stepped(visible: csr_array, near: Spectrum) -> Spectrum:
    """Take one step of a subspace iteration, and turn to where moments are greatest."""
    start = np.ascontiguousarray(near.directions, np.float32)
    ahead, _ = np.linalg.qr(visible.T @ (visible @ start))
    seen = visible @ ahead
    squares, turned = eigh((seen.T @ seen).astype(np.float64))
    return Spectrum(ahead @ turned[:, ::-1], squares[::-1])


def calibrated_link(
    rbm: InteractionRBM, kept: RatingRows, split: Choices, rng: np.random.Generator
) -> Floats:
    """Link that gives hidden choices the odds they have among all pairs.

    `rbm` has seen the choices `kept` of everybody. Each choice of `split` stands for
    as many as were hidden with the chance it was, and each pair drawn from the rest
    for as many as there are.
    """
    if not len(split.users):
        return USUAL_LINK
    n_choices = len(kept.columns) + len(split.users)
    left = _drawn(kept, split, LEFT_A_CHOICE * len(split.users), rng)
    n_left = (kept.n_rows - 1) * (kept.n_columns - 1) - n_choices
    if not len(left.users) or n_left <= 0:
        return USUAL_LINK
    # Rare events decide: what counts is one hidden choice, not how many were hidden.
    return fit_link(
        _presences(rbm, kept, split),
        _presences(rbm, kept, left),
        1.0,
        n_left / n_choices * len(split.users) / len(left.users),
    )


def _drawn(
    kept: RatingRows, split: Choices, n_pairs: int, rng: np.random.Generator
) -> Choices:
    """Pairs of people and items, each as likely, that are among no choices."""
    users = rng.integers(0, kept.n_rows - 1, n_pairs)
    items = rng.integers(0, kept.n_columns - 1, n_pairs)
    is_free = ~np.isin(
        _codes(users, items, kept.n_columns),
        _codes(split.users, split.items, kept.n_columns),
    )
    is_free &= ~_holds(kept, users, items)
    return Choices(users[is_free], items[is_free])


def _codes(users: Ints, items: Ints, n_items: int) -> Ints:
    """One number for each pair."""
    return users.astype(np.int64) * n_items + items


def _holds(rows: RatingRows, users: Ints, items: Ints) -> Bools:
    """Tell which pairs are among the choices."""
    code = _codes(users, items, rows.n_columns)
    held = _codes(rows.rows, rows.columns, rows.n_columns)
    place = np.searchsorted(held, code)
    return np.asarray(held[np.minimum(place, len(held) - 1)] == code)


def _presences(rbm: InteractionRBM, kept: RatingRows, pairs: Choices) -> Floats:
    order = np.argsort(pairs.users, kind="stable")
    users, place = np.unique(pairs.users[order], return_inverse=True)
    told = messages(rbm, np.arange(kept.n_columns))
    hidden = hidden_of_rows(rbm, told, kept.take(users))
    items, found = pairs.items[order], np.empty(len(order))
    for block in blocks(len(order), PAIRS_A_BLOCK):
        found[block] = exact_presence(rbm, hidden[place[block]], items[block])
    return found


def hidden_of_rows(rbm: InteractionRBM, told: Singles, rows: RatingRows) -> Floats:
    """Mean of the hidden units given each row, of shape (n_rows, n_units).

    `told` are the messages of all items. One row alone gives the same bits.
    """
    says = emphasised(rows, rbm.emphasis)
    if rows.n_rows == 1:
        own: Singles | Floats = told[rows.columns]
        return hidden_mean(rbm, own if says is None else own * says[:, None])[None]
    says = np.ones(len(rows.columns)) if says is None else says
    chosen = csr_array(
        (says, rows.columns, rows.offsets), shape=(rows.n_rows, len(told))
    )
    return np.asarray(rbm.hidden_bias + chosen @ told)
