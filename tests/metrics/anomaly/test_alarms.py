"""Events and alarms: by hand, and by slow twins on any labels and flags."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.anomaly import (
    detection_delays,
    event_precision,
    event_recall,
    false_alarm_rate,
    range_precision,
    range_recall,
)
from tests import naive_anomaly as naive

ROWS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40)

# Three events: missed, found late in two pieces, found in its first point. Three of
# five alarms touch one; the last reaches beyond its event.
LABELS = [1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0]
ALARMS = [0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1, 1]


def test_events_by_hand() -> None:
    assert event_recall(LABELS, ALARMS) == pytest.approx(2 / 3)
    assert event_precision(LABELS, ALARMS) == pytest.approx(3 / 5)
    assert false_alarm_rate(LABELS, ALARMS) == pytest.approx(1000 * 2 / 9)
    np.testing.assert_array_equal(detection_delays(LABELS, ALARMS), [np.nan, 1, 0])


def test_ranges_by_hand() -> None:
    # Two of four points in two pieces: 2/4 / 2; then 1 of 1.
    assert range_recall(LABELS, ALARMS) == pytest.approx((0 + 1 / 4 + 1) / 3)
    with_half = (0 + (1 + 1 / 4) / 2 + 1) / 3
    assert range_recall(LABELS, ALARMS, alpha=0.5) == pytest.approx(with_half)
    assert range_precision(LABELS, ALARMS) == pytest.approx((0 + 1 + 1 + 1 / 2 + 0) / 5)


def test_an_alarm_over_two_events_is_divided_by_both() -> None:
    labels, flags = [1, 0, 1, 1], [1, 1, 1, 1]
    assert range_precision(labels, flags) == pytest.approx(3 / 4 / 2)
    assert event_precision(labels, flags) == 1.0
    assert false_alarm_rate(labels, flags) == 0.0


def test_an_alarm_that_starts_before_its_event_has_no_delay_and_is_right() -> None:
    labels, flags = [0, 0, 1, 1], [0, 1, 1, 0]
    assert detection_delays(labels, flags).tolist() == [0.0]
    assert event_precision(labels, flags) == 1.0


@given(rows=ROWS, alpha=st.floats(0, 1))
def test_all_are_those_of_the_slow_twins(
    rows: list[tuple[bool, bool]], alpha: float
) -> None:
    labels, flags = zip(*rows, strict=True)
    events, alarms = naive.runs(labels), naive.runs(flags)
    ours = [
        event_recall(labels, flags),
        event_precision(labels, flags),
        range_recall(labels, flags, alpha=alpha),
        range_precision(labels, flags),
    ]
    twins = [
        naive.share_touched(events, alarms),
        naive.share_touched(alarms, events),
        naive.range_score(events, alarms, alpha),
        naive.range_score(alarms, events, 0.0),
    ]
    np.testing.assert_allclose(ours, twins, rtol=1e-12)
    np.testing.assert_array_equal(
        detection_delays(labels, flags), naive.delays(labels, flags)
    )


@given(rows=ROWS)
def test_false_alarms_are_the_alarms_that_are_not_right(
    rows: list[tuple[bool, bool]],
) -> None:
    labels, flags = zip(*rows, strict=True)
    n_alarms, n_normal = len(naive.runs(flags)), labels.count(False)
    if n_alarms and n_normal:
        n_false = false_alarm_rate(labels, flags) * n_normal / 1000
        n_right = event_precision(labels, flags) * n_alarms
        assert n_false + n_right == pytest.approx(n_alarms)


@given(rows=ROWS)
def test_flags_that_are_the_labels_are_perfect(rows: list[tuple[bool, bool]]) -> None:
    labels = [True, *(label for label, _ in rows), False]
    for metric in (event_recall, event_precision, range_recall, range_precision):
        assert metric(labels, labels) == 1.0
    assert false_alarm_rate(labels, labels) == 0.0
    assert not detection_delays(labels, labels).any()


def test_alpha_of_1_is_event_recall() -> None:
    assert range_recall(LABELS, ALARMS, alpha=1) == event_recall(LABELS, ALARMS)


def test_without_an_event_there_is_nothing_to_find() -> None:
    labels, flags = [0, 0, 0], [0, 1, 0]
    assert math.isnan(event_recall(labels, flags))
    assert math.isnan(range_recall(labels, flags))
    assert detection_delays(labels, flags).shape == (0,)
    assert event_precision(labels, flags) == range_precision(labels, flags) == 0.0


def test_without_an_alarm_none_is_right_or_wrong() -> None:
    labels, flags = [0, 1, 0], [0, 0, 0]
    assert math.isnan(event_precision(labels, flags))
    assert math.isnan(range_precision(labels, flags))
    assert event_recall(labels, flags) == range_recall(labels, flags, alpha=0.5) == 0.0
    assert false_alarm_rate(labels, flags) == 0.0


def test_without_a_normal_point_there_is_no_rate_of_false_alarms() -> None:
    assert math.isnan(false_alarm_rate([1, 1], [0, 1]))


@pytest.mark.parametrize("metric", [event_recall, event_precision, range_recall])
def test_of_no_point_nothing_is_known(
    metric: Callable[[list[int], list[int]], float],
) -> None:
    assert math.isnan(metric([], []))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: event_recall([0, 1], [0.5, 1]), "is_flagged must hold only 0 and 1"),
        (lambda: detection_delays([0, 3], [0, 1]), "labels must hold only 0 and 1"),
        (lambda: event_precision([0, 1], [1]), "labels and is_flagged must have the s"),
        (lambda: false_alarm_rate([0, math.nan], [0, 1]), "labels must be finite"),
        (
            lambda: range_recall([1], [1], alpha=1.5),
            "alpha must .* from 0 to 1",
        ),
        (lambda: range_recall([1], [1], alpha=math.nan), "got nan"),
    ],
)
def test_a_broken_rule_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
