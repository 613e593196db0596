"""How the recommender learns who chooses what, from ratings or from mere choices."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.utils.extmath import randomized_svd

from recs_anomaly.core import interaction_rbm
from recs_anomaly.core.interaction_rbm import USUAL_LINK, InteractionRBM, Singles
from recs_anomaly.core.rating_rows import Floats, Ints, RatingRows, blocks

N_OVERSAMPLES = 20
N_POWER_ITERATIONS = 4
LEFT_A_CHOICE = 5
PAIRS_A_BLOCK = 1 << 12


class Choices(NamedTuple):
    """Pairs of a user and an item."""

    users: Ints
    items: Ints


def fit_interactions(rows: RatingRows, seed: int) -> InteractionRBM:
    """Fit the RBM in closed form; its link is the usual one."""
    counts = np.bincount(rows.columns, minlength=rows.n_columns).astype(np.float64)
    scale = interaction_rbm.item_scale(counts)
    of_user = interaction_rbm.user_weights(rows.counts.astype(np.float64))
    n_users, n_items = int((rows.counts > 0).sum()), int((counts > 0).sum())
    visible = csr_array(
        (
            np.repeat(of_user.astype(np.float32), rows.counts)
            / scale.astype(np.float32)[rows.columns],
            rows.columns,
            rows.offsets,
        ),
        shape=(rows.n_rows, rows.n_columns),
    )
    n_units = interaction_rbm.n_units(n_users, n_items, len(rows.columns))
    _, lengths, directions = randomized_svd(
        visible,
        n_units + 1,
        n_oversamples=N_OVERSAMPLES,
        n_iter=N_POWER_ITERATIONS,
        random_state=seed,
    )
    return interaction_rbm.from_spectrum(
        directions.T, lengths.astype(np.float64) ** 2, counts
    )


def calibrated_link(
    rbm: InteractionRBM, kept: RatingRows, cut: Choices, rng: np.random.Generator
) -> Floats:
    """Link that gives hidden choices the odds they have among all pairs.

    `rbm` has seen the choices `kept` of everybody. Each choice of `cut` stands for as
    many as were hidden with the chance it was, and each pair drawn from the rest for
    as many as there are.
    """
    if not len(cut.users):
        return USUAL_LINK
    n_choices = len(kept.columns) + len(cut.users)
    left = _drawn(kept, cut, LEFT_A_CHOICE * len(cut.users), rng)
    n_left = (kept.n_rows - 1) * (kept.n_columns - 1) - n_choices
    if not len(left.users) or n_left <= 0:
        return USUAL_LINK
    # Rare events decide: what counts is one hidden choice, not how many were hidden.
    return interaction_rbm.fit_link(
        _presences(rbm, kept, cut),
        _presences(rbm, kept, left),
        1.0,
        n_left / n_choices * len(cut.users) / len(left.users),
    )


def _drawn(
    kept: RatingRows, cut: Choices, n_pairs: int, rng: np.random.Generator
) -> Choices:
    """Pairs of people and items, each as likely, that are among no choices."""
    users = rng.integers(0, kept.n_rows - 1, n_pairs)
    items = rng.integers(0, kept.n_columns - 1, n_pairs)
    is_free = ~np.isin(
        _codes(users, items, kept.n_columns),
        _codes(cut.users, cut.items, kept.n_columns),
    )
    is_free &= ~_holds(kept, users, items)
    return Choices(users[is_free], items[is_free])


def _codes(users: Ints, items: Ints, n_items: int) -> Ints:
    """One number for each pair."""
    return users.astype(np.int64) * n_items + items


def _holds(rows: RatingRows, users: Ints, items: Ints) -> NDArray[np.bool_]:
    """Tell which pairs are among the choices."""
    code = _codes(users, items, rows.n_columns)
    held = _codes(rows.rows, rows.columns, rows.n_columns)
    place = np.searchsorted(held, code)
    return np.asarray(held[np.minimum(place, len(held) - 1)] == code)


def _presences(rbm: InteractionRBM, kept: RatingRows, pairs: Choices) -> Floats:
    order = np.argsort(pairs.users, kind="stable")
    users, place = np.unique(pairs.users[order], return_inverse=True)
    told = interaction_rbm.messages(rbm, np.arange(kept.n_columns))
    hidden = hidden_of_rows(rbm, told, kept.take(users))
    items, found = pairs.items[order], np.empty(len(order))
    for block in blocks(len(order), PAIRS_A_BLOCK):
        found[block] = interaction_rbm.exact_presence(
            rbm, hidden[place[block]], items[block]
        )
    return found


def hidden_of_rows(rbm: InteractionRBM, told: Singles, rows: RatingRows) -> Floats:
    """Mean of the hidden units given each row, of shape (n_rows, n_units).

    `told` are the messages of all items. One row alone gives the same bits.
    """
    if rows.n_rows == 1:
        return interaction_rbm.hidden_mean(rbm, told[rows.columns])[None]
    ones = np.ones(len(rows.columns))
    chosen = csr_array(
        (ones, rows.columns, rows.offsets), shape=(rows.n_rows, len(told))
    )
    return np.asarray(rbm.hidden_bias + chosen @ told)
