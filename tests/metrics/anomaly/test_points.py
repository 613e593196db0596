"""Average precision of points: by hand, by a slow twin, by scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.anomaly import auc_pr, vus_pr
from tests import naive_anomaly as naive

ROWS = st.lists(
    st.tuples(st.booleans(), st.integers(-3, 3).map(float)), min_size=1, max_size=40
).filter(lambda rows: any(label for label, _ in rows))


def test_hits_at_ranks_1_and_3() -> None:
    assert auc_pr([0, 1, 0, 1], [1, 9, 8, 2]) == pytest.approx((1 / 1 + 2 / 3) / 2)


def test_equal_scores_are_flagged_together() -> None:
    assert auc_pr([1, 0, 0, 1], [2, 2, 1, 1]) == pytest.approx(0.5 / 2 + 0.5 * 2 / 4)


@given(rows=ROWS)
def test_area_is_that_of_the_slow_twin_and_of_scikit_learn(
    rows: list[tuple[bool, float]],
) -> None:
    labels, scores = zip(*rows, strict=True)
    area = auc_pr(labels, scores)
    assert area == pytest.approx(naive.average_precision(labels, scores), rel=1e-12)
    assert area == pytest.approx(average_precision_score(labels, scores), rel=1e-12)


def test_one_event_of_few_points_without_a_window_is_average_precision() -> None:
    # At most 250 points, so that every score is a threshold of the volume too.
    scores = np.random.default_rng(0).normal(size=200)
    labels = (np.arange(200) >= 80) & (np.arange(200) < 95)
    assert auc_pr(labels, scores) == pytest.approx(vus_pr(labels, scores, window=0))


def test_edge_cases() -> None:
    assert math.isnan(auc_pr([0, 0], [1, 2]))
    assert math.isnan(auc_pr([], []))
    assert auc_pr([1, 1], [1, 2]) == 1.0
    assert auc_pr([0, 1, 0, 0], [3, 3, 3, 3]) == 0.25


def test_a_missing_score_is_refused() -> None:
    with pytest.raises(InputError, match="anomaly_scores must be finite; got nan"):
        auc_pr([0, 1], [math.nan, 1])
