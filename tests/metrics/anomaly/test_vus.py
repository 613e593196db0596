"""Volumes under the surface: by hand, by the slow twin, by its authors' package."""

import math
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.anomaly import volumes_under_surface, vus_pr, vus_roc
from tests import naive_anomaly as naive

# Few different scores, so that ties are common.
SERIES = st.lists(
    st.tuples(st.booleans(), st.integers(-3, 3).map(lambda k: k / 4)),
    min_size=1,
    max_size=40,
).filter(lambda rows: any(label for label, _ in rows))


def series_of(n_points: int, n_events: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.zeros(n_points, dtype=int)
    for start in rng.integers(0, n_points, n_events):
        labels[start : start + rng.integers(1, 20)] = 1
    return labels, rng.normal(size=n_points) + labels


@pytest.fixture(scope="module")
def package() -> ModuleType:
    """The metrics of the package `vus`; its imports draw from a global seed."""
    return pytest.importorskip("vus.utils.metrics", exc_type=ImportError)


@given(rows=SERIES, window=st.integers(0, 13))
def test_volumes_are_those_of_the_slow_twin(
    rows: list[tuple[bool, float]], window: int
) -> None:
    labels, scores = zip(*rows, strict=True)
    np.testing.assert_allclose(
        volumes_under_surface(labels, scores, window=window),
        naive.volumes(labels, scores, window),
        rtol=1e-12,
    )


@pytest.mark.parametrize("seed", [0, 1])
def test_more_points_than_thresholds_are_those_of_the_slow_twin(seed: int) -> None:
    labels, scores = series_of(n_points=700, n_events=6, seed=seed)
    np.testing.assert_allclose(
        volumes_under_surface(labels, scores, window=5),
        naive.volumes(labels.tolist(), scores.tolist(), 5),
        rtol=1e-12,
    )


@pytest.mark.parametrize(("n_points", "window"), [(120, 40), (600, 21)])
def test_volumes_are_those_of_the_package(
    package: ModuleType, n_points: int, window: int
) -> None:
    for seed in range(5):
        labels, scores = series_of(n_points, n_events=5, seed=seed)
        *_, roc, pr = package.metricor().RangeAUC_volume_opt(labels, scores, window)
        ours = volumes_under_surface(labels, scores, window=window)
        np.testing.assert_allclose(ours, (pr, roc), rtol=1e-12)


def test_figures_of_the_package_where_it_is_not_installed() -> None:
    # Printed by vus 0.0.6 and, the same to the last digit shown, by TSB-AD 1.5.
    labels = np.arange(1000) % 100 >= 90
    scores = np.sin(np.arange(1000) * 0.37) + 0.5 * labels
    ours = volumes_under_surface(labels, scores, window=30)
    assert ours == pytest.approx((0.5198903915311951, 0.8184146594283989), rel=1e-12)


def test_one_point_beside_its_event_by_hand() -> None:
    labels, scores = [0, 0, 1, 0], [0, 0, 0, 1]
    # Buffers 0 and 1 reach nowhere. First threshold: no hit of 1 flag. Second:
    # everything flagged, 1 hit of 4, recall 1: the area is 1/4.
    assert vus_pr(labels, scores, window=1) == pytest.approx(1 / 4)
    # Buffer 2 reaches one point with the label a = sqrt(1/2), on both sides. First
    # threshold: a hits of 1, to find 1 + a/2. Second: 1 + 2a hits of 4, recall 1.
    a = math.sqrt(1 / 2)
    first = a / (1 + a / 2)
    area = first * a + (1 - first) * (1 + 2 * a) / 4
    volume = (1 / 4 + 1 / 4 + area) / 3
    assert vus_pr(labels, scores, window=2) == pytest.approx(volume)


def test_roc_of_one_point_beside_its_event_by_hand() -> None:
    labels, scores = [0, 0, 1, 0], [0, 0, 0, 1]
    # False positive rates without a buffer: 1/3, then 1; recalls 0, then 1.
    assert vus_roc(labels, scores, window=0) == pytest.approx((1 - 1 / 3) / 2)


def test_without_a_window_one_flag_a_threshold_is_average_precision() -> None:
    # Ranks 1, 3 of one event of two points: the steps are those of precision at them.
    assert vus_pr([0, 1, 1, 0], [2, 3, 1, 0], window=0) == pytest.approx(
        0.5 * 1 + 0.5 * 2 / 3
    )


def test_half_of_two_events_is_half_the_recall() -> None:
    # The first threshold hits one of two points, and one of two events.
    labels, scores = [1, 0, 0, 1], [1, 0, 0, 0]
    assert vus_pr(labels, scores, window=0) == pytest.approx(1 / 4 + 3 / 4 * 2 / 4)


@pytest.mark.parametrize("window", [0, 1, 4, 100])
def test_perfect_scores_have_all_the_volume(window: int) -> None:
    # Soft labels count as to be found only where flagged, and none has to be.
    labels, _ = series_of(n_points=200, n_events=1, seed=0)
    ours = volumes_under_surface(labels, labels, window=window)
    assert ours == pytest.approx((1.0, 1.0), rel=1e-12)


@pytest.mark.parametrize("at", [0, -1])
def test_an_event_at_an_end_has_one_side(at: int) -> None:
    labels = np.zeros(30, dtype=int)
    labels[at] = 1
    scores = np.arange(30.0)
    expected = naive.volumes(labels.tolist(), scores.tolist(), 12)
    assert volumes_under_surface(labels, scores, window=12) == pytest.approx(expected)


def test_a_series_and_its_mirror_image_are_alike() -> None:
    labels, scores = series_of(n_points=300, n_events=4, seed=3)
    np.testing.assert_allclose(
        volumes_under_surface(labels[::-1], scores[::-1], window=20),
        volumes_under_surface(labels, scores, window=20),
        rtol=1e-12,
    )


def test_only_the_order_of_scores_counts() -> None:
    labels, scores = series_of(n_points=300, n_events=4, seed=4)
    ours = volumes_under_surface(labels, scores, window=20)
    assert volumes_under_surface(labels, np.exp(scores) - 7, window=20) == ours


def test_constant_scores_have_one_threshold() -> None:
    # Everything is flagged: 1 of 4 points rightly, and from there the line to (1, 1).
    assert volumes_under_surface([0, 1, 0, 0], [5] * 4, window=0) == (0.25, 0.5)


def test_no_anomaly_leaves_both_volumes_undefined() -> None:
    assert all(map(math.isnan, volumes_under_surface([0, 0, 0], [1, 2, 3])))
    assert all(map(math.isnan, volumes_under_surface([], [])))


def test_nothing_but_anomaly_leaves_no_false_positive_rate() -> None:
    pr, roc = volumes_under_surface([1, 1, 1], [1, 2, 3])
    assert pr == pytest.approx(1.0)
    assert math.isnan(roc)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: vus_pr([0, 1], [1, math.nan]), "anomaly_scores must be finite"),
        (lambda: vus_pr([0, 1], [1, math.inf]), "anomaly_scores must be finite"),
        (lambda: vus_roc([0, 1, 0], [1, 2]), "must have the same length; got 3 and 2"),
        (lambda: vus_pr([0, 2], [1, 2]), "labels must hold only 0 and 1; got 2.0"),
        (lambda: vus_pr([[0, 1]], [1, 2]), "labels must have one dimension"),
        (
            lambda: vus_pr([0, 1], [1, 2], window=-1),
            "window must .* least 0",
        ),
    ],
)
def test_a_broken_rule_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
