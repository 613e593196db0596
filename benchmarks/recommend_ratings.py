"""Accuracy and time of rating prediction on the official folds of MovieLens 100K.

Ours, Surprise's algorithms and plain floors on the same folds, in one process, with
two threads for everybody. Prints mean and spread over seeds, whoever wins, and exits
with 1 when one of our budgets is broken.

    python benchmarks/recommend_ratings.py [--quick] [--seeds 3]

Needs the `bench` extra, and MovieLens 100K (downloaded, or in RECS_ANOMALY_DATA).
Nothing is chosen here: every row runs with its defaults, or with the settings in its
name, which are those that its authors or anybody else have published as good.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "2")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import platform
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import click
import keras  # noqa: F401 - imported here, so that no fit pays for it
import numpy as np
import pandas as pd
import surprise

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import fetch_movielens, official_folds
from recs_anomaly.metrics.rating import (
    calibration_error,
    interval_coverage,
    mae,
    negative_log_likelihood,
    rmse,
)

RMSE_BUDGET = 0.905
RMSE_U1_BUDGET = 0.915
MAE_MEDIAN_BUDGET = 0.680
USER_VIEW_U1_BUDGET = 0.945
NLL_U1_BUDGET = 1.23
CALIBRATION_U1_BUDGET = 0.01
COVERAGE_WINDOW = (0.88, 0.92)
TIME_RATIO_BUDGET = 1.0
COVERAGE = 0.9
LIKED = 4


class Fold(NamedTuple):
    """Ratings to learn from and to judge on."""

    number: int
    train: pd.DataFrame
    test: pd.DataFrame


class Result(NamedTuple):
    """One method on one fold with one seed."""

    method: str
    fold: int
    seed: int
    rmse: float
    mae: float
    seconds: float
    mae_median: float = np.nan
    nll: float = np.nan
    calibration: float = np.nan
    coverage: float = np.nan


def run_ours(fold: Fold, seed: int, view: str) -> Result:
    """Fit and predict with defaults but for the view."""
    ids = ["user_id", "item_id"]
    truth = fold.test["rating"].to_numpy(float)
    start = time.perf_counter()
    model = RBMRecommender(view=view, random_state=seed)
    model.fit(fold.train[ids], fold.train["rating"])
    predicted = model.predict(fold.test[ids])
    seconds = time.perf_counter() - start
    probabilities = model.predict_proba(fold.test[ids])
    interval = model.predict_interval(fold.test[ids], coverage=COVERAGE)
    median = model.set_params(statistic="median").predict(fold.test[ids])
    liking = probabilities[:, model.classes_ >= LIKED].sum(axis=1)
    return Result(
        f"RBMRecommender(view={view!r})",
        fold.number,
        seed,
        rmse(truth, predicted),
        mae(truth, predicted),
        seconds,
        mae(truth, median),
        negative_log_likelihood(truth, probabilities, model.classes_),
        calibration_error(truth >= LIKED, liking),
        interval_coverage(truth, interval),
    )


def run_surprise(
    fold: Fold, seed: int, name: str, build: Callable[[int], surprise.AlgoBase]
) -> Result:
    """Fit and predict with a Surprise algorithm."""
    columns = ["user_id", "item_id", "rating"]
    truth = fold.test["rating"].to_numpy(float)
    start = time.perf_counter()
    reader = surprise.Reader(rating_scale=(1, 5))
    training = surprise.Dataset.load_from_df(fold.train[columns], reader)
    algorithm = build(seed).fit(training.build_full_trainset())
    pairs = fold.test[columns].itertuples(index=False)
    predicted = np.array([algorithm.predict(u, i).est for u, i, _ in pairs])
    seconds = time.perf_counter() - start
    return Result(
        name, fold.number, seed, rmse(truth, predicted), mae(truth, predicted), seconds
    )


def run_floor(fold: Fold, seed: int) -> Result:
    """User and item means, damped: what needs no model."""
    start = time.perf_counter()
    mean = fold.train["rating"].mean()
    rest = fold.train["rating"] - mean
    by_item = rest.groupby(fold.train["item_id"]).agg(["sum", "count"])
    item_effect = by_item["sum"] / (by_item["count"] + 10)
    rest = rest - fold.train["item_id"].map(item_effect)
    by_user = rest.groupby(fold.train["user_id"]).agg(["sum", "count"])
    user_effect = by_user["sum"] / (by_user["count"] + 5)
    predicted = (
        mean
        + fold.test["item_id"].map(item_effect).fillna(0)
        + fold.test["user_id"].map(user_effect).fillna(0)
    ).clip(1, 5)
    seconds = time.perf_counter() - start
    truth = fold.test["rating"].to_numpy(float)
    predicted = predicted.to_numpy()
    return Result(
        "damped user and item means",
        fold.number,
        seed,
        rmse(truth, predicted),
        mae(truth, predicted),
        seconds,
    )


SURPRISE = {
    "Surprise BaselineOnly": lambda seed: surprise.BaselineOnly(
        bsl_options={"verbose": False}, verbose=False
    ),
    "Surprise SVD": lambda seed: surprise.SVD(random_state=seed),
    "Surprise SVD, 50 factors, 60 epochs, reg 0.1": lambda seed: surprise.SVD(
        n_factors=50, n_epochs=60, reg_all=0.1, random_state=seed
    ),
    "Surprise SVD++": lambda seed: surprise.SVDpp(random_state=seed),
    "Surprise KNNBaseline, items": lambda seed: surprise.KNNBaseline(
        sim_options={"name": "pearson_baseline", "user_based": False}, verbose=False
    ),
}
VIEWS = ("both", "item", "user")


def results(folds: list[Fold], seeds: range) -> Iterator[Result]:
    """Run every method on every fold and seed, the rivals next to ours."""
    for fold in folds:
        for seed in seeds:
            for view in VIEWS:
                yield run_ours(fold, seed, view)
            for name, build in SURPRISE.items():
                yield run_surprise(fold, seed, name, build)
        yield run_floor(fold, 0)


def table(frame: pd.DataFrame) -> pd.DataFrame:
    """Average over folds and seeds, with the spread over seeds, and fold 1 alone."""
    by_seed = frame.groupby(["method", "seed"])["rmse"].mean()
    first = frame[frame["fold"] == 1].groupby("method")
    every = frame.groupby("method")
    columns = {
        "RMSE": every["rmse"].mean(),
        "± seeds": by_seed.groupby("method").std(ddof=0),
        "RMSE u1": first["rmse"].mean(),
        "MAE": every["mae"].mean(),
        "MAE median": every["mae_median"].mean(),
        "NLL u1": first["nll"].mean(),
        "calibration u1": first["calibration"].mean(),
        "90 % interval": every["coverage"].mean(),
        "seconds a fold": every["seconds"].median(),
    }
    return pd.DataFrame(columns).sort_values("RMSE")


def broken_budgets(rows: pd.DataFrame) -> list[str]:
    """Name each budget that our figures break."""
    ours, user = rows.loc["RBMRecommender(view='both')"], "RBMRecommender(view='user')"
    time_ratio = ours["seconds a fold"] / rows.loc["Surprise SVD++", "seconds a fold"]
    at_most = {
        "RMSE": (ours["RMSE"], RMSE_BUDGET),
        "RMSE u1": (ours["RMSE u1"], RMSE_U1_BUDGET),
        "MAE of the median": (ours["MAE median"], MAE_MEDIAN_BUDGET),
        "RMSE u1 of the user view": (rows.loc[user, "RMSE u1"], USER_VIEW_U1_BUDGET),
        "NLL u1": (ours["NLL u1"], NLL_U1_BUDGET),
        "calibration u1": (ours["calibration u1"], CALIBRATION_U1_BUDGET),
        "time against SVD++": (time_ratio, TIME_RATIO_BUDGET),
        "coverage": (ours["90 % interval"], COVERAGE_WINDOW[1]),
        "lack of coverage": (-ours["90 % interval"], -COVERAGE_WINDOW[0]),
    }
    return [
        f"{name}: {value:.4f} > {limit}"
        for name, (value, limit) in at_most.items()
        if not value <= limit
    ]


@click.command()
@click.option("--quick", is_flag=True, help="Fold u1 and one seed only.")
@click.option("--seeds", default=3, show_default=True, help="Number of seeds.")
def main(quick: bool, seeds: int) -> None:
    """Print the table; exit with 1 if a budget is broken."""
    ratings, _ = fetch_movielens("ml-100k")
    folds = [
        Fold(number, ratings.iloc[train], ratings.iloc[test])
        for number, (train, test) in enumerate(official_folds(ratings), start=1)
    ]
    found = []
    for result in results(folds[:1] if quick else folds, range(1 if quick else seeds)):
        print(f"u{result.fold} seed {result.seed}: {result.method}", file=sys.stderr)
        found.append(result)
    rows = table(pd.DataFrame(found))
    print(f"Python {platform.python_version()}, {platform.machine()}, two threads")
    print(rows.round(4).to_string(na_rep=""))
    ratio = (
        rows.loc["RBMRecommender(view='both')", "seconds a fold"]
        / rows.loc["Surprise SVD++", "seconds a fold"]
    )
    print(f"time against Surprise SVD++: {ratio:.2f}")
    broken = broken_budgets(rows)
    print("\n".join(["budgets broken:", *broken]) if broken else "all budgets kept")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
