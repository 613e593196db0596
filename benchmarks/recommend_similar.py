"""Likeness of items, judged by people who were left out of the training.

    python benchmarks/recommend_similar.py

Trains on half of the users of MovieLens 100K (downloaded, or in RECS_ANOMALY_DATA) and
judges the ten films most like each on the other half. Their ratings minus what is usual
for user and film are residuals: alike are two films whose residuals agree in the people
who rated both. Prints the mean product of the two residuals, how often the genres of
the films overlap, and both for films drawn by popularity; exits with 1 when a budget is
broken.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import fetch_movielens

PRODUCT_BUDGET = 0.12
GENRES_BUDGET = 0.34
N_SIMILAR = 10
MIN_RATINGS = 30
SHRINKAGE = 6.0
N_SWEEPS = 8
VIEWS = ("both", "item", "user")


def with_residuals(ratings: pd.DataFrame) -> pd.DataFrame:
    """Ratings minus the damped means of user and item."""
    rest = ratings["rating"] - ratings["rating"].mean()
    effect = {"user_id": 0.0, "item_id": 0.0}
    for _ in range(N_SWEEPS):
        for name, other in (("item_id", "user_id"), ("user_id", "item_id")):
            groups = (rest - effect[other]).groupby(ratings[name])
            shrunken = groups.sum() / (groups.size() + SHRINKAGE)
            effect[name] = ratings[name].map(shrunken)
    return ratings.assign(residual=rest - effect["user_id"] - effect["item_id"])


def mean_product(pairs: pd.DataFrame, judges: pd.DataFrame) -> float:
    """Mean product of the residuals of the judges who rated both items of a pair."""
    own = judges[["user_id", "item_id", "residual"]]
    first = pairs.merge(own, on="item_id")
    both = first.merge(
        own, left_on=["user_id", "like"], right_on=["user_id", "item_id"]
    )
    return float((both["residual_x"] * both["residual_y"]).mean())


def genre_overlap(pairs: pd.DataFrame, genres: pd.Series) -> float:
    """Mean share of common genres in all genres of a pair."""
    shares = [
        len(genres[one] & genres[other]) / len(genres[one] | genres[other])
        for one, other in zip(pairs["item_id"], pairs["like"], strict=True)
    ]
    return float(np.mean(shares))


def similar_pairs(model: RBMRecommender, items: list[int]) -> pd.DataFrame:
    """Each item beside the items that are most like it."""
    similar = [model.similar_items(item, N_SIMILAR)["item_id"] for item in items]
    return pd.DataFrame(
        {"item_id": np.repeat(items, N_SIMILAR), "like": np.concatenate(similar)}
    )


def main() -> None:
    """Print the figures; exit with 1 if a budget is broken."""
    ratings, films = fetch_movielens("ml-100k")
    genres = films.set_index("item_id")["genres"].str.split("|").map(set)
    rng = np.random.default_rng(0)
    users = rng.permutation(ratings["user_id"].unique())
    is_judge = ratings["user_id"].isin(users[: len(users) // 2])
    learned, judges = ratings[~is_judge], with_residuals(ratings[is_judge])
    counts = judges["item_id"].value_counts()
    known = set(learned["item_id"])
    items = [item for item in counts.index[counts >= MIN_RATINGS] if item in known]
    drawn = pd.DataFrame(
        {
            "item_id": np.repeat(items, N_SIMILAR),
            "like": rng.choice(judges["item_id"], len(items) * N_SIMILAR),
        }
    )
    found = {"popular": drawn[drawn["item_id"] != drawn["like"]]}
    for view in VIEWS:
        model = RBMRecommender(view=view, random_state=0)
        model.fit(learned[["user_id", "item_id"]], learned["rating"])
        found[view] = similar_pairs(model, items)
    n_judges = judges["user_id"].nunique()
    print(f"{len(items)} films, {N_SIMILAR} like each, {n_judges} judges")
    for name, pairs in found.items():
        product, overlap = mean_product(pairs, judges), genre_overlap(pairs, genres)
        print(f"{name}: product of residuals {product:.4f}, genres {overlap:.3f}")
        if name == "both":
            is_broken = product < PRODUCT_BUDGET or overlap < GENRES_BUDGET
    print(f"budgets: at least {PRODUCT_BUDGET} and {GENRES_BUDGET}")
    sys.exit(bool(is_broken))


if __name__ == "__main__":
    main()
