"""Lines taken by a watcher: what is told, counted, saved, skipped."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from recs_anomaly.anomaly.app.watching import Watching, event_fields
from recs_anomaly.datasets.series_lines import LineParser
from recs_anomaly.exceptions import InputError


class Told(NamedTuple):
    """An event as a watcher gives it."""

    value: float
    start_time: float | None

    def to_dict(self) -> dict[str, Any]:
        return {"value": self.value, "start_time": self.start_time}


class Loud:
    """In a watcher's place: an event for each row above 1."""

    def watch_one(self, values: np.ndarray, seconds: float | None) -> list[Told]:
        return [Told(values[0], seconds)] if values[0] > 1 else []


class Ears:
    """Keeps what was told, complained of and saved."""

    def __init__(self, save_every: int = 100, most_bad: int = 2) -> None:
        self.events: list[dict[str, Any]] = []
        self.complaints: list[str] = []
        self.saved_at: list[int] = []
        self.watching = Watching(
            Loud(),  # type: ignore[arg-type]
            LineParser(["a"], None),
            self.events.append,
            self.complaints.append,
            lambda: self.saved_at.append(self.watching.n_lines),
            save_every,
            most_bad,
        )


def test_events_carry_dates_where_times_are_dates() -> None:
    ears = Ears()
    for line in ("time,a", "1772366400.5,2", "1772366500,1", "20,3"):
        ears.watching.take(line)
    assert ears.events == [
        {"value": 2.0, "start_time": "2026-03-01T12:00:00.500000"},
        {"value": 3.0, "start_time": 20.0},
    ]
    assert ears.watching.n_lines == 4


def test_only_times_become_dates() -> None:
    fields = {"time": 1772366400.0, "rows": 1772366400, "peak_time": None}
    assert event_fields(fields) == {
        "time": "2026-03-01T12:00:00",
        "rows": 1772366400,
        "peak_time": None,
    }


def test_the_state_is_saved_every_so_many_lines_bad_ones_too() -> None:
    ears = Ears(save_every=3)
    for line in ("a", "0", "what", "", "0", "0", "0"):
        ears.watching.take(line)
    assert ears.saved_at == [3, 6]


def test_bad_lines_are_put_up_with_until_they_are_too_many() -> None:
    ears = Ears(most_bad=2)
    for line in ("a", "x", "5", "y"):
        ears.watching.take(line)
    assert ears.complaints == [
        "Line 2 was left out: it holds 'x' for a number.",
        "Line 4 was left out: it holds 'y' for a number.",
    ]
    assert len(ears.events) == 1
    with pytest.raises(
        InputError, match="more than 2 lines were bad; the last, line 5"
    ):
        ears.watching.take("z")


def test_lines_taken_before_are_passed_over_but_for_the_names() -> None:
    ears = Ears()
    lines = iter(["time,a", "1,9", "2,9", "3,9"])
    ears.watching.skip(lines, 3)
    assert (ears.events, ears.watching.n_lines) == ([], 3)
    ears.watching.take(next(lines))
    assert ears.events == [{"value": 9.0, "start_time": 3.0}]


def test_passing_over_more_than_there_is_ends_with_the_lines() -> None:
    ears = Ears()
    ears.watching.skip(iter(["a", "1"]), 10)
    assert ears.watching.n_lines == 2
