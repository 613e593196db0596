"""The course of events, by ratios to the threshold alone."""

import numpy as np
import pytest

from recs_anomaly.anomaly.live.course import MAX_LONGER, Course, Rules

RULES = Rules(min_duration=1, merge_gap=10, cool_down=50, settle_after=200, learning=30)


def told(ratios: list[float], rules: Rules = RULES) -> list[tuple[int, str]]:
    course = Course()
    changes = [course.step(ratio, rules) for ratio in ratios]
    return [(row, change) for row, change in enumerate(changes) if change]


def test_an_event_opens_at_once_and_closes_after_quiet_rows() -> None:
    ratios = [0.1] * 5 + [2.0] * 3 + [0.1] * 40
    assert told(ratios) == [(5, "open"), (17, "close")]


def test_an_event_goes_on_while_rows_hold_most_of_the_threshold() -> None:
    ratios = [2.0] + [0.95] * 50 + [0.1] * 20
    assert told(ratios) == [(0, "open"), (60, "close")]


def test_short_excursions_open_nothing_when_events_must_last() -> None:
    rules = RULES._replace(min_duration=4)
    assert told([2.0] * 3 + [0.1] * 60, rules) == []
    assert told([2.0, 0.1] * 3, rules) == [(4, "open")]
    assert told(([2.0] + [0.1] * 20) * 6, rules) == []


@pytest.mark.parametrize("period", [2, 9, 25, 59])
def test_flapping_opens_once(period: int) -> None:
    """Half a period above the threshold, half below, a hundred times over."""
    half = period // 2
    ratios = ([1.5] * (period - half) + [0.2] * half) * 100
    rules = RULES._replace(settle_after=10_000)
    changes = [change for _, change in told(ratios, rules)]
    assert changes.count("open") == 1
    assert len(changes) <= 8


def test_what_comes_back_while_cooling_is_the_same_event() -> None:
    ratios = [2.0] + [0.1] * 40 + [2.0] + [0.1] * 30
    assert told(ratios) == [(0, "open"), (10, "close"), (41, "reopen"), (61, "close")]


def test_what_comes_back_may_be_made_another() -> None:
    course = Course()
    for ratio in [2.0] + [0.1] * 40 + [2.0]:
        change = course.step(ratio, RULES)
    assert change == "reopen"
    course.open_another(41, RULES)
    assert (course.number, course.first, course.quiet_needed) == (2, 41, 10)


def test_what_comes_back_later_is_another() -> None:
    ratios = [2.0] + [0.1] * 80 + [2.0]
    assert told(ratios) == [(0, "open"), (10, "close"), (81, "open")]


def test_what_stays_is_normal_after_a_while_and_silent_while_that_is_learned() -> None:
    ratios = [2.0] * 231 + [0.1] * 10 + [2.0]
    assert told(ratios) == [(0, "open"), (200, "settle"), (241, "reopen")]
    ratios = [2.0] * 231 + [0.1] * 50 + [2.0]
    assert told(ratios)[-1] == (281, "open")


def test_nothing_settles_where_that_is_switched_off() -> None:
    rules = RULES._replace(settle_after=0)
    assert told([2.0] * 2000, rules) == [(0, "open")]


def test_what_was_rejected_never_settles() -> None:
    course = Course()
    assert course.step(2.0, RULES) == "open"
    course.is_kept = 1
    assert {course.step(2.0, RULES) for _ in range(2000)} == {""}


def test_rows_that_were_not_judged_change_nothing() -> None:
    ratios = [2.0] + [np.nan] * 500 + [0.1] * 20
    assert told(ratios) == [(0, "open"), (510, "close")]


def test_quiet_is_asked_for_longer_each_time_but_not_for_ever() -> None:
    course = Course()
    for _ in range(30):
        for ratio in [2.0] + [0.1] * 9:
            course.step(ratio, RULES._replace(settle_after=10_000))
    assert course.quiet_needed == MAX_LONGER * RULES.merge_gap
    assert course.number == 1
