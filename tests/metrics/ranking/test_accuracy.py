"""Metrics of accuracy: by hand, by slow twins, by TREC's own program, by laws."""

import math
from collections.abc import Callable

import ir_measures
import numpy as np
import pytest
from hypothesis import given, settings
from scipy import sparse

from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics import ranking
from recs_anomaly.metrics.ranking import Judged, judge, mean_over_users
from recs_anomaly.metrics.ranking.accuracy import METRICS
from tests import naive_ranking as naive
from tests.metrics.ranking.lists import World, depths, worlds

Metric = Callable[[Judged, int], np.ndarray]
EVERY_METRIC = [
    ranking.precision,
    ranking.recall,
    ranking.capped_recall,
    ranking.hit_rate,
    ranking.reciprocal_rank,
    ranking.average_precision,
    ranking.ndcg,
]
THEIRS = {
    "precision": ir_measures.P,
    "recall": ir_measures.R,
    "hit_rate": ir_measures.Success,
    "reciprocal_rank": ir_measures.RR,
    "average_precision": ir_measures.AP,
    "ndcg": ir_measures.nDCG,
}
every_metric = pytest.mark.parametrize(
    "metric", EVERY_METRIC, ids=[metric.__name__ for metric in EVERY_METRIC]
)


def test_two_hits_of_three_relevant_items_worked_out_by_hand() -> None:
    # Hits at ranks 2 and 3 of 4; the third relevant item is not listed.
    judged = judge([[5, 0, 1, 6]], relevant=[[1, 1, 1, 0, 0, 0, 0]])
    values = [float(metric(judged, 4)[0]) for metric in EVERY_METRIC]
    gain = 1 / math.log2(3) + 1 / math.log2(4)
    best = 1 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    expected = [2 / 4, 2 / 3, 2 / 3, 1, 1 / 2, (1 / 2 + 2 / 3) / 3, gain / best]
    assert values == pytest.approx(expected, rel=1e-12)


@every_metric
@given(world=worlds, n=depths)
def test_each_user_has_the_value_of_the_slow_twin(
    metric: Metric, world: World, n: int
) -> None:
    twin = getattr(naive, metric.__name__)
    expected = [
        twin(listed, relevant, n) if relevant else math.nan
        for listed, relevant in zip(*world, strict=True)
    ]
    values = metric(judge(world.ranked, world.matrix), n)
    np.testing.assert_allclose(values, expected, rtol=1e-12)


@pytest.mark.parametrize("name", THEIRS)
@pytest.mark.parametrize("n", [1, 5, 10])
def test_each_user_has_the_value_of_the_public_library(
    name: str, n: int, rng: np.random.Generator
) -> None:
    n_users, n_items = 60, 40
    ranked = rng.permuted(np.tile(np.arange(n_items), (n_users, 1)), axis=1)[:, :10]
    matrix = rng.random((n_users, n_items)) < 0.2
    truth = {
        str(user): {str(item): 1 for item in np.flatnonzero(row)}
        for user, row in enumerate(matrix)
    }
    run = {
        str(user): {str(item): -float(place) for place, item in enumerate(row)}
        for user, row in enumerate(ranked)
    }
    measure = THEIRS[name] @ n
    theirs = {
        int(each.query_id): each.value
        for each in ir_measures.iter_calc([measure], truth, run)
    }
    assert len(theirs) == n_users
    ours = getattr(ranking, name)(judge(ranked, matrix), n)
    np.testing.assert_allclose(ours, [theirs[user] for user in range(n_users)])


@every_metric
@given(world=worlds, n=depths)
def test_nothing_beats_a_list_that_begins_with_all_that_is_relevant(
    metric: Metric, world: World, n: int
) -> None:
    matrix = world.matrix
    best = np.argsort(-matrix, axis=1, kind="stable")
    ours = metric(judge(world.ranked, matrix), n)
    most = metric(judge(best, matrix), n)
    is_known = ~np.isnan(ours)
    assert (ours[is_known] <= most[is_known] + 1e-12).all()
    if metric in (ranking.ndcg, ranking.capped_recall, ranking.hit_rate):
        np.testing.assert_allclose(most[is_known], 1.0)


@every_metric
@given(world=worlds)
@settings(max_examples=30)
def test_sparse_and_graded_relevance_counts_as_yes_or_no(
    metric: Metric, world: World
) -> None:
    stars = sparse.csr_matrix(world.matrix * 5)
    expected = metric(judge(world.ranked, world.matrix), 3)
    np.testing.assert_array_equal(metric(judge(world.ranked, stars), 3), expected)


@every_metric
def test_edge_cases(metric: Metric) -> None:
    nobody = judge(np.empty((0, 4), dtype=int), np.empty((0, 3)))
    assert metric(nobody, 4).shape == (0,)
    no_truth = judge([[0, 1]], [[0, 0]])
    assert math.isnan(metric(no_truth, 2)[0])
    no_list = judge([[-1, -1]], [[1, 0]])
    assert metric(no_list, 2)[0] == 0


def test_a_stored_zero_is_not_relevant() -> None:
    stored = sparse.csr_matrix(([0, 1], ([0, 0], [0, 1])), shape=(1, 2))
    judged = judge([[0, 1]], stored)
    assert judged.is_hit.tolist() == [[False, True]]
    assert judged.n_relevant.tolist() == [1]


def test_users_without_a_value_are_left_out_of_means() -> None:
    assert mean_over_users([math.nan, 1.0, 0.5]) == 0.75
    assert math.isnan(mean_over_users([math.nan]))
    with pytest.raises(InputError, match="values must be finite; got inf"):
        mean_over_users([math.inf])


@pytest.mark.parametrize(
    ("ranked", "relevant", "message"),
    [
        ([[0, 0]], [[1, 0]], "once a list; row 0 names 0 twice"),
        ([[-1, 0]], [[1, 0]], "-1 only behind the last item"),
        ([[2]], [[1, 0]], "columns below 2.*; got 2"),
        ([[-2]], [[1, 0]], "columns below 2.*; got -2"),
        ([[0.0]], [[1, 0]], "columns as integers.*; got float64"),
        ([0], [[1, 0]], r"a list a row; got int64 of shape \(1,\)"),
        ([[0]], [1, 0], r"relevant must have two dimensions; got shape \(2,\)"),
        ([[0], [1]], [[1, 0]], "a row for each of the 2 lists; got 1"),
    ],
)
def test_lists_that_cannot_be_are_refused(
    ranked: list[object], relevant: list[object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        judge(ranked, relevant)


@every_metric
@pytest.mark.parametrize(
    ("n", "message"),
    [(0, "n must be an integer of at least 1; got 0"), (3, "at most the 2 places")],
)
def test_depths_that_cannot_be_are_refused(
    metric: Metric, n: int, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        metric(judge([[0, 1]], [[1, 0]]), n)


def test_metrics_that_are_shown_are_found_in_the_order_of_tables() -> None:
    assert list(METRICS) == ["precision", "recall", "ndcg", "map", "mrr", "hit_rate"]
    assert METRICS["mrr"].measure is ranking.reciprocal_rank
    assert {metric.measure for metric in METRICS.values()} < set(EVERY_METRIC)
