"""The invented people and films behind generated ratings: who watches and likes what.

Everything is drawn from one small model, in stars:

    opinion(u, i) = MEAN + bias(u) + quality(i) + taste(u) . traits(i)
    rating(u, i)  = opinion + N(0, NOISE), rounded to a whole star from 1 to 5

The traits of an item are its genres and a few hidden properties that no table shows:
a model that reads genres finds the smaller part of the taste, a model that compares
people finds both. Who rates what is long-tailed and unique, and drawn without an array
of users by items.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.special import expit, ndtr

MEAN = 3.2
NOISE = 0.75
LEVELS = (1, 2, 3, 4, 5)
_USER_BIAS = 0.42
_ITEM_QUALITY = 0.45
_GENRE_TASTE = 0.48
_HIDDEN_TASTE = 0.6
_N_HIDDEN_TRAITS = 2
# Liking one genre says something about the others: tastes have few dimensions.
_N_GENRE_MOODS = 3
# How much more likely people are to pick what they will like.
_PICKINESS = 1.0
MIN_ACTIVITY = 20
_ACTIVITY_SPREAD = 1.0
_PAIRS_AT_ONCE = 200_000
# Nearly all pairs come from a few rounds of drawing with rejection; who has seen
# nearly everything popular is served one by one afterwards.
_N_ROUNDS = 30


class RatingWorld(NamedTuple):
    """Every user's and item's true properties.

    Attributes
    ----------
    user_bias : ndarray of shape (n_users,)
        Stars a user gives above the average user.
    user_tastes : ndarray of shape (n_users, n_traits)
        Stars a user gives for a unit of each trait.
    item_quality : ndarray of shape (n_items,)
        Stars an item gets above the average item.
    item_traits : ndarray of shape (n_items, n_traits)
    item_popularity : ndarray of shape (n_items,)
        Share of all views that go to an item before taste has its say; sums to 1.
    """

    user_bias: np.ndarray
    user_tastes: np.ndarray
    item_quality: np.ndarray
    item_traits: np.ndarray
    item_popularity: np.ndarray


def draw_world(
    rng: np.random.Generator, n_users: int, has_genre: np.ndarray
) -> RatingWorld:
    """Draw the users and the items.

    Parameters
    ----------
    rng : numpy Generator
    n_users : int
    has_genre : bool ndarray of shape (n_items, n_genres)

    Returns
    -------
    world : RatingWorld
    """
    n_items = len(has_genre)
    quality = _ITEM_QUALITY * rng.standard_normal(n_items)
    genre_traits = has_genre / np.sqrt(has_genre.sum(axis=1, keepdims=True))
    hidden_traits = rng.standard_normal((n_items, _N_HIDDEN_TRAITS))
    return RatingWorld(
        user_bias=_USER_BIAS * rng.standard_normal(n_users),
        user_tastes=_draw_tastes(rng, n_users, n_genres=has_genre.shape[1]),
        item_quality=quality,
        item_traits=np.hstack([genre_traits, hidden_traits]),
        item_popularity=_draw_popularity(rng, quality),
    )


def taste(world: RatingWorld, users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Stars that user and item add because they suit each other.

    Parameters
    ----------
    world : RatingWorld
    users, items : int ndarray of shape (n_pairs,)
        Row numbers, from 0.

    Returns
    -------
    taste : ndarray of shape (n_pairs,)
    """
    return np.asarray(
        np.einsum("pt,pt->p", world.user_tastes[users], world.item_traits[items])
    )


def pick_probability(taste: np.ndarray) -> np.ndarray:
    """Return the chance that somebody who comes across an item also watches it."""
    return np.asarray(expit(_PICKINESS * taste / np.hypot(_GENRE_TASTE, _HIDDEN_TASTE)))


def opinion(world: RatingWorld, users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Stars before noise and rounding; shape (n_pairs,)."""
    return np.asarray(
        MEAN
        + world.user_bias[users]
        + world.item_quality[items]
        + taste(world, users, items)
    )


def draw_ratings(rng: np.random.Generator, opinion: np.ndarray) -> np.ndarray:
    """Draw a whole number of stars, from 1 to 5, around each opinion."""
    noisy = opinion + NOISE * rng.standard_normal(len(opinion))
    return np.clip(np.rint(noisy), LEVELS[0], LEVELS[-1])


def expected_rating(opinion: np.ndarray) -> np.ndarray:
    """Return the mean of `draw_ratings`: the best prediction anybody could make."""
    borders = np.add(LEVELS[:-1], 0.5)
    chance_above = ndtr((opinion[:, np.newaxis] - borders) / NOISE)
    return np.asarray(LEVELS[0] + chance_above.sum(axis=1))


def draw_activity(
    rng: np.random.Generator, n_users: int, n_items: int, n_ratings: int
) -> np.ndarray:
    """Draw how many items each user rates.

    Parameters
    ----------
    rng : numpy Generator
    n_users, n_items : int
    n_ratings : int
        At most ``n_users * n_items``.

    Returns
    -------
    activity : int64 ndarray of shape (n_users,)
        Sums to `n_ratings`. At least `MIN_ACTIVITY`, or half the mean where that is
        less; at most half of the items, or all where so many ratings are asked for.
    """
    weight = rng.lognormal(sigma=_ACTIVITY_SPREAD, size=n_users)
    least = min(MIN_ACTIVITY, n_ratings // n_users // 2, n_items // 2)
    # Nobody watches everything, unless that many ratings leave no other way.
    most = n_items // 2 if n_ratings <= n_users * (n_items // 2) else n_items
    activity = np.full(n_users, least, dtype=np.int64)
    while (n_left := n_ratings - activity.sum()) > 0:
        has_room = activity < most
        share = np.where(has_room, weight, 0.0)
        extra = np.floor(n_left * share / share.sum()).astype(np.int64)
        if not extra.any():
            extra[rng.permutation(np.flatnonzero(has_room))[:n_left]] = 1
        activity = np.minimum(activity + extra, most)
    return activity


def draw_pairs(
    rng: np.random.Generator, world: RatingWorld, activity: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Draw the items that each user picks, without repeats.

    A user comes across items by their popularity and picks those that suit the own
    taste more often, until the user's activity is reached.

    Parameters
    ----------
    rng : numpy Generator
    world : RatingWorld
    activity : int ndarray of shape (n_users,)

    Yields
    ------
    users, items : int64 ndarrays of shape (n_pairs,)
        Row numbers; a block holds all pairs of some users, some 100,000.
    """
    ends = np.cumsum(activity)
    start = 0
    while start < len(activity):
        n_before = ends[start] - activity[start]
        stop = int(np.searchsorted(ends, n_before + _PAIRS_AT_ONCE)) + 1
        yield _draw_block(rng, world, activity[start:stop], first_user=start)
        start = stop


def _draw_tastes(rng: np.random.Generator, n_users: int, n_genres: int) -> np.ndarray:
    moods = rng.standard_normal((_N_GENRE_MOODS, n_genres))
    genre_tastes = rng.standard_normal((n_users, _N_GENRE_MOODS)) @ moods
    genre_tastes *= _GENRE_TASTE / np.sqrt(_N_GENRE_MOODS)
    hidden_tastes = rng.standard_normal((n_users, _N_HIDDEN_TRAITS))
    hidden_tastes *= _HIDDEN_TASTE / np.sqrt(_N_HIDDEN_TRAITS)
    return np.hstack([genre_tastes, hidden_tastes])


def _draw_popularity(rng: np.random.Generator, quality: np.ndarray) -> np.ndarray:
    """Zipf's law with a blunt head; better items tend to stand nearer to it."""
    n_items = len(quality)
    fame = quality / _ITEM_QUALITY + 2.0 * rng.standard_normal(n_items)
    rank = np.empty(n_items)
    rank[np.argsort(-fame)] = np.arange(n_items)
    weight = (rank + 1 + 0.04 * n_items) ** -1.5
    return np.asarray(weight / weight.sum())


def _draw_block(
    rng: np.random.Generator, world: RatingWorld, activity: np.ndarray, first_user: int
) -> tuple[np.ndarray, np.ndarray]:
    n_items = len(world.item_popularity)
    reach = np.cumsum(world.item_popularity)
    users = np.arange(first_user, first_user + len(activity), dtype=np.int64)
    # A pair is one number, user * n_items + item, so that sets of pairs are arrays.
    pairs = np.empty(0, dtype=np.int64)
    n_missing = activity
    for _ in range(_N_ROUNDS):
        seekers = np.repeat(users, n_missing)
        met = np.searchsorted(reach, rng.random(len(seekers)) * reach[-1], "right")
        is_picked = rng.random(len(met)) < pick_probability(taste(world, seekers, met))
        picked = seekers[is_picked] * n_items + met[is_picked]
        pairs = _sorted_without_repeats(np.concatenate([pairs, picked]))
        n_picked = np.bincount(pairs // n_items - first_user, minlength=len(users))
        n_missing = activity - n_picked
    last_picks = [
        _last_picks(rng, world, user, pairs[pairs // n_items == user], n_missing[place])
        for place, user in enumerate(users)
        if n_missing[place]
    ]
    pairs = np.concatenate([pairs, *last_picks])
    return pairs // n_items, pairs % n_items


def _sorted_without_repeats(pairs: np.ndarray) -> np.ndarray:
    """As np.unique, whose hash table takes minutes on keys that are as regular."""
    pairs.sort(kind="stable")  # quick here, because most of it is in order
    is_new = np.ones(len(pairs), dtype=bool)
    np.not_equal(pairs[1:], pairs[:-1], out=is_new[1:])
    return np.asarray(pairs[is_new])


def _last_picks(
    rng: np.random.Generator,
    world: RatingWorld,
    user: np.int64,
    own_pairs: np.ndarray,
    n_missing: np.int64,
) -> np.ndarray:
    """Draw one user's last pairs among all items still unseen, by the same odds.

    The item with the smallest exponential time over its weight is the one drawn
    first; the `n_missing` smallest are a weighted draw without replacement.
    """
    n_items = len(world.item_popularity)
    weight = world.item_popularity * pick_probability(
        taste(world, np.full(n_items, user), np.arange(n_items))
    )
    time = rng.exponential(size=n_items) / weight
    time[own_pairs % n_items] = np.inf
    # Sorted, because the order within a partition depends on the processor.
    first = np.sort(np.argpartition(time, n_missing - 1)[:n_missing])
    return np.asarray(user * n_items + first)
