"""How the recommender learns who chooses what, from ratings or from mere choices."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from sklearn.utils.extmath import randomized_svd

from recs_anomaly.core import interaction_rbm
from recs_anomaly.core.interaction_rbm import USUAL_LINK, InteractionRBM
from recs_anomaly.core.rating_rows import Floats, Ints, RatingRows

N_OVERSAMPLES = 20
N_POWER_ITERATIONS = 4
LEFT_A_CHOICE = 5


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
            np.repeat(of_user, rows.counts).astype(np.float32)
            / scale[rows.columns].astype(np.float32),
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
    code = users * kept.n_columns + items
    taken = np.concatenate(
        [
            kept.rows * kept.n_columns + kept.columns,
            cut.users * kept.n_columns + cut.items,
        ]
    )
    is_free = ~np.isin(code, taken)
    return Choices(users[is_free], items[is_free])


def _presences(rbm: InteractionRBM, kept: RatingRows, pairs: Choices) -> Floats:
    order = np.argsort(pairs.users, kind="stable")
    users, place = np.unique(pairs.users[order], return_inverse=True)
    hidden = hidden_of_users(rbm, kept, users)
    return interaction_rbm.exact_presence(rbm, hidden[place], pairs.items[order])


def hidden_of_users(rbm: InteractionRBM, rows: RatingRows, users: Ints) -> Floats:
    """Mean of the hidden units of several users, of shape (n_users, n_units)."""
    hidden = np.empty((len(users), rbm.weights.shape[1]))
    n_told = int(rows.counts[users].sum())
    is_shared = n_told > rows.n_columns
    # Where items are told of again and again, what they tell is worked out once.
    table = interaction_rbm.messages(rbm, np.arange(rows.n_columns if is_shared else 0))
    for place, user in enumerate(users.tolist()):
        own = rows.columns[rows.offsets[user] : rows.offsets[user + 1]]
        told = table[own] if is_shared else interaction_rbm.messages(rbm, own)
        hidden[place] = interaction_rbm.hidden_mean(rbm, told)
    return hidden
