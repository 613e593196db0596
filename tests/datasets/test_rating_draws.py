"""Pairs are unique, follow the stated odds, and need no users x items array."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from recs_anomaly.datasets import _rating_draws
from recs_anomaly.datasets._rating_draws import draw_activity, draw_pairs
from recs_anomaly.datasets._rating_world import RatingWorld, pick_probability


@given(
    n_users=st.integers(1, 40),
    n_items=st.integers(1, 40),
    share=st.floats(0, 1),
    seed=st.integers(0, 10),
)
def test_activity_sums_up_and_keeps_its_bounds(
    n_users: int, n_items: int, share: float, seed: int
) -> None:
    n_ratings = max(1, round(share * n_users * n_items))
    activity = draw_activity(np.random.default_rng(seed), n_users, n_items, n_ratings)
    assert activity.shape == (n_users,)
    assert activity.sum() == n_ratings
    assert activity.min() >= min(20, n_ratings // n_users // 2, n_items // 2)
    assert activity.max() <= n_items


def test_activity_has_a_floor_of_twenty_and_a_long_tail(
    rng: np.random.Generator,
) -> None:
    activity = np.sort(draw_activity(rng, 2_000, 5_000, 200_000))
    assert activity[0] >= 20
    assert activity[-1] <= 2_500
    assert activity[-200:].sum() > 0.25 * activity.sum()


def people_of_one_taste(n_users: int) -> RatingWorld:
    return RatingWorld(
        user_bias=np.zeros(n_users),
        user_tastes=np.ones((n_users, 1)),
        item_quality=np.zeros(4),
        item_traits=np.array([[-1.0], [0.0], [0.5], [2.0]]),
        item_popularity=np.array([0.4, 0.3, 0.2, 0.1]),
    )


@pytest.mark.parametrize("n_rounds", [0, 30], ids=["one by one", "by rejection"])
def test_picks_follow_popularity_times_taste(
    n_rounds: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_rating_draws, "_N_ROUNDS", n_rounds)
    world = people_of_one_taste(n_users=20_000)
    blocks = draw_pairs(rng, world, activity=np.ones(20_000, dtype=np.int64))
    n_picks = sum(np.bincount(items, minlength=4) for _, items in blocks)
    odds = world.item_popularity * pick_probability(world.item_traits[:, 0])
    assert chisquare(n_picks, 20_000 * odds / odds.sum()).pvalue > 0.001


@pytest.mark.parametrize("n_rounds", [0, 30], ids=["one by one", "by rejection"])
def test_second_picks_follow_the_odds_of_what_is_left(
    n_rounds: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_rating_draws, "_N_ROUNDS", n_rounds)
    world = people_of_one_taste(n_users=20_000)
    blocks = draw_pairs(rng, world, activity=np.full(20_000, 2))
    n_picks = sum(np.bincount(items, minlength=4) for _, items in blocks)
    odds = world.item_popularity * pick_probability(world.item_traits[:, 0])
    odds /= odds.sum()
    # First or second: item j second after any other item i was first.
    second = [
        sum(odds[i] * odds[j] / (1 - odds[i]) for i in range(4) if i != j)
        for j in range(4)
    ]
    np.testing.assert_allclose(n_picks / 20_000, odds + second, atol=0.015)


def test_pairs_are_unique_and_as_many_as_asked(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_rating_draws, "_PAIRS_AT_ONCE", 5)
    activity = np.array([4, 0, 1, 3, 2, 4, 0])
    blocks = list(draw_pairs(rng, people_of_one_taste(len(activity)), activity))
    assert len(blocks) > 1
    users = np.concatenate([users for users, _ in blocks])
    items = np.concatenate([items for _, items in blocks])
    np.testing.assert_array_equal(np.bincount(users, minlength=7), activity)
    assert len({*zip(users, items, strict=True)}) == activity.sum()
    assert set(items) <= {0, 1, 2, 3}
