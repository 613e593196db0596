"""What events are called, on channels made by hand."""

import numpy as np
import pytest

from recs_anomaly.anomaly.branches import FORECAST, NEIGHBOUR
from recs_anomaly.anomaly.branches.relation import RELATION
from recs_anomaly.anomaly.causes import Excerpt, cause_of

ROWS, FIRST = 400, 300
NOISE = np.random.default_rng(0).normal(0.0, 0.1, ROWS)
TURNS = np.arange(ROWS) / 10
RHYTHM = np.sin(2 * np.pi * TURNS) + NOISE


def excerpt(
    values: np.ndarray,
    stop: int,
    errs: dict[int, float],
    *,
    still: slice = slice(0),
    due: np.ndarray | float = 0.0,
) -> Excerpt:
    """An event from row 300 on; the forecast errs in some rows, others stand still."""
    residual, stillness = np.full(ROWS, 0.01), np.ones(ROWS)
    residual[list(errs)] = list(errs.values())
    stillness[still] = 1.5
    was_due = np.broadcast_to(np.asarray(due, dtype=np.float64), (ROWS,))
    return Excerpt(
        *(FIRST, stop, FORECAST, stillness, values, values - residual),
        *(was_due, residual, values, values - was_due, 0.25),
    )


def changed(
    rows: slice, by: float | np.ndarray, values: np.ndarray = NOISE
) -> np.ndarray:
    values = values.copy()
    values[rows] += by
    return values


def still(rows: slice) -> np.ndarray:
    values = NOISE.copy()
    values[rows] = 7.0
    return values


def faster(rows: slice) -> np.ndarray:
    values = RHYTHM.copy()
    values[rows] = np.sin(4 * np.pi * TURNS[rows])
    return values


@pytest.mark.parametrize(
    ("made", "begin"),
    [
        (
            excerpt(still(slice(300, 340)), 342, {340: 3.0}, still=slice(300, 340)),
            "frozen: does not move from 7",
        ),
        # Most of the event's rows move.
        (excerpt(NOISE, 341, {300: 1.0, 340: -1.0}, still=slice(310, 330)), "jumps"),
        (
            excerpt(changed(slice(300, 301), 3.0), 301, {300: 3.0}),
            "spike: 3.12 where 0.1203 was expected",
        ),
        # Errors after a spike are its echo.
        (excerpt(changed(slice(300, 302), 3.0), 312, {300: 3.0, 302: -2.0}), "spike"),
        (
            excerpt(changed(slice(300, 340), 3.0), 340, {300: 3.0}),
            "level: about 3",
        ),
        # A rhythm hides the level, but not from who knows what was due.
        (
            excerpt(changed(slice(300, 350), 0.9, RHYTHM), 350, {300: 1.0}, due=RHYTHM),
            "level: about ",
        ),
        (
            excerpt(changed(slice(300, 360), np.linspace(0, 3, 60)), 360, {330: 0.3}),
            "drift: about 2.",
        ),
        # Rows after it, which are as ever, change nothing.
        (
            excerpt(changed(slice(300, 360), np.linspace(0, 3, 60)), 370, {330: 0.3}),
            "drift: about 2.",
        ),
        # What comes down from the start is a level that goes away, no drift.
        (
            excerpt(changed(slice(300, 360), np.linspace(3, 1, 60)), 360, {300: 3.0}),
            "level",
        ),
        (
            excerpt(faster(slice(300, 360)), 360, {300: 1.0, 359: -1.0}, due=RHYTHM),
            "frequency: comes again every 5 rows, before every 10",
        ),
        (
            excerpt(
                changed(slice(300, 360), 4 * NOISE[300:360]),
                *(360, {300: 0.3, 320: -0.4, 350: 0.5}),
            ),
            "spread: from row to row moves 5",
        ),
        (
            excerpt(NOISE, 340, {300: 1.0, 320: -1.0, 339: 1.0}),
            "jumps: steps that its past does not foretell",
        ),
        # A standstill no longer than those in training is none.
        (excerpt(still(slice(300, 340)), 302, {300: 0.1}, due=7.0), "jumps"),
    ],
)
def test_causes(made: Excerpt, begin: str) -> None:
    assert cause_of(made).startswith(begin)


def test_a_broken_relation_names_the_partner() -> None:
    made = excerpt(NOISE, 340, {300: 1.0})._replace(sign=RELATION, partner="flow")
    assert cause_of(made) == "relation: does not follow flow as it did"
    moved = excerpt(changed(slice(300, 340), 3.0), 340, {300: 3.0})
    assert cause_of(moved._replace(sign=RELATION, partner="flow")).startswith("level")


@pytest.mark.parametrize(
    ("before", "after", "begin"),
    [
        (0.0, 0.0, "level"),
        (0.0, 1.5, "relation: does not follow flow"),
        (1.5, 0.0, "relation: does not follow flow"),
    ],
)
def test_what_comes_or_goes_slowly_is_no_level(
    before: float, after: float, begin: str
) -> None:
    """Of a channel that no longer follows another, now and then near it."""
    values = changed(slice(300, 340), 3.0)
    values[280:300] += before
    values[340:360] += after
    made = excerpt(values, 340, {300: 3.0})._replace(sign=RELATION, partner="flow")
    assert cause_of(made).startswith(begin)


def test_nothing_known_has_a_cause() -> None:
    nothing = np.full(ROWS, np.nan)
    made = Excerpt(
        *(FIRST, 310, NEIGHBOUR, np.ones(ROWS), nothing, nothing, nothing),
        *(np.zeros(ROWS), nothing, nothing),
    )
    assert cause_of(made).startswith("shape")


def test_an_event_at_the_start_has_no_rows_before() -> None:
    errs = {0: 1.0, 9: 1.0}
    assert cause_of(excerpt(NOISE, 340, errs)._replace(first=0)).startswith("jumps")
