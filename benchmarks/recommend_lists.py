"""Ten items for every user of a data set of MovieLens 1M's shape, beside implicit's.

    python benchmarks/recommend_lists.py [--rounds 5]

Both have learned from the same generated choices, have as many factors, use two threads
and leave out what was chosen; they take turns. Ours answers with a table of ids, scores
and ranks, implicit with two arrays of numbers. Prints the median times, and those of
a stranger's list from 50 choices on one thread; exits with 1 when a budget is broken.

Needs the `bench` extra.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # implicit has threads of its own

import sys
import time
from collections.abc import Callable

import click
import numpy as np
from implicit.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import make_ratings

RATIO_BUDGET = 1.5
STRANGER_BUDGET_MS = 1.0
SHAPE = (6_040, 3_706, 1_000_209)
N_ITEMS = 10
N_CHOICES = 50
N_STRANGERS = 300


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@click.command()
@click.option("--rounds", default=5, show_default=True, help="Runs of each.")
def main(rounds: int) -> None:
    """Print the times; exit with 1 if a budget is broken."""
    ratings = make_ratings(*SHAPE, random_state=0).ratings
    model = RBMRecommender(random_state=0).fit(ratings[["user_id", "item_id"]])
    rows = np.searchsorted(model.users_, ratings["user_id"])
    columns = np.searchsorted(model.items_, ratings["item_id"])
    chosen = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)))
    n_factors = model.interaction_weights_.shape[1]
    rival = AlternatingLeastSquares(
        factors=n_factors, iterations=1, random_state=0, num_threads=2
    )
    rival.fit(chosen, show_progress=False)
    everybody = np.arange(chosen.shape[0])

    def ours() -> object:
        return model.recommend(model.users_, n=N_ITEMS)

    def theirs() -> object:
        return rival.recommend(everybody, chosen, N=N_ITEMS)

    with threadpool_limits(2, user_api="blas"):
        taken = [(seconds(ours), seconds(theirs)) for _ in range(rounds + 1)][1:]
    own, other = np.median(taken, axis=0)
    own_choices = [columns[rows == row][:N_CHOICES].tolist() for row in range(20)]
    strangers = [model.items_[own].tolist() for own in own_choices]
    with threadpool_limits(1, user_api="blas"):
        times = [
            seconds(lambda row=row: model.recommend_for(strangers[row % 20], N_ITEMS))
            for row in range(N_STRANGERS)
        ]
    low, middle, high = 1000 * np.quantile(times, [0.25, 0.5, 0.75])
    print(f"{len(everybody):,} users, {chosen.shape[1]:,} items, {n_factors} factors")
    print(f"RBMRecommender {own:.2f} s, implicit ALS {other:.2f} s")
    print(f"ratio {own / other:.2f}, at most {RATIO_BUDGET}")
    print(f"a stranger: {middle:.2f} ms ({low:.2f}-{high:.2f}), {STRANGER_BUDGET_MS}")
    sys.exit(bool(own > RATIO_BUDGET * other or middle > STRANGER_BUDGET_MS))


if __name__ == "__main__":
    main()
