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

    def watch_each(
        self, values: np.ndarray, seconds: list[float | None]
    ) -> list[list[Told]]:
        rows = zip(values[:, 0].tolist(), seconds, strict=True)
        return [[Told(value, at)] if value > 1 else [] for value, at in rows]


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
    ears.watching.take(["time,a", "1772366400.5,2", "1772366500,1", "20,3"])
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
    ears.watching.take(["a", "0", "what", "", "0", "0", "0"])
    assert ears.saved_at == [3, 6]


def test_bad_lines_are_put_up_with_until_they_are_too_many() -> None:
    ears = Ears(most_bad=2)
    ears.watching.take(["a", "x", "5", "y"])
    assert ears.complaints == [
        "Line 2 was left out: it holds 'x' for a number.",
        "Line 4 was left out: it holds 'y' for a number.",
    ]
    assert len(ears.events) == 1
    with pytest.raises(
        InputError, match="more than 2 lines were bad; the last, line 6"
    ):
        ears.watching.take(["7", "z", "9"])
    assert [event["value"] for event in ears.events] == [5.0, 7.0]


def test_lines_taken_before_are_passed_over_but_for_the_names() -> None:
    ears = Ears()
    blocks = iter([["time,a", "1,9"], ["2,9", "3,9"], ["4,0"]])
    rest = ears.watching.skip(blocks, 3)
    assert (ears.events, ears.watching.n_lines) == ([], 3)
    assert [rest, *blocks] == [["3,9"], ["4,0"]]
    ears.watching.take(rest)
    assert ears.events == [{"value": 9.0, "start_time": 3.0}]


def test_passing_over_more_than_there_is_ends_with_the_lines() -> None:
    ears = Ears()
    assert ears.watching.skip(iter([["a", "1"]]), 10) == []
    assert ears.watching.n_lines == 2
