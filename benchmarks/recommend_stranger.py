"""Time to recommend to one person, warm, on one core: to a new user, and with titles.

    python benchmarks/recommend_stranger.py [--size ml-100k --size ml-1m]

New users with 50 ratings each are folded in, and get a list of ten films: of a model of
ratings and choices, and of one of choices alone. Users of the training data get theirs
bare, and with titles, intervals and reasons; the two take turns, so that their ratio
says more than the times. ml-100k is MovieLens 100K (downloaded,
or in RECS_ANOMALY_DATA); ml-1m is generated in the shape of MovieLens 1M. One epoch:
how well a model is trained has no part in how fast it answers. Prints the median and
the quartiles of many calls; exits with 1 when a budget is broken.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import click
import numpy as np
import pandas as pd

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import fetch_movielens, make_ratings
from recs_anomaly.recommend.serving.catalogue import titles_and_genres
from recs_anomaly.recommend.serving.titled_recommender import Recommender

BUDGET_MS = 1.0
RATIO_BUDGET = 1.5
N_RATINGS = 50
N_USERS = 20
N_CALLS = 500
SIZES = {
    "ml-100k": lambda: fetch_movielens("ml-100k").ratings,
    "ml-1m": lambda: make_ratings(6_040, 3_706, 1_000_209, random_state=0).ratings,
}


def milliseconds(
    asks: Sequence[Callable[[Any], object]], users: Sequence[Any]
) -> np.ndarray:
    """Quartiles of the time of a call, a column for each way to ask."""
    seconds = np.empty((N_CALLS, len(asks)))
    for call, way in np.ndindex(seconds.shape):
        start = time.process_time()
        asks[way](users[call % len(users)])
        seconds[call, way] = time.process_time() - start
    return 1000 * np.quantile(seconds, [0.25, 0.5, 0.75], axis=0)


def own_ratings(ratings: pd.DataFrame) -> list[pd.DataFrame]:
    """Tell the first ratings of some of the users who have enough of them."""
    counts = ratings["user_id"].value_counts()
    users = counts.index[counts >= N_RATINGS][:N_USERS]
    by_user = ratings[ratings["user_id"].isin(users)].groupby("user_id")
    told = [own[["item_id", "rating"]].head(N_RATINGS) for _, own in by_user]
    for own in told:
        own.attrs.clear()  # what is known of the file they are from, copied at each use
    return told


@click.command()
@click.option("--size", "sizes", multiple=True, type=click.Choice(list(SIZES)))
def main(sizes: tuple[str, ...]) -> None:
    """Print the times; exit with 1 if the budget is broken."""
    slowest, ratios = 0.0, []
    for size in sizes or SIZES:
        ratings = SIZES[size]()
        pairs, told = ratings[["user_id", "item_id"]], own_ratings(ratings)
        for what, values, new_users in (
            ("ratings", ratings["rating"], told),
            ("choices", None, [own["item_id"].tolist() for own in told]),
        ):
            model = RBMRecommender(epochs=1, random_state=0).fit(pairs, values)
            [[low], [median], [high]] = milliseconds([model.recommend_for], new_users)
            slowest = max(slowest, median)
            print(f"{size}, {N_RATINGS} {what}: {median:.2f} ms ({low:.2f}-{high:.2f})")
            titles = titles_and_genres(model.items_, None)
            titled = Recommender(model, *titles)
            users = model.users_[:: len(model.users_) // N_USERS].tolist()
            medians = milliseconds([model.recommend, titled.recommend_user], users)[1]
            ratios.append(medians[1] / medians[0])
            print(
                f"{size}, a user's {what}: {medians[0]:.2f} ms, with titles, intervals "
                f"and reasons {medians[1]:.2f} ms: {ratios[-1]:.2f} times"
            )
    print(f"budgets: {BUDGET_MS} ms, {RATIO_BUDGET} times")
    sys.exit(bool(slowest > BUDGET_MS or max(ratios) > RATIO_BUDGET))


if __name__ == "__main__":
    main()
