"""Do counts of plays help to find what people choose? Generated listeners, beside ALS.

    python benchmarks/recommend_counts.py [--seeds 2]

Listeners with known tastes try songs by popularity and, somewhat, by taste, and play
them the more often the more they like them, with a heavy tail (up to ten thousand times
and more). Three worlds: plays say more of taste than trying does, much more, or nothing
at all. A fifth of the pairs is hidden. Of 100 songs listed for everybody: nDCG of the
hidden pairs, of those of at least 4 plays, and how well the songs fit the listener's
taste in truth (0 is the mean song, 1 a standard deviation above). Ours runs with its
defaults, without and with `sample_weight`; the rival is implicit's alternating least
squares, confidence 1 + alpha log(1 + plays), 1 + alpha plays, or without plays, and the
table has the best of each of these over factors and alpha, chosen on the test part to
be on the safe side. Exits with 1 when a budget is broken.

Needs the `bench` extra.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from typing import NamedTuple

import click
import numpy as np
import pandas as pd
from implicit.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

from recs_anomaly import RBMRecommender
from recs_anomaly.metrics import ranking

LISTED = 100
OFTEN = 4
# With counts beside without them: how much may be lost, of nDCG@100.
LOSS_BUDGET = 0.0005
SHAPE = (2_000, 1_500)
FACTORS = (16, 32, 64)
ALPHAS = (1.0, 4.0, 16.0)
WORLDS = {  # how much trying and plays follow taste, and the tail of plays by itself
    "plays say more": (0.6, 1.2, 1.0),
    "plays say it all": (0.3, 1.0, 1.0),
    "plays are noise": (0.6, 0.0, 1.5),
}


class Listeners(NamedTuple):
    """Who played what how often, and how much each likes each song in truth."""

    plays: pd.DataFrame
    taste: np.ndarray


def listeners(seed: int, tried: float, played: float, tail: float) -> Listeners:
    """Draw a world."""
    rng = np.random.default_rng(seed)
    n_users, n_items = SHAPE
    of_users, of_items = rng.normal(size=(n_users, 8)), rng.normal(size=(n_items, 8))
    taste = of_users @ of_items.T / np.sqrt(8)
    popularity = 1.3 * rng.normal(size=n_items)
    n_own = np.clip(rng.lognormal(3.8, 0.8, n_users), 15, n_items // 3).astype(int)
    pull = tried * taste + popularity + rng.gumbel(size=SHAPE)
    order = np.argsort(-pull, axis=1)
    users = np.repeat(np.arange(n_users), n_own)
    items = np.concatenate([own[:n] for own, n in zip(order, n_own, strict=True)])
    activity = 0.7 * rng.normal(size=n_users)
    log_rate = 0.3 + played * taste[users, items] + activity[users]
    rate = np.exp(log_rate + tail * rng.normal(size=len(users)))
    plays = pd.DataFrame({"user_id": users, "item_id": items})
    return Listeners(plays.assign(count=1 + rng.poisson(rate)), taste)


def figures(ranked: np.ndarray, hidden: pd.DataFrame, taste: np.ndarray) -> list[float]:
    """Judge lists of columns."""
    found = []
    for part in (hidden, hidden[hidden["count"] >= OFTEN]):
        wanted = csr_matrix(
            (np.ones(len(part)), (part["user_id"], part["item_id"])), shape=SHAPE
        )
        judged = ranking.judge(ranked, wanted)
        found.append(ranking.mean_over_users(ranking.ndcg(judged, LISTED)))
    return [*found, float(np.take_along_axis(taste, ranked, axis=1).mean())]


def ours(train: pd.DataFrame, counts: pd.Series | None) -> np.ndarray:
    """List by the defaults."""
    model = RBMRecommender(random_state=0)
    model.fit(train[["user_id", "item_id"]], sample_weight=counts)
    listed = model.recommend(np.arange(SHAPE[0]), LISTED)
    return listed["item_id"].to_numpy().reshape(-1, LISTED)


def als(train: pd.DataFrame, confidence: np.ndarray, factors: int) -> np.ndarray:
    """List by alternating least squares (Hu, Koren & Volinsky, 2008)."""
    model = AlternatingLeastSquares(
        factors=factors, regularization=0.05, alpha=1.0, random_state=0, num_threads=1
    )
    place = train["user_id"].to_numpy(), train["item_id"].to_numpy()
    told = csr_matrix((confidence.astype(np.float32), place), shape=SHAPE)
    model.fit(told, show_progress=False)
    return model.recommend(np.arange(SHAPE[0]), told, N=LISTED)[0]


def judged(world: str, seed: int) -> list[tuple]:
    """Rows of the table of one world."""
    plays, taste = listeners(seed, *WORLDS[world])
    is_hidden = np.random.default_rng(seed + 1).random(len(plays)) < 0.2
    train, hidden = plays[~is_hidden], plays[is_hidden]
    rows = [
        (world, name, *figures(ours(train, counts), hidden, taste))
        for name, counts in (("ours", None), ("ours, counts", train["count"]))
    ]
    amount = train["count"].to_numpy(float)
    for name, grown in (
        ("ALS", np.ones(len(train))),
        ("ALS, log counts", np.log1p(amount)),
        ("ALS, counts", amount),
    ):
        tries = [
            figures(als(train, 1.0 + alpha * grown, factors), hidden, taste)
            for factors in FACTORS
            for alpha in ALPHAS
        ]
        rows.append((world, name, *max(tries)))
    print(f"{world}, seed {seed}", file=sys.stderr)
    return rows


@click.command()
@click.option("--seeds", default=2, show_default=True, help="Number of worlds of each.")
def main(seeds: int) -> None:
    """Print the table; exit with 1 if a budget is broken."""
    rows = [
        row for world in WORLDS for seed in range(seeds) for row in judged(world, seed)
    ]
    names = ["world", "method", "nDCG@100", f"of >= {OFTEN} plays", "taste"]
    table = pd.DataFrame(rows, columns=names).groupby(names[:2], sort=False).mean()
    print(table.round(4).to_string())
    broken = []
    for world, part in table["nDCG@100"].groupby("world"):
        found = part.droplevel("world")
        rival = found[[name for name in found.index if "ALS" in name]].max()
        if found["ours, counts"] < found["ours"] - LOSS_BUDGET:
            broken.append(f"{world}: counts lose")
        if found["ours, counts"] <= rival:
            broken.append(f"{world}: ALS is ahead")
    print("\n".join(["budgets broken:", *broken]) if broken else "all budgets kept")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
