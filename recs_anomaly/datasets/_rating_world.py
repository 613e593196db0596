"""The invented people and films behind generated ratings: who watches and likes what.

Everything is drawn from one small model, in stars:

    opinion(u, i) = MEAN + bias(u) + quality(i) + taste(u) . traits(i)
    rating(u, i)  = opinion + N(0, NOISE), rounded to a whole star from 1 to 5

The traits of an item are its genres and a few hidden properties that no table shows:
a model that reads genres finds the smaller part of the taste, a model that compares
people finds both.
"""

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
