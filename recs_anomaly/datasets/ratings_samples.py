"""Ratings that we generate: any size on demand, and a small set that ships with us."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from recs_anomaly.base.checks import check_integer
from recs_anomaly.datasets._film_titles import GENRES, draw_genres, draw_titles
from recs_anomaly.datasets._rating_world import (
    draw_activity,
    draw_pairs,
    draw_ratings,
    draw_world,
    opinion,
)
from recs_anomaly.datasets.paths import sample_path
from recs_anomaly.exceptions import InputError

_FIRST_TIMESTAMP = 1_577_836_800  # 2020-01-01, after the youngest film
_YEAR = 365 * 24 * 3600


class MovieRatings(NamedTuple):
    """Ratings and the items they are about.

    Attributes
    ----------
    ratings : DataFrame with columns user_id, item_id, rating, timestamp
        One row a rating. `rating` is a float in the source's own scale (stars),
        `timestamp` whole seconds since 1970-01-01 UTC.
    items : DataFrame with columns item_id, title, genres
        One row an item. `genres` is one string with ``|`` between the names,
        empty where the source names none.
    """

    ratings: pd.DataFrame
    items: pd.DataFrame


def load_sample_ratings() -> MovieRatings:
    """Load the ratings that come with the package.

    400 invented people rate 600 invented films; its card is
    ``datasets/ratings/README.md``.

    Returns
    -------
    sample : MovieRatings
        30,000 ratings of 1 to 5 whole stars, and the 600 films.

    Examples
    --------
    >>> sample = load_sample_ratings()
    >>> sample.ratings.shape, sample.items.shape
    ((30000, 4), (600, 3))
    """
    return MovieRatings(
        ratings=pd.read_csv(
            sample_path("ratings/ratings.csv.gz"), dtype={"rating": "float64"}
        ),
        items=pd.read_csv(sample_path("ratings/items.csv.gz"), keep_default_na=False),
    )


def make_ratings(
    n_users: int = 1_000,
    n_items: int = 1_000,
    n_ratings: int = 50_000,
    *,
    random_state: int | np.random.Generator | None = None,
) -> MovieRatings:
    """Generate ratings with the structure of real ones.

    Few items and few users hold most of the ratings. People differ in how generous
    they are, films in how good, and people in taste: part of it follows the genres, the
    larger part properties that no table shows. People rate what suits them more often
    than what does not. Memory and time grow with `n_ratings`; there is no array of
    users by items.

    Parameters
    ----------
    n_users : int, default=1000
        Every user rates at least 20 items, or half the mean number where that is less.
    n_items : int, default=1000
        Nobody rates more than half of them, unless `n_ratings` asks for that.
    n_ratings : int, default=50000
        25 million take about half a minute and 1.2 GB.
    random_state : int or numpy Generator, optional
        The same int gives the same ratings. Without one, every call gives new ones.

    Returns
    -------
    made : MovieRatings
        Ids count from 1. Ratings are whole stars from 1 to 5 in no particular
        order, with no (user, item) pair twice.

    Raises
    ------
    InputError
        If a size is not a positive integer, or there are fewer (user, item) pairs
        than `n_ratings`.

    Examples
    --------
    >>> ratings, items = make_ratings(50, 40, 1_000, random_state=0)
    >>> len(ratings), ratings.duplicated(["user_id", "item_id"]).any().item()
    (1000, False)
    """
    _check_sizes(n_users=n_users, n_items=n_items, n_ratings=n_ratings)
    rng = np.random.default_rng(random_state)
    has_genre = draw_genres(rng, n_items)
    world = draw_world(rng, n_users, has_genre)
    activity = draw_activity(rng, n_users, n_items, n_ratings)

    user_id, item_id = np.empty((2, n_ratings), dtype=np.int64)
    rating = np.empty(n_ratings)
    timestamp = np.empty(n_ratings, dtype=np.int64)
    # People arrive over three years and rate for months, mostly at the beginning.
    joined = _FIRST_TIMESTAMP + 3 * _YEAR * rng.random(n_users)
    order = rng.permutation(n_ratings)
    start = 0
    for users, items in draw_pairs(rng, world, activity):
        rows = order[start : start + len(users)]
        user_id[rows] = users + 1
        item_id[rows] = items + 1
        rating[rows] = draw_ratings(rng, opinion(world, users, items))
        timestamp[rows] = joined[users] + _YEAR / 2 * rng.random(len(users)) ** 3
        start += len(users)
    columns = {
        "user_id": user_id,
        "item_id": item_id,
        "rating": rating,
        "timestamp": timestamp,
    }
    films = {
        "item_id": np.arange(1, n_items + 1),
        "title": draw_titles(rng, has_genre),
        "genres": ["|".join(np.compress(row, GENRES)) for row in has_genre],
    }
    return MovieRatings(pd.DataFrame(columns, copy=False), pd.DataFrame(films))


def _check_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        check_integer(name, size, 1)
    n_pairs = sizes["n_users"] * sizes["n_items"]
    if sizes["n_ratings"] > n_pairs:
        raise InputError(
            f"n_ratings must be at most n_users * n_items = {n_pairs:,}, because "
            f"nobody rates an item twice; got {sizes['n_ratings']:,}."
        )
