"""Measures of users and folds, worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.recommend.evaluation.user_sums import (
    UserSums,
    sums_of_rows,
    sums_of_users,
    tabulated,
)

USERS = np.array(["ada", "bo"])


def test_losses_of_rows_are_added_up_by_user() -> None:
    losses = {("RBM", "mae"): np.array([1.0, 2.0, 4.0])}
    sums = sums_of_rows(np.array([0, 1, 0]), USERS, losses)
    assert sums.measures == [("RBM", "mae")]
    assert sums.sums.tolist() == [[5.0], [2.0]]
    assert sums.counts.tolist() == [[2.0], [1.0]]


def test_users_without_a_value_count_for_nothing() -> None:
    values = {("RBM", "ndcg@10"): np.array([np.nan, 0.5])}
    sums = sums_of_users(USERS, values)
    assert sums.sums.tolist() == [[0.0], [0.5]]
    assert sums.counts.tolist() == [[0.0], [1.0]]


def test_measures_stand_side_by_side() -> None:
    rows = sums_of_rows(np.array([0, 1]), USERS, {("RBM", "mae"): np.array([1.0, 3.0])})
    users = sums_of_users(USERS, {("RBM", "ndcg@10"): np.array([0.25, np.nan])})
    both = rows.beside(users)
    assert both.measures == [("RBM", "mae"), ("RBM", "ndcg@10")]
    assert both.sums.tolist() == [[1.0, 0.25], [3.0, 0.0]]
    assert both.counts.tolist() == [[1.0, 1.0], [1.0, 0.0]]


def fold(users: list[str], squared: list[float], counts: list[float]) -> UserSums:
    return UserSums(
        [("RBM", "rmse"), ("RBM", "mae")],
        np.array(users),
        np.column_stack([squared, squared]).astype(float),
        np.column_stack([counts, counts]).astype(float),
    )


def test_a_table_has_the_root_where_it_is_wanted_and_the_mean_of_folds() -> None:
    table = tabulated(
        [fold(["a", "b"], [6, 2], [1, 1]), fold(["b", "c"], [2, 0], [1, 1])]
    )
    assert table["metric"].tolist() == ["rmse", "mae"]
    # Means 8 / 2 = 4 and 2 / 2 = 1; roots 2 and 1.
    assert table["fold_1"].tolist() == [2.0, 4.0]
    assert table["fold_2"].tolist() == [1.0, 1.0]
    assert table["mean"].tolist() == [1.5, 2.5]
    assert table["std"].tolist() == pytest.approx([np.sqrt(0.5), np.sqrt(4.5)])
    assert (table["low"] <= table["mean"]).all()
    assert (table["mean"] <= table["high"]).all()


def test_users_of_several_folds_are_drawn_together() -> None:
    """Alike users leave nothing to chance, however the folds share them out."""
    users = [f"u{n}" for n in range(20)]
    alike = fold(users, [4.0] * 20, [1.0] * 20)
    [rmse, _] = tabulated([alike, alike]).to_dict("records")
    assert (rmse["low"], rmse["mean"], rmse["high"]) == (2.0, 2.0, 2.0)


def test_one_fold_has_no_spread_and_nobody_has_no_value() -> None:
    table = tabulated([fold(["a", "b"], [0, 0], [0, 0])])
    assert table[["fold_1", "mean", "std"]].isna().all(axis=None)
    single = tabulated([fold(["a", "b"], [1, 1], [1, 1])])
    pd.testing.assert_series_equal(
        single["std"], pd.Series([np.nan] * 2, name="std"), check_names=False
    )
