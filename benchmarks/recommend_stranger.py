"""Time to recommend to somebody unseen in training, warm, on one core.

    python benchmarks/recommend_stranger.py [--size ml-100k --size ml-1m]

Strangers with 50 ratings each are folded in, and get a list of ten films: of a model of
ratings and choices, and of one of choices alone. ml-100k is MovieLens 100K (downloaded,
or in RECS_ANOMALY_DATA); ml-1m is generated in the shape of MovieLens 1M. One epoch:
how well a model is trained has no part in how fast it answers. Prints the median and
the quartiles of many calls; exits with 1 when a median breaks the budget.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import sys
import time
from collections.abc import Sequence

import click
import numpy as np
import pandas as pd

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import fetch_movielens, make_ratings

BUDGET_MS = 1.0
N_RATINGS = 50
N_STRANGERS = 20
N_CALLS = 500
SIZES = {
    "ml-100k": lambda: fetch_movielens("ml-100k").ratings,
    "ml-1m": lambda: make_ratings(6_040, 3_706, 1_000_209, random_state=0).ratings,
}


def milliseconds(model: RBMRecommender, strangers: Sequence[object]) -> np.ndarray:
    """Quartiles of the time of a call."""
    seconds = []
    for call in range(N_CALLS):
        start = time.perf_counter()
        model.recommend_for(strangers[call % len(strangers)], n=10)
        seconds.append(time.perf_counter() - start)
    return 1000 * np.quantile(seconds, [0.25, 0.5, 0.75])


def own_ratings(ratings: pd.DataFrame) -> list[pd.DataFrame]:
    """Tell the first ratings of some of the users who have enough of them."""
    counts = ratings["user_id"].value_counts()
    users = counts.index[counts >= N_RATINGS][:N_STRANGERS]
    by_user = ratings[ratings["user_id"].isin(users)].groupby("user_id")
    return [own[["item_id", "rating"]].head(N_RATINGS) for _, own in by_user]


@click.command()
@click.option("--size", "sizes", multiple=True, type=click.Choice(list(SIZES)))
def main(sizes: tuple[str, ...]) -> None:
    """Print the times; exit with 1 if the budget is broken."""
    slowest = 0.0
    for size in sizes or SIZES:
        ratings = SIZES[size]()
        pairs, told = ratings[["user_id", "item_id"]], own_ratings(ratings)
        for what, values, strangers in (
            ("ratings", ratings["rating"], told),
            ("choices", None, [own["item_id"].tolist() for own in told]),
        ):
            model = RBMRecommender(epochs=1, random_state=0).fit(pairs, values)
            low, median, high = milliseconds(model, strangers)
            slowest = max(slowest, median)
            print(f"{size}, {N_RATINGS} {what}: {median:.2f} ms ({low:.2f}-{high:.2f})")
    print(f"budget: {BUDGET_MS} ms")
    sys.exit(bool(slowest > BUDGET_MS))


if __name__ == "__main__":
    main()
