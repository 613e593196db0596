"""RBM beside BernoulliRBM: likelihood, time, sparse rows, features, checks.

    python benchmarks/rbm.py [likelihood] [time] [sparse] [features] [checks]

All sections run without arguments, on one core. Digits are scikit-learn's, split in
half; what is tuned is tuned on a cut of the training half. Our RBM has its default
settings but in the section on features, where both RBMs have 512 hidden units and are
chosen among eight each, within each training fold. Times are of the CPU. Exits with 1
when a budget is broken.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import sys
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_score,
    train_test_split,
)
from sklearn.neural_network import BernoulliRBM
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from recs_anomaly import RBM
from recs_anomaly.rbm.energy import RBMParameters
from recs_anomaly.rbm.likelihood import exact_log_partition, log_likelihood
from recs_anomaly.rbm.units import BernoulliUnits

LEAST_LOG_LIKELIHOOD = -18.6
MOST_SEED_DEVIATION = 0.15
MOST_TIME_LARGE = 0.8
MOST_TIME_SMALL = 1.5
MOST_TIME_SPARSE = 0.1
MOST_MEMORY_GROWTH = 2.2  # for twice the non-zeros
N_SEEDS = 10


def likelihood() -> list[bool]:
    """Exact log-likelihood of unseen digits, 16 hidden units."""
    digits = (load_digits().data >= 8).astype(np.float64)
    train, test = train_test_split(digits, test_size=0.5, random_state=0)
    fitting, cut = train_test_split(train, test_size=0.25, random_state=0)
    grid = list(product((0.005, 0.01, 0.02, 0.05, 0.1), (10, 20, 50)))
    scores = [np.mean(bernoulli_rbm(fitting, cut, *each, 2)) for each in grid]
    rate, batch_size = grid[int(np.argmax(scores))]
    theirs = bernoulli_rbm(train, test, rate, batch_size, N_SEEDS)
    ours = [
        RBM(16, random_state=seed).fit(train).log_likelihood(test).mean
        for seed in range(N_SEEDS)
    ]
    print(f"exact log-likelihood of {len(test)} digits in black and white (nats),")
    print(f"trained on {len(train)}, 16 hidden units, {N_SEEDS} seeds")
    print(f"  RBM(16), 30 epochs           {spread(ours)}")
    print(f"  BernoulliRBM, 100 epochs     {spread(theirs)}  tuned on a cut of the")
    print(f"     training half: learning_rate={rate}, batch_size={batch_size}")
    return [
        kept("mean", np.mean(ours), ">=", LEAST_LOG_LIKELIHOOD),
        kept("deviation over seeds", np.std(ours), "<=", MOST_SEED_DEVIATION),
    ]


def bernoulli_rbm(
    train: np.ndarray, test: np.ndarray, rate: float, batch_size: int, n_seeds: int
) -> list[float]:
    """Exact log-likelihood that BernoulliRBM reaches, for each seed."""
    reached = []
    for seed in range(n_seeds):
        rbm = BernoulliRBM(
            16,
            learning_rate=rate,
            batch_size=batch_size,
            n_iter=100,
            random_state=seed,
        ).fit(train)
        machine = RBMParameters(
            rbm.components_.T,
            rbm.intercept_visible_,
            rbm.intercept_hidden_,
            BernoulliUnits(),
        )
        partition = exact_log_partition(machine)
        reached.append(float(log_likelihood(machine, test, partition).mean()))
    return reached


def time_of_an_epoch() -> list[bool]:
    """Time of an epoch on dense rows, as a ratio of fits that take turns."""
    budgets = []
    for n_rows, n_visible, n_hidden, batch_size, n_epochs, n_turns, most in (
        (60_000, 784, 256, 100, 1, 3, MOST_TIME_LARGE),
        (1_400, 64, 64, 10, 20, 9, MOST_TIME_SMALL),
    ):
        shape = f"{n_rows} x {n_visible} -> {n_hidden}, batches of {batch_size}"
        for dtype in (np.float64, np.float32):
            rng = np.random.default_rng(0)
            prototypes = rng.random((20, n_visible)) < 0.2
            rows = prototypes[rng.integers(0, 20, n_rows)]
            rows = (rows ^ (rng.random(rows.shape, np.float32) < 0.05)).astype(dtype)
            settings = {"batch_size": batch_size, "n_iter": n_epochs, "random_state": 0}
            ratio, seconds = ratio_of_times(
                lambda: RBM(n_hidden, **settings).fit(rows),  # noqa: B023
                lambda: BernoulliRBM(n_hidden, learning_rate=0.01, **settings).fit(  # noqa: B023
                    rows  # noqa: B023
                ),
                n_turns,
            )
            print(f"an epoch of {shape}, {np.dtype(dtype)}:")
            print(f"  RBM {seconds / n_epochs:.3f} s, {ratio:.2f} of BernoulliRBM's")
            budgets.append(kept("ratio", ratio, "<=", most))
    return budgets


def sparse() -> list[bool]:
    """Time an epoch of 20,000 x 20,000 rows of which 0.1 % is not 0, and its memory."""
    settings = {"batch_size": 100, "n_iter": 1, "random_state": 0}
    rows = sparse_rows(0.001)
    ratio, seconds = ratio_of_times(
        lambda: RBM(64, **settings).fit(rows),
        lambda: BernoulliRBM(64, **settings).fit(rows),
        1,
    )
    print("20,000 x 20,000 rows, 0.1 % filled, 64 hidden units, batches of 100:")
    print(
        f"  RBM {seconds:.2f} s, {ratio:.3f} of BernoulliRBM's {seconds / ratio:.1f} s"
    )
    peaks = []
    for density in (0.001, 0.002, 0.004):
        rows = sparse_rows(density)
        tracemalloc.start()
        RBM(64, **settings).fit(rows)
        peaks.append(tracemalloc.get_traced_memory()[1] / 2**20)
        tracemalloc.stop()
        print(f"  {rows.nnz:,} non-zeros: at most {peaks[-1]:.0f} MiB beside X")
    return [
        kept("ratio", ratio, "<=", MOST_TIME_SPARSE),
        kept("growth", max(np.divide(peaks[1:], peaks[:-1])), "<=", MOST_MEMORY_GROWTH),
    ]


def sparse_rows(density: float) -> scipy.sparse.csr_matrix:
    """Rows with the same number of ones each, a few columns far more popular."""
    rng = np.random.default_rng(0)
    size, n_ones = 20_000, round(20_000 * density)
    columns = (size * rng.random((size, n_ones)) ** 2).astype(np.int64)
    rows = np.repeat(np.arange(size), n_ones)
    ones = np.ones(size * n_ones, np.float32)
    matrix = scipy.sparse.csr_matrix((ones, (rows, columns.ravel())), (size, size))
    matrix.data[:] = 1.0  # the same column twice counts once
    return matrix


def features() -> list[bool]:
    """Five-fold accuracy of logistic regression on digits in grey, by its features."""
    digits, target = load_digits(return_X_y=True)
    digits = digits / 16
    strengths = [1.0, 10.0, 100.0]
    linear = LogisticRegression(max_iter=300)
    with tempfile.TemporaryDirectory() as folder:
        # An RBM is fitted once for all strengths.
        theirs = make_pipeline(BernoulliRBM(512, random_state=0), linear, memory=folder)
        ours = make_pipeline(RBM(512, random_state=0), linear, memory=folder)
        contestants: dict[str, tuple[Any, dict[str, Sequence[float]]]] = {
            "pixels": (linear, {"C": strengths}),
            "BernoulliRBM": (
                theirs,
                {
                    "bernoullirbm__learning_rate": [0.01, 0.03, 0.1, 0.3],
                    "bernoullirbm__n_iter": [10, 30],
                    "logisticregression__C": strengths,
                },
            ),
            "RBM": (
                ours,
                {
                    "rbm__learning_rate": [0.01, 0.1],
                    "rbm__initial_spread": [0.01, 1.0],
                    "rbm__n_iter": [10, 30],
                    "logisticregression__C": strengths,
                },
            ),
        }
        return accuracies(contestants, digits, target)


def accuracies(
    contestants: dict[str, tuple[Any, dict[str, Sequence[float]]]],
    digits: np.ndarray,
    target: np.ndarray,
) -> list[bool]:
    """Print the accuracy of each, tuned within each training fold."""
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    inner = ShuffleSplit(1, test_size=0.25, random_state=0)
    print("accuracy on digits, 5 folds, each tuned on a quarter of each training fold")
    reached = {}
    for name, (model, grid) in contestants.items():
        tuned = GridSearchCV(model, grid, cv=inner)
        reached[name] = cross_val_score(tuned, digits, target, cv=folds)
        print(f"  {name:14} {spread(reached[name], digits=4)}", flush=True)
    best = reached.pop("RBM").mean()
    return [kept(f"above {n}", best, ">", r.mean()) for n, r in reached.items()]


def checks() -> list[bool]:
    """scikit-learn's checks that fail."""
    n_failed = {}
    for model in (RBM(n_iter=2), BernoulliRBM(n_iter=2)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results = check_estimator(model, on_skip=None, on_fail=None)
        failed = [r["check_name"] for r in results if r["status"] == "failed"]
        name = type(model).__name__
        n_failed[name] = len(failed)
        print(f"{name}: {len(failed)} of {len(results)} checks fail {failed or ''}")
    return [kept("failures of RBM", n_failed["RBM"], "<=", 0)]


def ratio_of_times(
    ours: Callable[[], Any], theirs: Callable[[], Any], n_turns: int
) -> tuple[float, float]:
    """Median ratio of times taken in turns, and the median of ours in seconds."""
    seconds = np.array([[timed(ours), timed(theirs)] for _ in range(n_turns)])
    return float(np.median(seconds[:, 0] / seconds[:, 1])), float(
        np.median(seconds[:, 0])
    )


def timed(task: Callable[[], Any]) -> float:
    """CPU seconds: both run on one thread, and other programs' load counts for none."""
    start = time.process_time()
    task()
    return time.process_time() - start


def spread(values: Sequence[float], digits: int = 2) -> str:
    return f"{np.mean(values):.{digits}f} ± {np.std(values):.{digits}f}"


def kept(name: str, value: float, relation: str, bound: float) -> bool:
    """Print whether a budget is kept."""
    relations = {">=": value >= bound, "<=": value <= bound, ">": value > bound}
    verdict = "kept" if relations[relation] else "BROKEN"
    print(f"  budget {verdict}: {name} {value:.4g} {relation} {bound:.4g}")
    return bool(relations[relation])


SECTIONS: dict[str, Callable[[], list[bool]]] = {
    "likelihood": likelihood,
    "time": time_of_an_epoch,
    "sparse": sparse,
    "features": features,
    "checks": checks,
}


def main() -> None:
    """Run the sections named, or all; exit with 1 if a budget is broken."""
    kept_budgets = []
    for name in sys.argv[1:] or SECTIONS:
        kept_budgets += SECTIONS[name]()
        sys.stdout.flush()
    sys.exit(not all(kept_budgets))


if __name__ == "__main__":
    main()
