"""Predictions for many people: each is folded in once, then asked about items."""

from collections.abc import Iterator

import numpy as np
from threadpoolctl import threadpool_limits

from recs_anomaly.core.ordinal import Evidence
from recs_anomaly.core.rating_model import (
    Folded,
    RatingModel,
    evidence,
    expected,
    fold_in,
    latent,
)
from recs_anomaly.core.rating_rows import Floats, Ints, RatingRows


def fold_in_users(
    model: RatingModel, ratings: RatingRows, users: Ints
) -> dict[int, Folded]:
    """Fold in the stored ratings of each of the users."""
    people = {}
    # Many small systems: threads of the linear algebra would only wait for each other.
    with threadpool_limits(1, user_api="blas"):
        for user in users.tolist():
            own = slice(*ratings.offsets[user : user + 2])
            people[user] = fold_in(model, ratings.columns[own], ratings.levels[own])
    return people


def latent_of_users(
    model: RatingModel, people: dict[int, Folded], users: Ints, items: Ints
) -> Floats:
    """Latent ratings of (user, item) pairs, the users in ascending order."""
    parts = [
        latent(model, people[user], asked) for user, asked in by_user(users, items)
    ]
    return np.concatenate(parts)


def evidence_of_users(
    model: RatingModel, people: dict[int, Folded], users: Ints, items: Ints
) -> Evidence:
    """Evidence on (user, item) pairs, the users in ascending order."""
    means, shapes = [], []
    for user, asked in by_user(users, items):
        means.append(expected(model, latent(model, people[user], asked)))
        shapes.append(evidence(model, people[user], asked, means[-1]).shapes)
    return Evidence(
        np.concatenate(means),
        np.concatenate(shapes),
        model.level_log_frequency,
    )


def by_user(users: Ints, items: Ints) -> Iterator[tuple[int, Ints]]:
    """Each user with the items asked for, the users in ascending order."""
    starts = np.flatnonzero(np.diff(users, prepend=-1))
    return zip(users[starts].tolist(), np.split(items, starts[1:]), strict=True)
