"""Time and peak memory of training against the number of ratings.

    python benchmarks/recommend_scale.py [--sizes 1e5,1e6,1e7,2.5e7] [--method ...]

Ratings are generated in the shape of MovieLens (`make_ratings`); every fit runs in a
process of its own, with two threads, whose peak memory is that of the operating system,
the caller's own table of ratings included. "One epoch" is the strictest reading: the
whole of `fit` with `epochs=1`, that is reading the table, one pass over the ratings in
each of the two views, calibration, and the closed forms of the rest; seconds on the
clock, and of the processor, which a busy machine does not stretch. Beside ours:
implicit's ALS, and Surprise's SVD where it ends in reasonable time.

A fifth of the ratings of 1,000 users is kept hidden, so that it shows whether lists of
ten find them at that size, beside the ten most popular items. The exponent is the slope
of log processor seconds over log ratings. Exits with 1 when a budget is broken; the
largest size has two of its own.

Needs the `bench` extra. All four sizes take an hour on two cores.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "2")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import click
import numpy as np
import pandas as pd

EXPONENT_BUDGET = 1.1
LARGE = 25_000_000
LARGE_SECONDS_BUDGET = 480.0
LARGE_GIB_BUDGET = 3.5
# Users and items of MovieLens 100K, 1M, 10M and 25M.
SHAPES = {
    100_000: (943, 1_682),
    1_000_000: (6_040, 3_706),
    10_000_000: (69_878, 10_677),
    25_000_000: (162_000, 59_000),
}
MOST_FOR_SURPRISE = 1_000_000
N_ASKED = 1_000
HIDDEN_SHARE = 0.2
# User ids -> a frame of user_id and item_id, ten items a user.
Finder = Callable[[np.ndarray], pd.DataFrame]
OURS = "RBMRecommender"
METHODS = (OURS, "RBMRecommender, choices alone", "implicit ALS", "Surprise SVD")


def shape_of(n_ratings: int) -> tuple[int, int]:
    """Users and items of the MovieLens release of the nearest size."""
    nearest = min(SHAPES, key=lambda size: abs(np.log(size / n_ratings)))
    share = np.sqrt(n_ratings / nearest)
    n_users, n_items = SHAPES[nearest]
    return int(n_users * share), int(n_items * share)


def fit(method: str, n_ratings: int, epochs: int) -> dict[str, float]:
    """Fit one method in this process, and tell what it took and what it finds."""
    told, hidden = parts(n_ratings)
    start_memory = peak_gib()
    start, start_of_work = time.perf_counter(), time.process_time()
    if method.startswith(OURS):
        find = fit_ours(told, epochs, with_ratings=method == OURS)
    elif method == "implicit ALS":
        find = fit_implicit(told)
    else:
        find = fit_surprise(told, epochs)
    took = {
        "seconds": time.perf_counter() - start,
        "CPU seconds": time.process_time() - start_of_work,
        "GiB": peak_gib(),
        "GiB before": start_memory,
    }
    asked = np.unique(hidden["user_id"])
    return {
        **took,
        "P@10": share_found(find(asked), hidden),
        "P@10, popular": share_found(most_popular(told, asked), hidden),
    }


def parts(n_ratings: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ratings to learn from, and a fifth of some users', to be found."""
    from recs_anomaly.datasets import make_ratings

    ratings = make_ratings(*shape_of(n_ratings), n_ratings, random_state=0).ratings
    ratings = ratings[["user_id", "item_id", "rating"]]
    rng = np.random.default_rng(0)
    asked = rng.choice(ratings["user_id"].max() + 1, N_ASKED)
    is_hidden = ratings["user_id"].isin(asked).to_numpy()
    is_hidden = is_hidden & (rng.random(len(ratings)) < HIDDEN_SHARE)
    return ratings[~is_hidden], ratings.loc[is_hidden, ["user_id", "item_id"]]


def fit_ours(ratings: pd.DataFrame, epochs: int, with_ratings: bool) -> Finder:
    from recs_anomaly import RBMRecommender

    model = RBMRecommender(random_state=0)
    if epochs:
        model.set_params(epochs=epochs)
    model.fit(ratings, ratings["rating"] if with_ratings else None)
    return lambda asked: model.recommend(asked, n=10)


def fit_implicit(ratings: pd.DataFrame) -> Finder:
    from implicit.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    ones = np.ones(len(ratings), np.float32)
    chosen = csr_matrix((ones, (ratings["user_id"], ratings["item_id"])))
    model = AlternatingLeastSquares(factors=128, random_state=0, num_threads=2)
    model.fit(chosen, show_progress=False)
    return lambda asked: framed(asked, model.recommend(asked, chosen[asked], N=10)[0])


def fit_surprise(ratings: pd.DataFrame, epochs: int) -> Finder:
    import surprise

    data = surprise.Dataset.load_from_df(ratings, surprise.Reader(rating_scale=(1, 5)))
    settings = {"n_epochs": epochs} if epochs else {}
    surprise.SVD(**settings, random_state=0).fit(data.build_full_trainset())
    # It has no lists.
    return lambda asked: framed(asked, np.full((len(asked), 10), -1))


def most_popular(ratings: pd.DataFrame, asked: np.ndarray) -> pd.DataFrame:
    """List the ten items that most have rated, of those that each user has not."""
    by_count = ratings["item_id"].value_counts().index.to_numpy()
    own = ratings[ratings["user_id"].isin(asked)].groupby("user_id")["item_id"]
    best = []
    for user in asked:
        seen = own.get_group(user) if user in own.groups else []
        head = by_count[: len(seen) + 10]
        best.append(head[~np.isin(head, seen)][:10])
    return framed(asked, np.array(best))


def framed(asked: np.ndarray, items: np.ndarray) -> pd.DataFrame:
    users = np.repeat(asked, items.shape[1])
    return pd.DataFrame({"user_id": users, "item_id": items.ravel()})


def share_found(lists: pd.DataFrame, hidden: pd.DataFrame) -> float:
    """Share of the listed items that are hidden ratings."""
    return len(lists[["user_id", "item_id"]].merge(hidden)) / len(lists)


def peak_gib() -> float:
    """Most memory that this process has held, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def fitted_apart(method: str, n_ratings: int, epochs: int) -> dict[str, float]:
    """Run `fit` in a process of its own."""
    command = [sys.executable, __file__, "--alone", method]
    command += ["--sizes", str(n_ratings), "--epochs", str(epochs)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def exponent(rows: pd.DataFrame) -> float:
    """Slope of log processor seconds over log ratings."""
    logs = np.log(rows[["ratings", "CPU seconds"]].to_numpy(float))
    return float(np.polyfit(logs[:, 0], logs[:, 1], 1)[0])


def broken_budgets(rows: pd.DataFrame) -> list[str]:
    """Name each budget that our rows break."""
    ours = rows[rows["method"] == OURS]
    broken = []
    if len(ours) > 1 and exponent(ours) > EXPONENT_BUDGET:
        broken.append(f"exponent {exponent(ours):.2f} > {EXPONENT_BUDGET}")
    for row in ours[ours["ratings"] == LARGE].itertuples():
        if row.seconds > LARGE_SECONDS_BUDGET:
            broken.append(f"25M: {row.seconds:.0f} s > {LARGE_SECONDS_BUDGET:.0f} s")
        if row.GiB > LARGE_GIB_BUDGET:
            broken.append(f"25M: {row.GiB:.1f} GiB > {LARGE_GIB_BUDGET} GiB")
    return broken


@click.command()
@click.option("--sizes", default="1e5,1e6,1e7,2.5e7", show_default=True)
@click.option(
    "--epochs",
    default=1,
    show_default=True,
    help="Epochs of a fit; 0 for the default of each method, 20 of Surprise.",
)
@click.option("--method", "methods", multiple=True, type=click.Choice(METHODS))
@click.option("--alone", type=click.Choice(METHODS), hidden=True)
def main(sizes: str, epochs: int, methods: tuple[str, ...], alone: str | None) -> None:
    """Print the table; exit with 1 if a budget is broken."""
    counts = [int(float(size)) for size in sizes.split(",")]
    if alone:
        print(json.dumps(fit(alone, counts[0], epochs)))
        return
    found = []
    for n_ratings in counts:
        for method in methods or METHODS:
            if method == "Surprise SVD" and n_ratings > MOST_FOR_SURPRISE:
                continue
            took = fitted_apart(method, n_ratings, epochs)
            found.append({"method": method, "ratings": n_ratings, **took})
            print(found[-1], file=sys.stderr)
    rows = pd.DataFrame(found)
    print(f"{os.cpu_count()} cores, two threads, {epochs or 'default'} epoch(s)")
    print(rows.round(3).to_string(index=False))
    if len(counts) > 1:
        for method, of_method in rows.groupby("method", sort=False):
            if len(of_method) > 1:
                print(f"{method}: CPU seconds ~ ratings ** {exponent(of_method):.2f}")
    broken = broken_budgets(rows)
    print("\n".join(["budgets broken:", *broken]) if broken else "all budgets kept")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
