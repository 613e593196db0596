"""What features say of items and people without ratings: MovieLens 100K.

    python benchmarks/recommend_side.py [--seeds 5]

A tenth of the items loses all its ratings, but is known by genres and year: the error
at half of these ratings, beside the mean of each user, our model without the features,
and our model with the other half of the ratings (the full model). Then a tenth of the
people, known by age, sex, occupation and zip code: nDCG of ten films, all of their
choices relevant, beside the ten most popular films. Prints means over seeds; nothing
was chosen on these, but for the strength of what is expected of people (other seeds).
Exits with 1 when a budget is broken.

Needs MovieLens 100K with u.user, downloaded or in RECS_ANOMALY_DATA.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
from typing import Any

import click
import numpy as np
import pandas as pd

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import (
    fetch_movielens,
    movielens_folder,
    read_item_features,
    read_user_features,
)
from recs_anomaly.metrics import ranking
from recs_anomaly.metrics.rating import rmse

IDS = ["user_id", "item_id"]
GAP_BUDGET = 0.10  # share of the gap between users' means and the full model
LIST_BUDGET = 1.05  # times popularity
FIRST_SEED = 100


def fitted(ratings: pd.DataFrame, **features: Any) -> RBMRecommender:
    """Fit with defaults."""
    model = RBMRecommender(random_state=0)
    return model.fit(ratings[IDS], ratings["rating"], **features)


def errors(
    ratings: pd.DataFrame, features: pd.DataFrame, seed: int
) -> dict[str, float]:
    """Errors at items without ratings, by what is known of them."""
    rng = np.random.default_rng(seed)
    items = ratings["item_id"].unique()
    is_new = ratings["item_id"].isin(rng.choice(items, len(items) // 10, replace=False))
    is_test = is_new & (rng.random(len(ratings)) < 0.5)
    train, test = ratings[~is_new], ratings[is_test]
    truth = test["rating"].to_numpy(float)
    means = train.groupby("user_id")["rating"].mean()
    own = test["user_id"].map(means).fillna(train["rating"].mean())
    return {
        "users' means": rmse(truth, own.to_numpy()),
        "without features": rmse(truth, fitted(train).predict(test[IDS])),
        "genres and year": rmse(
            truth, fitted(train, item_features=features).predict(test[IDS])
        ),
        "full model": rmse(truth, fitted(ratings[~is_test]).predict(test[IDS])),
    }


def lists(ratings: pd.DataFrame, features: pd.DataFrame, seed: int) -> dict[str, float]:
    """Rank for people without ratings, by what is known of them: nDCG at 10."""
    rng = np.random.default_rng(seed)
    users = features.index.to_numpy()
    new = np.sort(rng.choice(users, len(users) // 10, replace=False))
    is_new = ratings["user_id"].isin(new)
    train, test = ratings[~is_new], ratings[is_new]
    popular = train["item_id"].value_counts().index[:10]
    model = fitted(train, user_features=features)
    stranger = fitted(train).recommend_for({}, 10)["item_id"]
    ways = {
        "popularity": np.tile(popular, (len(new), 1)),
        "without features": np.tile(stranger, (len(new), 1)),
    }
    for rank_by in ("both", "watch"):
        listed = model.recommend(new, 10, rank_by=rank_by)["item_id"]
        ways[f"features, rank_by={rank_by!r}"] = listed.to_numpy().reshape(-1, 10)
    chosen = pd.crosstab(test["user_id"], test["item_id"]).reindex(new, fill_value=0)
    chosen = chosen.reindex(columns=range(ratings["item_id"].max() + 1), fill_value=0)
    return {
        name: ranking.mean_over_users(
            ranking.ndcg(ranking.judge(found, chosen.to_numpy()), 10)
        )
        for name, found in ways.items()
    }


@click.command()
@click.option("--seeds", default=5, show_default=True, help="Number of seeds.")
def main(seeds: int) -> None:
    """Print both tables; exit with 1 if a budget is broken."""
    ratings = fetch_movielens("ml-100k").ratings
    home = movielens_folder("ml-100k")
    of_items = read_item_features(home / "u.item")
    of_users = read_user_features(home / "u.user")
    every = range(FIRST_SEED, FIRST_SEED + seeds)
    error = pd.DataFrame([errors(ratings, of_items, seed) for seed in every]).mean()
    ndcg = pd.DataFrame([lists(ratings, of_users, seed) for seed in every]).mean()
    floor, full = error["users' means"], error["full model"]
    share = (floor - error["genres and year"]) / (floor - full)
    times = ndcg / ndcg["popularity"]
    print(f"RMSE at items without ratings\n{error.round(4).to_string()}")
    print(f"share of the gap closed: {share:.2f}, at least {GAP_BUDGET}")
    print(f"\nnDCG@10 of people without ratings\n{ndcg.round(4).to_string()}")
    print(f"times popularity\n{times.round(3).to_string()}, at least {LIST_BUDGET}")
    is_kept = share >= GAP_BUDGET and times["features, rank_by='both'"] >= LIST_BUDGET
    print("all budgets kept" if is_kept else "budget broken")
    sys.exit(not is_kept)


if __name__ == "__main__":
    main()
