"""The model behind generated ratings does what its docstring says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from recs_anomaly.datasets import _rating_world
from recs_anomaly.datasets._film_titles import GENRES, draw_genres, draw_titles
from recs_anomaly.datasets._rating_world import (
    MEAN,
    RatingWorld,
    draw_activity,
    draw_pairs,
    draw_ratings,
    draw_world,
    expected_rating,
    opinion,
    pick_probability,
    taste,
)


@pytest.fixture
def small_world() -> RatingWorld:
    return RatingWorld(
        user_bias=np.array([0.5, -1.0]),
        user_tastes=np.array([[1.0, 0.0], [2.0, -1.0]]),
        item_quality=np.array([0.0, 0.25, 1.0]),
        item_traits=np.array([[1.0, 1.0], [0.5, 2.0], [0.0, 3.0]]),
        item_popularity=np.array([0.5, 0.3, 0.2]),
    )


def test_opinion_adds_generosity_quality_and_taste(small_world: RatingWorld) -> None:
    users, items = np.array([0, 1, 1]), np.array([0, 1, 2])
    np.testing.assert_allclose(taste(small_world, users, items), [1, -1, -3])
    np.testing.assert_allclose(
        opinion(small_world, users, items),
        np.add(MEAN, [0.5 + 0 + 1, -1 + 0.25 - 1, -1 + 1 - 3]),
    )


@pytest.mark.parametrize("value", [-3.0, 1.0, 2.5, 3.2, 9.0])
def test_expected_rating_is_the_mean_of_many_draws(
    value: float, rng: np.random.Generator
) -> None:
    drawn = draw_ratings(rng, np.full(200_000, value))
    assert set(np.unique(drawn)) <= {1, 2, 3, 4, 5}
    # Five standard errors of a mean of 200,000 numbers whose spread is at most 0.8.
    assert expected_rating(np.array([value]))[0] == pytest.approx(
        drawn.mean(), abs=5 * 0.8 / np.sqrt(200_000)
    )


def test_people_pick_what_suits_them_more_often() -> None:
    chances = pick_probability(np.array([-2.0, -0.5, 0.0, 0.5, 2.0]))
    assert chances[2] == pytest.approx(0.5)
    assert (np.diff(chances) > 0).all()
    assert ((chances > 0) & (chances < 1)).all()


def test_a_drawn_world_has_the_right_shapes_and_a_popularity_that_sums_to_one(
    rng: np.random.Generator,
) -> None:
    has_genre = draw_genres(rng, 300)
    world = draw_world(rng, n_users=50, has_genre=has_genre)
    assert world.user_bias.shape == (50,)
    assert world.item_quality.shape == (300,)
    assert world.user_tastes.shape[1] == world.item_traits.shape[1] > len(GENRES)
    assert world.item_popularity.sum() == pytest.approx(1)
    # The genres are the first traits of an item, each row of length one.
    np.testing.assert_array_equal(world.item_traits[:, : len(GENRES)] > 0, has_genre)
    lengths = np.linalg.norm(world.item_traits[:, : len(GENRES)], axis=1)
    np.testing.assert_allclose(lengths, 1)


def test_better_items_tend_to_be_more_popular(rng: np.random.Generator) -> None:
    world = draw_world(rng, n_users=1, has_genre=draw_genres(rng, 5_000))
    correlation = np.corrcoef(world.item_quality, np.log(world.item_popularity))[0, 1]
    assert 0.2 < correlation < 0.7


def test_every_item_has_one_to_three_genres(rng: np.random.Generator) -> None:
    n_genres = draw_genres(rng, 3_000).sum(axis=1)
    assert set(n_genres) == {1, 2, 3}


def test_titles_are_distinct_and_end_in_a_year(rng: np.random.Generator) -> None:
    has_genre = draw_genres(rng, 30_000)
    titles = draw_titles(rng, has_genre)
    assert len(set(titles)) == len(titles) == 30_000
    years = [int(title.rpartition(" (")[2].removesuffix(")")) for title in titles]
    assert min(years) >= 1921
    assert max(years) <= 2019


def test_a_title_takes_its_words_from_the_genre_of_the_film(
    rng: np.random.Generator,
) -> None:
    is_horror = np.zeros((200, len(GENRES)), dtype=bool)
    is_horror[:, GENRES.index("Horror")] = True
    nouns = "Cellar Scarecrow Lullaby Doll Graveyard Attic Moth Well Séance Visitor"
    for title in draw_titles(rng, is_horror):
        assert any(noun in title for noun in nouns.split()), title


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
    monkeypatch.setattr(_rating_world, "_N_ROUNDS", n_rounds)
    world = people_of_one_taste(n_users=20_000)
    blocks = draw_pairs(rng, world, activity=np.ones(20_000, dtype=np.int64))
    n_picks = sum(np.bincount(items, minlength=4) for _, items in blocks)
    odds = world.item_popularity * pick_probability(world.item_traits[:, 0])
    assert chisquare(n_picks, 20_000 * odds / odds.sum()).pvalue > 0.001


@pytest.mark.parametrize("n_rounds", [0, 30], ids=["one by one", "by rejection"])
def test_second_picks_follow_the_odds_of_what_is_left(
    n_rounds: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_rating_world, "_N_ROUNDS", n_rounds)
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
    monkeypatch.setattr(_rating_world, "_PAIRS_AT_ONCE", 5)
    activity = np.array([4, 0, 1, 3, 2, 4, 0])
    blocks = list(draw_pairs(rng, people_of_one_taste(len(activity)), activity))
    assert len(blocks) > 1
    users = np.concatenate([users for users, _ in blocks])
    items = np.concatenate([items for _, items in blocks])
    np.testing.assert_array_equal(np.bincount(users, minlength=7), activity)
    assert len({*zip(users, items, strict=True)}) == activity.sum()
    assert set(items) <= {0, 1, 2, 3}
