"""Generated ratings: sizes, tails, tastes worth learning, and the shipped sample."""

import runpy
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from recs_anomaly.datasets import _rating_world, ratings_samples
from recs_anomaly.datasets.paths import sample_path
from recs_anomaly.datasets.ratings_samples import (
    MovieRatings,
    load_sample_ratings,
    make_ratings,
)
from recs_anomaly.exceptions import InputError
from tests.children import processor_seconds

MAKE_SAMPLE = Path(__file__).parents[2] / "datasets" / "ratings" / "make_sample.py"
LARGEST_BUDGET_S = 60.0
LARGEST_BUDGET_MB = 2_000


@pytest.fixture(scope="module")
def sample() -> MovieRatings:
    return load_sample_ratings()


def test_the_sample_has_the_promised_tables(sample: MovieRatings) -> None:
    ratings, items = sample
    assert list(ratings) == ["user_id", "item_id", "rating", "timestamp"]
    assert list(items) == ["item_id", "title", "genres"]
    assert list(items["item_id"]) == list(range(1, 601))
    assert set(ratings["user_id"]) == set(range(1, 401))
    assert set(ratings["rating"]) == {1.0, 2.0, 3.0, 4.0, 5.0}
    assert not ratings.duplicated(["user_id", "item_id"]).any()
    assert items["title"].is_unique
    assert items.notna().all(axis=None)


def test_the_sample_is_small_and_has_a_card() -> None:
    size = sum(
        sample_path(f"ratings/{name}.csv.gz").stat().st_size
        for name in ("ratings", "items")
    )
    assert size < 500_000
    assert "CC0" in sample_path("ratings/README.md").read_text(encoding="utf-8")


def test_the_script_beside_the_sample_makes_it_again(
    sample: MovieRatings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [str(MAKE_SAMPLE), str(tmp_path)])
    runpy.run_path(str(MAKE_SAMPLE), run_name="__main__")
    for name in ("ratings", "items"):
        # The tables, not the bytes: another zlib may pack them differently.
        pd.testing.assert_frame_equal(
            pd.read_csv(tmp_path / f"{name}.csv.gz"),
            pd.read_csv(sample_path(f"ratings/{name}.csv.gz")),
        )


def test_the_sample_looks_like_real_ratings(sample: MovieRatings) -> None:
    ratings = sample.ratings
    shares = ratings["rating"].value_counts(normalize=True).sort_index().to_list()
    assert shares[0] < shares[1] < shares[2] < shares[3] > shares[4] > shares[1]
    assert 3.4 < ratings["rating"].mean() < 3.7
    per_user = ratings["user_id"].value_counts()
    per_item = ratings["item_id"].value_counts()
    assert per_user.min() >= 20
    assert per_user.max() > 3 * per_user.median()
    assert per_item.iloc[:60].sum() > 0.35 * len(ratings), "a tenth has over a third"
    assert ratings["timestamp"].min() > pd.Timestamp("2020-01-01").timestamp()


def test_taste_is_worth_learning_and_has_a_floor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Global mean > biases > low-rank tastes > the truth, each by a clear margin."""
    ratings, world = ratings_and_their_world(monkeypatch)
    users, items = ratings["user_id"].to_numpy() - 1, ratings["item_id"].to_numpy() - 1
    is_test = np.arange(len(ratings)) % 5 == 0
    table = np.full((200, 300), np.nan)
    table[users[~is_test], items[~is_test]] = ratings["rating"][~is_test]

    def rmse(predicted: np.ndarray) -> float:
        errors = predicted - ratings["rating"].to_numpy()
        return float(np.sqrt(np.mean(errors[is_test] ** 2)))

    bias = bias_table(table)
    mean_error = rmse(np.full(len(ratings), np.nanmean(table)))
    bias_error = rmse(bias[users, items])
    with threadpool_limits(1, user_api="blas"):
        taste = soft_impute(table - bias)
    taste_error = rmse((bias + taste)[users, items])
    floor = rmse(
        _rating_world.expected_rating(_rating_world.opinion(world, users, items))
    )
    assert bias_error < 0.92 * mean_error
    assert taste_error < 0.95 * bias_error
    assert floor < 0.90 * taste_error


def ratings_and_their_world(
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[pd.DataFrame, _rating_world.RatingWorld]:
    worlds = []

    def remember(*arguments: object) -> _rating_world.RatingWorld:
        worlds.append(_rating_world.draw_world(*arguments))  # type: ignore[arg-type]
        return worlds[-1]

    monkeypatch.setattr(ratings_samples, "draw_world", remember)
    return make_ratings(200, 300, 12_000, random_state=1).ratings, worlds[0]


def bias_table(table: np.ndarray, shrinkage: float = 5.0) -> np.ndarray:
    """Mean plus user and item offsets, by turns, each shrunk towards zero."""
    mean = np.nanmean(table)
    is_known = ~np.isnan(table)
    user, item = np.zeros((len(table), 1)), np.zeros((1, table.shape[1]))
    for _ in range(10):
        rest = np.nansum(table - mean - item, axis=1, keepdims=True)
        user = rest / (is_known.sum(axis=1, keepdims=True) + shrinkage)
        rest = np.nansum(table - mean - user, axis=0, keepdims=True)
        item = rest / (is_known.sum(axis=0, keepdims=True) + shrinkage)
    return np.asarray(mean + user + item)


def soft_impute(residual: np.ndarray, threshold: float = 9.0) -> np.ndarray:
    """Fill the gaps with a low-rank matrix: shrink singular values, and again."""
    is_known = ~np.isnan(residual)
    filled = np.zeros_like(residual)
    for _ in range(25):
        filled[is_known] = residual[is_known]
        left, values, right = np.linalg.svd(filled, full_matrices=False)
        filled = left * np.maximum(values - threshold, 0) @ right
    return filled


def test_the_same_seed_makes_the_same_ratings() -> None:
    one, same, other = (make_ratings(60, 50, 900, random_state=s) for s in (3, 3, 4))
    pd.testing.assert_frame_equal(one.ratings, same.ratings)
    pd.testing.assert_frame_equal(one.items, same.items)
    assert not one.ratings.equals(other.ratings)


def test_a_generator_goes_on_where_it_stands() -> None:
    rng = np.random.default_rng(3)
    first, second = (make_ratings(60, 50, 900, random_state=rng) for _ in range(2))
    pd.testing.assert_frame_equal(
        first.ratings, make_ratings(60, 50, 900, random_state=3).ratings
    )
    assert not first.ratings.equals(second.ratings)


@pytest.mark.parametrize("sizes", [(1, 1, 1), (3, 5, 15), (40, 3, 100), (7, 900, 5)])
def test_any_possible_sizes_are_met(sizes: tuple[int, int, int]) -> None:
    n_users, n_items, n_ratings = sizes
    ratings, items = make_ratings(*sizes, random_state=0)
    assert len(ratings) == n_ratings
    assert len(items) == n_items
    assert len(ratings[["user_id", "item_id"]].drop_duplicates()) == n_ratings
    assert ratings["user_id"].between(1, n_users).all()
    assert ratings["item_id"].between(1, n_items).all()


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((0, 5, 5), r"^n_users must be an integer of at least 1; got 0\.$"),
        ((5, 2.5, 5), r"^n_items must be an integer of at least 1; got 2\.5\.$"),
        ((5, 5, True), r"^n_ratings must be an integer of at least 1; got True\.$"),
        ((50, 40, 2_001), r"at most n_users \* n_items = 2,000, .*; got 2,001\.$"),
    ],
)
def test_impossible_sizes_are_refused(sizes: tuple[int, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_ratings(*sizes)


def test_memory_grows_with_the_ratings_not_with_users_times_items() -> None:
    tracemalloc.start()
    try:
        make_ratings(20_000, 20_000, 40_000, random_state=0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 150e6, "one byte a (user, item) pair would be 400 MB"


@pytest.mark.slow
def test_25_million_ratings_keep_their_budget() -> None:
    script = (
        "from pathlib import Path\n"
        "from recs_anomaly.datasets.ratings_samples import make_ratings\n"
        "made = make_ratings(162_541, 59_047, 25_000_095, random_state=0)\n"
        "assert len(made.ratings) == 25_000_095\n"
        # Not ru_maxrss, which begins at the peak of the process that starts this one.
        "status = Path('/proc/self/status').read_text()\n"
        "print(int(status.partition('VmHWM:')[2].split()[0]) // 1024)\n"
    )
    start = processor_seconds()
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert processor_seconds() - start < LARGEST_BUDGET_S
    assert int(done.stdout) < LARGEST_BUDGET_MB
