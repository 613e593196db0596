"""Errors on ratings of many shapes that are no films', beside Surprise's SVD.

    python benchmarks/recommend_generated.py [--world NAME ...]

Seven worlds of known make: opinions are means of people and items, tastes of low rank,
and noise, on scales of three to 21 levels, from 2,400 to 48,000 ratings to learn from;
one is the sample that comes with the package, with long tails and choices that follow
taste. And MovieLens 100K, where it is at hand, on a random fifth. Ours runs with its
defaults. SVD has the best of twelve settings (20 and 50 factors, three
regularisations, two numbers of epochs), chosen on the test part to be on the safe side.
Exits with 1 where SVD is ahead.

Needs the `bench` extra.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import click
import numpy as np
import pandas as pd
import surprise

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import fetch_movielens, load_sample_ratings
from recs_anomaly.metrics.rating import rmse

IDS = ["user_id", "item_id"]
TEST_SHARE = 0.2
FACTORS, REGULARISATIONS, EPOCHS = (20, 50), (0.02, 0.05, 0.1), (20, 60)


class World(NamedTuple):
    """Shape of a generated world; spreads are parts of half of the scale."""

    n_users: int
    n_items: int
    n_ratings: int
    rank: int
    scale: tuple[float, float, float]  # lowest, highest, step
    noise: float
    taste: float
    bias: float  # of items; people's is .6 of it


WORLDS = {
    "books, ten levels": World(1500, 900, 30_000, 8, (1, 10, 1), 0.2, 0.29, 0.2),
    "low rank": World(1000, 700, 30_000, 3, (1, 10, 1), 0.12, 0.4, 0.15),
    "three levels": World(2000, 500, 60_000, 5, (1, 3, 1), 0.3, 0.5, 0.2),
    "half stars": World(600, 1200, 40_000, 4, (0.5, 5, 0.5), 0.25, 0.2, 0.25),
    "dense, 21 levels": World(300, 100, 20_000, 4, (0, 100, 5), 0.15, 0.3, 0.15),
    "few ratings": World(200, 100, 3_000, 2, (1, 5, 1), 0.25, 0.3, 0.25),
}


def drawn(world: World, seed: int) -> pd.DataFrame:
    """Draw the ratings of a world; few items have many of them."""
    rng = np.random.default_rng(seed)
    of_users = rng.normal(size=(world.n_users, world.rank))
    of_items = rng.normal(size=(world.n_items, world.rank))
    popularity = rng.dirichlet(np.full(world.n_items, 0.5))
    n_drawn = 2 * world.n_ratings
    pairs = pd.DataFrame(
        {
            "user_id": rng.integers(0, world.n_users, n_drawn),
            "item_id": rng.choice(world.n_items, n_drawn, p=popularity),
        }
    )
    pairs = pairs.drop_duplicates().iloc[: world.n_ratings].reset_index(drop=True)
    users, items = pairs["user_id"].to_numpy(), pairs["item_id"].to_numpy()
    agreement = np.einsum("nk,nk->n", of_users[users], of_items[items])
    opinion = 0.1 + 0.6 * world.bias * rng.normal(size=world.n_users)[users]
    opinion += world.bias * rng.normal(size=world.n_items)[items]
    opinion += world.taste * agreement / np.sqrt(world.rank)
    opinion += world.noise * rng.normal(size=len(pairs))
    low, high, step = world.scale
    stars = (low + high) / 2 + opinion * (high - low) / 2
    levels = np.round((stars - low) / step) * step + low
    return pairs.assign(rating=np.clip(levels, low, high))


SETS: dict[str, Callable[[], pd.DataFrame]] = {
    **{
        name: (lambda world=world, seed=seed: drawn(world, seed))
        for seed, (name, world) in enumerate(WORLDS.items(), start=5)
    },
    "the package's sample": lambda: load_sample_ratings().ratings,
    "MovieLens 100K": lambda: fetch_movielens("ml-100k").ratings,
}


def judged(name: str) -> tuple:
    """Errors and processor seconds of ours and of the best SVD on one set."""
    ratings = SETS[name]()
    is_test = np.random.default_rng(1).random(len(ratings)) < TEST_SHARE
    train, test = ratings[~is_test], ratings[is_test]
    truth = test["rating"].to_numpy(float)
    start = time.process_time()
    model = RBMRecommender(random_state=0).fit(train[IDS], train["rating"])
    seconds = time.process_time() - start
    scale = ratings["rating"].min(), ratings["rating"].max()
    data = surprise.Dataset.load_from_df(
        train[[*IDS, "rating"]], surprise.Reader(rating_scale=scale)
    ).build_full_trainset()
    rivals = []
    for factors, strength, epochs in product(FACTORS, REGULARISATIONS, EPOCHS):
        start = time.process_time()
        svd = surprise.SVD(
            n_factors=factors, n_epochs=epochs, reg_all=strength, random_state=0
        ).fit(data)
        taken = time.process_time() - start
        pairs = test[IDS].itertuples(index=False)
        found = np.array([svd.predict(user, item).est for user, item in pairs])
        rivals.append((rmse(truth, found), taken))
    row = (name, len(train), rmse(truth, model.predict(test[IDS])), *min(rivals))
    print(name, np.round(row[2:], 4), file=sys.stderr)
    return (*row, seconds)


@click.command()
@click.option("--world", "worlds", multiple=True, type=click.Choice(list(SETS)))
def main(worlds: tuple[str, ...]) -> None:
    """Print the table; exit with 1 where SVD is ahead."""
    names = ["set", "ratings", "ours", "SVD", "SVD, seconds", "ours, seconds"]
    table = pd.DataFrame([judged(name) for name in worlds or SETS], columns=names)
    print(table.set_index("set").round(4).to_string())
    lost = table.loc[table["ours"] > table["SVD"], "set"].tolist()
    print(f"lost: {', '.join(lost)}" if lost else "none lost")
    sys.exit(bool(lost))


if __name__ == "__main__":
    main()
