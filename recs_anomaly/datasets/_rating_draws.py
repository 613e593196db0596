"""Which user rates which item: long-tailed, unique, and never a users x items array."""

from collections.abc import Iterator

import numpy as np

from recs_anomaly.datasets._rating_world import RatingWorld, pick_probability, taste

MIN_ACTIVITY = 20
_ACTIVITY_SPREAD = 1.0
_PAIRS_AT_ONCE = 200_000
# Nearly all pairs come from a few rounds of drawing with rejection; who has seen
# nearly everything popular is served one by one afterwards.
_N_ROUNDS = 30


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
