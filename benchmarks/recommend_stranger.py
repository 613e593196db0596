"""Time to recommend to somebody unseen in training, warm, on one core.

    python benchmarks/recommend_stranger.py

Trains on MovieLens 100K (downloaded, or in RECS_ANOMALY_DATA), then folds in strangers
with 50 ratings each and lists ten films. Prints the median and the quartiles of many
calls; exits with 1 when the median breaks the budget.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import sys
import time

import numpy as np

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import fetch_movielens

BUDGET_MS = 1.0
N_RATINGS = 50
N_CALLS = 500


def main() -> None:
    """Print the times; exit with 1 if the budget is broken."""
    ratings, _ = fetch_movielens("ml-100k")
    model = RBMRecommender(random_state=0)
    model.fit(ratings[["user_id", "item_id"]], ratings["rating"])
    counts = ratings["user_id"].value_counts()
    strangers = [
        ratings.loc[ratings["user_id"] == user, ["item_id", "rating"]].head(N_RATINGS)
        for user in counts.index[counts >= N_RATINGS][:20]
    ]
    seconds = []
    for call in range(N_CALLS):
        start = time.perf_counter()
        model.recommend_for(strangers[call % len(strangers)], n=10)
        seconds.append(time.perf_counter() - start)
    low, median, high = 1000 * np.quantile(seconds, [0.25, 0.5, 0.75])
    print(f"recommend_for, {N_RATINGS} ratings: {median:.2f} ms ({low:.2f}-{high:.2f})")
    print(f"budget: {BUDGET_MS} ms")
    sys.exit(bool(median > BUDGET_MS))


if __name__ == "__main__":
    main()
