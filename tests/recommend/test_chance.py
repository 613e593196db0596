"""What choices by chance would look like, beside tables drawn by chance."""

import numpy as np
import pytest

from recs_anomaly.recommend import choices
from recs_anomaly.recommend.chance import chance_edge
from recs_anomaly.recommend.rows import RatingRows, offsets_of


def test_equal_variances_end_where_marchenko_and_pastur_say() -> None:
    edge = chance_edge(np.full(900, 2.0), np.full(400, 0.5))
    assert edge == pytest.approx((np.sqrt(900) + np.sqrt(400)) ** 2, rel=1e-6)


def test_noise_of_any_variances_ends_at_the_edge(rng: np.random.Generator) -> None:
    rows, columns = rng.uniform(0.1, 3.0, 700), rng.uniform(0.1, 3.0, 500)
    noise = rng.standard_normal((700, 500)) * np.sqrt(np.outer(rows, columns))
    greatest = np.linalg.norm(noise, 2) ** 2
    assert greatest == pytest.approx(chance_edge(rows, columns), rel=0.05)


def by_chance(rng: np.random.Generator, n_tastes: int) -> RatingRows:
    """Choices by popularity, and by tastes of which everybody has one."""
    n_users, n_items = 1500, 600
    taste = rng.integers(max(n_tastes, 1), size=n_users)
    chance = rng.beta(1.0, 20.0, n_items)
    for_taste = np.where(rng.random((max(n_tastes, 1), n_items)) < 0.3, 3.0, 1.0)
    if not n_tastes:
        for_taste[:] = 1.0
    is_chosen = rng.random((n_users, n_items)) < chance * for_taste[taste]
    users, items = np.nonzero(is_chosen)
    return RatingRows(
        offsets_of(np.bincount(users, minlength=n_users)),
        items.astype(np.int32),
        np.zeros(len(items), np.int8),
        n_items + 1,
    )


def test_hidden_units_are_as_many_as_tastes_ask_for(rng: np.random.Generator) -> None:
    units = {
        n_tastes: len(choices.fit_interactions(by_chance(rng, n_tastes)).hidden_bias)
        for n_tastes in (0, 4)
    }
    assert units == {
        0: choices.UNITS_A_SIGNAL,
        4: 4 * choices.UNITS_A_SIGNAL,
    }
