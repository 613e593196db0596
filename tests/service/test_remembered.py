"""Answers are remembered while there is room, those asked for longest ago go first."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.service.models import served
from recs_anomaly.service.remembered import AROUND, Remembered
from tests.service.running import write_recommender


def test_who_is_asked_for_stays() -> None:
    remembered = Remembered(room=2 * (AROUND + 1))
    remembered.keep("ada", b"a")
    remembered.keep("bob", b"b")
    assert remembered.find("ada") == b"a"
    remembered.keep("cyd", b"c")
    assert [remembered.find(name) for name in ("ada", "bob", "cyd")] == [
        b"a",
        None,
        b"c",
    ]


def test_what_is_larger_than_the_room_is_not_kept() -> None:
    remembered = Remembered(room=AROUND + 3)
    remembered.keep("ada", b"abcd")
    assert remembered.find("ada") is None
    remembered.keep("ada", b"abc")
    assert remembered.find("ada") == b"abc"


@given(st.lists(st.tuples(st.integers(0, 9), st.binary(max_size=40)), max_size=60))
def test_the_room_is_kept_and_answers_are_the_last(
    given_answers: list[tuple[int, bytes]],
) -> None:
    room = 4 * AROUND
    remembered = Remembered(room)
    for number, answer in given_answers:
        remembered.keep(number, answer)
    last = dict(given_answers)
    found = {number: remembered.find(number) for number in last}
    kept = {number: answer for number, answer in found.items() if answer is not None}
    assert all(last[number] == answer for number, answer in kept.items())
    assert sum(len(answer) + AROUND for answer in kept.values()) <= room
    if given_answers and len(given_answers[-1][1]) + AROUND <= room:
        assert given_answers[-1][0] in kept


def test_lists_are_forgotten_with_the_model_that_made_them(tmp_path: Path) -> None:
    films = write_recommender(tmp_path / "films.recs")
    old = served(films).model
    old.remembered.keep("ada", b"an old list")
    assert served(films).model.remembered.find("ada") is None
